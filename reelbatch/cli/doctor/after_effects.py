"""Checks whether a machine that should render with After Effects can do so."""

import asyncio
import shutil
import sys

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.doctor.check import Check
from reelbatch.cli.stack.settings import current_settings
from reelbatch.engines.nexrender.after_effects import find_aerender, version_of
from reelbatch.engines.nexrender.engine import NexrenderEngine
from reelbatch.engines.nexrender.tool import TOOL
from reelbatch.engines.system_fonts import font_files


def after_effects_checks() -> list[Check]:
    """The checks; empty on a machine that neither has After Effects nor names its engine."""
    if NexrenderEngine.name not in current_settings().engines and find_aerender() is None:
        return []
    return [
        Check("After Effects", _after_effects),
        Check(TOOL, _tool),
        Check("fonts", _fonts),
    ]


async def _after_effects() -> str:
    aerender = find_aerender()
    if aerender is None:
        raise CommandFailed(
            "aerender is neither on the PATH nor where After Effects is usually installed. "
            "Install After Effects, or add the folder of its aerender to the PATH."
        )
    return f"{version_of(aerender)} ({aerender})"


async def _tool() -> str:
    tool = shutil.which(TOOL)
    if tool is None:
        raise CommandFailed(
            f"{TOOL} is not on the PATH. Install it with `npm install --global @nexrender/cli`."
        )
    process = await asyncio.create_subprocess_exec(
        *(tool, "--version"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise CommandFailed(f"{tool} does not run: {output.decode(errors='replace').strip()}")
    return f"{output.decode(errors='replace').strip()} ({tool})"


async def _fonts() -> str:
    files = await asyncio.to_thread(font_files)
    if not files and sys.platform != "linux":
        raise CommandFailed("No fonts are installed. Install the fonts of your projects.")
    return f"{len(files)} font files are installed; a project needs all of its fonts"

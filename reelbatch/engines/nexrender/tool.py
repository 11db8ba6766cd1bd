"""The command line tool `nexrender-cli`, and the job that it takes.

Its job is described at https://github.com/inlife/nexrender#job; the tool starts `aerender`.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reelbatch.engines.base import ResolvedAsset
from reelbatch.engines.nexrender.after_effects import find_aerender
from reelbatch.engines.programs import end_program, start_program
from reelbatch.models.errors import RenderError
from reelbatch.models.wire.assets import DataAsset, MediaAsset, TextAsset

TOOL = "nexrender-cli"
HOW_TO_GET_IT = (
    "After Effects is not reached: nexrender-cli (npm install --global @nexrender/cli) must be on "
    "the PATH, and After Effects' own aerender there or where After Effects is usually installed."
)

_PROGRESS = re.compile(rb"rendering progress (\d+)%")
_SUFFIX = "avi" if sys.platform == "win32" else "mov"
_LAST_WORDS = 400  # characters of the tool's output


def is_installed() -> bool:
    return shutil.which(TOOL) is not None and find_aerender() is not None


def describe_job(
    project: Path, composition: str, frames: range, assets: Sequence[ResolvedAsset]
) -> dict[str, Any]:
    """The tool's job. After Effects counts the last frame in."""
    return {
        "uid": "render",
        "template": {
            "src": project.as_uri(),
            "useOriginal": True,  # a copy would not be beside its footage
            "composition": composition,
            "frameStart": frames.start,
            "frameEnd": frames.stop - 1,
            "outputModule": "Lossless",
            "outputExt": _SUFFIX,
        },
        "assets": [_describe_asset(asset) for asset in assets],
        "actions": {},
    }


def run(job: dict[str, Any], folder: Path, report: Callable[[float], None]) -> Path:
    """Have the job done; returns the film. Raises RenderError with the tool's own words."""
    tool, renderer = shutil.which(TOOL), find_aerender()
    if tool is None or renderer is None:
        raise RenderError(HOW_TO_GET_IT)
    file = folder / "job.json"
    file.write_text(json.dumps(job))
    options = ("--skip-cleanup", "--no-license", "--no-analytics", "--stop-on-error")
    program = start_program(
        [tool, *options, "--file", file, "--workpath", folder, "--binary", renderer],
        folder=folder,
        output=subprocess.PIPE,
        environment={"NEXRENDER_ENABLE_AELOG_PROJECT_FOLDER": "1"},
    )
    said = bytearray()
    try:
        assert program.stdout is not None  # noqa: S101
        for line in program.stdout:
            said = (said + line)[-4096:]
            if progress := _PROGRESS.search(line):
                report(min(100.0, float(progress[1])))
        code = program.wait()
    finally:
        end_program(program)
    film = folder / "render" / f"result.{_SUFFIX}"
    if code or not film.is_file():
        words = said.decode(errors="replace").strip()[-_LAST_WORDS:]
        raise RenderError(f"After Effects has not rendered this: {words}")
    return film


def _describe_asset(resolved: ResolvedAsset) -> dict[str, Any]:
    asset = resolved.asset
    if isinstance(asset, TextAsset):
        found = {"type": "data", "property": "Source Text", "value": asset.value}
    elif isinstance(asset, DataAsset):
        found = {"type": "data", "property": asset.property, "value": asset.value}
    elif isinstance(asset, MediaAsset) and resolved.file is not None:
        found = {"type": asset.type, "src": resolved.file.as_uri(), "useOriginal": True}
    else:
        raise RenderError(f"After Effects takes no asset of the type {asset.type} here.")
    found |= {"layerName": asset.layer_name}
    return found | ({"composition": asset.composition} if asset.composition else {})

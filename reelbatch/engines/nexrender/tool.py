"""The command line tool `nexrender-cli` and its job file.

Its jobs are described at https://github.com/inlife/nexrender#job. The tool starts `aerender`.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reelbatch.engines.nexrender.after_effects import find_aerender
from reelbatch.engines.programs import end_program, start_program
from reelbatch.models.errors import RenderError

TOOL = "nexrender-cli"
HOW_TO_GET_IT = (
    "After Effects cannot be used: nexrender-cli (npm install --global @nexrender/cli) must be on "
    "the PATH, and After Effects' aerender there or in After Effects' usual folder."
)

_PROGRESS = re.compile(rb"rendering progress (\d+)%")
_VARIABLES = {"NEXRENDER_ENABLE_AELOG_PROJECT_FOLDER": "1"}
_UID = "render"
# Up to 2021, After Effects for Windows writes lossless films as .avi. Others always write .mov.
_SUFFIXES = ("avi", "mov", "mp4") if sys.platform == "win32" else ("mov", "avi", "mp4")
# The tool writes names of compositions and paths of media between single quotation marks in a
# script. It inserts names by `replace`, and escapes only the first quotation mark of a path.
_UNSAFE = re.compile(r"['\\\\$\x00-\x1f\u2028\u2029]")
_LAST_WORDS = 400  # characters of the tool's output


def is_installed() -> bool:
    return shutil.which(TOOL) is not None and find_aerender() is not None


def describe_job(
    project: Path, composition: str, frames: range, assets: Sequence[Any], *, module: str
) -> dict[str, Any]:
    """Return the tool's job. Raises RenderError.

    After Effects' last frame is inclusive. With `continueOnMissing` it draws a project even if
    footage is missing. Whether that is acceptable was checked when the job was submitted.
    """
    check_name("composition", composition)
    return {
        "uid": _UID,
        "template": {
            "src": project.as_uri(),
            "useOriginal": True,  # a copy would not be in the same folder as its footage
            "composition": composition,
            "frameStart": frames.start,
            "frameEnd": frames.stop - 1,
            "outputModule": module,
            "outputExt": _SUFFIXES[0],
            "continueOnMissing": True,
        },
        "assets": [*assets],
        "actions": {},
    }


def check_name(kind: str, name: str) -> None:
    """Check a name that the tool writes into a script. Raises RenderError."""
    if _UNSAFE.search(name):
        raise RenderError(
            f"nexrender-cli does not support the name of the {kind} {name[:300]!r}: rename it "
            "without quotation marks, backslashes and $."
        )


def run(
    job: dict[str, Any],
    folder: Path,
    report: Callable[[float], None],
    *,
    patience: float,
    scripts_only: bool = False,
) -> Path:
    """Run the job and return the film. Raises RenderError with the tool's last output.

    `patience` is the number of seconds that one frame may take. With `scripts_only`, After Effects
    runs the scripts and draws as little as possible. There may be no film then.
    """
    tool, renderer = shutil.which(TOOL), find_aerender()
    if tool is None or renderer is None:
        raise RenderError(HOW_TO_GET_IT)
    file = folder / "job.json"
    file.write_text(json.dumps(job))
    options = ["--skip-cleanup", "--no-license", "--no-analytics", "--stop-on-error"]
    options += ["--skip-render"] if scripts_only else []
    program = start_program(
        [tool, *options, "--file", file, "--workpath", folder, "--binary", renderer],
        folder=folder,
        output=subprocess.PIPE,
        environment={**_home(), **_VARIABLES, "NEXRENDER_MAX_UPDATE_TIMEOUT": f"{patience:.0f}"},
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
    films = (folder / _UID / f"result.{suffix}" for suffix in _SUFFIXES)
    film = next((film for film in films if film.is_file()), None)
    if code or (film is None and not scripts_only):
        words = said.decode(errors="replace").strip()[-_LAST_WORDS:]
        raise RenderError(f"After Effects did not render this job: {words}")
    return film or file


def _home() -> dict[str, str]:
    """Return the user's home, where After Effects keeps its licence and its output modules."""
    return {"HOME": str(Path.home())} if sys.platform != "linux" else {}

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

from reelbatch.engines.nexrender.after_effects import find_aerender
from reelbatch.engines.programs import end_program, start_program
from reelbatch.models.errors import RenderError

TOOL = "nexrender-cli"
HOW_TO_GET_IT = (
    "After Effects is not reached: nexrender-cli (npm install --global @nexrender/cli) must be on "
    "the PATH, and After Effects' own aerender there or where After Effects is usually installed."
)

_PROGRESS = re.compile(rb"rendering progress (\d+)%")
_TOLD = {"NEXRENDER_ENABLE_AELOG_PROJECT_FOLDER": "1"}
_UID = "render"
# As After Effects for Windows names a lossless film, up to 2021; others call it .mov all the same.
_SUFFIXES = ("avi", "mov", "mp4") if sys.platform == "win32" else ("mov", "avi", "mp4")
# The tool writes names of compositions and media into a script between single quotation marks, the
# former as the text of `replace`; of several quotation marks in a path it escapes the first one.
_UNSPEAKABLE = re.compile(r"['\\\\$\x00-\x1f\u2028\u2029]")
_LAST_WORDS = 400  # characters of the tool's output


def is_installed() -> bool:
    return shutil.which(TOOL) is not None and find_aerender() is not None


def describe_job(
    project: Path, composition: str, frames: range, assets: Sequence[Any], *, module: str
) -> dict[str, Any]:
    """The tool's job. After Effects counts the last frame in. Raises RenderError.

    `continueOnMissing` lets it draw a project whose footage is not all there: whether that is
    wanted was asked when the job was submitted.
    """
    check_name("composition", composition)
    return {
        "uid": _UID,
        "template": {
            "src": project.as_uri(),
            "useOriginal": True,  # a copy would not be beside its footage
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
    """Of a `composition` or a `folder`, which the tool has to write. Raises RenderError."""
    if _UNSPEAKABLE.search(name):
        raise RenderError(
            f"The tool cannot take the name of the {kind} {name[:300]!r}: rename it without "
            "quotation marks, backslashes and $."
        )


def run(
    job: dict[str, Any],
    folder: Path,
    report: Callable[[float], None],
    *,
    patience: float,
    scripts_alone: bool = False,
) -> Path:
    """Have the job done; returns the film. Raises RenderError with the tool's own words.

    `patience` is the seconds that one frame may take. With `scripts_alone` After Effects runs the
    scripts, and draws no more than it must; then there may be no film.
    """
    tool, renderer = shutil.which(TOOL), find_aerender()
    if tool is None or renderer is None:
        raise RenderError(HOW_TO_GET_IT)
    file = folder / "job.json"
    file.write_text(json.dumps(job))
    options = ["--skip-cleanup", "--no-license", "--no-analytics", "--stop-on-error"]
    options += ["--skip-render"] if scripts_alone else []
    program = start_program(
        [tool, *options, "--file", file, "--workpath", folder, "--binary", renderer],
        folder=folder,
        output=subprocess.PIPE,
        environment={**_home(), **_TOLD, "NEXRENDER_MAX_UPDATE_TIMEOUT": f"{patience:.0f}"},
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
    if code or (film is None and not scripts_alone):
        words = said.decode(errors="replace").strip()[-_LAST_WORDS:]
        raise RenderError(f"After Effects has not rendered this: {words}")
    return film or file


def _home() -> dict[str, str]:
    """After Effects keeps its licence and its output modules in the user's own folder."""
    return {"HOME": str(Path.home())} if sys.platform != "linux" else {}

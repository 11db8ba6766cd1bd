"""Finding the local files that a table's cells name."""

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from reelbatch.cli.console import CommandFailed, count_of
from reelbatch.client import TableFile
from reelbatch.models.wire.tables import LINES_OF_FILE
from reelbatch.models.wire.uploaded_files import media_ending
from reelbatch.spelling import did_you_mean

_MAX_PROBLEMS = 20


def find_files(named: Sequence[TableFile], folder: Path) -> dict[str, Path]:
    """The file for each path; `folder` is the table's.

    Raises CommandFailed with the lines of all files that are missing or must not be sent. Whoever
    fills in a table chooses what is sent, so files outside the folder are refused.
    """
    found: dict[str, Path] = {}
    problems: list[str] = []
    for each in named:
        path = each.path.strip()
        file = folder / path.replace("\\", "/")
        try:
            problem = _problem(path, file, folder)
        except (OSError, RuntimeError):  # such as a name that is too long, or a loop of links
            problem = "cannot be accessed."
        if problem:
            problems.append(f"  {_lines(each)}: {each.path} {problem}")
        else:
            found[each.path] = file
    if problems:
        more = len(problems) - _MAX_PROBLEMS
        shown = [*problems[:_MAX_PROBLEMS], *([f"  and {more} more"] if more > 0 else [])]
        count = count_of(len(problems), "files")
        raise CommandFailed(
            "\n".join([f"Nothing was sent: the table names {count} that cannot be sent.", *shown]),
            error_code="FILE_MISSING",
        )
    return found


def _problem(path: str, file: Path, folder: Path) -> str | None:
    if PureWindowsPath(path).anchor or PureWindowsPath(path).drive:
        return "is not a path relative to the table."
    if not file.resolve().is_relative_to(folder.resolve()):
        return "is outside the table's folder."
    if file.is_dir():
        return "is a folder."
    if not file.is_file():
        nearby = [*file.parent.iterdir()] if file.parent.is_dir() else []
        shown = (other.relative_to(folder).as_posix() for other in nearby if other.is_file())
        return f"does not exist.{did_you_mean(path, shown)}"
    if media_ending(file.name) is None:
        return "does not have the file name extension of a picture, a sound or a video."
    return None


def _lines(named: TableFile) -> str:
    lines = ", ".join(map(str, named.lines))
    if len(named.lines) == 1:
        return f"line {lines}"
    return f"lines {lines}{' and perhaps more' if len(named.lines) == LINES_OF_FILE else ''}"

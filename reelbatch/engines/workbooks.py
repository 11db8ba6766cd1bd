"""Reading the cells of Excel workbooks (ECMA-376), in render processes only.

The first visible sheet is written as JSON Lines: `[row, [cell, …]]`, with the row's number and each
cell as people see it. A formula gives the value that was stored with it.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from reelbatch.engines.archives import MAX_ENTRIES
from reelbatch.engines.base import (
    RenderedFile,
    RenderEngine,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
)
from reelbatch.models.errors import LimitExceeded, RenderError, TemplateInvalid

MAX_CELLS = 1_000_000  # including empty cells between others
_MAX_ROWS = 1_048_576  # Excel's own limit
_LARGEST_RATIO = 250  # of unpacked to packed bytes,
_RATIO_UNCHECKED = 4 * 1024**2  # unless a workbook unpacks to no more bytes than this
_OLE = b"\xd0\xcf\x11\xe0"
# Excel shows up to 30 decimals. Without this limit, a format could make a cell of any length.
_DIGITS = re.compile(
    r"(?P<thousands>#,##)?(?P<whole>0{1,30})(\.(?P<decimals>0{1,30}))?(?P<percent>%)?"
)
_LINE_BREAK = re.compile(r"_x000D_\n?")  # how the file format writes a carriage return


class WorkbookEngine(RenderEngine):
    """Renders nothing. It exists so that workbooks are read in a render process."""

    name = "workbooks"
    version = "1"

    @classmethod
    def renderer(cls) -> Renderer:
        return _NoRenderer()


class _NoRenderer(Renderer):
    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:  # noqa: ARG002
        raise RenderError("workbooks are not rendered")


def read_cells(workbook: Path, target: Path, limits: RenderLimits) -> None:
    """Write the cells of `workbook` to `target`.

    Raises TemplateInvalid if the file is not a workbook, or LimitExceeded, if possible before
    anything is expanded.
    """
    _check(workbook, limits)
    try:
        with target.open("w", encoding="utf-8", errors="replace") as lines:
            lines.writelines(_bounded(map(_line, _rows(workbook)), limits))
    except RenderError:
        raise
    except MemoryError as error:
        raise LimitExceeded(
            "The workbook needs more memory than this server allows: save it as CSV."
        ) from error
    except Exception as error:  # openpyxl raises whatever a damaged document leads to
        raise TemplateInvalid("The workbook cannot be read: it is damaged.") from error


def _line(row: tuple[int, list[str]]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _bounded(lines: Iterable[str], limits: RenderLimits) -> Iterator[str]:
    """Limit the output's size, since many cells may share one long text. Raises LimitExceeded."""
    size = 0
    for line in lines:
        size += len(line)
        if size > limits.template_size:
            raise _too_large(limits)
        yield line


def _check(workbook: Path, limits: RenderLimits) -> None:
    with workbook.open("rb") as content:
        if content.read(len(_OLE)) == _OLE:
            raise TemplateInvalid(
                "The workbook is an old .xls file or has a password: save it as .xlsx without one."
            )
    try:
        with zipfile.ZipFile(workbook) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise TemplateInvalid("The file is not a workbook: it must be .xlsx.") from error
    if len(entries) > MAX_ENTRIES:
        raise LimitExceeded(f"The workbook has more than {MAX_ENTRIES} parts.")
    # zipfile never reads more from an entry than the size that the entry states.
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.template_size:
        raise _too_large(limits)
    if unpacked > max(_RATIO_UNCHECKED, _LARGEST_RATIO * workbook.stat().st_size):
        raise LimitExceeded(f"The workbook unpacks to more than {_LARGEST_RATIO} times its size.")


def _too_large(limits: RenderLimits) -> LimitExceeded:
    return LimitExceeded(
        f"The workbook is larger than the {limits.template_size} bytes, unpacked, that this server "
        "accepts (REELBATCH_MAX_BODY_BYTES)."
    )


def _rows(workbook: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank. Raises TemplateInvalid or LimitExceeded."""
    book: Any = load_workbook(workbook, read_only=True, data_only=True, keep_links=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise TemplateInvalid("The workbook has no visible sheet.")
    sheets[0].reset_dimensions()  # they are untrusted, and rows would be padded to them
    number = 0
    for line, row in enumerate(sheets[0].rows, start=1):
        number += len(row)
        if number > MAX_CELLS or line > _MAX_ROWS:
            raise LimitExceeded(
                f"The workbook has more than {MAX_CELLS} cells; send fewer at a time."
            )
        cells = _shown_cells(row)
        if any(map(str.strip, cells)):
            yield line, cells


def _shown_cells(row: Sequence[Any]) -> list[str]:
    cells = [
        _shown(cell.value, cell.number_format) if cell.value is not None else "" for cell in row
    ]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _shown(value: object, number_format: str) -> str:
    match value:
        case str():
            return _LINE_BREAK.sub("\n", value)
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, number_format)
        case datetime():
            return _moment(value)
        case time():
            return value.isoformat("minutes" if value.second == 0 else "seconds")
        case date() | timedelta():
            return str(value)
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    """Return the date, followed by the time unless that is midnight."""
    # The file stores times as fractions of a day, which are not exact.
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if value.time() == time():
        return value.date().isoformat()
    return value.isoformat(" ", "minutes" if value.second == 0 else "seconds")


def _number(value: float, number_format: str) -> str:
    """Apply a simple format such as 00000, 0.00, #,##0 or 0%; for others, keep all digits."""
    simple = _DIGITS.fullmatch(number_format)
    if simple is None or number_format == "General":
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    decimals, percent = len(simple["decimals"] or ""), simple["percent"] or ""
    width = len(simple["whole"]) + (decimals + 1 if decimals else 0)
    thousands = "," if simple["thousands"] else ""
    text = f"{value * 100 if percent else value:0{width}{thousands}.{decimals}f}"
    return f"{text}{percent}"

"""Tables as a dry run shows them: their columns and first rows."""

from typing import Any

from reelbatch.models.wire.base import Absent, WireModel

CSV = "text/csv"
TABS = "text/tab-separated-values"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableColumn(WireModel):
    """A column of a table, and what it fills in the template."""

    name: str  # as in the table
    means: Absent[str] = None  # its full, unambiguous name; None: it is not used
    kind: Absent[str] = None  # control, text, image, video, audio, data or job
    layer: Absent[str] = None
    composition: Absent[str] = None  # of the layer
    left_out: bool = False
    reason: Absent[str] = None  # why it is left out, or cannot be used


MAX_FILES = 10_000
LONGEST_PATH = 1000  # characters
LINES_OF_FILE = 10
"""Lines that a dry run lists for one file."""


class TableFile(WireModel):
    """A file that cells in a table's image, video or audio columns name by path."""

    path: str  # as in the cells
    lines: list[int]  # the first 10 lines of the table that name it


class TableRow(WireModel):
    """A row of a table as a dry run shows it."""

    line: int  # of the file, counted from 1; in a workbook, the number of the row
    cells: list[str]  # in the order of the columns
    job: Absent[dict[str, Any]] = None  # as POST /jobs accepts it; None: the row makes no valid job

"""Tables, as a dry run shows them: their columns, and their first rows."""

from typing import Any

from reelbatch.models.wire.base import Absent, WireModel

CSV = "text/csv"
TABS = "text/tab-separated-values"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableColumn(WireModel):
    """A column of a table, and what it means to the template of its rows."""

    name: str  # as the table has it
    means: Absent[str] = None  # its full name, which always means the same; None: it is not used
    kind: Absent[str] = None  # control, text, image, video, audio, data or job
    layer: Absent[str] = None
    composition: Absent[str] = None  # of the layer
    left_out: bool = False
    reason: Absent[str] = None  # why it is left out, or cannot be used


MOST_FILES = 10_000
LONGEST_PATH = 1000  # characters
LINES_OF_FILE = 10
"""That a dry run tells of one file."""


class TableFile(WireModel):
    """A file that cells of a table's image, video or audio columns name by its path."""

    path: str  # as the cells have it
    lines: list[int]  # of the file, the first 10


class TableRow(WireModel):
    """A row of a table as a dry run shows it."""

    line: int  # of the file, one-based; of a workbook the number of the row
    cells: list[str]  # in the order of the columns
    job: Absent[dict[str, Any]] = None  # as POST /jobs takes it; None where the row cannot be one

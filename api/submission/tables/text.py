"""The cells of a CSV file (RFC 4180), as spreadsheets in all languages write it."""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import suppress

from api.http.requests import MAX_VALUES
from reelbatch.models.errors import BodyTooLarge, RequestError
from reelbatch.models.wire.tables import XLSX

Rows = Iterator[tuple[int, list[str]]]
"""The header and the non-empty rows, read on demand, each with its one-based line in the file."""

_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")  # Excel reads and writes it
_QUOTED = re.compile(r'"[^"]*+"')
_LONGEST_HEADER = 1024**2  # characters that are searched for the delimiter
_OTHER_FILES = {
    b"PK\x03\x04": f"an Excel workbook: name the file .xlsx, or send it as {XLSX}",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as XLSX or as CSV",
}


def csv_rows(body: bytes, longest_cell: int, delimiter: str | None = None) -> Rows:
    """The rows of a table. Without a `delimiter`, it is guessed from the header.

    Raises RequestError, or BodyTooLarge before anything is read.
    """
    if sum(map(body.count, (b",", b";", b"\t", b"\n", b"\r"))) > MAX_VALUES:
        raise BodyTooLarge(f"The table has more than {MAX_VALUES} cells; send fewer at a time.")
    csv.field_size_limit(longest_cell)
    encoding, beginning = _decoded(body)
    lines = io.TextIOWrapper(io.BytesIO(body), encoding, newline="")  # decodes them one by one
    named = _SEPARATOR_LINE.match(beginning)
    first = 2 if named else 1
    if named:
        lines.readline()
    mark = delimiter or (named[1] if named else _delimiter(beginning))
    reader = csv.reader(lines, delimiter=mark, strict=True)
    line = first
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield line, row
            line = first + reader.line_num
    except csv.Error as error:
        message = f"The table cannot be read from line {line} on: {_reason(error)}."
        raise RequestError(message) from error


def _reason(error: csv.Error) -> str:
    if "field limit" in str(error):
        most = csv.field_size_limit()
        return f"a cell has more than {most} characters, or a quote is not closed"
    return "a quote is not closed, or is next to other text. Double the quotes inside a cell"


def _decoded(body: bytes) -> tuple[str, str]:
    """The encoding, and the beginning of the text, which includes the header.

    The encoding is UTF-8, UTF-16 with a byte order mark, or what Excel uses for plain CSV. Raises
    RequestError.
    """
    other = _OTHER_FILES.get(body[:4])
    if other:
        raise RequestError(f"The table is {other}.")
    encodings = ("utf-16",) if body[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return encoding, body.decode(encoding)[:_LONGEST_HEADER]
    raise RequestError("The table is neither UTF-8 nor Windows-1252: save it as CSV UTF-8.")


def _delimiter(beginning: str) -> str:
    """The delimiter that is most frequent in the header, outside quotes."""
    header = _QUOTED.sub("", beginning).partition("\n")[0]
    return max(_DELIMITERS, key=header.count)

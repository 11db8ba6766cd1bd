"""The files that a table's cells refer to by path. Nothing here reads from a path."""

import re
from collections.abc import Mapping

from api.submission.tables.reading import Table
from reelbatch.models.errors import RequestError
from reelbatch.models.wire.secrets import begins_with_reference
from reelbatch.models.wire.tables import LINES_OF_FILE, LONGEST_PATH, MAX_FILES, TableFile

# Windows drives have one letter, and URL schemes (RFC 3986, 3.1) two or more.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def files_named_in(table: Table, known: Mapping[str, str]) -> list[TableFile]:
    """The files that are not `known`, in order. Raises RequestError if there are too many."""
    found: dict[str, list[int]] = {}
    for line, cell in table.sources():
        if cell not in known and _is_path(cell):
            lines = found.setdefault(cell, [])
            if len(lines) < LINES_OF_FILE and line not in lines:
                lines.append(line)
    if len(found) > MAX_FILES:
        raise RequestError(f"The table names {len(found)} files; it may name at most {MAX_FILES}.")
    return [TableFile(path=path, lines=lines) for path, lines in found.items()]


def _is_path(cell: str) -> bool:
    return (
        len(cell) <= LONGEST_PATH
        and not cell.isspace()
        and not begins_with_reference(cell)
        and not _SCHEME.match(cell)
        and not _CONTROL.search(cell)
    )

"""The cells of a workbook, which a confined process has read."""

import io
import json

from api.submission.tables.text import Rows


def workbook_rows(cells: bytes) -> Rows:
    """`cells` as `reelbatch.engines.workbooks` writes them."""
    for text in io.BytesIO(cells):
        line, row = json.loads(text)
        yield line, row

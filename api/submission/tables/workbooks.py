"""The cells of a workbook, as a confined process has extracted them."""

import io
import json

from api.submission.tables.text import Rows


def workbook_rows(cells: bytes) -> Rows:
    """Parse `cells`, which are in the format of `reelbatch.engines.workbooks`."""
    for text in io.BytesIO(cells):
        line, row = json.loads(text)
        yield line, row

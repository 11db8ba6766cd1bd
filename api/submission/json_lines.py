"""JSON Lines: a job a line (https://jsonlines.org)."""

from api.http.requests import parse_json
from api.submission.batch_request import BatchRequest, check_number_of_jobs
from api.submission.schema import Problem, RawJob
from reelbatch.models.errors import InvalidJson

_BOM = b"\xef\xbb\xbf"


def read_json_lines(body: bytes) -> BatchRequest:
    """Blank lines do not count; a broken one is the problem of its own job alone.

    Raises BatchSizeInvalid.
    """
    lines = enumerate(body.removeprefix(_BOM).split(b"\n"), start=1)
    written = [(number, line) for number, line in lines if line.strip()]
    check_number_of_jobs(len(written))
    return BatchRequest([_read_line(number, line) for number, line in written])


def _read_line(number: int, line: bytes) -> RawJob:
    try:
        return parse_json(line.rstrip(b"\r"), what=f"Line {number}")
    except InvalidJson as error:
        return Problem(InvalidJson, "", error.message)

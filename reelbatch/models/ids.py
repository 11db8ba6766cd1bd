"""Ids: the ids of a batch's jobs follow from the batch's id, and the other way round.

Every id is a ULID. A batch's ten lowest bits are zero, and job `i` of the batch is `batch + 1 + i`
(the monotonic increment of the ULID specification, https://github.com/ulid/spec). A job that
belongs to no batch has all ten lowest bits set, and a nested job all but the very lowest. The 70
other random bits make ids impossible to guess.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ulid import ULID

ID_PATTERN = r"^[0-9A-HJKMNP-TV-Z]{26}$"
MAX_BATCH_JOBS = 1000

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of five bits each
_RANDOM_BITS = 80
_LOW_BITS = 10
_LOW_MASK = (1 << _LOW_BITS) - 1
_NESTED = _LOW_MASK - 1


@dataclass(frozen=True)
class JobPlace:
    """The batch to which a job belongs and its index there; both are None for a single job.

    A nested job belongs to another job, which its id does not reveal.
    """

    batch_id: str | None
    index: int | None
    is_nested: bool = False


def new_id() -> str:
    """Make an id for anything but a batch or a job."""
    return str(ULID())


def new_batch_id() -> str:
    return _from_int(_new_number() & ~_LOW_MASK)


def new_single_job_id() -> str:
    return _from_int(_new_number() | _LOW_MASK)


def new_nested_job_id() -> str:
    return _from_int(_new_number() & ~_LOW_MASK | _NESTED)


def batch_job_id(batch_id: str, index: int) -> str:
    """Derive the id of the job at zero-based `index` of the batch.

    Raises ValueError if `index` is not in 0..999 or `batch_id` is not a batch's id.
    """
    if not 0 <= index < MAX_BATCH_JOBS:
        raise ValueError(f"a job's index must be 0 to {MAX_BATCH_JOBS - 1}, not {index}")
    high, low = divmod(1 + index, len(_DIGITS))
    return f"{_common_part(batch_id)}{_DIGITS[high]}{_DIGITS[low]}"


@lru_cache(maxsize=64)
def _common_part(batch_id: str) -> str:
    """The beginning of the ids of a batch's jobs: all but two digits, the ten lowest bits."""
    if not is_batch_id(batch_id):
        raise ValueError(f"{batch_id} is not the id of a batch")
    return _from_int(_to_int(batch_id))[:-2]


def is_batch_id(candidate: str) -> bool:
    """Whether this id has the form of a batch's id; the batch may not exist."""
    try:
        return _to_int(candidate) & _LOW_MASK == 0
    except ValueError:
        return False


def place_of_job(job_id: str) -> JobPlace | None:
    """Read a job's batch and index out of its id; None if no job can have this id."""
    try:
        number = _to_int(job_id)
    except ValueError:
        return None
    low = number & _LOW_MASK
    if low in (_LOW_MASK, _NESTED):
        return JobPlace(None, None, is_nested=low == _NESTED)
    if 1 <= low <= MAX_BATCH_JOBS:
        return JobPlace(_from_int(number & ~_LOW_MASK), low - 1)
    return None


def created_at(id_: str) -> datetime:
    """The time at which this id was made. Raises ValueError if it is not a ULID."""
    return ULID.from_str(id_).datetime


def _new_number() -> int:
    """A ULID made of the time and 80 random bits.

    `ULID()` only counts up within a millisecond, so ids would be equal once their lowest bits are
    overwritten.
    """
    return (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)


def _to_int(text: str) -> int:
    return int(ULID.from_str(text))


def _from_int(number: int) -> str:
    return str(ULID.from_int(number))

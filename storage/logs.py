"""The logs of jobs: what the attempts to render them did."""

from collections.abc import Sequence

from obstore.store import ObjectStore

from storage import keys
from storage.objects import read_bytes


async def read_log(store: ObjectStore, team: str, job_id: str) -> bytes | None:
    """UTF-8 text, or None where nothing was logged yet."""
    return await read_bytes(store, keys.job_log(team, job_id))


async def append_log(store: ObjectStore, team: str, job_id: str, lines: Sequence[str]) -> None:
    """Add the lines of one attempt; a job has one attempt at a time."""
    earlier = await read_log(store, team, job_id) or b""
    text = "".join(f"{line}\n" for line in lines)
    await store.put_async(keys.job_log(team, job_id), earlier + text.encode(errors="replace"))

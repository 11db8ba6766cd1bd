"""The logs of jobs: what each attempt to render them did."""

from collections.abc import Sequence

from obstore.store import ObjectStore

from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import read_bytes


async def read_log(store: ObjectStore, team: str, job_id: str) -> bytes | None:
    """The log as UTF-8 text; None: no attempt has ended yet."""
    return await read_bytes(store, keys.job_log(team, job_id))


async def append_log(store: ObjectStore, team: str, job_id: str, lines: Sequence[str]) -> None:
    """Add the lines of one attempt; a job has one attempt at a time."""
    await _append(store, keys.job_log(team, job_id), _text(lines))


async def append_segment_log(
    store: ObjectStore, team: str, job_id: str, number: int, lines: Sequence[str]
) -> None:
    """Add the lines of one attempt to render a segment. Others may be rendered at the same time."""
    await _append(store, keys.segment_log(team, job_id, number), _text(lines))


async def collect_segment_logs(store: ObjectStore, team: str, job_id: str) -> None:
    """Move the lines of all segments into the job's log, once all of them have ended."""
    folder = keys.segments_of_job(team, job_id)
    found = [f"{folder}/{name}" for name in await names_in(store, folder) if name.endswith(".log")]
    logs = [await read_bytes(store, key) or b"" for key in found]
    if found:
        await _append(store, keys.job_log(team, job_id), b"".join(logs))
        await store.delete_async(found)


async def _append(store: ObjectStore, key: str, text: bytes) -> None:
    earlier = await read_bytes(store, key) or b""
    await store.put_async(key, earlier + text)


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")

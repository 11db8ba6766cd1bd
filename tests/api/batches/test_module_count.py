"""The number of modules of the API that a reader must open to follow one batch through it."""

import asyncio
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import api
from tests.api.running_api import Team, a_still

API = Path(api.__file__).parent
# Every request passes these; the last one only defines types of parameters.
EVERY_REQUEST = {
    "http/middleware.py",
    "http/conditional_reads.py",
    "http/compression.py",
    "http/protocol.py",
    "http/parameters.py",
}
MAX_MODULES = 13


@contextmanager
def modules_that_run() -> Generator[set[str]]:
    """The files of the API whose functions are called in this context, in any thread."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(API):
            seen.add(file.relative_to(API).as_posix())

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor())  # its threads start after `setprofile`
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        loop.set_default_executor(ThreadPoolExecutor())


async def test_a_batch_passes_at_most_thirteen_modules(team: Team) -> None:
    job = a_still(await team.upload_card())
    with modules_that_run() as modules:
        created = await team.create_batch(job, {"template": {}}, key="k")
    assert created["status"] == "partial"
    assert "batches/creation.py" in modules
    assert "submission/checks.py" in modules  # runs in a thread
    own = modules - EVERY_REQUEST
    assert len(own) <= MAX_MODULES, "\n".join(sorted(own))

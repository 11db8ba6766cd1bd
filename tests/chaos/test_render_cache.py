"""Jobs with equal inputs, whose rendering worker dies, or which must not share a render."""

from typing import Any

import pytest

from tests.busy_folders import found_below
from tests.chaos.jobs import films, stills
from tests.chaos.stack import Stack
from tests.integration.service import until


def reused(stack: Stack, batch_id: str) -> list[Any]:
    return [result["reusedFrom"] for result in stack.get(f"/batches/{batch_id}/results")]


@pytest.mark.long
def test_another_worker_renders_when_the_one_that_renders_for_all_is_killed(
    stack: Stack, film: str
) -> None:
    stack.kill("worker")  # its cache is off
    names = ("worker-1", "worker-2")
    for name in names:
        stack.add_worker(name, REELBATCH_RENDER_CACHE="true")
    batch_id = stack.submit(*films(film, 1, frames=860, quality="full") * 6)

    def rendering() -> str | None:
        if not found_below(stack.scratch, "output.mp4"):
            return None
        return next(name for name in names if stack.render_processes(name))

    stack.kill(until(rendering, "worker that renders"))
    batch = stack.end_of(batch_id)
    assert batch["stats"]["finished"] == 6
    sources = reused(stack, batch_id)
    [renderer] = [job["id"] for job in batch["jobs"] if sources[job["index"]] is None]
    assert [source for source in sources if source] == [renderer] * 5
    stack.revive()
    stack.check_all_finished(batch_id, 6)


def test_without_the_cache_every_equal_job_is_rendered(stack: Stack, card: str) -> None:
    batch_id = stack.submit(*stills(card, 1) * 3)
    stack.check_all_finished(batch_id, 3)
    assert reused(stack, batch_id) == [None] * 3

"""Workers are killed or drained in the middle of their work."""

import os
import re
import signal
import threading

import pytest

from tests.chaos.jobs import films, stills
from tests.chaos.receivers import receiving
from tests.chaos.stack import TEAM, Stack
from tests.chaos.store_proxy import Fault, writes_of
from tests.integration.service import processor_seconds, until


@pytest.mark.parametrize("deaths", [1, pytest.param(4, marks=pytest.mark.long)])
def test_jobs_of_a_worker_that_dies_are_rendered_by_another(
    stack: Stack, film: str, deaths: int
) -> None:
    stack.add_worker("worker-2")
    batch_id = stack.submit(*films(film, 24, frames=240))
    for death in range(deaths):
        stack.wait_for_finished(batch_id, 1 + 4 * death)
        stack.kill("worker" if death % 2 == 0 else "worker-2")
        stack.revive()
    stack.check_all_finished(batch_id, 24)


@pytest.mark.long
def test_local_renders_of_a_worker_that_dies_are_rendered_by_another(
    stack: Stack, card: str
) -> None:
    stack.add_worker("worker-2")
    batch_id = stack.submit(*stills(card, 80))
    stack.wait_for_finished(batch_id, 10)
    stack.kill("worker")
    stack.revive()
    stack.check_all_finished(batch_id, 80)


def test_a_worker_that_dies_during_an_upload_leaves_one_whole_output(
    stack: Stack, card: str
) -> None:
    held = stack.proxy.inject(Fault(writes_of("outputs"), hold=threading.Event(), times=1))
    batch_id = stack.submit(*stills(card, 6))
    until(lambda: held.met or None, "upload")
    stack.kill("worker")
    stack.proxy.heal()
    stack.revive()
    stack.check_all_finished(batch_id, 6)


@pytest.mark.long
def test_a_webhook_whose_worker_died_is_delivered_again(stack: Stack, card: str) -> None:
    with receiving("hang") as receiver:
        webhook = {"url": receiver.url}
        batch_id = stack.submit(*stills(card, 2), webhook=webhook)
        receiver.wait_for(1)
        stack.kill("worker")
        stack.revive()
        delivered = receiver.wait_for_success()
        assert {delivery.id for delivery in receiver.deliveries} == {batch_id}
        assert delivered.body["stats"]["finished"] == 2
    stack.check_all_finished(batch_id, 2)


@pytest.mark.long
def test_a_killed_render_process_fails_no_job(stack: Stack, film: str) -> None:
    before = {pid: processor_seconds(pid) for pid in stack.render_processes()}
    batch_id = stack.submit(*films(film, 4, frames=860, quality="full"))

    def busy() -> int | None:
        pids = stack.render_processes()
        return next((pid for pid in pids if processor_seconds(pid) > before.get(pid, 1) + 1), None)

    stack.tally.faults["SIGKILL of a render process"] += 1
    os.kill(until(busy, "render process at work"), signal.SIGKILL)
    stack.check_all_finished(batch_id, 4)


@pytest.mark.long
def test_a_segment_of_a_worker_that_dies_is_rendered_by_another(stack: Stack, film: str) -> None:
    stack.add_worker("worker-2")
    batch_id = stack.submit(*films(film, 1, frames=3600))
    [job] = stack.get(f"/batches/{batch_id}")["jobs"]
    until(lambda: stack.get(f"/jobs/{job['id']}")["progress"] > 10 or None, "progress")
    stack.kill("worker")
    stack.revive()
    stack.check_all_finished(batch_id, 1)
    log = stack.http.get(f"/jobs/{job['id']}/logs").text
    assert "segments joined" in log
    assert len([line for line in log.splitlines() if "ATTEMPT: 2" in line]) >= 1
    assert not stack.store.list(f"teams/{TEAM}/segments").collect()  # pyright: ignore[reportUnknownMemberType]  as in the stack


@pytest.mark.long
@pytest.mark.parametrize("drain_seconds", [0, 30])
def test_a_worker_that_drains_finishes_or_hands_over(
    stack: Stack, film: str, drain_seconds: int
) -> None:
    leaving = stack.add_worker("worker-2", REELBATCH_DRAIN_TIMEOUT=str(drain_seconds))
    batch_id = stack.submit(*films(film, 16, frames=240))
    stack.wait_for_finished(batch_id, 2)
    stack.tally.faults["SIGTERM of a worker"] += 1
    assert leaving.terminate() == 0
    del stack.parts["worker-2"]
    stack.check_all_finished(batch_id, 16)
    assert len(list(stack.scratch.glob("reelbatch-worker-*"))) == 1, "only the other one's"


@pytest.mark.long
def test_two_workers_share_a_batch_and_render_nothing_twice(stack: Stack, card: str) -> None:
    other = stack.add_worker("worker-2")
    batch_id = stack.submit(*stills(card, 60))
    stack.check_all_finished(batch_id, 60)
    jobs = stack.get(f"/batches/{batch_id}")["jobs"]
    logs = "".join(stack.http.get(f"/jobs/{job['id']}/logs").text for job in jobs)
    renderers = re.findall(r"ATTEMPT: 1 on (\d+)@", logs)
    put_off = logs.count(" LATER: ")  # local renders that went to the queue
    assert len(renderers) - put_off == 60
    assert {int(pid) for pid in renderers} == {stack.parts["worker"].pid, other.pid}

"""The object store fails, or is slow or full."""

import threading

import pytest

from tests.chaos.jobs import stills
from tests.chaos.stack import Stack
from tests.chaos.store_proxy import Fault, every_write, everything, writes_of
from tests.integration.service import until


def note(stack: Stack, what: str, fault: Fault) -> None:
    assert fault.met, "it affected no request"
    stack.tally.faults[f"object store {what}"] += fault.met


@pytest.mark.long
def test_a_batch_outlasts_a_failing_store(stack: Stack, card: str) -> None:
    batch_id = stack.submit(*stills(card, 20))
    fault = stack.proxy.inject(Fault(everything, status=503, times=60))
    until(lambda: fault.met > 5 or None, "failed requests")
    stack.check_all_finished(batch_id, 20)
    note(stack, "responds 503", fault)


@pytest.mark.long
def test_a_batch_outlasts_a_full_store(stack: Stack, card: str) -> None:
    fault = stack.proxy.inject(Fault(writes_of("outputs"), status=507, times=40))
    batch_id = stack.submit(*stills(card, 6))
    until(lambda: fault.met > 5 or None, "refused uploads")
    stack.check_all_finished(batch_id, 6)
    note(stack, "is full", fault)


@pytest.mark.long
def test_a_slow_store_only_costs_time(stack: Stack, card: str) -> None:
    fault = stack.proxy.inject(Fault(everything, delay=1.0))
    batch_id = stack.submit(*stills(card, 6))
    stack.check_all_finished(batch_id, 6)
    note(stack, "is slow", fault)


def test_hanging_uploads_delay_no_render(stack: Stack, card: str) -> None:
    held = stack.proxy.inject(Fault(writes_of("outputs"), hold=threading.Event(), times=3))
    batch_id = stack.submit(*stills(card, 8))  # on two render processes
    stack.wait_for_finished(batch_id, 5)
    assert held.met == 3
    note(stack, "hangs", held)
    stack.proxy.heal()
    stack.check_all_finished(batch_id, 8)


def test_a_batch_posted_while_the_store_fails_gets_a_503_and_is_created_once_by_its_key(
    stack: Stack, card: str
) -> None:
    before, jobs = stack.batch_ids(), stills(card, 5)
    fault = stack.proxy.inject(Fault(every_write, status=503))
    refused = stack.http.post(
        "/batches", json={"jobs": jobs}, headers={"Idempotency-Key": "store-down"}
    )
    assert (refused.status_code, refused.json()["errorCode"]) == (503, "UNAVAILABLE")
    assert refused.headers["retry-after"]
    note(stack, "responds 503", fault)
    stack.proxy.heal()
    batch_id = stack.submit(*jobs, key="store-down")
    stack.check_all_finished(batch_id, 5)
    assert stack.batch_ids() - before == {batch_id}

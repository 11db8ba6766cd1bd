"""The API dies while it accepts a batch."""

import threading
from typing import Any

import httpx
import pytest

from tests.chaos.jobs import stills
from tests.chaos.stack import Stack
from tests.chaos.store_proxy import Fault, everything

JOBS = 20


class Attempt:
    """A POST /batches that may end with a broken connection."""

    def __init__(self, stack: Stack, jobs: list[Any], key: str | None = None) -> None:
        self.response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._post, args=(stack, jobs, key))
        self._thread.start()

    def _post(self, stack: Stack, jobs: list[Any], key: str | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            self.response = stack.http.post("/batches", json={"jobs": jobs}, headers=headers)
        except httpx.TransportError:
            self.response = None

    def wait(self) -> httpx.Response | None:
        self._thread.join()
        return self.response


def kill_api_at(stack: Stack, operation: int) -> Fault:
    """Have the API killed at its n-th operation on the store from now on, counted from 0."""
    stack.proxy.inject(Fault(everything, times=operation))  # these pass unharmed
    return stack.proxy.inject(Fault(everything, on_request=lambda: stack.kill("api"), times=1))


@pytest.mark.parametrize("operation", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_batch_without_a_key_is_created_completely_or_not_at_all(
    stack: Stack, card: str, operation: int
) -> None:
    before = stack.batch_ids()
    kill_api_at(stack, operation)
    attempt = Attempt(stack, stills(card, JOBS))
    assert attempt.wait() is None
    stack.proxy.heal()
    stack.revive()
    new = stack.batch_ids() - before
    assert len(new) <= 1
    for batch_id in new:
        stack.expect(batch_id, JOBS)
        stack.check_all_finished(batch_id, JOBS)


@pytest.mark.parametrize(
    "operation", [2, *(pytest.param(n, marks=pytest.mark.long) for n in (0, 1, 3))]
)
def test_a_repeated_key_creates_one_batch_wherever_the_api_died(
    stack: Stack, card: str, operation: int
) -> None:
    before, key, jobs = stack.batch_ids(), f"chaos-{operation}", stills(card, JOBS)
    kill_api_at(stack, operation)
    assert Attempt(stack, jobs, key).wait() is None
    stack.proxy.heal()
    stack.revive()

    batch_id = stack.submit(*jobs, key=key)
    assert stack.submit(*jobs, key=key) == batch_id

    stack.check_all_finished(batch_id, JOBS)
    assert stack.batch_ids() - before == {batch_id}

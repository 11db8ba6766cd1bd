"""The Temporal server dies, but its SQLite file stays."""

import httpx
import pytest

from tests.chaos.jobs import films, stills
from tests.chaos.stack import Stack
from tests.integration.service import until


@pytest.mark.long
def test_a_batch_continues_when_temporal_comes_back(stack: Stack, card: str, film: str) -> None:
    batch_id = stack.submit(*films(film, 6, frames=240), *stills(card, 30))
    stack.wait_for_finished(batch_id, 3)
    stack.kill("temporal")
    refused = stack.http.get("/jobs")
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert refused.json()["errorCode"] == "UNAVAILABLE"
    stack.revive()
    stack.check_all_finished(batch_id, 36)


@pytest.mark.long
def test_a_batch_posted_while_temporal_is_down_is_created_once_by_its_key(
    stack: Stack, card: str
) -> None:
    before, jobs = stack.batch_ids(), stills(card, 5)
    stack.kill("temporal")
    refused = stack.http.post(
        "/batches", json={"jobs": jobs}, headers={"Idempotency-Key": "while-down"}
    )
    assert refused.status_code == 503
    stack.revive()
    batch_id = stack.submit(*jobs, key="while-down")
    stack.check_all_finished(batch_id, 5)
    assert stack.batch_ids() - before == {batch_id}


@pytest.mark.long
def test_a_batch_survives_the_death_of_everything_at_once(stack: Stack, film: str) -> None:
    batch_id = stack.submit(*films(film, 12, frames=240))
    stack.wait_for_finished(batch_id, 2)
    for name in ("temporal", "api", "worker"):
        stack.kill(name)
    with pytest.raises(httpx.TransportError):
        stack.http.get(f"/batches/{batch_id}")
    stack.revive()
    stack.check_all_finished(batch_id, 12)


def test_a_client_with_a_wrong_clock_is_not_affected(stack: Stack, card: str) -> None:
    for date in ("Fri, 31 Dec 1999 23:59:59 GMT", "Tue, 01 Jan 2999 00:00:00 GMT"):
        response = stack.http.post(
            "/batches", json={"jobs": stills(card, 1)}, headers={"Date": date}
        )
        assert response.status_code == 201
        stack.expect(response.json()["batchId"], 1)
        until(lambda r=response: stack.finished(r.json()["batchId"]) or None, "finished job")
        stack.check_all_finished(response.json()["batchId"], 1)

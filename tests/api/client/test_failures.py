"""The client's behaviour when the network or the service fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from reelbatch.client import (
    AsyncReelbatch,
    BatchRejected,
    ConnectionFailed,
    JobChanged,
    NotFound,
    RateLimited,
    Reelbatch,
    ServerError,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from tests.api.client.faults import BrokenNetwork, Fault, is_call
from tests.api.documents import a_film
from tests.api.fonts import a_font
from tests.api.running_api import RunningApi, Team, a_still, a_video, until

UNKNOWN = "01JAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(is_call("POST", "/batches"), breaks_after=0),
        Fault(is_call("POST", "/batches"), refuses=True),
        Fault(is_call("POST", "/batches"), status=503),
        Fault(is_call("POST", "/batches"), status=429),
    ],
    ids=["the response is lost", "refused", "unavailable", "too many"],
)
async def test_a_batch_is_created_once_however_often_it_is_sent(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team, fault: Fault
) -> None:
    job = a_still(await team.upload_card())
    network.suffer(fault)

    batch = await reelbatch.batches.create([job])

    first, second = network.of("POST", "/batches")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert await team.batch_ids() == [batch.id]


async def test_each_creation_gets_its_own_key_unless_the_caller_gives_one(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team
) -> None:
    job = a_still(await team.upload_card())
    await reelbatch.jobs.create(job)
    await reelbatch.jobs.create(job)
    one = await reelbatch.batches.create([job], idempotency_key="order-4711")
    same = await reelbatch.batches.create([job], idempotency_key="order-4711")

    keys = [sent.headers["idempotency-key"] for sent in network.of("POST", "/jobs")]
    assert len({*keys}) == 2
    assert one.id == same.id


async def test_requests_that_are_not_safe_to_repeat_are_not_repeated(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, tmp_path: Path
) -> None:
    (tmp_path / "font.ttf").write_bytes(a_font())
    network.suffer(Fault(is_call("POST", "/fonts"), breaks_after=0))
    with pytest.raises(ConnectionFailed):
        await reelbatch.fonts.add(tmp_path / "font.ttf")
    assert len(await reelbatch.fonts.list()) == 1, "it had arrived"

    network.suffer(Fault(is_call("POST", "/fonts"), refuses=True))
    await reelbatch.fonts.add(tmp_path / "font.ttf")
    assert len(await reelbatch.fonts.list()) == 2


@pytest.mark.usefixtures("without_pauses")
async def test_a_wait_survives_an_outage_that_fails_a_single_request(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team
) -> None:
    film = await team.upload(a_film())
    batch = await reelbatch.batches.create([a_video(film)])

    def waits(request: httpx.Request) -> bool:
        return "wait" in request.url.params

    network.suffer(Fault(waits, refuses=True, times=6))
    waiting = asyncio.create_task(batch.wait())

    async def asked_again() -> bool | None:
        return len([*filter(waits, network.requests)]) > 6 or None

    await until(asked_again, "wait that arrives")
    await batch.cancel()
    assert (await waiting).stats.cancelled == 1

    network.suffer(Fault(is_call("GET", f"/batches/{batch.id}"), status=502, times=4))
    with pytest.raises(Unavailable):
        await batch.read()


@pytest.mark.usefixtures("without_pauses")
async def test_events_resume_after_a_broken_stream_and_report_each_change_once(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team
) -> None:
    card = await team.upload_card()
    batch = await reelbatch.batches.create([a_still(card, title) for title in "ABCD"])
    await batch.wait()
    followed = is_call("GET", "/events")
    network.suffer(Fault(followed, breaks_after=5))  # in the middle of the third job
    network.suffer(Fault(followed, status=503))
    network.suffer(Fault(followed, breaks_after=3))

    seen = [event async for event in batch.events()]

    changes = [event.job.index for event in seen if isinstance(event, JobChanged)]
    assert sorted(changes) == [0, 1, 2, 3]
    assert [type(event).__name__ for event in seen].count("StatsChanged") == 1
    assert type(seen[-1]).__name__ == "BatchEnded"
    streams = network.of("GET", "/events")
    assert len(streams) == 4
    assert "last-event-id" not in streams[0].headers
    assert streams[1].headers["last-event-id"].isdecimal()


@pytest.mark.usefixtures("without_pauses")
async def test_a_download_resumes_where_it_broke_off(
    reelbatch: AsyncReelbatch,
    network: BrokenNetwork,
    team: Team,
    tmp_path: Path,
) -> None:
    batch = await reelbatch.batches.create([a_still(await team.upload_card())])
    await batch.wait()
    network.suffer(Fault(is_call("GET", ".png"), breaks_after=1))

    [output] = await batch.download(tmp_path)

    first, second = network.of("GET", ".png")
    assert "range" not in first.headers
    assert second.headers["range"].startswith("bytes=")
    whole = (await team.public.get(output.job.output_url)).content
    assert output.file.read_bytes() == whole
    assert names_in(tmp_path) == [".reelbatch-files", "000.png"]


@pytest.mark.usefixtures("without_pauses")
async def test_an_abandoned_download_leaves_no_file_and_is_resumed_later(
    reelbatch: AsyncReelbatch,
    network: BrokenNetwork,
    team: Team,
    tmp_path: Path,
) -> None:
    batch = await reelbatch.batches.create([a_still(await team.upload_card())])
    await batch.wait()
    network.suffer(Fault(is_call("GET", ".png"), breaks_after=1))
    network.suffer(Fault(is_call("GET", ".png"), refuses=True, times=8))
    with pytest.raises(ConnectionFailed):
        await batch.download(tmp_path)
    assert not (tmp_path / "000.png").exists()

    [output] = await batch.download(tmp_path)

    assert network.of("GET", ".png")[-1].headers["if-range"].startswith('"')
    assert output.file.read_bytes() == (await team.public.get(output.job.output_url)).content


async def test_each_kind_of_refusal_raises_its_own_error(
    reelbatch: AsyncReelbatch, api: RunningApi
) -> None:
    with pytest.raises(NotFound, match="no batch") as unknown:
        await reelbatch.batches.of(UNKNOWN).read()
    assert (unknown.value.status, unknown.value.error_code) == (404, "BATCH_NOT_FOUND")
    assert unknown.value.request_id
    with pytest.raises(BatchRejected) as rejected:
        await reelbatch.batches.create([a_still(UNKNOWN), {}])
    assert [problem.index for problem in rejected.value.rejected] == [0, 1]
    assert rejected.value.rejected[0].error_code == "TEMPLATE_NOT_FOUND"
    async with AsyncReelbatch(api.url, "rb_wrong") as stranger:
        with pytest.raises(Unauthorized):
            await stranger.templates.list()


async def test_an_id_cannot_lead_to_another_address(
    reelbatch: AsyncReelbatch, network: BrokenNetwork
) -> None:
    with pytest.raises(NotFound):
        await reelbatch.templates.get("../secrets?x=#")
    assert network.requests[-1].url.raw_path == b"/api/v2/templates/..%2Fsecrets%3Fx%3D%23"


def test_retry_after_is_obeyed_up_to_two_minutes(
    pauses: list[float],
) -> None:
    responses = [
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        httpx.Response(200, json=[]),
        httpx.Response(429, headers={"Retry-After": "900"}, json={"error": "a", "errorCode": "B"}),
    ]
    client = client_with_responses(lambda _: responses.pop(0))

    assert client.templates.list() == []
    assert pauses[0] == 7
    assert 0.5 <= pauses[1] <= 1
    with pytest.raises(RateLimited) as limited:
        client.templates.list()
    assert (limited.value.retry_after, limited.value.error_code) == (900, "B")


def test_retries_end_and_pauses_grow(pauses: list[float]) -> None:
    calls: list[httpx.Request] = []

    def fail(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(502)

    with pytest.raises(Unavailable):
        client_with_responses(fail).templates.list()
    assert len(calls) == 4
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1 <= pauses[2] <= 2


@pytest.mark.parametrize("code", ["SECRETS_NOT_CONFIGURED", "PAYLOAD_UNDECODABLE"])
def test_errors_that_need_the_operator_are_not_retried(code: str, pauses: list[float]) -> None:
    problem = {"error": "Set the key.", "errorCode": code}
    client = client_with_responses(lambda _: httpx.Response(503, json=problem))
    with pytest.raises(ServerError, match="Set the key"):
        client.secrets.list()
    assert pauses == []


def test_a_response_from_another_service_is_reported() -> None:
    client = client_with_responses(lambda _: httpx.Response(200, text="<html>"))
    with pytest.raises(UnexpectedAnswer, match="Template"):
        client.templates.get("X")


def test_unknown_fields_from_a_newer_service_are_ignored() -> None:
    font = {
        "id": "X",
        "familyName": "F",
        "styleName": "S",
        "fileName": "f.ttf",
        "createdAt": "2030-01-31T00:00:00Z",
        "colour": {"deep": True},
    }
    client = client_with_responses(lambda _: httpx.Response(200, json=[font]))
    assert client.fonts.list()[0].family_name == "F"


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def client_with_responses(answer: Callable[[httpx.Request], httpx.Response]) -> Reelbatch:
    """A client that only gets these responses, which no real service gives on demand."""
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Reelbatch("http://service", "rb_x", http_client=http)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the blocking client would have waited."""
    waited: list[float] = []
    monkeypatch.setattr("reelbatch.client._blocking.sleep", waited.append)
    return waited


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the asyncio client pause only for a moment."""

    async def doze(_seconds: float) -> None:
        await asyncio.sleep(0.01)

    monkeypatch.setattr("reelbatch.client._awaiting.sleep", doze)

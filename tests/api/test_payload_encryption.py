"""Payload encryption: what Temporal and the object store contain, and how it is decrypted."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict, Parse
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest

import worker
from api import authentication, codec
from reelbatch.models.orchestration.names import batch_workflow_id, job_workflow_id
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.tokens import create_token, revoke_token
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, served, until
from tests.api.temporal import connected, temporal_server
from tests.busy_folders import contents_below

WEB_UI = "http://127.0.0.1:8233"
WORDS = "Confidential-words"


def keys_of(*names: str) -> SecretStr:
    keys = (f"{name}:{base64.b64encode((name * 32)[:32].encode()).decode()}" for name in names)
    return SecretStr(",".join(keys))


@asynccontextmanager
async def settings_of(home: Path) -> AsyncGenerator[Settings]:
    async with temporal_server(home) as address:
        yield Settings(
            temporal_address=address,
            object_store=str(home / "objects"),
            scratch=home / "scratch",
            render_processes=1,
            drain_timeout=0,
            web_ui_origin=WEB_UI,
            operator_team="operators",
        )


@pytest_asyncio.fixture(scope="module")
async def plain(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Settings]:
    """The settings of a service that encrypts nothing."""
    async with settings_of(tmp_path_factory.mktemp("encryption")) as settings:
        yield settings


@pytest_asyncio.fixture
async def unused(tmp_path: Path) -> AsyncGenerator[Settings]:
    """The same settings, with a new Temporal server."""
    async with settings_of(tmp_path) as settings:
        yield settings


def encrypting(plain: Settings, *names: str) -> Settings:
    return plain.model_copy(update={"payload_keys": keys_of(*names)})


@asynccontextmanager
async def api_with(settings: Settings) -> AsyncGenerator[RunningApi]:
    store = open_store(settings.object_store)
    client = await connected(settings, store)
    async with served(settings, client, store) as api:
        yield api


@asynccontextmanager
async def service_with(settings: Settings) -> AsyncGenerator[RunningApi]:
    """An API and a worker."""
    async with api_with(settings) as api:
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(settings, stop))
        try:
            yield api
        finally:
            stop.set()
            await running


@pytest_asyncio.fixture(scope="module")
async def api(plain: Settings) -> AsyncGenerator[RunningApi]:
    async with service_with(encrypting(plain, "new", "old")) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def team(api: RunningApi) -> AsyncGenerator[Team]:
    async with api.new_team() as new:
        yield new


@pytest_asyncio.fixture(scope="module")
async def batch(team: Team) -> Any:
    """A batch whose input is so large that it is in the object store; its last job fails."""
    card = await team.upload_card()
    words = base64.b64encode(WORDS.encode()).decode()
    no_picture = f"data:image/png;base64,{words}"
    asset = {"type": "image", "layerName": "background", "src": no_picture}
    failing = a_still(card) | {"assets": [asset]}
    jobs = [a_still(card, f"{WORDS}-{number}") for number in range(12)]
    created = await team.create_batch(*jobs, failing)
    return await team.end_of_batch(created["batchId"])


async def raw_history(api: RunningApi, workflow_id: str) -> list[Any]:
    """The events as the server stores them."""
    response = await api.client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(
            namespace=api.client.namespace, execution=WorkflowExecution(workflow_id=workflow_id)
        )
    )
    return list(response.history.events)


async def input_of(api: RunningApi, workflow_id: str) -> Payload:
    started, *_ = await raw_history(api, workflow_id)
    [payload] = started.workflow_execution_started_event_attributes.input.payloads
    return payload


async def post_payloads(
    http: httpx.AsyncClient, url: str, *payloads: Payload, **headers: str
) -> httpx.Response:
    body = {"payloads": [MessageToDict(payload) for payload in payloads]}
    return await http.post(url, json=body, headers=headers)


def content_of(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    [payload] = response.json()["payloads"]
    return json.loads(base64.b64decode(payload["data"]))


def files_in(folder: Path) -> list[bytes]:
    return list(contents_below(folder).values())


async def test_neither_temporal_nor_the_object_store_has_jobs_in_plain_text(
    api: RunningApi, team: Team, batch: Any
) -> None:
    assert batch["stats"] == batch["stats"] | {"finished": 12, "error": 1}
    workflow_ids = [
        batch_workflow_id(team.name, batch["batchId"]),
        *(job_workflow_id(team.name, job["id"]) for job in batch["jobs"]),
    ]
    for workflow_id in workflow_ids:
        history = b"".join(
            event.SerializeToString() for event in await raw_history(api, workflow_id)
        )
        description = await api.client.get_workflow_handle(workflow_id).describe()
        held = history + description.raw_description.SerializeToString()
        assert b"binary/encrypted" in held
        assert WORDS.encode() not in held
        assert "card · main".encode() not in held  # the summary that the Web UI shows
    stored = files_in(Path(api.settings.object_store, "teams", team.name, "payloads"))
    assert stored
    assert not [content for content in stored if WORDS.encode() in content]


async def test_the_attributes_that_operators_search_by_stay_readable(
    api: RunningApi, team: Team, batch: Any
) -> None:
    workflow_id = job_workflow_id(team.name, batch["jobs"][0]["id"])
    description = await api.client.get_workflow_handle(workflow_id).describe()
    attributes = description.raw_description.workflow_execution_info.search_attributes
    assert batch["batchId"].encode() in attributes.SerializeToString()
    assert (await description.static_summary() or "").startswith("00000 · card · main")


async def test_the_codec_shows_a_team_its_own_payloads(
    api: RunningApi, team: Team, batch: Any
) -> None:
    of_job = await input_of(api, job_workflow_id(team.name, batch["jobs"][0]["id"]))
    response = await post_payloads(team.http, f"{api.url}/codec/decode", of_job)
    assert content_of(response)["assets"][0]["value"] == f"{WORDS}-0"

    stored_outside = await input_of(api, batch_workflow_id(team.name, batch["batchId"]))
    assert stored_outside.external_payloads
    download = await post_payloads(team.http, f"{api.url}/codec/download", stored_outside)
    assert content_of(download)["id"] == batch["batchId"]
    response = await post_payloads(team.http, f"{api.url}/codec/decode", stored_outside)
    assert len(content_of(response)["jobs"]) == 13


async def test_the_codec_shows_payloads_only_to_their_team_and_operators(
    api: RunningApi, team: Team, batch: Any
) -> None:
    url = f"{api.url}/codec/decode"
    of_job = await input_of(api, job_workflow_id(team.name, batch["jobs"][0]["id"]))
    stored_outside = await input_of(api, batch_workflow_id(team.name, batch["batchId"]))
    async with api.new_team() as other:
        for payload in (of_job, stored_outside):
            refused = await post_payloads(other.http, url, payload)
            assert (refused.status_code, refused.json()["errorCode"]) == (403, "FORBIDDEN")
    for authorization in ("Bearer rb_wrong", ""):
        refused = await post_payloads(team.public, url, of_job, Authorization=authorization)
        assert (refused.status_code, refused.json()["errorCode"]) == (401, "UNAUTHORIZED")
    async with api.new_team("operators") as operators:
        assert content_of(await post_payloads(operators.http, url, stored_outside))


async def test_a_payload_cannot_be_passed_off_as_another_teams(
    api: RunningApi, team: Team, batch: Any
) -> None:
    payload = await input_of(api, job_workflow_id(team.name, batch["jobs"][0]["id"]))
    async with api.new_team() as other:
        payload.metadata["reelbatch-team"] = other.name.encode()
        refused = await post_payloads(other.http, f"{api.url}/codec/decode", payload)
    assert (refused.status_code, refused.json()["errorCode"]) == (503, "PAYLOAD_UNDECODABLE")


async def test_a_reference_leads_to_payloads_and_nothing_else(api: RunningApi, team: Team) -> None:
    for key in ("server/signing-key", f"teams/{team.name}/payloads/../../../tokens/x", ""):
        reference = {"driverName": "reelbatch", "claimData": {"key": key}}
        payload = Payload(
            metadata={
                "encoding": b"json/protobuf",
                "messageType": b"temporal.api.sdk.v1.ExternalStorageReference",
            },
            data=json.dumps(reference).encode(),
        )
        refused = await post_payloads(team.http, f"{api.url}/codec/decode", payload)
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "VALIDATION_ERROR")


async def test_a_response_of_the_codec_is_limited_like_a_body(
    plain: Settings, api: RunningApi, team: Team, batch: Any
) -> None:
    stored_outside = await input_of(api, batch_workflow_id(team.name, batch["batchId"]))
    small = encrypting(plain, "new").model_copy(update={"max_body_bytes": 50_000})
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    async with api_with(small) as other, other.client_of(token) as http:
        refused = await post_payloads(http, f"{other.url}/codec/decode", *[stored_outside] * 100)
    assert (refused.status_code, refused.json()["errorCode"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"payloads": 1}', b"\xff", b'{"\\ud800": "\\ud800"}']
)
async def test_a_body_that_is_not_a_list_of_payloads_is_refused(
    api: RunningApi, team: Team, body: bytes
) -> None:
    refused = await team.http.post(f"{api.url}/codec/decode", content=body)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "VALIDATION_ERROR")


async def test_the_codec_decodes_what_it_encodes(api: RunningApi, team: Team) -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"words"')
    encoded = await post_payloads(team.http, f"{api.url}/codec/encode", payload)
    assert b"words" not in base64.b64decode(encoded.json()["payloads"][0]["data"])
    decoded = await team.http.post(f"{api.url}/codec/decode", content=encoded.content)
    assert content_of(decoded) == "words"


async def test_a_signed_in_browser_can_only_read_from_the_web_ui(
    api: RunningApi, team: Team, batch: Any
) -> None:
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    of_job = await input_of(api, job_workflow_id(team.name, batch["jobs"][0]["id"]))
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        assert "<form" in (await browser.get("/codec/")).text
        as_it_is = await post_payloads(browser, "/codec/decode", of_job, Origin=WEB_UI)
        assert Parse(as_it_is.content, Payloads()).payloads[0] == of_job
        long = bytes(8 * 1024**2 + 1)
        refused = await browser.post("/codec/decode", content=long, headers={"Origin": WEB_UI})
        assert refused.status_code == 413
        refused = await post_payloads(browser, "/codec/download", of_job, Origin=WEB_UI)
        assert refused.status_code == 401
        own = {"Origin": api.url}
        wrong = await browser.post("/codec/session", data={"token": "rb_wrong"}, headers=own)
        assert wrong.status_code == 401
        for origin in ({}, {"Origin": "null"}, {"Origin": "https://evil"}):
            refused = await browser.post("/codec/session", data={"token": token}, headers=origin)
            assert refused.status_code == 403
        signed_in = await browser.post("/codec/session", data={"token": token}, headers=own)
        cookie = signed_in.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert token.lower() not in cookie
        response = await post_payloads(browser, "/codec/decode", of_job, Origin=WEB_UI)
        assert content_of(response)["id"] == batch["jobs"][0]["id"]
        assert response.headers["access-control-allow-origin"] == WEB_UI
        assert response.headers["access-control-allow-credentials"] == "true"
        elsewhere = await post_payloads(browser, "/codec/decode", of_job, Origin="https://evil")
        assert "access-control-allow-origin" not in elsewhere.headers
        assert elsewhere.status_code == 403
        assert (await post_payloads(browser, "/codec/decode", of_job)).status_code == 403
        assert (await browser.get("/api/v2/jobs")).status_code == 401  # the cookie is not a token


async def session_of(browser: httpx.AsyncClient, token: str) -> str:
    headers = {"Origin": str(browser.base_url).rstrip("/")}
    signed_in = await browser.post("/codec/session", data={"token": token}, headers=headers)
    assert signed_in.status_code == 200, signed_in.text
    return signed_in.headers["set-cookie"]


async def test_a_session_cannot_be_forged_and_ends_with_its_token(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, record = await create_token(api.store, "someone", "test")
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        session = (await session_of(browser, token)).partition("=")[2].partition(";")[0]
        digest, expires, signature = session.split(".")
        forged = (
            f"{digest}.{int(expires) + 1}.{signature}",
            f"{'0' * 64}.{expires}.{signature}",
            digest,
            "é",
        )
        for cookie in forged:
            raw = f"reelbatch-codec={cookie}".encode()
            headers = httpx.Headers([(b"Origin", WEB_UI.encode()), (b"Cookie", raw)])
            refused = await browser.post("/codec/decode", json={}, headers=headers)
            assert refused.status_code == 401
        assert content_of(await post_payloads(browser, "/codec/decode", payload, Origin=WEB_UI))
        monkeypatch.setattr(codec, "_COOKIE_SECONDS", -1)
        over = await session_of(browser, token)
        headers = {"Origin": WEB_UI, "Cookie": over.partition(";")[0]}
        assert (await browser.post("/codec/decode", json={}, headers=headers)).status_code == 401
        monkeypatch.undo()
        await session_of(browser, token)
        monkeypatch.setattr(authentication, "_CACHE_SECONDS", 0)
        await revoke_token(api.store, record.id)
        ended = await post_payloads(browser, "/codec/decode", payload, Origin=WEB_UI)
        assert ended.status_code == 401


async def test_a_session_requires_https_if_the_public_url_uses_it(
    plain: Settings, team: Team
) -> None:
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    public = plain.model_copy(update={"public_url": "https://renders.example.com"})
    for settings, is_secure in ((plain, False), (public, True)):
        async with (
            api_with(settings) as other,
            httpx.AsyncClient(base_url=other.url, trust_env=False) as browser,
        ):
            session = await session_of(browser, token)
            assert ("secure" in session.lower().split("; ")) is is_secure


@pytest.mark.parametrize("data", [b"{", b"\xff", b'{"claimData": 1}', b'{"x": "\\ud800"}'])
async def test_a_reference_that_cannot_be_read_is_refused(
    api: RunningApi, team: Team, data: bytes
) -> None:
    message_type = b"temporal.api.sdk.v1.ExternalStorageReference"
    metadata = {"encoding": b"json/protobuf", "messageType": message_type}
    payload = Payload(metadata=metadata, data=data)
    refused = await post_payloads(team.http, f"{api.url}/codec/decode", payload)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "VALIDATION_ERROR")


async def test_the_web_ui_may_send_preflight_requests(api: RunningApi, team: Team) -> None:
    asked = {
        "Origin": WEB_UI,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-namespace",
    }
    response = await team.public.options(f"{api.url}/codec/decode", headers=asked)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == WEB_UI


async def test_a_new_key_takes_over_while_a_batch_is_running(unused: Settings) -> None:
    async with service_with(encrypting(unused, "old")) as before, before.new_team() as team:
        film = await team.upload(a_film())
        body = {"jobs": [a_video(film, frames=[0, 60]), a_video(film)], "concurrency": 1}
        created = (await team.http.post("/batches", json=body)).json()

        async def rendering() -> Any:
            return await team.get("/jobs?states=render:dorender") or None

        await until(rendering, "render")
        token = team.http.headers["Authorization"].removeprefix("Bearer ")
    async with (
        service_with(encrypting(unused, "new", "old")) as after,
        after.client_of(token) as http,
    ):
        path = f"/batches/{created['batchId']}"

        async def first_has_ended() -> Any:
            return (await http.get(path)).json()["stats"]["finished"] or None

        await until(first_has_ended, "finished job")
        assert (await http.post(f"{path}/cancel")).json()["cancelledCount"] == 1
        assert (await http.get(path)).json()["stats"]["pending"] == 0
        events = await raw_history(after, batch_workflow_id(team.name, created["batchId"]))
        held = b"".join(event.SerializeToString() for event in events)
        assert b"reelbatch-key\x12\x03old" in held
        assert b"reelbatch-key\x12\x03new" in held


async def test_a_missing_key_is_named(
    api: RunningApi, plain: Settings, team: Team, batch: Any
) -> None:
    del api
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    for settings in (encrypting(plain, "other"), plain):
        async with api_with(settings) as other, other.client_of(token) as http:
            response = await http.get(f"/batches/{batch['batchId']}")
            assert response.status_code == 503
            assert response.json()["errorCode"] == "PAYLOAD_UNDECODABLE"
            assert "'new', which is missing in this process's" in response.json()["error"]


async def test_a_batch_waits_for_workers_that_have_its_key(unused: Settings) -> None:
    async with service_with(encrypting(unused, "new")) as api, api.new_team() as team:
        card = await team.upload_card()
        token = team.http.headers["Authorization"].removeprefix("Bearer ")
    async with api_with(encrypting(unused, "new")) as api, api.client_of(token) as http:
        created = (await http.post("/batches", json={"jobs": [a_still(card)]})).json()
        workflow_id = batch_workflow_id(team.name, created["batchId"])

        async with service_with(encrypting(unused, "other")):

            async def refused() -> str | None:
                for event in await raw_history(api, workflow_id):
                    failed = event.workflow_task_failed_event_attributes
                    if failed.HasField("failure"):
                        return failed.failure.application_failure_info.type
                return None

            reason = await until(refused, "failed workflow task")
        async with service_with(encrypting(unused, "new")):

            async def finished() -> bool | None:
                batch = (await http.get(f"/batches/{created['batchId']}")).json()
                return batch["stats"]["finished"] == 1 or None

            await until(finished, "end of the batch")
    assert reason == "PayloadUndecodable"


async def test_data_from_before_encryption_is_still_readable(unused: Settings) -> None:
    async with service_with(unused) as before, before.new_team() as team:
        created = await team.create_batch(a_still(await team.upload_card()))
        workflow_id = batch_workflow_id(team.name, created["batchId"])
        await before.client.get_workflow_handle(workflow_id).result()
        batch = await team.end_of_batch(created["batchId"])
        token = team.http.headers["Authorization"].removeprefix("Bearer ")
    settings = encrypting(unused, "new").model_copy(update={"public_url": before.url})
    async with api_with(settings) as after, after.client_of(token) as http:
        assert (await http.get(f"/batches/{created['batchId']}")).json() == batch
        retried = await http.post(f"/batches/{created['batchId']}/retry")
        assert retried.json()["errorCode"] == "NOTHING_TO_RETRY"

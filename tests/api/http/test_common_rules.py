"""Rules for every endpoint: tokens, the format of errors, request ids, health."""

import json
from typing import Any

import pytest

from reelbatch.storage.tokens import create_token, revoke_token
from tests.api.running_api import RunningApi, Team, a_still

A_POSITION = {"type": "data", "layerName": "title", "property": "Position", "value": [0.5, True]}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer rb_wrong", "Basic YTpi", "rb_wrong"]
)
async def test_without_a_valid_token_there_is_a_401(
    api: RunningApi, team: Team, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in ("/api/v2/jobs", "/api/v3/templates", "/api/v2/batches/nonsense"):
        response = await team.public.get(f"{api.url}{path}", headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["errorCode"] == "UNAUTHORIZED"


async def test_the_word_bearer_is_case_insensitive(api: RunningApi, team: Team) -> None:
    header = team.http.headers["Authorization"].replace("Bearer", "bearer")
    url = f"{api.url}/api/v2/jobs"
    response = await team.public.get(url, headers={"Authorization": header})
    assert response.status_code == 200


async def test_a_revoked_token_that_nobody_used_yet_is_refused(api: RunningApi) -> None:
    token, record = await create_token(api.store, "someone", "test")
    assert await revoke_token(api.store, record.id)
    async with api.client_of(token) as http:
        assert (await http.get("/jobs")).status_code == 401


async def test_unknown_addresses_and_methods_have_the_usual_error_format(team: Team) -> None:
    unknown = await team.http.get("/nowhere")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "NOT_FOUND")
    for path in ("/batches", "/v3/templates", "/api/jobs"):
        without = await team.public.get(f"{team.public.base_url}{path}")
        assert "/api/v2" in without.json()["error"]
    method = await team.http.delete("/batches")
    assert (method.status_code, method.json()["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


async def test_a_405_lists_the_supported_methods(team: Team) -> None:
    refused = await team.http.put("/jobs")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_head_responds_like_get_without_the_content(team: Team) -> None:
    card = await team.upload_card()
    batch = (await team.create_batch(a_still(card)))["batchId"]
    await team.end_of_batch(batch)
    for path in ("/jobs", "/templates", f"/batches/{batch}", f"/batches/{batch}/archive"):
        got, head = await team.http.get(path), await team.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
    events = await team.http.head(f"/batches/{batch}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    missing = await team.http.head("/batches/nonsense")
    assert missing.status_code == 400


async def test_large_responses_are_compressed_on_request(team: Team) -> None:
    card = await team.upload_card()
    for _ in range(10):
        await team.http.post("/templates", json={"type": "lottie", "displayName": "x" * 100})
    plain = await team.http.get("/templates", headers={"Accept-Encoding": "identity"})
    packed = await team.http.get("/templates", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) * 2 < int(plain.headers["content-length"])
    head = await team.http.head("/templates", headers={"Accept-Encoding": "gzip"})
    assert head.headers["content-length"] == packed.headers["content-length"]
    again = await team.http.get("/templates", headers={"Accept-Encoding": "gzip"})
    assert again.json() == packed.json() == plain.json()
    await team.http.patch(f"/templates/{card}", json={"displayName": "Another"})
    changed = await team.http.get("/templates", headers={"Accept-Encoding": "gzip"})
    assert "Another" in {template["displayName"] for template in changed.json()}
    refusing = await team.http.get("/templates", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in refusing.headers
    small = await team.http.get(f"/templates/{card}", headers={"Accept-Encoding": "gzip"})
    assert small.json()["id"] == card


async def test_unchanged_content_is_not_sent_again(team: Team) -> None:
    card = await team.upload_card()
    created = await team.create_batch(a_still(card))
    batch, job = created["batchId"], created["jobs"][0]["id"]
    await team.end_of_batch(batch)
    await team.batch_ids()
    for path in (
        "/jobs",
        "/jobs?minimal=true",
        f"/jobs/{job}",
        f"/jobs/{job}/logs",
        "/batches",
        f"/batches/{batch}",
        f"/batches/{batch}/results",
        "/templates",
        f"/templates/{card}",
        f"/../v3/templates/{card}/layers",
    ):
        tag = (await team.http.get(path)).headers["etag"]
        again = await team.http.get(path, headers={"If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["vary"] == "Accept-Encoding"
        head = await team.http.head(path, headers={"If-None-Match": tag})
        assert head.status_code == 304
        other = await team.http.get(path, headers={"If-None-Match": '"x"'})
        assert other.status_code == 200
        for expected, status in (("*", 200), ('"x"', 412), (tag, 412)):  # weak tags never match
            conditional = await team.http.get(path, headers={"If-Match": expected})
            assert conditional.status_code == status
        assert conditional.json()["errorCode"] == "PRECONDITION_FAILED"

    tag = (await team.http.get(f"/templates/{card}")).headers["etag"]
    await team.http.patch(f"/templates/{card}", json={"displayName": "Another"})
    changed = await team.http.get(f"/templates/{card}", headers={"If-None-Match": tag})
    assert changed.json()["displayName"] == "Another"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"priority": True}, "priority: must be an integer"),
        (
            {"settings": {"type": "image", "frames": True}},
            "settings.frames: must be an integer or a list",
        ),
        (
            {"settings": {"type": "image", "frames": [0, True]}},
            "settings.frames.1: must be an integer",
        ),
        (
            {"assets": [A_POSITION]},
            (
                "assets.0.value: Only HTML templates accept objects. Send text, a number or an "
                "array of numbers."
            ),
        ),
    ],
)
async def test_true_is_not_a_number(team: Team, fields: dict[str, Any], error: str) -> None:
    job = a_still(await team.upload_card()) | fields
    refused = await team.http.post("/jobs", json=job)
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert len(refused.json()["details"]) == 1


async def test_a_byte_order_mark_before_json_is_ignored(team: Team) -> None:
    body = json.dumps({"jobs": [a_still(await team.upload_card())]}).encode("utf-8-sig")
    checked = await team.http.post("/batches?dryRun=true", content=body)
    assert checked.json()["successCount"] == 1


async def test_every_response_has_a_request_id(team: Team) -> None:
    for path in ("/jobs", "/nowhere", "/batches/nonsense"):
        assert (await team.http.get(path)).headers["x-request-id"]
    own = await team.http.get("/jobs", headers={"X-Request-Id": "my-id.1"})
    assert own.headers["x-request-id"] == "my-id.1"
    bad = await team.http.get("/jobs", headers={"X-Request-Id": "not an id"})
    assert bad.headers["x-request-id"] != "not an id"


async def test_health_needs_no_token(api: RunningApi, team: Team) -> None:
    assert (await team.public.get(f"{api.url}/healthz")).json() == {"status": "ok"}
    assert (await team.public.get(f"{api.url}/readyz")).json() == {"status": "ready"}


async def test_the_description_of_the_api_names_its_errors(api: RunningApi, team: Team) -> None:
    description = (await team.public.get(f"{api.url}/openapi.json")).json()
    responses = description["paths"]["/api/v2/batches/{batch_id}"]["get"]["responses"]
    assert "BATCH_NOT_FOUND" in responses["404"]["description"]

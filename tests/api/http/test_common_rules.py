"""Rules of every endpoint: tokens, the shape of errors, request ids, health."""

import pytest

from reelbatch.storage.tokens import create_token, revoke_token
from tests.api.running_api import RunningApi, Team


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


async def test_unknown_addresses_and_methods_answer_in_the_shape_of_errors(team: Team) -> None:
    unknown = await team.http.get("/nowhere")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "NOT_FOUND")
    method = await team.http.delete("/batches")
    assert (method.status_code, method.json()["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


async def test_every_answer_has_a_request_id(team: Team) -> None:
    for path in ("/jobs", "/nowhere", "/batches/nonsense"):
        assert (await team.http.get(path)).headers["x-request-id"]
    own = await team.http.get("/jobs", headers={"X-Request-Id": "my-id.1"})
    assert own.headers["x-request-id"] == "my-id.1"
    bad = await team.http.get("/jobs", headers={"X-Request-Id": "no good id"})
    assert bad.headers["x-request-id"] != "no good id"


async def test_health_needs_no_token(api: RunningApi, team: Team) -> None:
    assert (await team.public.get(f"{api.url}/healthz")).json() == {"status": "ok"}
    assert (await team.public.get(f"{api.url}/readyz")).json() == {"status": "ready"}


async def test_the_description_of_the_api_names_its_errors(api: RunningApi, team: Team) -> None:
    description = (await team.public.get(f"{api.url}/openapi.json")).json()
    answers = description["paths"]["/api/v2/batches/{batch_id}"]["get"]["responses"]
    assert "BATCH_NOT_FOUND" in answers["404"]["description"]

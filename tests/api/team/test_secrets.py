"""Secrets: their endpoints, and references to them in jobs."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from reelbatch.settings import Settings
from reelbatch.storage.tokens import create_token
from tests.api.running_api import RunningApi, Team, a_still, served


async def put(team: Team, name: str, value: str = "hush-hush") -> dict[str, Any]:
    created = await team.http.put("/secrets", json={"name": name, "value": value})
    assert created.status_code == 201, created.text
    return created.json()


async def test_a_secret_is_created_listed_and_deleted(team: Team) -> None:
    created = await put(team, "CDN_TOKEN")
    assert set(created) == {"id", "name", "createdAt"}
    assert await team.get("/secrets") == [created]
    deleted = await team.http.delete(f"/secrets/{created['id']}")
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert await team.get("/secrets") == []
    again = await team.http.delete(f"/secrets/{created['id']}")
    assert (again.status_code, again.json()["errorCode"]) == (404, "SECRET_NOT_FOUND")


async def test_a_deleted_secret_is_unknown(team: Team) -> None:
    secret = await put(team, "CDN_TOKEN")
    await team.http.delete(f"/secrets/{secret['id']}")
    job = a_still(await team.upload_card())
    job["assets"][0]["value"] = "${secrets.CDN_TOKEN}"
    refused = await team.http.post("/jobs", json=job)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "SECRET_NOT_FOUND")


async def test_the_error_for_an_empty_value_says_so(team: Team) -> None:
    refused = await team.http.put("/secrets", json={"name": "A", "value": ""})
    assert refused.json()["error"] == "value: must not be empty"


async def test_a_name_that_is_taken_is_refused(team: Team) -> None:
    await put(team, "CDN_TOKEN")
    again = await team.http.put("/secrets", json={"name": "CDN_TOKEN", "value": "x"})
    assert (again.status_code, again.json()["errorCode"]) == (409, "SECRET_ALREADY_EXISTS")
    assert "CDN_TOKEN" in again.json()["error"]


async def test_teams_do_not_see_each_others_secrets(team: Team, other_team: Team) -> None:
    created = await put(team, "CDN_TOKEN")
    assert await other_team.get("/secrets") == []
    assert (await other_team.http.delete(f"/secrets/{created['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "A B", "value": "hush-hush"}, "name"),
        ({"name": "../up", "value": "hush-hush"}, "name"),
        ({"name": "a" * 129, "value": "hush-hush"}, "name"),
        ({"name": "A", "value": ""}, "value"),
        ({"name": "  ", "value": "hush-hush"}, "name"),
        ({"name": "A", "value": ["hush-hush"]}, "value"),
        ({"name": "A", "value": "hush-hush" * 10_000}, "value"),
        ({"name": "A", "value": "hush-hush\ud800"}, "value"),
        ({"name": "A"}, "value"),
        ({"value": "hush-hush"}, "name"),
    ],
)
async def test_refusals_name_the_field_and_never_the_value(
    team: Team, body: dict[str, Any], field: str
) -> None:
    refused = await team.http.put("/secrets", content=json.dumps(body))
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == field
    assert "hush" not in refused.text


REFERRING: list[tuple[dict[str, Any], str]] = [
    ({"type": "text", "layerName": "title", "value": "a ${secrets.GONE}"}, "assets.0.value"),
    (
        {"type": "image", "layerName": "background", "src": "https://x/${secret.GONE}"},
        "assets.0.src",
    ),
    ({"type": "image", "layerName": "background", "src": "${secrets.GONE}"}, "assets.0.src"),
    (
        {
            "type": "function",
            "name": "nx:text-params-set",
            "layerName": "title",
            "params": {"fillColor": "${secrets.GONE}"},
        },
        "assets.0.params.fillColor",
    ),
]


@pytest.mark.parametrize(("asset", "field"), REFERRING)
async def test_unknown_secrets_are_refused_at_submission(
    card_team: Team, card: str, asset: dict[str, Any], field: str
) -> None:
    created = await card_team.create_batch(a_still(card), a_still(card, assets=[asset]))
    assert created["status"] == "partial"
    [error] = created["errors"]
    assert (error["index"], error["errorCode"]) == (1, "SECRET_NOT_FOUND")
    assert [detail["field"] for detail in error["details"]] == [field]
    assert "GONE" in error["error"]
    await card_team.end_of_batch(created["batchId"])


async def test_a_job_with_a_secret_renders(card_team: Team, card: str) -> None:
    await put(card_team, "TITLE", "WW")
    created = await card_team.create_batch(
        a_still(card, "${secrets.TITLE}"), a_still(card, "WW"), a_still(card, "i")
    )
    batch = await card_team.end_of_batch(created["batchId"])
    pictures = [(await card_team.public.get(job["outputUrl"])).content for job in batch["jobs"]]
    assert pictures[0] == pictures[1] != pictures[2]


@pytest_asyncio.fixture(scope="module")
async def api_without_key(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    async with served(settings.model_copy(update={"secrets_key": None}), client, store) as api:
        yield api


async def test_without_a_key_the_missing_setting_is_named(
    api_without_key: RunningApi, card_team: Team, card: str
) -> None:
    token, _ = await create_token(api_without_key.store, card_team.name, "test")
    async with api_without_key.client_of(token) as http:
        for response in (
            await http.put("/secrets", json={"name": "A", "value": "B"}),
            await http.get("/secrets"),
            await http.post("/jobs", json=a_still(card, "${secrets.TITLE}")),
        ):
            assert (response.status_code, response.json()["errorCode"]) == (
                503,
                "SECRETS_NOT_CONFIGURED",
            )
            assert "REELBATCH_SECRETS_KEY" in response.json()["error"]

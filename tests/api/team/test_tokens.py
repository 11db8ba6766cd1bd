"""Tokens that a team makes itself, and the team that a token belongs to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.team import tokens
from reelbatch.models.wire.base import rfc3339
from reelbatch.version import VERSION
from tests.api.running_api import RunningApi, Team, until


async def made(team: Team, **fields: Any) -> dict[str, Any]:
    created = await team.http.post("/tokens", json={"name": "dashboard", **fields})
    assert created.status_code == 201, created.text
    return created.json()


async def test_a_token_shows_its_team_and_the_version(team: Team) -> None:
    shown = await team.get("/team")
    assert (shown["name"], shown["version"]) == (team.name, VERSION)
    assert await team.get("/tokens") == [shown["token"]]


async def test_a_new_token_is_shown_once_has_its_scopes_and_can_be_revoked(
    team: Team, api: RunningApi
) -> None:
    end = rfc3339(datetime.now(UTC) + timedelta(days=30))
    new = await made(team, scopes=["jobs:read"], expiresAt=end)
    token = new.pop("token")
    assert (new["scopes"], new["expiresAt"]) == (["jobs:read"], end)
    assert (await team.get("/tokens"))[1] == new
    async with api.client_of(token) as http:
        assert (await http.get("/team")).json() == {
            "name": team.name,
            "version": VERSION,
            "token": new,
        }
        refused = await http.post("/tokens", json={"name": "more"})
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "FORBIDDEN")
        revoked = await team.http.delete(f"/tokens/{new['id']}")
        assert (revoked.status_code, revoked.content) == (200, b"")

        async def is_refused() -> bool | None:
            return (await http.get("/team")).status_code == 401 or None

        await until(is_refused, "refusal")


async def test_teams_neither_see_nor_revoke_each_others_tokens(
    team: Team, other_team: Team
) -> None:
    new = await made(team)
    assert new["id"] not in {each["id"] for each in await other_team.get("/tokens")}
    refused = await other_team.http.delete(f"/tokens/{new['id']}")
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "TOKEN_NOT_FOUND")
    assert len(await team.get("/tokens")) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "  "}, "name: must have visible characters"),
        ({"scopes": []}, "scopes: "),
        ({"scopes": ["jobs"]}, "scopes.0: "),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt: must be in the future"),
        ({"expiresAt": "2099-01-01T00:00:00"}, "expiresAt: "),
        ({"expiresAt": "9999-12-31T23:59:59-12:00"}, "expiresAt: must be in a year from 1 to 9999"),
    ],
)
async def test_a_useless_token_is_refused_with_the_field_named(
    team: Team, fields: dict[str, Any], message: str
) -> None:
    refused = await team.http.post("/tokens", json={"name": "dashboard", **fields})
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    assert message in refused.json()["error"]


async def test_a_team_has_a_limited_number_of_tokens(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MAX_TOKENS", 1)
    refused = await team.http.post("/tokens", json={"name": "one more"})
    assert (refused.status_code, refused.json()["errorCode"]) == (413, "QUOTA_EXCEEDED")

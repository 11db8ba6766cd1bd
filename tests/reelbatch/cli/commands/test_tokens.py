"""`reelbatch tokens`: the scopes and expiry of tokens."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

RunReelbatch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tokens(reelbatch: RunReelbatch, tmp_path: Path) -> RunReelbatch:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return reelbatch("tokens", *arguments, "--object-store", tmp_path / "objects")

    return run


def listed(tokens: RunReelbatch) -> list[dict[str, Any]]:
    return json.loads(tokens("list", "--json").stdout)


def test_scopes_and_expiry_are_chosen_and_shown(tokens: RunReelbatch) -> None:
    scopes = ("--scope", "jobs:read", "--scope", "templates:write")
    made = tokens("create", "studio", *scopes, "--expires", "30d")
    assert made.returncode == 0, made.stderr
    assert "Scopes: jobs:read, templates:write." in made.stderr
    [token] = listed(tokens)
    assert token["scopes"] == ["jobs:read", "templates:write"]
    lifetime = datetime.fromisoformat(token["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=29) < lifetime <= timedelta(days=30)
    assert token["expiresAt"][:10] in tokens("list").stdout.replace("\n", "")


def test_by_default_a_token_has_all_scopes_but_admin_and_never_expires(
    tokens: RunReelbatch,
) -> None:
    assert "Expires: never." in tokens("create", "studio").stderr
    [token] = listed(tokens)
    assert token["scopes"] == ["jobs:read", "jobs:write", "templates:write"]
    assert "expiresAt" not in token


def test_an_expiry_date_means_its_first_moment_in_utc(tokens: RunReelbatch) -> None:
    tokens("create", "studio", "--expires", "2999-12-31")
    assert listed(tokens)[0]["expiresAt"] == "2999-12-31T00:00:00.000Z"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--expires", "soon"), "such as 30d or 12h"),
        (("--expires", "0d"), "such as 30d or 12h"),
        (("--expires", "2020-01-01"), "is in the past"),
        (("--expires", "9999-12-31T23:59-12:00"), "such as 30d or 12h"),
        (("--scope", "everything"), "jobs:read"),
        (("--name", " "), "The token's name is blank"),
    ],
)
def test_invalid_options_create_no_token(
    tokens: RunReelbatch, options: tuple[str, str], message: str
) -> None:
    refused = tokens("create", "studio", *options)
    assert refused.returncode != 0
    assert message in refused.stderr
    assert listed(tokens) == []

"""Which service a client talks to, and that no other service gets its token."""

import json
from pathlib import Path

import httpx
import pytest

from reelbatch.client import NotConfigured, Profile, Reelbatch, read_profiles


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a running service, without any settings of the machine."""
    for name in ("URL", "TOKEN", "PROFILE"):
        monkeypatch.delenv(f"REELBATCH_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REELBATCH_HOME", str(tmp_path))
    connection = {"apiUrl": "http://home", "token": "of-home", "temporalAddress": "x"}
    (tmp_path / "connection.json").write_text(json.dumps(connection))
    return tmp_path


def a_profile(name: str, *, default: bool = False) -> None:
    profiles = read_profiles().having(name, Profile(url=f"http://{name}", token=f"of-{name}"))
    (profiles.using(name) if default else profiles).write()


def destination(*arguments: str | None, profile: str | None = None) -> tuple[str, str]:
    """The host that a client with these arguments sends requests to, and the token."""
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    http = httpx.Client(transport=httpx.MockTransport(respond))
    Reelbatch(*arguments, profile=profile, http_client=http).templates.list()
    return seen[0].url.host, seen[0].headers["Authorization"].removeprefix("Bearer ")


def test_each_source_takes_precedence_over_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    assert destination() == ("home", "of-home")
    a_profile("usual", default=True)
    a_profile("other")
    assert destination() == ("usual", "of-usual")
    monkeypatch.setenv("REELBATCH_PROFILE", "other")
    assert destination() == ("other", "of-other")
    monkeypatch.setenv("REELBATCH_URL", "http://variable/api/v2/")
    monkeypatch.setenv("REELBATCH_TOKEN", "of-variable")
    assert destination() == ("variable", "of-variable")
    assert destination(profile="usual") == ("usual", "of-usual")
    assert destination("http://argument", "of-argument", profile="usual") == (
        "argument",
        "of-argument",
    )


def test_a_stored_token_is_only_sent_to_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    a_profile("studio", default=True)
    with pytest.raises(NotConfigured, match="no token for http://elsewhere"):
        destination("http://elsewhere")
    with pytest.raises(NotConfigured, match="no token"):
        destination("http://elsewhere", profile="studio")
    assert destination("http://studio/") == ("studio", "of-studio")
    assert destination(None, "mine") == ("studio", "mine")
    monkeypatch.setenv("REELBATCH_URL", "http://home")
    assert destination() == ("home", "of-home")


def test_errors_name_what_is_missing_or_broken_and_how_to_fix_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotConfigured, match=r"no profile nobody .* existing profiles: none"):
        Reelbatch(profile="nobody")
    (home / "connection.json").write_text("{")
    with pytest.raises(NotConfigured, match="remove it"):
        Reelbatch()
    with pytest.raises(NotConfigured, match="characters"):
        Reelbatch("http://x", "rb_x\u2026")
    monkeypatch.setenv("REELBATCH_HOME", str(home / "empty"))
    with pytest.raises(NotConfigured, match="reelbatch up"):
        Reelbatch()
    a_profile("studio")
    file = read_profiles().file
    file.write_text('[profiles.studio]\nurl = "http://studio"\n')
    with pytest.raises(NotConfigured, match=r"correct profiles\.studio\.token"):
        Reelbatch()
    file.write_text("[profiles")
    with pytest.raises(NotConfigured, match="not TOML"):
        Reelbatch()


def test_only_the_owner_can_read_the_profiles_and_any_token_can_be_stored() -> None:
    a_profile("studio", default=True)
    token = 'rb_"quoted"\\backslash'
    profiles = read_profiles().having("odd", Profile(url="http://odd", token=token))
    profiles.write()
    assert read_profiles().profiles["odd"].token == token
    assert read_profiles().default == "studio"
    assert read_profiles().file.stat().st_mode & 0o777 == 0o600
    for name, value in {"a b": "x", "ok": "has\nlines", "": "x"}.items():
        with pytest.raises(ValueError, match=r"name|visible"):
            profiles.having(name, Profile(url="http://x", token=value))


def test_no_representation_of_the_client_has_the_token() -> None:
    client = Reelbatch("http://x", "rb_hush")
    assert "rb_hush" not in repr(vars(client)) + repr(client.batches.of("X").subject)

"""The key that a stack creates to encrypt its secrets."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.secrets_key import secrets_environment
from reelbatch.settings import Settings

NO_KEY = Settings(secrets_key=None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


def test_the_key_stays_the_same_and_only_its_owner_may_read_it(home: Home) -> None:
    first = secrets_environment(home, NO_KEY)
    assert first["REELBATCH_SECRETS_KEY"]
    assert secrets_environment(home, NO_KEY) == first
    assert stat.S_IMODE(home.secrets_key_file.stat().st_mode) == 0o600
    assert not home.secrets_key_file.is_relative_to(home.objects)


def test_a_key_from_the_settings_is_not_replaced(home: Home) -> None:
    assert secrets_environment(home, Settings(secrets_key=SecretStr("mine"))) == {}
    assert not home.secrets_key_file.exists()


def test_an_unreadable_key_prevents_the_start(home: Home) -> None:
    home.secrets_key_file.mkdir()
    with pytest.raises(CommandFailed, match="secrets-key cannot be used"):
        secrets_environment(home, NO_KEY)

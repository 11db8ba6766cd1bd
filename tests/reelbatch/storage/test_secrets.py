"""Secrets at rest."""

from base64 import b64encode

import pytest
from obstore.store import ObjectStore
from pydantic import SecretStr

from reelbatch.models.errors import SecretAlreadyExists, SecretsNotConfigured, SecretUnavailable
from reelbatch.storage import keys
from reelbatch.storage.objects import read_bytes
from reelbatch.storage.secrets import SecretVault, new_secrets_key, open_vault

VALUE = "correct horse battery staple 🐎"


@pytest.fixture
def vault(store: ObjectStore) -> SecretVault:
    return open_vault(store, SecretStr(new_secrets_key()))


async def test_a_secret_is_read_as_it_was_stored(vault: SecretVault) -> None:
    record = await vault.create("team", "API_KEY", SecretStr(VALUE))
    assert await vault.reveal("team", "API_KEY") == VALUE
    assert [item.id for item in await vault.list("team")] == [record.id]
    assert await vault.names("team") == {"API_KEY"}


async def test_its_record_does_not_show_its_value(vault: SecretVault, store: ObjectStore) -> None:
    await vault.create("team", "API_KEY", SecretStr(VALUE))
    content = await read_bytes(store, keys.secret_record("team", "API_KEY"))
    assert content is not None
    assert VALUE.encode() not in content
    assert b64encode(VALUE.encode())[:20] not in content


async def test_a_name_is_taken_until_its_secret_is_deleted(vault: SecretVault) -> None:
    record = await vault.create("team", "API_KEY", SecretStr("one"))
    with pytest.raises(SecretAlreadyExists):
        await vault.create("team", "API_KEY", SecretStr("two"))
    assert await vault.reveal("team", "API_KEY") == "one"
    assert await vault.delete("team", record.id)
    assert not await vault.delete("team", record.id)
    await vault.create("team", "API_KEY", SecretStr("two"))
    assert await vault.reveal("team", "API_KEY") == "two"


async def test_teams_have_separate_secrets(vault: SecretVault) -> None:
    record = await vault.create("team-1", "API_KEY", SecretStr(VALUE))
    assert await vault.reveal("team-2", "API_KEY") is None
    assert not await vault.delete("team-2", record.id)


async def test_a_record_that_was_moved_to_another_name_cannot_be_read(
    vault: SecretVault, store: ObjectStore
) -> None:
    await vault.create("team-1", "API_KEY", SecretStr(VALUE))
    sealed = await read_bytes(store, keys.secret_record("team-1", "API_KEY"))
    assert sealed is not None
    await store.put_async(keys.secret_record("team-2", "API_KEY"), sealed)
    await store.put_async(keys.secret_record("team-1", "OTHER"), sealed)
    for team, name in (("team-2", "API_KEY"), ("team-1", "OTHER")):
        with pytest.raises(SecretUnavailable):
            await vault.reveal(team, name)


async def test_another_key_is_reported_as_the_reason(
    vault: SecretVault, store: ObjectStore
) -> None:
    await vault.create("team", "API_KEY", SecretStr(VALUE))
    other = open_vault(store, SecretStr(new_secrets_key()))
    with pytest.raises(SecretUnavailable, match="REELBATCH_SECRETS_KEY"):
        await other.reveal("team", "API_KEY")


@pytest.mark.parametrize("configured", [None, SecretStr("")])
async def test_without_a_key_there_are_no_secrets(
    store: ObjectStore, configured: SecretStr | None
) -> None:
    vault = open_vault(store, configured)
    with pytest.raises(SecretsNotConfigured, match="REELBATCH_SECRETS_KEY"):
        await vault.create("team", "API_KEY", SecretStr(VALUE))
    with pytest.raises(SecretsNotConfigured):
        await vault.list("team")


@pytest.mark.parametrize("key", ["short", "no base64!", b64encode(bytes(16)).decode()])
def test_an_unusable_key_is_refused_and_not_shown(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="openssl rand") as error:
        open_vault(store, SecretStr(key))
    assert key not in str(error.value)

"""API tokens in the object store."""

from datetime import UTC, datetime, timedelta

import pytest
from obstore.store import ObjectStore

from reelbatch.models.wire.tokens import DEFAULT_SCOPES, Scope
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import open_store, read_bytes
from reelbatch.storage.tokens import create_token, digest_of, find_token, list_tokens, revoke_token


async def test_a_token_is_valid_for_its_team_until_it_is_revoked(store: ObjectStore) -> None:
    token, record = await create_token(store, "team-1", "laptop")
    other, _ = await create_token(store, "team-2", "server")

    mine = await find_token(store, token)
    assert mine is not None
    assert (mine.id, mine.team, mine.name) == (record.id, "team-1", "laptop")
    assert await revoke_token(store, record.id)
    assert await find_token(store, token) is None
    assert not await revoke_token(store, record.id)
    found = await find_token(store, other)
    assert found is not None
    assert found.team == "team-2"


async def test_the_token_itself_is_nowhere_in_the_store(store: ObjectStore) -> None:
    token, _ = await create_token(store, "team-1", "laptop")
    names = await names_in(store, keys.TOKENS)
    assert len(names) == 1
    assert token not in names[0]
    content = await read_bytes(store, f"{keys.TOKENS}/{names[0]}")
    assert content is not None
    assert token.encode() not in content


async def test_tokens_are_listed_oldest_first(store: ObjectStore) -> None:
    assert await list_tokens(store) == []
    records = [(await create_token(store, "team", name))[1] for name in ("a", "b", "c")]
    listed = await list_tokens(store)
    assert {record.id for record in listed} == {record.id for record in records}
    moments = [record.created_at for record in listed]
    assert moments == sorted(moments)


@pytest.mark.parametrize("team", ["", "-a", "A", "a/b", "a b", "a" * 64, "..", "a\n", "é"])
async def test_bad_team_names_are_refused(store: ObjectStore, team: str) -> None:
    with pytest.raises(ValueError, match="team name"):
        await create_token(store, team, "x")


@pytest.mark.parametrize("token", ["", "rb_", "rb_x", "other", "rb_../../x"])
async def test_invalid_tokens_are_not_found(store: ObjectStore, token: str) -> None:
    assert await find_token(store, token) is None


async def test_a_short_id_revokes_nothing(store: ObjectStore) -> None:
    token, record = await create_token(store, "team", "x")
    assert not await revoke_token(store, record.id[:4])
    assert not await revoke_token(store, "")
    assert await find_token(store, token)


async def test_another_process_sees_the_token(store: ObjectStore, location: str) -> None:
    token, _ = await create_token(store, "team", "x")
    assert await find_token(open_store(location), token)


async def test_a_token_keeps_its_scopes(store: ObjectStore) -> None:
    token, _ = await create_token(store, "team", "x", [Scope.JOBS_READ])
    found = await find_token(store, token)
    assert found is not None
    assert found.scopes == [Scope.JOBS_READ]


async def test_a_token_from_before_there_were_scopes_may_do_everything_but_administer(
    store: ObjectStore,
) -> None:
    token = "rb_" + "x" * 43
    old = b'{"id":"a","team":"team","name":"x","createdAt":"2026-01-01T00:00:00.000Z"}'
    await store.put_async(keys.token(digest_of(token)), old)
    found = await find_token(store, token)
    assert found is not None
    assert set(found.scopes) == DEFAULT_SCOPES == set(Scope) - {Scope.ADMIN}
    assert not found.is_expired


async def test_an_expired_token_is_not_found_but_listed(store: ObjectStore) -> None:
    now = datetime.now(UTC)
    over, _ = await create_token(store, "team", "x", expires_at=now - timedelta(seconds=1))
    good, _ = await create_token(store, "team", "y", expires_at=now + timedelta(days=1))
    assert await find_token(store, over) is None
    assert await find_token(store, good)
    assert len(await list_tokens(store)) == 2

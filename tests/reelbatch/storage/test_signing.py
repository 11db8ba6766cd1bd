"""Signatures, and the key that all processes share."""

import asyncio

from obstore.store import ObjectStore
from pydantic import SecretStr

from reelbatch.storage.listing import names_in
from reelbatch.storage.signing import Signer, open_signer


def test_a_signature_covers_its_purpose_and_all_parts() -> None:
    signer = Signer(b"key")
    signature = signer.sign("output", "team", "job")
    assert len(signature) >= 22, "128 bits or more"
    assert signer.verify(signature, "output", "team", "job")
    assert not signer.verify(signature, "upload", "team", "job")
    assert not signer.verify(signature, "output", "team", "job2")
    assert not signer.verify(signature, "output", "teamj", "ob")
    assert not signer.verify(signature, "output", 'team", "job')
    assert not signer.verify("é", "output", "team", "job")
    assert not Signer(b"other").verify(signature, "output", "team", "job")


async def test_processes_that_start_together_agree_on_one_key(store: ObjectStore) -> None:
    signers = await asyncio.gather(*(open_signer(store, None) for _ in range(8)))
    assert len({signer.sign("output", "x") for signer in signers}) == 1


async def test_a_configured_key_is_used_and_not_stored(store: ObjectStore) -> None:
    signer = await open_signer(store, SecretStr("key"))
    assert signer.sign("output", "x") == Signer(b"key").sign("output", "x")
    assert await names_in(store, "server") == []

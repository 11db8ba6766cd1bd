"""Encrypts Temporal payloads before they leave the process: AES-256-GCM with a ring of keys.

The `data` of an encrypted payload is a nonce of 12 bytes, followed by the ciphertext of the whole
payload in protobuf. Its metadata names the key and the team. Both are authenticated with the
ciphertext, so that a payload cannot be decrypted in the history of another team.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from reelbatch.models.errors import PayloadUndecodable
from reelbatch.storage.aes_keys import AES_KEY_BYTES, decode_aes_key
from reelbatch.storage.payloads import NO_TEAM, team_of_workflow

ENCODING = b"binary/encrypted"
KEY_METADATA = "reelbatch-key"
TEAM_METADATA = "reelbatch-team"

_KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,32}$")
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2


@dataclass(frozen=True)
class KeyRing:
    """Ciphers by the ids of their keys. The first one encrypts, all of them decrypt."""

    ciphers: Mapping[str, AESGCM]

    @property
    def current(self) -> str | None:
        """The id of the key that encrypts; None: payloads are not encrypted."""
        return next(iter(self.ciphers), None)


def open_key_ring(configured: SecretStr | None) -> KeyRing:
    """Read `id:base64` keys that are separated by commas.

    Raises ValueError, without showing a key.
    """
    text = configured.get_secret_value() if configured else ""
    ciphers: dict[str, AESGCM] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in ciphers:
            raise ValueError(
                "REELBATCH_PAYLOAD_KEYS must be `id:base64`; separate several keys by commas. "
                "Each id must be unique, with up to 32 letters, digits, - and _."
            )
        ciphers[key_id] = AESGCM(_key(key_id, encoded))
    return KeyRing(ciphers)


def _key(key_id: str, encoded: str) -> bytes:
    key = decode_aes_key(encoded)
    if key is None:
        raise ValueError(
            f"The key {key_id} of REELBATCH_PAYLOAD_KEYS must be {AES_KEY_BYTES} bytes in base64: "
            "create one with `openssl rand -base64 32`."
        )
    return key


class EncryptingCodec(PayloadCodec, WithSerializationContext):
    """Encrypts with the ring's first key. With an empty ring, payloads stay unencrypted.

    Unencrypted payloads are decoded as well, so that encryption can be switched on at any time.
    """

    def __init__(self, ring: KeyRing, team: str = NO_TEAM) -> None:
        self._ring = ring
        self._team = team

    def with_context(self, context: SerializationContext) -> Self:
        match context:
            case WorkflowSerializationContext() | ActivitySerializationContext():
                return self.of_team(team_of_workflow(context.workflow_id))
            case _:
                return self

    def of_team(self, team: str) -> Self:
        return type(self)(self._ring, team)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        key_id = self._ring.current
        if key_id is None:
            return list(payloads)
        return [self._encrypt(key_id, payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt the payloads. Raises PayloadUndecodable."""
        return [
            self._decrypt(payload) if is_encrypted(payload) else payload for payload in payloads
        ]

    def _encrypt(self, key_id: str, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ring.ciphers[key_id].encrypt(
            nonce, payload.SerializeToString(), _bound_to(key_id, self._team)
        )
        return Payload(
            metadata={
                "encoding": ENCODING,
                KEY_METADATA: key_id.encode(),
                TEAM_METADATA: self._team.encode(),
            },
            data=nonce + sealed,
        )

    def _decrypt(self, payload: Payload) -> Payload:
        key_id, team = _text(payload, KEY_METADATA), team_of(payload)
        cipher = self._ring.ciphers.get(key_id)
        if cipher is None:
            raise PayloadUndecodable(
                f"A payload is encrypted with the key {key_id!r}, which is missing in this "
                "process's REELBATCH_PAYLOAD_KEYS: add it after the key that encrypts."
            )
        if NO_TEAM not in (team, self._team) and team != self._team:
            raise PayloadUndecodable("A payload in this team's workflow belongs to another team.")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, _bound_to(key_id, team)))
        except (InvalidTag, ValueError, DecodeError):
            raise PayloadUndecodable(
                f"A payload cannot be decrypted with the key {key_id}: it was changed, or another "
                "key had this id."
            ) from None


def is_encrypted(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCODING and KEY_METADATA in payload.metadata


def team_of(payload: Payload) -> str:
    """The team that an encrypted payload names; only decrypting it proves that."""
    return _text(payload, TEAM_METADATA)


def _text(payload: Payload, name: str) -> str:
    return payload.metadata.get(name, b"").decode(errors="replace")


def _bound_to(key_id: str, team: str) -> bytes:
    return json.dumps(["reelbatch payload", key_id, team]).encode()

"""The team's secrets, encrypted with a key that is not in the store."""

import json
import os
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.store import ObjectStore
from pydantic import SecretStr

from reelbatch.models.errors import SecretAlreadyExists, SecretsNotConfigured, SecretUnavailable
from reelbatch.models.ids import new_id
from reelbatch.models.stored.secrets import SecretRecord
from reelbatch.models.wire.secrets import SECRET_NAME_PATTERN
from reelbatch.storage import keys
from reelbatch.storage.aes_keys import AES_KEY_BYTES, decode_aes_key
from reelbatch.storage.listing import list_models, names_with
from reelbatch.storage.objects import create_model, read_model

_RECORD = "secret.json"
_NAME = re.compile(SECRET_NAME_PATTERN)
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2


class SecretVault:
    """Stores secrets and reads them. Without a key every operation raises SecretsNotConfigured."""

    def __init__(self, store: ObjectStore, key: bytes | None) -> None:
        self._store = store
        self._configured_cipher = AESGCM(key) if key else None

    async def create(self, team: str, name: str, value: SecretStr) -> SecretRecord:
        """Encrypt and store a secret. Raises SecretAlreadyExists."""
        nonce = os.urandom(_NONCE_BYTES)
        content = value.get_secret_value().encode()
        sealed = nonce + self._cipher.encrypt(nonce, content, _bound_to(team, name))
        record = SecretRecord(
            id=new_id(),
            name=name,
            created_at=datetime.now(UTC),
            sealed=b64encode(sealed).decode(),
        )
        if not await create_model(self._store, keys.secret_record(team, name), record):
            raise SecretAlreadyExists(
                f"The team already has a secret named {name}; delete it to replace it."
            )
        return record

    async def names(self, team: str) -> frozenset[str]:
        self._check_key()
        return frozenset(await names_with(self._store, keys.secrets(team), _RECORD))

    async def list(self, team: str) -> list[SecretRecord]:
        """All of the team's secrets, oldest first."""
        self._check_key()
        found = await list_models(self._store, keys.secrets(team), _RECORD, SecretRecord)
        return sorted(found, key=lambda record: record.id)

    async def delete(self, team: str, secret_id: str) -> bool:
        """Remove the secret with this id. Returns whether there was one."""
        for record in await self.list(team):
            if record.id == secret_id:
                await self._store.delete_async(keys.secret_record(team, record.name))
                return True
        return False

    async def reveal(self, team: str, name: str) -> str | None:
        """The secret's value; None: it does not exist.

        Raises SecretUnavailable if it was encrypted with another key.
        """
        cipher = self._cipher
        if not _NAME.fullmatch(name):
            return None
        record = await read_model(self._store, keys.secret_record(team, name), SecretRecord)
        if record is None:
            return None
        sealed = b64decode(record.sealed)
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, content, _bound_to(team, name)).decode()
        except InvalidTag:
            raise SecretUnavailable(
                f"The secret {name} was encrypted with another key than the current "
                "REELBATCH_SECRETS_KEY: restore that key, or delete the secret and store it again."
            ) from None

    def _check_key(self) -> None:
        if self._configured_cipher is None:
            raise SecretsNotConfigured

    @property
    def _cipher(self) -> AESGCM:
        if self._configured_cipher is None:
            raise SecretsNotConfigured
        return self._configured_cipher


def open_vault(store: ObjectStore, configured: SecretStr | None) -> SecretVault:
    """Open the vault with the configured key, or without one.

    Raises ValueError, without showing the key, if it is not the base64 of 32 bytes.
    """
    encoded = configured.get_secret_value().strip() if configured else ""
    if not encoded:
        return SecretVault(store, None)
    key = decode_aes_key(encoded)
    if key is None:
        raise ValueError(
            f"REELBATCH_SECRETS_KEY must be {AES_KEY_BYTES} bytes in base64: "
            "create one with `openssl rand -base64 32`."
        )
    return SecretVault(store, key)


def new_secrets_key() -> str:
    """A fresh value for REELBATCH_SECRETS_KEY."""
    return b64encode(AESGCM.generate_key(8 * AES_KEY_BYTES)).decode()


def _bound_to(team: str, name: str) -> bytes:
    """The authenticated data: a record that was moved to another team or name is not decrypted."""
    return json.dumps([team, name]).encode()

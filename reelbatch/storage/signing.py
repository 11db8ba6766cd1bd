"""Signatures on URLs that work without a token: outputs, uploads and downloads."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from json.encoder import encode_basestring_ascii

from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore
from pydantic import SecretStr

from reelbatch.models.errors import Unavailable
from reelbatch.storage import keys
from reelbatch.storage.objects import read_bytes

_KEY_BYTES = 32
_SIGNATURE_BYTES = 24  # 192 bits cannot be guessed, and URLs stay short


class Signer:
    """Signs lists of words with HMAC-SHA256."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature in base64url. `purpose` prevents using it for another kind of URL."""
        # As json.dumps writes a list, in a third of the time: responses have thousands of URLs.
        text = f"[{', '.join(map(encode_basestring_ascii, (purpose, *parts)))}]"
        digest = hmac.digest(self._key, text.encode(), sha256)
        return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()

    def verify(self, signature: str, purpose: str, *parts: str) -> bool:
        expected = self.sign(purpose, *parts)
        return hmac.compare_digest(expected.encode(), signature.encode())


async def open_signer(store: ObjectStore, configured: SecretStr | None) -> Signer:
    """Open a signer with the configured key, or else with one in the store for all processes."""
    return Signer(await open_signing_key(store, configured))


async def open_signing_key(store: ObjectStore, configured: SecretStr | None) -> bytes:
    if configured is not None:
        return configured.get_secret_value().encode()
    try:
        key = secrets.token_bytes(_KEY_BYTES)
        await store.put_async(keys.SIGNING_KEY, key, mode="create")
    except AlreadyExistsError:
        stored = await read_bytes(store, keys.SIGNING_KEY)
        if stored is None:
            raise Unavailable("The signing key disappeared from the object store.") from None
        key = stored
    return key

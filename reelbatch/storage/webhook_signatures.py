"""Signatures that let receivers tell a team's webhooks from forged ones.

The scheme is that of Standard Webhooks, https://www.standardwebhooks.com. It is symmetric: anyone
who can verify a signature can create one. So each team has its own key, which is derived from the
key that signs URLs and never leaves the server.
"""

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256

from obstore.store import ObjectStore
from pydantic import SecretStr

from reelbatch.storage.signing import open_signing_key

SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

_PREFIX = "whsec_"
_SHORTEST_KEY = 16  # bytes


class WebhookSigner:
    """Creates the three headers of a signed webhook.

    The keys of the teams are derived from `master`. With `shared`, the common key of earlier
    versions, there is a second signature, for receivers that do not know their team's key yet.
    """

    def __init__(self, master: bytes, shared: bytes | None = None) -> None:
        self._master = master
        self._shared = shared

    def secret_of(self, team: str) -> str:
        """The key that verifies the team's webhooks: `whsec_` and base64."""
        return _PREFIX + b64encode(self._key_of(team)).decode()

    def headers(self, team: str, id_: str, moment: datetime, body: bytes) -> dict[str, str]:
        timestamp = str(int(moment.timestamp()))
        signed = b".".join((id_.encode(), timestamp.encode(), body))
        keys = (self._key_of(team), *filter(None, (self._shared,)))
        digests = (hmac.digest(key, signed, sha256) for key in keys)
        signatures = " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)
        return dict(zip(SIGNATURE_HEADERS, (id_, timestamp, signatures), strict=True))

    def _key_of(self, team: str) -> bytes:
        return hmac.digest(self._master, json.dumps(["webhooks", team]).encode(), sha256)


async def open_webhook_signer(
    store: ObjectStore, secret: SecretStr | None, signing_key: SecretStr | None
) -> WebhookSigner:
    """Open a signer.

    `secret` is the key of earlier versions. Receivers know it, so that no key is derived from it.
    Raises ValueError if it is not `whsec_` and base64.
    """
    shared = None if secret is None else _key_in(secret)
    return WebhookSigner(await open_signing_key(store, signing_key), shared)


def _key_in(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    try:
        key = b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_PREFIX) or len(key) < _SHORTEST_KEY:
        raise ValueError(
            f"REELBATCH_WEBHOOK_SIGNING_SECRET must be {_PREFIX} followed by at least "
            f"{_SHORTEST_KEY} bytes in base64."
        )
    return key

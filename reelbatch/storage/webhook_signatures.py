"""Signatures by which a receiver knows a team's webhooks from forged ones.

The scheme is that of Standard Webhooks, https://www.standardwebhooks.com. It is symmetric: who can
check a signature can make one. So each team has a key of its own, derived from the one that signs
URLs, which never leaves the server.
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
    """Makes the three headers of a signed webhook.

    The teams' keys come from `master`. With the key `shared` of earlier versions, all teams' alike,
    there is a second signature, until receivers know their team's.
    """

    def __init__(self, master: bytes, shared: bytes | None = None) -> None:
        self._master = master
        self._shared = shared

    def secret_of(self, team: str) -> str:
        """What a receiver checks the team's webhooks with: `whsec_` and base64."""
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
    """`secret` is the key of earlier versions: receivers know it, so none is derived from it.

    Raises ValueError where it is not `whsec_` and base64.
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
            f"REELBATCH_WEBHOOK_SIGNING_SECRET must be {_PREFIX} followed by base64 of "
            f"{_SHORTEST_KEY} bytes or more."
        )
    return key

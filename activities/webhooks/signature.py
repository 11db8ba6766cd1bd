"""Signatures by which a receiver knows our webhooks from forged ones.

The scheme is that of Standard Webhooks, https://www.standardwebhooks.com.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import Self

from pydantic import SecretStr

_PREFIX = "whsec_"
_SHORTEST_KEY = 16  # bytes


class WebhookSigner:
    """Makes the three headers of a signed webhook; without a key, the two that identify it."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    @classmethod
    def from_secret(cls, secret: SecretStr | None) -> Self:
        """`secret` is `whsec_` and base64. Raises ValueError for anything else."""
        if secret is None:
            return cls(None)
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
        return cls(key)

    def headers(self, id_: str, moment: datetime, body: bytes) -> dict[str, str]:
        timestamp = str(int(moment.timestamp()))
        headers = {"webhook-id": id_, "webhook-timestamp": timestamp}
        if self._key is not None:
            signed = b".".join((id_.encode(), timestamp.encode(), body))
            digest = hmac.digest(self._key, signed, sha256)
            headers["webhook-signature"] = f"v1,{b64encode(digest).decode()}"
        return headers

"""AES-256 keys in the form that settings have."""

import binascii
from base64 import b64decode

AES_KEY_BYTES = 32


def decode_aes_key(encoded: str) -> bytes | None:
    """The key; None if `encoded` is not the base64 of 32 bytes."""
    try:
        key = b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    return key if len(key) == AES_KEY_BYTES else None

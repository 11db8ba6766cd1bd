"""The setting with the keys that encrypt payloads."""

from base64 import b64encode

import pytest
from pydantic import SecretStr

from reelbatch.storage.payload_encryption import open_key_ring

KEY = b64encode(b"k" * 32).decode()


def test_the_first_key_encrypts() -> None:
    ring = open_key_ring(SecretStr(f"2026:{KEY}, 2025:{KEY}"))
    assert ring.current == "2026"
    assert list(ring.ciphers) == ["2026", "2025"]


@pytest.mark.parametrize("nothing", [None, SecretStr(""), SecretStr(" ")])
def test_without_keys_nothing_is_encrypted(nothing: SecretStr | None) -> None:
    assert open_key_ring(nothing).current is None


@pytest.mark.parametrize(
    "bad", [KEY, f"a b:{KEY}", f"a:{KEY},a:{KEY}", "a:", "a:c2hvcnQ=", f"a:{KEY}x", f":{KEY}"]
)
def test_a_bad_key_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ValueError, match="REELBATCH_PAYLOAD_KEYS") as caught:
        open_key_ring(SecretStr(bad))
    assert KEY not in str(caught.value)

"""Results that the next render of this process can use again.

A render process works for one team after the other. So what is cached is a pure function of its
key, a key has the hash of every input, and a value is bytes: no render can change what another one
gets, and a template is only ever found by whoever brings the same template.
"""

from collections.abc import Hashable
from hashlib import sha256

from cachetools import LRUCache

_LARGEST_SHARE = 4  # one value takes a quarter of the cache at most


class ByteCache(LRUCache[Hashable, bytes]):
    """The values that were used last, up to `capacity` bytes together."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, getsizeof=len)

    def put(self, key: Hashable, value: bytes) -> None:
        """Store `value`, unless it is too large; what was used longest ago makes room."""
        if len(value) <= self.maxsize // _LARGEST_SHARE:
            self[key] = value


def content_key(content: bytes) -> bytes:
    """Stands for `content` in a key."""
    return sha256(content).digest()

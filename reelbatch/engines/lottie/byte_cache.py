"""Results that the next render of this process can use again.

A render process works for one team after the other. So what is kept is a pure function of its key,
a key has the hash of every input, and a value is bytes: no render can change what another one gets,
and a template is only ever found by whoever brings the same template.
"""

from collections import OrderedDict
from collections.abc import Hashable
from hashlib import sha256

_LARGEST_SHARE = 4  # one value takes a quarter of the cache at most


class ByteCache:
    """Keeps the values that were used last, up to `capacity` bytes together."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable) -> bytes | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Hashable, value: bytes) -> None:
        """Keep `value`, unless it is too large; what was used longest ago makes room."""
        if len(value) > self._capacity // _LARGEST_SHARE:
            return
        self._size += len(value) - len(self._values.pop(key, b""))
        self._values[key] = value
        while self._size > self._capacity:
            _, dropped = self._values.popitem(last=False)
            self._size -= len(dropped)


def content_key(content: bytes) -> bytes:
    """Stands for `content` in a key."""
    return sha256(content).digest()

"""Reads the keyframes of a layer's transform from their bytes.

A large project consists mostly of these keyframes, and the library needs more time for them than
for everything else. So it gets such properties without keyframes, which are read here if their
motion is explicit. The motion of others (`auto Bezier`) must be computed, which the library does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any, NamedTuple

from py_aep import Layer as LibraryLayer
from py_aep.binary.composition_chunks import layer_timebase

from reelbatch.projects.chunks import digest
from reelbatch.projects.library.refusals import number, vector
from reelbatch.projects.model import Ease, Interpolation, Keyframe, Vector

FACTORS = {
    **dict.fromkeys(
        ("ADBE Position", "ADBE Position_0", "ADBE Position_1", "ADBE Position_2"), 1.0
    ),
    **dict.fromkeys(("ADBE Rotate X", "ADBE Rotate Y", "ADBE Rotate Z"), 1.0),
    **dict.fromkeys(("ADBE Opacity", "ADBE Scale"), 100.0),
}
"""The properties whose keyframes are read here, with the factor of their numbers."""

_POSITION = "ADBE Position"
_CHUNK, _LIST = Struct(">4sI"), b"LIST"
_KINDS = {1: Interpolation.LINEAR, 2: Interpolation.BEZIER, 3: Interpolation.HOLD}
_AUTO_SPEED, _ROVING = 0x10, 0x20  # a keyframe's flags
_AUTO_PATH = 0x02  # a flag of its path
_SPATIAL = 0x08  # a flag in the sixth byte of `tdb4`
_NUMBERS = 4  # the content of a list, from the 24th byte of `lhd3`


_Motion = tuple[
    Vector, tuple[tuple[Ease, ...], tuple[Ease, ...]], tuple[Vector | None, Vector | None]
]
"""A value, its eases and its tangents; both are pairs of the arriving and the leaving side."""


class Keyed(NamedTuple):
    """A property without its keyframes, and the keyframes' bytes from the file."""

    rest: bytes
    length: int  # the number of keyframes
    size: int  # bytes of each
    items: bytes
    is_spatial: bool


def without_keyframes(content: bytes) -> Keyed | None:
    """Take the keyframes out of a property that follows its match name; None if it has no numeric
    keyframes."""
    (_, _, name), *others = _chunks(content, 0, len(content))
    if len(others) != 1 or others[0][0] != _LIST:
        return None
    _, begin, end = others[0]
    lists: list[tuple[int, int]] = []
    is_spatial = False
    for kind, start, stop in _chunks(content, begin + 4, end):
        if kind == _LIST:
            lists.append((start, stop))
        elif kind == b"tdb4":
            is_spatial = bool(content[start + 5] & _SPATIAL)
    if len(lists) != 1 or content[lists[0][0] : lists[0][0] + 4] != b"list":
        return None
    start, stop = lists[0]
    inside = {kind: content[a:b] for kind, a, b in _chunks(content, start + 4, stop)}
    head, items = inside.get(b"lhd3", b""), inside.get(b"ldat", b"")
    if len(head) < 24 or head[23] != _NUMBERS:
        return None
    body = content[begin : start - 8] + content[stop + (stop - start) % 2 : end]
    return Keyed(
        rest=content[:name] + _CHUNK.pack(_LIST, len(body)) + body,
        length=int.from_bytes(head[8:12]),
        size=int.from_bytes(head[16:20]),
        items=items,
        is_spatial=is_spatial,
    )


def _chunks(content: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each chunk, and where its content starts and ends."""
    while place + 8 <= end:
        kind, length = _CHUNK.unpack_from(content, place)
        yield kind, place + 8, place + 8 + length
        place += 8 + length + length % 2


_PLAIN = {Struct(f">iBBH{5 * n}d").size: (n, Struct(f">iBBH{5 * n}d")) for n in (1, 2, 3)}
_ON_A_PATH = {
    struct.size: (n, struct) for n in (2, 3) for struct in [Struct(f">iBBH3xB12x{4 + 3 * n}d")]
}


class KeyframeReader:
    """Reads the keyframes of a project's properties; equal keyframes of similar layers once."""

    def __init__(self) -> None:
        self._read: dict[tuple[_Reader, bytes], tuple[Keyframe, ...] | None] = {}  # by a hash

    def read(
        self, keyed: Keyed, layer: LibraryLayer, match_name: str
    ) -> tuple[Keyframe, ...] | None:
        """The keyframes in order of time; None if the library must read them."""
        reader = _reader(keyed, layer, match_name)
        content = keyed.items[: keyed.length * keyed.size]
        if reader is None or not content or len(content) < keyed.length * keyed.size:
            return None
        key = reader, digest(content)
        if key not in self._read:
            self._read[key] = reader.keyframes(content)
        return self._read[key]


def _reader(keyed: Keyed, layer: LibraryLayer, match_name: str) -> "_Reader | None":
    layouts = _ON_A_PATH if keyed.is_spatial else _PLAIN
    base = layer.containing_comp._cdta.internal_timebase  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    if keyed.size not in layouts or not base:
        return None
    dimensions, layout = layouts[keyed.size]
    stretch = number(layer.stretch) / 100 or 1.0
    return _Reader(
        layout=layout,
        dimensions=dimensions,
        is_spatial=keyed.is_spatial,
        is_flat=match_name == _POSITION and dimensions == 3 and not layer.is_3d,
        factor=FACTORS[match_name],
        rate=layer_timebase(base, stretch),
        stretch=stretch,
        origin=layer._time_origin,  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    )


class _AutomaticallyBent(Exception):
    """A keyframe's motion is not explicit."""


@dataclass(frozen=True)
class _Reader:
    layout: Struct  # of a keyframe
    dimensions: int
    is_spatial: bool
    is_flat: bool  # its layer is two-dimensional, and the third dimension meaningless
    factor: float
    rate: float  # units of time per second of the layer
    stretch: float  # of the layer; its seconds are longer by this factor
    origin: float  # the start of the layer in seconds

    def keyframes(self, content: bytes) -> tuple[Keyframe, ...] | None:
        """The keyframes in order of time; None if the motion of one is not explicit."""
        try:
            read = [*map(self._keyframe, self.layout.iter_unpack(content))]
        except _AutomaticallyBent:
            return None
        return tuple(reversed(read) if self.stretch < 0 else read)

    def _keyframe(self, record: tuple[Any, ...]) -> Keyframe:
        """Raises _AutomaticallyBent."""
        ticks, arrives, leaves, flags, *rest = record
        if flags & _AUTO_SPEED or arrives not in _KINDS or leaves not in _KINDS:
            raise _AutomaticallyBent
        value, eases, tangents = self._on_a_path(rest) if self.is_spatial else self._plain(rest)
        sides = [_KINDS[arrives], _KINDS[leaves]]
        if Interpolation.BEZIER not in sides:
            eases = (), ()
        turn = -1 if self.stretch < 0 else 1
        (arrival, departure), (ease_in, ease_out) = sides[::turn], eases[::turn]
        tangent_in, tangent_out = tangents[::turn]
        return Keyframe(
            time=number(ticks / self.rate * self.stretch + self.origin),
            value=value,
            arrival=arrival,
            departure=departure,
            ease_in=ease_in,
            ease_out=ease_out,
            tangent_in=tangent_in,
            tangent_out=tangent_out,
            roving=bool(flags & _ROVING),
        )

    def _plain(self, rest: list[float]) -> _Motion:
        n = self.dimensions
        value, *others = (rest[n * at : n * (at + 1)] for at in range(5))
        eases = self._eases(others[0], others[1]), self._eases(others[2], others[3])
        return vector([one * self.factor for one in value]), eases, (None, None)

    def _on_a_path(self, rest: list[float]) -> _Motion:
        """The motion of a value on a path, whose ease applies to all dimensions."""
        n, flags = self.dimensions, int(rest[0])
        if flags & _AUTO_PATH:
            raise _AutomaticallyBent
        eases = self._eases(rest[1:2], rest[2:3]), self._eases(rest[3:4], rest[4:5])
        value, arriving, leaving = (vector(rest[5 + n * at : 5 + n * (at + 1)]) for at in range(3))
        return (*value[:2], 0.0) if self.is_flat else value, eases, (arriving, leaving)

    def _eases(self, speeds: list[float], influences: list[float]) -> tuple[Ease, ...]:
        return tuple(
            Ease(number(speed * self.factor) / self.stretch, number(influence * 100) / 100)
            for speed, influence in zip(speeds, influences, strict=True)
        )

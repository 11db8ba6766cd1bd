"""Counts, checks and repairs the chunks of a project's file before the library reads them.

A project is in RIFX, which is RIFF with big-endian numbers
(https://lottiefiles.github.io/lottie-docs/aep/). The library reads recursively and needs twenty
microseconds and two hundred bytes for each chunk, whatever its content. So it only gets a file once
the chunks are known to be properly nested, not too deep and not too many.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from reelbatch.models.errors import LimitExceeded, TemplateInvalid

MAX_CHUNKS = 1_000_000  # a project of 20 MB has 430,000
MAX_DEPTH = 160  # the deepest real project has 17; each nested group of shapes adds three

_PANELS = frozenset({b"SLay", b"CLay", b"DLay"})  # in an item
_VIEWS = frozenset({b"fvdv", b"fiop", b"ftts", b"foac", b"fiac", b"Ewst", b"fipc", b"fifl"})
"""The state of an item's viewer, stored after each item of a folder."""

_FOLDERS = frozenset({b"Fold", b"Sfdr", b"Item"})
_NAME = 40  # bytes of a name, which precedes the thing that it names
_UNREAD_GROUPS = frozenset(
    {
        b"ADBE Plane Options Group",
        b"ADBE Extrsn Options Group",
        b"ADBE Material Options Group",
        b"ADBE Layer Sets",
    }
)
_HEADER = Struct(">4sI")
_LENGTH = Struct(">I")
_NO_TEXT = b"  "  # an empty text document for the library, of an even length
_COMPOSITION = 4  # the kind of an item in `idta`
_SHORTEST_SOURCE = 282  # bytes of `opti`; older versions of After Effects write a shorter one

# Chunks in a layer that the library reads, or that are known not to affect the picture: comments,
# label colours, guides, the state of panels, names of parameters.
_KNOWN = frozenset(
    b"CPrp CapL CprC Utf8 blsi blsv cdat cmta empd fnam fth5 gdta ldat ldta lhd3 mkif numS omtn "
    b"otda pard parn pdnm pgui shph tdb4 tdli tdmn tdpi tdps tdsb tdsn tduM tdum vfdn "
    b"NmHd CapS CpS2 GCky GCst Gide Layr Nmrd OvG2 OvdG aRbs btdk btds btgu list mrky mrst "
    b"om-s omks otky otst parT shap sspc tdbs tdgp".split()
)


_NOTED = frozenset({b"btdk", b"sspc", b"Layr"})
_PLAIN = _KNOWN - _NOTED - {b"LIST"}
_COMPARED = range(128, 64 * 1024)  # sizes in bytes of the lists that are compared


@dataclass(frozen=True)
class LayerChunks:
    """The parts of a layer's chunks that are read without the library."""

    texts: tuple[bytes, ...] = ()  # its text documents, unchanged from the file
    unread: tuple[str, ...] = ()  # unknown kinds of chunks


@dataclass
class CheckedChunks:
    """A project's file that is safe for the library."""

    content: bytes
    layers: dict[int, list[LayerChunks]] = field(default_factory=dict[int, list[LayerChunks]])
    """Layers from top to bottom, by the identity of their composition."""


class _Chunk(NamedTuple):
    kind: bytes  # for a list, the kind of list
    is_list: bool
    start: int  # where its content starts
    end: int
    above: "tuple[_Chunk, ...]"
    is_unread: bool = False

    @property
    def header(self) -> int:
        return self.start - (12 if self.is_list else 8)

    @property
    def inside(self) -> "tuple[_Chunk, ...]":
        """The chunks that contain the children of this one."""
        return (*self.above, self)

    @property
    def next(self) -> int:
        """Where the next chunk begins: at an even offset."""
        return self.end + (self.end - self.start) % 2


@dataclass
class _Layer:
    end: int
    texts: list[bytes] = field(default_factory=list[bytes])
    unread: dict[str, None] = field(default_factory=dict[str, None])
    effect_end: int = 0  # where its last effect ends


class _Opened(NamedTuple):
    """The state of a walk when it reached a list."""

    key: tuple[int, bytes] | None
    notes: int
    chunks: int


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    content: bytes = b""
    above: tuple[_Chunk, ...] = ()


def check_chunks(content: bytes) -> CheckedChunks:
    """Count a project's chunks, and remove those that the library must not see.

    They are the render queue, which is not needed and which the library cannot read in some
    versions, and the text documents (docs/decisions/0015-after-effects-projects.md).
    Raises TemplateInvalid if the content is not a complete project, or LimitExceeded.
    """
    edits: list[_Edit] = []
    layers: dict[int, list[_Layer]] = {}
    composition: list[_Layer] | None = None
    walk = _Walk(content)
    for chunk in walk:
        kind, above = chunk.kind, chunk.above
        if kind == b"idta":
            kept = layers.setdefault(_item_identity(content, chunk), [])
            composition = kept if _is_composition(content, chunk) else None
        elif chunk.is_unread:
            _cut(chunk, edits)
        elif kind == b"opti" and _is_short_source(content, chunk):
            missing = bytes(_SHORTEST_SOURCE - (chunk.end - chunk.start))
            edits.append(_Edit(chunk.end, chunk.end, missing, above=chunk.inside))
        elif kind == b"Layr" and composition is not None and above[-1].kind == b"Item":
            composition.append(_Layer(chunk.end))
        elif chunk.kind in _KNOWN and chunk.kind not in _NOTED:
            continue
        elif composition and chunk.start < composition[-1].end:
            _note(content, chunk, composition[-1], edits)
        walk.notes += 1
    return CheckedChunks(
        _edited(content, edits),
        {
            item: [LayerChunks(tuple(layer.texts), tuple(layer.unread)) for layer in inner]
            for item, inner in layers.items()
        },
    )


def _cut(chunk: _Chunk, edits: list[_Edit]) -> None:
    """Remove a chunk. Adjacent chunks become a single edit."""
    start = chunk.header
    if (
        edits
        and edits[-1].end == start
        and edits[-1].above is chunk.above
        and not edits[-1].content
    ):
        start = edits.pop().start
    edits.append(_Edit(start, chunk.next, above=chunk.above))


def _note(content: bytes, chunk: _Chunk, layer: _Layer, edits: list[_Edit]) -> None:
    if chunk.kind == b"btdk":
        layer.texts.append(content[chunk.start : chunk.end])
        edits.append(_Edit(chunk.start, chunk.next, _NO_TEXT, above=chunk.inside))
    elif chunk.kind == b"sspc":
        layer.effect_end = max(layer.effect_end, chunk.end)
    elif (
        chunk.kind not in _KNOWN and chunk.start >= layer.effect_end
    ):  # effects are reported as a whole
        layer.unread.setdefault(chunk.kind.decode("ascii", "replace"))


class _Walk:
    """Iterates over chunks in order, a list before its children.

    Most lists in a project are byte-for-byte equal to earlier ones. If the caller noted nothing
    about a list and its children, equal lists are skipped.
    """

    def __init__(self, content: bytes) -> None:
        self.notes = 0  # how many things the caller has noted so far
        self._content = content
        self._plain: dict[tuple[int, bytes], int] = {}
        """The number of chunks in each list without notes, by its depth and a hash."""

    def __iter__(self) -> Iterator[_Chunk]:
        content = self._content
        above: tuple[_Chunk, ...] = (_whole(content),)
        opened: list[_Opened | None] = [None]
        place, count = 12, 0
        while above:
            within = above[-1]
            if place >= within.end:
                place, above = within.next, within.above
                self._close(opened.pop(), count)
                continue
            count += 1
            if count > MAX_CHUNKS:
                raise LimitExceeded(f"The project has more than {MAX_CHUNKS} chunks.")
            kind, length = _header(content, place, within.end)
            if kind in _PLAIN:
                place += 8 + length + length % 2
                continue
            chunk = _read(content, place, above, kind, length)
            key = _key(content, chunk, len(above))
            if key in self._plain:
                count += self._plain[key]
                place = chunk.next
                continue
            started = _Opened(key, self.notes, count)
            yield chunk
            if not chunk.is_list or chunk.kind == b"btdk" or chunk.is_unread:
                place = chunk.next
                continue
            if len(above) >= MAX_DEPTH:
                raise LimitExceeded(f"The project is nested deeper than {MAX_DEPTH} levels.")
            place, above = chunk.start, chunk.inside
            opened.append(started)

    def _close(self, opened: _Opened | None, count: int) -> None:
        if opened is not None and opened.key is not None and opened.notes == self.notes:
            self._plain[opened.key] = count - opened.chunks


def _key(content: bytes, chunk: _Chunk, depth: int) -> tuple[int, bytes] | None:
    """A key that equal lists share; None if comparing them is not worthwhile or not allowed."""
    if not chunk.is_list or chunk.is_unread or chunk.end - chunk.start not in _COMPARED:
        return None
    return depth, digest(content[chunk.header : chunk.end])


def digest(content: bytes) -> bytes:
    """A hash that is equal only for equal bytes."""
    return blake2b(content, digest_size=16, usedforsecurity=False).digest()


def _whole(content: bytes) -> _Chunk:
    """The list that contains all others."""
    if content[:4] != b"RIFX" or len(content) < 12:
        raise TemplateInvalid("The file is not an After Effects project: it is not RIFX.")
    end = 8 + _LENGTH.unpack_from(content, 4)[0]
    if end > len(content):
        raise TemplateInvalid(
            f"The project is truncated: it should have {end} bytes but has {len(content)}."
        )
    return _Chunk(content[8:12], is_list=True, start=12, end=end, above=())


def _is_unread(content: bytes, kind: bytes, place: int, above: tuple[_Chunk, ...]) -> bool:
    """Whether a list is not needed: the render queue, what the panels show next to a composition,
    and what only three-dimensional layers have."""
    if kind == b"tdgp":
        name = content[place - _NAME : place].rstrip(b"\0")
        return above[-1].kind == b"tdgp" and name in _UNREAD_GROUPS
    if kind == b"LRdr":
        return len(above) == 1
    return (kind in _PANELS and above[-1].kind == b"Item") or (
        kind in _VIEWS and above[-1].kind in _FOLDERS
    )


def _header(content: bytes, place: int, end: int) -> tuple[bytes, int]:
    """The kind and length of a chunk, whose parent ends at `end`."""
    if place + 8 > end:
        raise TemplateInvalid(f"The project is damaged: a chunk at byte {place} has no length.")
    kind, length = _HEADER.unpack_from(content, place)
    if place + 8 + length > end:
        raise TemplateInvalid(
            f"The project is damaged: the chunk at byte {place} extends beyond its parent."
        )
    return kind, length


def _read(
    content: bytes, place: int, above: tuple[_Chunk, ...], kind: bytes, length: int
) -> _Chunk:
    start = place + 8
    if kind in _VIEWS and above[-1].kind in _FOLDERS:
        end = _end_of_views(content, place, above[-1].end)
        return _Chunk(kind, is_list=False, start=start, end=end, above=above, is_unread=True)
    if kind != b"LIST":
        return _Chunk(kind, is_list=False, start=start, end=start + length, above=above)
    if length < 4:
        raise TemplateInvalid(f"The project is damaged: the list at byte {place} has no type.")
    kind = content[start : start + 4]
    return _Chunk(
        kind,
        is_list=True,
        start=start + 4,
        end=start + length,
        above=above,
        is_unread=_is_unread(content, kind, place, above),
    )


def _end_of_views(content: bytes, place: int, end: int) -> int:
    """The end of a run of views, about a dozen chunks that are treated as one."""
    while place < end:
        kind, length = _header(content, place, end)
        if kind not in _VIEWS:
            break
        place += 8 + length + length % 2
    return min(place, end)


def _item_identity(content: bytes, chunk: _Chunk) -> int:
    return int.from_bytes(content[chunk.start + 16 : min(chunk.end, chunk.start + 20)], "big")


def _is_composition(content: bytes, chunk: _Chunk) -> bool:
    return int.from_bytes(content[chunk.start : min(chunk.end, chunk.start + 2)]) == _COMPOSITION


def _is_short_source(content: bytes, chunk: _Chunk) -> bool:
    short = 6 <= chunk.end - chunk.start < _SHORTEST_SOURCE
    return short and content[chunk.start : chunk.start + 4] == b"Soli"


def _edited(content: bytes, edits: list[_Edit]) -> bytes:
    """The content with the edits, which are in order, and with updated lengths of their parents."""
    grown: dict[int, int] = {}  # bytes, by the offset of a chunk's header
    for edit in edits:
        for chunk in edit.above:
            growth = len(edit.content) - (edit.end - edit.start)
            grown[chunk.header] = grown.get(chunk.header, 0) + growth
    lengths = [
        _Edit(header + 4, header + 8, _LENGTH.pack(_length_at(content, header) + growth))
        for header, growth in grown.items()
    ]
    parts: list[bytes] = []
    done = 0
    for edit in sorted([*edits, *lengths], key=lambda edit: edit.start):
        if edit.start >= done:
            parts += [content[done : edit.start], edit.content]
            done = edit.end
    whole = 8 + _length_at(content, 0)
    parts.append(content[done:whole])
    return b"".join(parts)


def _length_at(content: bytes, header: int) -> int:
    return _LENGTH.unpack_from(content, header + 4)[0]

"""Reads the property tree of a layer as it is in the file, without what the library fills in.

Most properties are byte-for-byte equal in all layers of a project. So those that do not depend on
their layer are read once and cached by their bytes.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from struct import Struct
from typing import NamedTuple

from py_aep import Layer as LibraryLayer
from py_aep import Property as LibraryProperty
from py_aep import PropertyGroup
from py_aep.binary.chunk import Chunk, ListChunk, ReadContext, read_chunks
from py_aep.binary.property_chunks import TdmnChunk
from py_aep.parsers.property import parse_properties

from reelbatch.projects.chunks import digest
from reelbatch.projects.library.keyed import FACTORS, KeyframeReader, without_keyframes
from reelbatch.projects.library.properties import read_properties
from reelbatch.projects.model import Group, Property, Text
from reelbatch.projects.text_data import read_texts

_OVERRIDES = "ADBE Layer Overrides"
_KEYFRAMES = b"ldat"
_NAME, _END, _LIST, _GROUP = b"tdmn", "ADBE Group End", b"LIST", b"tdgp"
_OVERRIDE = b"CPrp"  # the list with the identity of an override
# The result depends on more than the bytes if they contain these: times of keyframes, texts, names
# of layers and masks, effects, and positions in pixels of the layer's source.
_OF_ITS_LAYER = (
    *(b"ldat", b"btds", b"tdpi", b"tdli", b"sspc", b"mrst"),
    *(b"ADBE Mask Atom", b"ADBE Position\0", b"ADBE Anchor Point\0"),
)
_READ_WHOLE = frozenset({"ADBE Effect Parade", "ADBE Mask Parade"})
_LARGEST = 64 * 1024  # bytes of a group that is taken apart; each level copies them
_HEADER = Struct(">4sI")
_IN_GROUP = ReadContext("tdgp", "tdgp")

_Read = Group | Property
_Texts = Iterator[list[Text]]


class _Run(NamedTuple):
    """A match name and the chunks that follow it."""

    match_name: str
    content: bytes
    group: bytes | None  # the content of the group that follows; None if it is not a group


class TreeReader:
    """Reads the trees of a project's layers."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[_Read, ...]] = {}  # by a hash of their bytes
        self._shells: dict[bytes, tuple[_Read, ...]] = {}  # without keyframes; by a hash too
        self._texts: dict[bytes, list[Text]] = {}  # by a hash too
        self._keyframes = KeyframeReader()

    def read(self, layer: LibraryLayer, texts: _Texts) -> Iterator[_Read]:
        """Read a layer's tree. `texts` are the texts of the layer, in order."""
        tree = layer._tdgp  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        if tree is None:
            return
        for run in _runs(tree.tobytes()[len(_GROUP) :]):
            if run.match_name != _OVERRIDES:
                yield from self._run(run, layer, texts)
            elif _OVERRIDE in run.content:
                yield from _overrides(layer, tree, texts)

    def texts_of(self, content: bytes) -> list[Text]:
        key = digest(content)
        if key not in self._texts:
            self._texts[key] = read_texts(content)
        return self._texts[key]

    def _run(self, run: _Run, layer: LibraryLayer, texts: _Texts) -> tuple[_Read, ...]:
        if len(run.content) > _LARGEST:
            return tuple(_whole(run, layer, texts))
        if run.match_name in FACTORS and _KEYFRAMES in run.content:
            return self._keyed(run, layer, texts)
        key = digest(run.content)
        found = self._known.get(key)
        if found is None:
            apart = run.group is not None and run.match_name not in _READ_WHOLE
            found = tuple((self._group if apart else _whole)(run, layer, texts))
            if not any(mark in run.content for mark in _OF_ITS_LAYER):
                self._known[key] = found
        return found

    def _keyed(self, run: _Run, layer: LibraryLayer, texts: _Texts) -> tuple[_Read, ...]:
        """A property whose keyframes are read without the library, if possible."""
        keyed = without_keyframes(run.content)
        keyframes = None if keyed is None else self._keyframes.read(keyed, layer, run.match_name)
        if keyed is None or keyframes is None:
            return tuple(_whole(run, layer, texts))
        key = digest(keyed.rest)
        if key not in self._shells:
            shell = _Run(run.match_name, keyed.rest, None)
            self._shells[key] = tuple(_whole(shell, layer, texts))
        value = keyframes[0].value
        return tuple(
            replace(one, value=value, keyframes=keyframes)
            for one in self._shells[key]
            if isinstance(one, Property)
        )

    def _group(self, run: _Run, layer: LibraryLayer, texts: _Texts) -> Iterator[_Read]:
        """A group: its switches and name, then each of its children."""
        body = run.group or b""
        children = [child for one in _runs(body) for child in self._run(one, layer, texts)]
        head = ListChunk(list_type="tdgp", chunks=_chunks(body[: _first_name(body)]))
        shell = _parsed(layer, run.match_name, [TdmnChunk(value=run.match_name), head])
        for one in read_properties(shell, iter(())):
            yield replace(one, children=tuple(children)) if isinstance(one, Group) else one


def _runs(body: bytes) -> Iterator[_Run]:
    """The content of a group by match name. The chunks have already been checked."""
    name, start = "", 0
    lists: list[tuple[bytes, int, int]] = []  # kind, start and end of the content
    for kind, place, end in [*_headers(body), (_NAME, len(body), len(body))]:
        if kind != _NAME:
            lists.append((body[place + 8 : place + 12] if kind == _LIST else kind, place + 12, end))
            continue
        if name not in ("", _END) and lists:
            only = lists[0] if len(lists) == 1 else None
            group = body[only[1] : only[2]] if only and only[0] == _GROUP else None
            yield _Run(name, body[start:place], group)
        name, start, lists = body[place + 8 : end].partition(b"\0")[0].decode(), place, []


def _headers(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each chunk, its start and the end of its content."""
    place = 0
    while place + _HEADER.size <= len(body):
        kind, length = _HEADER.unpack_from(body, place)
        end = place + _HEADER.size + length
        yield kind, place, end
        place = end + length % 2


def _first_name(body: bytes) -> int:
    return next((place for kind, place, _ in _headers(body) if kind == _NAME), len(body))


def _whole(run: _Run, layer: LibraryLayer, texts: _Texts) -> Iterator[_Read]:
    return read_properties(_parsed(layer, run.match_name, _chunks(run.content)), texts)


def _chunks(content: bytes) -> list[Chunk]:
    return read_chunks(BytesIO(content), len(content), ctx=_IN_GROUP)


def _parsed(
    layer: LibraryLayer, match_name: str, chunks: list[Chunk]
) -> list[LibraryProperty | PropertyGroup]:
    """The properties in the chunks that follow a match name."""
    stored = parse_properties(
        match_name_runs=[(match_name, chunks)],
        child_depth=1,
        effect_param_defs=layer._tree_param_defs or {},  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        composition=layer.containing_comp,
        layer=layer,
    )
    for one in stored:  # the times of keyframes need it
        one._parent_property = layer  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return stored


def _overrides(
    layer: LibraryLayer, tree: ListChunk, texts: Iterator[list[Text]]
) -> Iterator[Group]:
    """The Essential Properties that a layer sets. Each value or group has the identity of its
    control, in order. The library would merge equal ones that follow each other."""
    identities = iter(layer.essential_property_uuids)
    for match_name, chunks in _one_by_one(tree):
        groups = [one for one in chunks if isinstance(one, ListChunk) and one.list_type == "tdgp"]
        if match_name == _OVERRIDES and groups:
            children = tuple(_override(layer, groups[0], identities, texts))
            yield Group(_OVERRIDES, "", enabled=True, children=children)


def _override(
    layer: LibraryLayer, chunk: ListChunk, identities: Iterator[str], texts: Iterator[list[Text]]
) -> Iterator[Group | Property]:
    for match_name, chunks in _one_by_one(chunk):
        lists = [one for one in chunks if isinstance(one, ListChunk)]
        identity = next(identities, "")
        if lists and lists[0].list_type == "tdgp":
            inner = tuple(_override(layer, lists[0], identities, texts))
            yield Group(match_name, "", enabled=True, children=inner)
            continue
        for each in read_properties(_parsed(layer, match_name, chunks), texts):
            if isinstance(each, Property):
                yield replace(each, control=identity)


def _one_by_one(chunk: ListChunk) -> Iterator[tuple[str, list[Chunk]]]:
    """The chunks after each match name in a group."""
    name = ""
    found: list[Chunk] = []
    for each in chunk.chunks:
        if isinstance(each, TdmnChunk):
            if name:
                yield name, found
            name, found = each.value, []
        found.append(each)

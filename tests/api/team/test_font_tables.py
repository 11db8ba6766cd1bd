"""The API's reading of fonts, compared with fontTools, which reads all of a font."""

import contextlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fontTools import ttLib

from api.team.font_tables import TableUnreadable, read_characters, read_names
from reelbatch.engines.characters import as_ranges
from reelbatch.engines.lottie import typesetting
from tests.api.fonts import a_font
from tests.hostile.inputs import ALL

TYPEFACES = Path(typesetting.__file__).parents[1] / "typefaces"
IDS = (1, 2, 6, 16, 17)
_ttlib: Any = ttLib  # fontTools has no types


EXTRA = {12: (0x1F600, 0x1F601)}  # characters that only some forms have
# WOFF takes seconds to make, and is refused because of its first bytes.
HOSTILE = [each for each in ALL if each.kind == "font" and "WOFF" not in each.name]
MAX_MEMORY = 32 * 1024**2  # bytes; a table of 4 MiB is read whole


def changed(change: Callable[[Any], None]) -> io.BytesIO:
    """The small font with a change."""
    font = _ttlib.TTFont(io.BytesIO(a_font()))
    change(font)
    file = io.BytesIO()
    font.save(file)
    return file


def characters_in(platform: int, encoding: int, form: int) -> Callable[[Any], None]:
    """Writes the table of characters only in this form."""

    def change(font: Any) -> None:
        table = _ttlib.getTableModule("cmap").CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language = platform, encoding, 0
        table.cmap = dict.fromkeys([0x41, 0x42, 0x43, 0x100, *EXTRA.get(form, ())], "A")
        font["cmap"].tables = [table]

    return change


@pytest.mark.parametrize("file", sorted(TYPEFACES.glob("*.ttf")), ids=lambda file: file.stem)
def test_names_and_characters_are_those_of_the_font(file: Path) -> None:
    font = _ttlib.TTFont(file)
    names = {name: font["name"].getDebugName(name) for name in IDS}
    with file.open("rb") as content:
        assert read_names(content, IDS) == {name: text for name, text in names.items() if text}
        assert read_characters(content) == as_ranges(font.getBestCmap())


@pytest.mark.parametrize(
    ("platform", "encoding", "form"), [(3, 1, 4), (0, 3, 4), (3, 10, 12), (0, 4, 12)]
)
def test_characters_are_read_in_both_usual_forms(platform: int, encoding: int, form: int) -> None:
    font = changed(characters_in(platform, encoding, form))
    more = ",1f600-1f601" if form == 12 else ""
    assert read_characters(font) == f"41-43,100{more}"


@pytest.mark.parametrize("form", [6, 13])
def test_characters_in_unusual_forms_are_unknown(form: int) -> None:
    assert read_characters(changed(characters_in(3, 1, form))) == ""


def names_with(platform: int, encoding: int, *texts: tuple[int, bytes]) -> Callable[[Any], None]:
    """Writes the family's name in several languages of a platform."""

    def change(font: Any) -> None:
        font["name"].names = []
        for language, text in texts:
            font["name"].setName(text, 1, platform, encoding, language)

    return change


@pytest.mark.parametrize(
    ("platform", "encoding", "texts", "family"),
    [
        (3, 1, [(0x411, "ア".encode("utf-16-be")), (0x409, b"\0A")], "A"),
        (3, 1, [(0x411, "ア".encode("utf-16-be"))], "ア"),
        (3, 2, [(0x411, "ア".encode("cp932"))], "ア"),
        (1, 0, [(0, "é".encode("mac_roman"))], "é"),
        (3, 1, [(0x409, b"\xd8\0"), (0x411, b"\0B")], "B"),  # half of a surrogate pair
        (3, 1, [(0x409, b"\0A" * 513)], None),
        (7, 7, [(0, b"\xff")], None),
    ],
)
def test_names_are_read_in_their_encodings_and_in_english_first(
    platform: int, encoding: int, texts: list[tuple[int, bytes]], family: str | None
) -> None:
    font = changed(names_with(platform, encoding, *texts))
    assert read_names(font, IDS).get(1) == family


def test_a_font_without_names_or_characters_is_unreadable() -> None:
    with pytest.raises(TableUnreadable, match="its table name is missing"):
        read_names(io.BytesIO(a_font().replace(b"name", b"none", 1)), IDS)
    with pytest.raises(TableUnreadable, match="its table cmap is missing"):
        read_characters(io.BytesIO(a_font().replace(b"cmap", b"none", 1)))


def test_no_font_of_the_hostile_corpus_costs_much() -> None:
    for hostile in HOSTILE:
        content = io.BytesIO(hostile.content())
        tracemalloc.start()
        with contextlib.suppress(TableUnreadable):
            read_names(content, IDS)
            assert len(read_characters(content)) < 16 * 20_000
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < MAX_MEMORY, hostile.label

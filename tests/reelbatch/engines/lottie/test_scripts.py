"""Text in all scripts: Unicode's own tests of directions, letters and lines, and drawn text."""

import re
import sys
import tracemalloc
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import icu
import numpy as np
import pytest

from reelbatch.engines.characters import as_ranges, from_ranges, missing_characters
from reelbatch.engines.lottie import typesetting
from reelbatch.engines.lottie.typesetting.fontfile import FontFile
from reelbatch.engines.lottie.typesetting.system_fonts import closest_lender, coloured_lender
from reelbatch.engines.lottie.typesetting.unicode import (
    letter_ends,
    levels,
    line_ends,
    tidied,
    visual_order,
)
from reelbatch.models.wire.fonts import FontFace

UNICODE = Path("/usr/share/unicode")  # Debian's package unicode-data
needs_unicode = pytest.mark.skipif(
    not (UNICODE / "BidiCharacterTest.txt").exists(),
    reason="Unicode's tests are not installed (make fonts)",
)
TYPEFACES = Path(typesetting.__file__).parents[1] / "typefaces"
FACE = FontFace(family="Inter")


def needs_font_of(character: str) -> pytest.MarkDecorator:
    lender = closest_lender(frozenset({ord(character)}), FACE, "SC")  # pyright: ignore[reportArgumentType]  # frozen
    return pytest.mark.skipif(lender is None, reason=f"no font has {character} (make fonts)")


def columns(picture: Any) -> tuple[int, int]:
    found = np.flatnonzero((picture[..., 3] > 127).any(axis=0))
    return int(found[0]), int(found[-1])


def drawn(workshop: Any, words: str, **style: Any) -> Any:
    layer = workshop.text("Words", words, font="Inter-Regular", **{"s": 20, **style})
    return workshop.still(workshop.document(layer, w=200))


def cases(name: str) -> Iterator[list[str]]:
    for line in (UNICODE / name).read_text(encoding="utf-8").splitlines():
        fields = line.partition("#")[0].strip()
        if fields:
            yield fields.split(";")


@needs_unicode
def test_directions_pass_unicodes_tests() -> None:
    """One in two thousand may differ, because ICU deviates from the tests there.

    These are marks on brackets, brackets nested deeper than sixty, and adjacent embeddings.
    """
    wrong, seen = 0, 0
    for characters, direction, _, expected, order in cases("BidiCharacterTest.txt"):
        text = "".join(chr(int(code, 16)) for code in characters.split())
        if "\u2029" in text:  # which ends a paragraph
            continue
        paragraph = icu.Bidi.DEFAULT_LTR if direction == "2" else int(direction)
        found, expected_levels = levels(text, paragraph), expected.split()
        shown = [n for n, level in enumerate(expected_levels) if level != "x"]
        in_order = [shown[n] for n in visual_order([int(expected_levels[n]) for n in shown])]
        assert in_order == [int(n) for n in order.split()]
        seen += 1
        wrong += any(str(found[n]) != expected_levels[n] for n in shown)
    assert seen > 50_000
    assert wrong < seen / 2000


@needs_unicode
@pytest.mark.parametrize(
    ("name", "ends"),
    [("auxiliary/GraphemeBreakTest.txt", letter_ends), ("auxiliary/LineBreakTest.txt", line_ends)],
)
def test_letters_and_lines_end_where_unicodes_tests_say(name: str, ends: Any) -> None:
    """A few may differ, because rules changed between the versions of the tests and of ICU."""
    wrong, seen = 0, 0
    for (line,) in cases(name):
        parts = re.findall(r"([\xf7\xd7])|([0-9A-F]{4,6})", line)
        text, expected = "", set[int]()
        for mark, code in parts:
            if code:
                text += chr(int(code, 16))
            elif mark == "\xf7" and text:
                expected.add(len(text))
        seen += 1
        wrong += set(ends(text)) != expected
    assert seen > 500
    assert wrong <= seen * (0 if icu.UNICODE_VERSION.startswith("15.0") else 0.02)


def test_a_paragraph_of_hebrew_runs_from_right_to_left() -> None:
    text = "שלום 12 abc"
    order = visual_order(list(levels(text)))
    assert "".join(text[n] for n in order) == "abc 12 םולש"


@needs_font_of("م")
def test_arabic_letters_are_joined(workshop: Any) -> None:
    joined, apart = drawn(workshop, "محمد"), drawn(workshop, "م ح م د")
    assert columns(joined)[1] < columns(apart)[1] - 10
    gaps = np.diff(np.flatnonzero((joined[..., 3] > 0).any(axis=0)))
    assert gaps.max() <= 3


@needs_font_of("क")
def test_devanagari_is_shaped(workshop: Any) -> None:
    """The vowel sign i is drawn before its consonant."""
    formed, alone = drawn(workshop, "कि"), drawn(workshop, "क")
    width = columns(alone)[1] - columns(alone)[0]
    assert columns(formed)[1] - columns(formed)[0] > width
    beginning = np.s_[:, : columns(alone)[0] + 6]
    assert (formed[beginning] != alone[beginning]).any()


def test_a_separate_accent_is_drawn_as_part_of_its_letter(workshop: Any) -> None:
    assert (drawn(workshop, "Café ñ") == drawn(workshop, tidied("Café ñ"))).all()


@pytest.mark.parametrize("invisible", ["\u200d", "\u200c", "\ufe0f", "\xad", "\u034f", "\u2066"])
def test_invisible_characters_leave_no_trace(workshop: Any, invisible: str) -> None:
    assert (drawn(workshop, f"a{invisible}b") == drawn(workshop, "ab")).all()


@pytest.mark.parametrize("space", ["\t", "\xa0", "\u3000"])
def test_spaces_of_all_kinds_keep_words_apart(workshop: Any, space: str) -> None:
    assert columns(drawn(workshop, f"A{space}B"))[1] >= columns(drawn(workshop, "A B"))[1] - 1


def test_all_caps_draws_capital_letters(workshop: Any) -> None:
    assert (drawn(workshop, "éß a", ca=1) == drawn(workshop, "ÉSS A")).all()


def test_small_caps_are_smaller_than_capitals(workshop: Any) -> None:
    small, large = drawn(workshop, "ab", ca=2), drawn(workshop, "AB")
    assert columns(small)[1] < columns(large)[1]
    assert (drawn(workshop, "AB", ca=2) == large).all()


def test_the_tracking_after_the_last_letter_does_not_count(workshop: Any) -> None:
    layer = workshop.text("Words", "HH", font="Inter-Regular", s=20, tr=500, j=1)
    layer["ks"]["p"]["k"] = [100, 40, 0]
    assert 96 <= columns(workshop.still(workshop.document(layer, w=200)))[1] <= 99


@pytest.mark.parametrize("words", ["aaa-bbb-ccc-ddd-eee", "Donaudampfschifffahrt", "漢漢漢漢漢漢"])
def test_lines_stay_in_their_box(workshop: Any, words: str) -> None:
    layer = workshop.text("Words", words, font="Inter-Regular", s=20, sz=[80, 100], ps=[0, -30])
    picture = workshop.still(workshop.document(layer, w=200, h=150))
    assert columns(picture)[1] <= 86


@pytest.mark.parametrize(
    ("justification", "first_line", "last_line"),
    [
        (0, (7, 52), (7, 39)),
        (3, (7, 103), (7, 39)),
        (4, (7, 103), (71, 103)),
        (5, (7, 103), (39, 71)),
        (6, (7, 103), (7, 103)),
    ],
)
def test_lines_of_justified_text_are_as_wide_as_their_box(
    workshop: Any, justification: int, first_line: tuple[int, int], last_line: tuple[int, int]
) -> None:
    words = "H HH HHHHHH H H"
    style = {"s": 20, "lh": 30, "sz": [100, 100], "ps": [0, -30], "j": justification}
    layer = workshop.text("Words", words, font="Inter-Regular", **style)
    picture = workshop.still(workshop.document(layer, w=120, h=100))
    rows = np.flatnonzero((picture[..., 3] > 127).any(axis=1))
    second, last = rows[0] + 30, rows[0] + 60
    found = columns(picture[: second - 5]), columns(picture[last - 5 :])
    expected = first_line, last_line
    assert np.abs(np.array(found) - np.array(expected)).max() <= 2, found


def test_justified_lines_without_spaces_are_spread_between_letters(workshop: Any) -> None:
    style = {"s": 20, "lh": 30, "sz": [95, 100], "ps": [0, -30]}
    layer = workshop.text("Words", "漢字" * 3, font="Inter-Regular", j=3, **style)
    picture = workshop.still(workshop.document(layer, w=120, h=100))
    assert columns(picture)[1] >= 97


@pytest.mark.skipif(
    coloured_lender(frozenset({ord("🙂")})) is None,
    reason="no font has coloured emoji (make fonts)",
)
def test_emoji_are_coloured_if_a_font_has_colours(workshop: Any) -> None:
    picture = drawn(workshop, "🙂")
    seen = picture[picture[..., 3] == 255][:, :3].astype(int)
    assert (seen[:, 0] - seen[:, 2]).max() > 100, "it is yellow, and text is black"


def painted_font(path: Path) -> Path:
    """Write a font whose letters A to E are painted squares.

    A to C go from red to blue: along the line, from the centre, and around it. D is half red. E has
    the text's colour with a blue quarter at the bottom left.
    """
    from fontTools.fontBuilder import FontBuilder  # pyright: ignore[reportMissingTypeStubs]
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # pyright: ignore[reportMissingTypeStubs]
    from fontTools.ttLib.tables.otTables import (  # pyright: ignore[reportMissingTypeStubs]
        PaintFormat as Paint,
    )

    pen: Any = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 1000), (1000, 1000), (1000, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names, box = [".notdef", *"ABCDE"], pen.glyph()
    font: Any = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(name): name for name in "ABCDE"})
    font.setupGlyf(dict.fromkeys(names, box))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    font.setupHorizontalHeader(ascent=1000, descent=0)
    font.setupNameTable({"familyName": "Paint", "styleName": "Regular", "psName": "Paint"})
    font.setupOS2()
    font.setupPost()

    def square(paint: Any, **fields: Any) -> Any:
        filled = {"Format": Paint.PaintGlyph, "Glyph": ".notdef", "Paint": paint}
        return {"Format": Paint.PaintTransform, "Paint": filled, **fields} if fields else filled

    def solid(colour: int, alpha: float = 1) -> Any:
        return {"Format": Paint.PaintSolid, "PaletteIndex": colour, "Alpha": alpha}

    ramp = {"ColorLine": {"ColorStop": [(0, 0), (1, 1)], "Extend": "pad"}}
    line = {"x0": 0, "y0": 0, "x1": 1000, "y1": 0, "x2": 0, "y2": 1000}
    circles = {"x0": 500, "y0": 500, "r0": 0, "x1": 500, "y1": 500, "r1": 500}
    turn = {"centerX": 500, "centerY": 500, "startAngle": 0, "endAngle": 360}
    half = {"SourcePaint": square(solid(0)), "BackdropPaint": solid(1, 0.5)}
    own_colour, quarter = 0xFFFF, (0.5, 0, 0, 0.5, 0, 0)
    layers = [square(solid(own_colour)), square(solid(1), Transform=quarter)]
    font.setupCOLR(
        {
            "A": square({"Format": Paint.PaintLinearGradient, **ramp, **line}),
            "B": square({"Format": Paint.PaintRadialGradient, **ramp, **circles}),
            "C": square({"Format": Paint.PaintSweepGradient, **ramp, **turn}),
            "D": {"Format": Paint.PaintComposite, "CompositeMode": "src_in", **half},
            "E": {"Format": Paint.PaintColrLayers, "Layers": layers},
        },
        version=1,
    )
    font.setupCPAL([[(1, 0, 0, 1), (0, 0, 1, 1)]])
    font.save(path)
    return path


@pytest.mark.parametrize(
    ("letter", "left", "middle", "right"),
    [
        ("A", (255, 0, 0, 255), (127, 0, 127, 255), (0, 0, 255, 255)),
        ("B", (0, 0, 255, 255), (255, 0, 0, 255), (0, 0, 255, 255)),
        ("D", (255, 0, 0, 128), (255, 0, 0, 128), (255, 0, 0, 128)),
        ("E", (0, 255, 0, 255), (0, 255, 0, 255), (0, 255, 0, 255)),
    ],
)
def test_painted_letters_have_their_gradients(
    workshop: Any, tmp_path: Path, letter: str, left: Any, middle: Any, right: Any
) -> None:
    words = workshop.text("Words", letter, font="Paint", s=40, fc=[0, 1, 0])
    picture = workshop.still(workshop.document(words), fonts=[painted_font(tmp_path / "p.ttf")])
    found = [picture[19, x].tolist() for x in (6, 25, 43)]
    assert np.abs(np.array(found) - np.array([left, middle, right])).max() <= 30
    assert columns(picture) == (5, 44) or letter == "D"


def test_painted_letters_have_layers_and_sweep_gradients(workshop: Any, tmp_path: Path) -> None:
    words = workshop.text("Words", "CE", font="Paint", s=40, fc=[0, 1, 0])
    picture = workshop.still(workshop.document(words), fonts=[painted_font(tmp_path / "p.ttf")])
    above, below = picture[18, 42].astype(int), picture[22, 42].astype(int)
    assert above[0] > 240 > 15 > below[0]  # where the sweep starts and ends
    assert picture[35, 50].tolist() == [0, 0, 255, 255]
    assert picture[5, 50].tolist() == picture[35, 80].tolist() == [0, 255, 0, 255]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists mapped files")
def test_the_fonts_of_a_collection_share_one_mapping(tmp_path: Path) -> None:
    tools: Any = import_module("fontTools.ttLib")
    collection, path = tools.TTCollection(), tmp_path / "many.ttc"
    collection.fonts = [tools.TTFont(TYPEFACES / "Anton-Regular.ttf") for _ in range(3)]
    collection.save(path)
    fonts = [FontFile(path, path.name, index=index) for index in range(3)]
    assert all(font.has("A") for font in fonts)
    assert Path("/proc/self/maps").read_text().count(str(path)) == 1


def test_ranges_contain_what_was_written_into_them() -> None:
    assert as_ranges({0x41, 0x42, 0x43, 0x61}) == "41-43,61"
    read = from_ranges("41-43,61,10ffff")
    assert [c for c in range(sys.maxunicode + 1) if c in read] == [0x41, 0x42, 0x43, 0x61, 0x10FFFF]
    assert 0x41 not in from_ranges("")


def test_a_font_with_all_characters_needs_little_memory() -> None:
    tracemalloc.start()
    assert 0x1F600 in from_ranges("0-10ffff")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000


def test_missing_characters_are_named_once_and_invisible_ones_never() -> None:
    latin = frozenset(range(0x20, 0x7F))
    words = ["Anna \U00012000\u200d\ufe0f\xad\t\r\n", "\U00012000 é"]
    assert missing_characters(words, [latin]) == ["\U00012000", "é"]
    assert missing_characters(["é"], [latin | {0x301}]) == []

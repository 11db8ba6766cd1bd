"""Draws names in twelve scripts into docs/pictures/names.png, and lists scripts without a font.

python examples/names_in_scripts.py [FILE]
"""

import sys
import tempfile
from pathlib import Path

from house_style import SANS, SANS_MEDIUM
from lottie_builder import Align, Composition, Node, TextStyle, Timeline, document, transform
from render_pictures import draw

from reelbatch.engines.lottie import LottieEngine
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.models.wire.fonts import FontFace

PICTURE = Path(__file__).parents[1] / "docs/pictures/names.png"
NAMES = {
    "Latin": "Zoë Łukasiewicz 🎬",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Анна Ковальчук",
    "Arabic": "فاطمة الزهراء",
    "Hebrew": "שָׂרָה כהן",
    "Devanagari": "प्रिया शर्मा",
    "Bengali": "অনন্যা চট্টোপাধ্যায়",
    "Tamil": "கார்த்திக்",
    "Thai": "สมชาย ใจดี",
    "Chinese": "王小明",
    "Japanese": "山田 さくら",
    "Korean": "김민준",
}
COLUMNS, WIDTH, ROW = 2, 560, 104  # pixels
INK, QUIET, PAPER = "#16202e", "#7b8798", "#f6f3ec"
MARGIN = 28


def build() -> bytes:
    timeline = Timeline(1)
    rows = -(-len(NAMES) // COLUMNS)
    layers: list[Node] = []
    for number, (script, name) in enumerate(NAMES.items()):
        x, y = MARGIN + number % COLUMNS * WIDTH, number // COLUMNS * ROW + MARGIN
        label = TextStyle(SANS_MEDIUM, 15, QUIET, Align.LEFT)
        layers.append(timeline.text(f"{script} label", script, label, transform((x, y + 12))))
        style = TextStyle(SANS, 40, INK, Align.LEFT)
        layers.append(timeline.text(script, name, style, transform((x, y + 60))))
    size = COLUMNS * WIDTH, rows * ROW + MARGIN
    layers.append(timeline.solid("paper", PAPER, *size))
    return document(Composition("main", *size, 25, 1, layers), faces=[SANS, SANS_MEDIUM])


def scripts_without_font() -> list[str]:
    """Return the scripts for which this machine has no font with all letters."""
    shelf = FontShelf([], [])
    face = FontFace(family=SANS.family, style=SANS.style, postscript_name=SANS.postscript_name)
    font = shelf.choose(face)
    return [
        script
        for script, name in NAMES.items()
        if not all(shelf.font_for(character, font, face, name).has(character) for character in name)
    ]


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "names.json"
        template.write_bytes(build())
        picture = draw(template, "main", 0, LottieEngine.renderer())
    picture.convert("RGB").quantize(64).save(target, optimize=True)
    missing = scripts_without_font()
    print(
        f"No font here has all letters of {', '.join(missing)}."
        if missing
        else "All letters are drawn."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)

"""`counter-badge.json`: a number with a label on a small card; one second, fast to render."""

from house_style import SANS_BOLD, SANS_MEDIUM
from lottie_builder import (
    ENTER,
    LINEAR,
    OVERSHOOT,
    Composition,
    Key,
    Node,
    Point,
    Stop,
    TextStyle,
    Timeline,
    animated,
    document,
    ellipse,
    fill,
    gradient_fill,
    group,
    polyline,
    rectangle,
    stroke,
    transform,
    trim,
)

WIDTH, HEIGHT, FRAME_RATE, FRAMES = 320, 180, 30, 30
BLUE, WHITE = "#2F5DDE", "#FFFFFF"
MARGIN = 28

timeline = Timeline(FRAMES)


def build() -> bytes:
    layers = [
        _number(),
        _label(),
        *_progress(),
        _light(),
        timeline.solid("background", BLUE, WIDTH, HEIGHT),
    ]
    main = Composition("main", WIDTH, HEIGHT, FRAME_RATE, FRAMES, layers)
    return document(main, faces=[SANS_MEDIUM, SANS_BOLD])


def _number() -> Node:
    style = TextStyle(SANS_BOLD, 84, WHITE)
    place = transform(
        animated(Key(0, (MARGIN - 4, 138), OVERSHOOT), Key(16, (MARGIN - 4, 122))),
        opacity=animated(Key(0, 0, LINEAR), Key(6, 100)),
    )
    return timeline.text("number", "24", style, place)


def _label() -> Node:
    style = TextStyle(SANS_MEDIUM, 17, WHITE)
    place = transform((MARGIN, 43), opacity=animated(Key(4, 0, LINEAR), Key(12, 86)))
    return timeline.text("label", "Renders today", style, place)


def _progress() -> list[Node]:
    """Return a bar that fills from the left, on a dim track."""
    bar = polyline([Point(MARGIN + 2, 151), Point(WIDTH - MARGIN - 2, 151)], closed=False)
    filled = trim(end=animated(Key(4, 0, ENTER), Key(26, 72)))
    return [
        timeline.shape("bar", group(bar, filled, stroke(WHITE, 4))),
        timeline.shape("track", group(bar, stroke(WHITE, 4, opacity=26))),
    ]


def _light() -> Node:
    """Return light from the top right, so that the card doesn't look flat in any colour."""
    glow = gradient_fill(
        "radial",
        Point(WIDTH * 0.92, 0),
        Point(WIDTH * 0.92, WIDTH * 0.95),
        [Stop(0, "#FFFFFF", 0.34), Stop(0.6, "#FFFFFF", 0.0), Stop(1, "#000000", 0.14)],
    )
    card = rectangle((WIDTH, HEIGHT), (WIDTH / 2, HEIGHT / 2))
    rings = [
        group(ellipse((size, size), (WIDTH - 52, 52)), stroke(WHITE, 1.5, opacity=opacity))
        for size, opacity in ((56, 55), (104, 32), (156, 16))
    ]
    dot = group(ellipse((16, 16), (WIDTH - 52, 52)), fill(WHITE))
    return timeline.shape("light", dot, *rings, group(card, glow))

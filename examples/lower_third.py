"""`lower-third.json`: a speaker's name and title that wipe in and out over a picture.

The background is transparent: render it with a codec that supports alpha.
"""

from house_style import SANS, SANS_BOLD
from lottie_builder import (
    ENTER,
    LEAVE,
    Composition,
    Key,
    Node,
    Point,
    Stop,
    TextStyle,
    Timeline,
    animated,
    document,
    fill,
    gradient_fill,
    group,
    rectangle,
    revealed_by,
    transform,
)

WIDTH, HEIGHT, FRAME_RATE, FRAMES = 1280, 720, 30, 120
LEFT, TOP = 96, 508  # of the plates
NAME_SIZE, TITLE_SIZE, GAP = (590, 92), (490, 52), 4
TITLE_TOP = TOP + NAME_SIZE[1] + GAP
ACCENT_WIDTH = 10
INK, LIGHT, ACCENT = "#14181F", "#FFFFFF", "#FFB23E"
TEXT_LEFT = LEFT + ACCENT_WIDTH + 26

timeline = Timeline(FRAMES)


def build() -> bytes:
    layers = [
        *_name(),
        *_title(),
        _accent(),
        _sheen(),
        _plate("name plate", TOP, NAME_SIZE, INK, start=6, end=104),
        _plate("title plate", TITLE_TOP, TITLE_SIZE, LIGHT, start=11, end=100),
    ]
    main = Composition("main", WIDTH, HEIGHT, FRAME_RATE, FRAMES, layers)
    return document(main, faces=[SANS, SANS_BOLD])


def _name() -> list[Node]:
    style = TextStyle(SANS_BOLD, 50, LIGHT)
    return _line("name", "Grace Hopper", style, TOP, NAME_SIZE, baseline=64, start=14, end=97)


def _title() -> list[Node]:
    style = TextStyle(SANS, 24, INK)
    words = "Rear Admiral, computing pioneer"
    return _line("title", words, style, TITLE_TOP, TITLE_SIZE, baseline=34.5, start=20, end=93)


def _line(
    name: str,
    words: str,
    style: TextStyle,
    top: float,
    plate: tuple[float, float],
    *,
    baseline: float,
    start: float,
    end: float,
) -> list[Node]:
    """Return text that rises into its plate at `start` and sinks out of it from `end` on."""
    width, height = plate
    rest, below = (TEXT_LEFT, top + baseline), (TEXT_LEFT, top + baseline + height)
    place = transform(
        animated(
            Key(start, below, ENTER),
            Key(start + 20, rest),
            Key(end, rest, LEAVE),
            Key(end + 12, below),
        )
    )
    window = rectangle((width, height), (LEFT + ACCENT_WIDTH + width / 2, top + height / 2))
    return revealed_by(
        timeline.shape(f"{name} window", group(window, fill("#000000"))),
        timeline.text(name, words, style, place),
    )


def _plate(
    name: str, top: float, size: tuple[float, float], paint: str, *, start: float, end: float
) -> Node:
    """Return a plate that unrolls from the left and rolls back."""
    width, height = size
    place = transform(
        (LEFT + ACCENT_WIDTH, top),
        scale=animated(
            Key(start, (0, 100), ENTER),
            Key(start + 24, (100, 100)),
            Key(end, (100, 100), LEAVE),
            Key(end + 12, (0, 100)),
        ),
    )
    plate = rectangle((width, height), (width / 2, height / 2))
    return timeline.shape(name, group(plate, fill(paint)), place=place)


def _accent() -> Node:
    """Return the bar that comes first and leaves last, growing and shrinking upwards."""
    height = NAME_SIZE[1] + GAP + TITLE_SIZE[1]
    size = animated(
        Key(0, (ACCENT_WIDTH, 0), ENTER),
        Key(16, (ACCENT_WIDTH, height)),
        Key(108, (ACCENT_WIDTH, height), LEAVE),
        Key(FRAMES - 1, (ACCENT_WIDTH, 0)),
    )
    centre = animated(
        Key(0, (ACCENT_WIDTH / 2, height), ENTER),
        Key(16, (ACCENT_WIDTH / 2, height / 2)),
        Key(108, (ACCENT_WIDTH / 2, height / 2), LEAVE),
        Key(FRAMES - 1, (ACCENT_WIDTH / 2, 0)),
    )
    bar = rectangle(size, centre)
    return timeline.shape("accent", group(bar, fill(ACCENT)), place=transform((LEFT, TOP)))


def _sheen() -> Node:
    """Return a band of light that passes once over the name's plate."""
    band = rectangle((260, NAME_SIZE[1]), (0, NAME_SIZE[1] / 2))
    light = gradient_fill(
        "linear",
        Point(-130, 0),
        Point(130, 0),
        [Stop(0, "#FFFFFF", 0.0), Stop(0.5, "#FFFFFF", 0.13), Stop(1, "#FFFFFF", 0.0)],
    )
    path = animated(
        Key(18, (LEFT + ACCENT_WIDTH + 130, TOP)),
        Key(62, (LEFT + ACCENT_WIDTH + NAME_SIZE[0] - 130, TOP)),
    )
    shine = animated(Key(18, 0), Key(28, 100), Key(40, 100), Key(62, 0))
    return timeline.shape("sheen", group(band, light), place=transform(path, opacity=shine))

"""`product-promo.zip`: a product film of three seconds, wide (`main`) and square (`square`).

The two compositions have the same layers, so the same assets fill either of them.
"""

from dataclasses import dataclass

from engraving import rosette
from house_style import SANS, SANS_BOLD, SANS_MEDIUM
from lottie_builder import (
    ENTER,
    LINEAR,
    MOVE,
    OVERSHOOT,
    Align,
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
    image_asset,
    polyline,
    rectangle,
    revealed_by,
    stroke,
    transform,
    trim,
)

FRAME_RATE, FRAMES = 30, 90
PAPER, INK, ACCENT = "#F4EDE4", "#211C1A", "#E2795B"
PICTURE_SIZE = 600  # pixels: width and height of artwork/headphones.png
BADGE_SIZE = 168

timeline = Timeline(FRAMES)


@dataclass(frozen=True)
class Layout:
    """The positions of all elements on one canvas; text is placed by its baseline."""

    name: str
    width: int
    height: int
    margin: float
    disc: Point
    disc_radius: float
    product_scale: float  # percent of the picture
    badge: Point
    badge_scale: float  # percent
    headline: float
    headline_size: float  # the other sizes and distances are derived from it


WIDE = Layout(
    name="main",
    width=1280,
    height=720,
    margin=96,
    disc=Point(888, 360),
    disc_radius=262,
    product_scale=100,
    badge=Point(1110, 168),
    badge_scale=100,
    headline=350,
    headline_size=94,
)
SQUARE = Layout(
    name="square",
    width=720,
    height=720,
    margin=56,
    disc=Point(450, 262),
    disc_radius=204,
    product_scale=77,
    badge=Point(612, 112),
    badge_scale=84,
    headline=570,
    headline_size=72,
)


def build() -> bytes:
    """Return the Lottie file; its picture `images/headphones.png` is next to it in the zip."""
    badge, square = _badge(), _promo(SQUARE)
    assets = [
        image_asset("headphones", "headphones.png", PICTURE_SIZE, PICTURE_SIZE),
        badge.as_asset(),
        square.as_asset(),
    ]
    return document(_promo(WIDE), assets, [SANS, SANS_MEDIUM, SANS_BOLD])


def _promo(layout: Layout) -> Composition:
    layers = [
        _badge_layer(layout),
        *_headline(layout),
        *_small_print(layout),
        _product(layout),
        _orbit(layout),
        _disc_light(layout),
        _disc(layout),
        _daylight(layout),
        timeline.solid("background", PAPER, layout.width, layout.height),
    ]
    return Composition(layout.name, layout.width, layout.height, FRAME_RATE, FRAMES, layers)


def _headline(layout: Layout) -> list[Node]:
    """Return a line of text that rises from behind an invisible edge."""
    size = layout.headline_size
    style = TextStyle(SANS_BOLD, size, INK)
    rise = animated(
        Key(8, (layout.margin, layout.headline + size * 1.1)),
        Key(32, (layout.margin, layout.headline)),
    )
    window = rectangle((layout.width, size * 1.2), (layout.width / 2, layout.headline - size * 0.3))
    return revealed_by(
        timeline.shape("headline window", group(window, fill("#000000"))),
        timeline.text("headline", "Aria One", style, transform(rise)),
    )


def _small_print(layout: Layout) -> list[Node]:
    tagline = TextStyle(SANS, layout.headline_size * 0.28, INK)
    price = TextStyle(SANS_MEDIUM, layout.headline_size * 0.40, INK)
    price_y = layout.headline + layout.headline_size * 1.50
    tagline_y = layout.headline + layout.headline_size * 0.60
    rule = polyline([Point(0, 0), Point(layout.headline_size * 0.5, 0)], closed=False)
    return [
        timeline.text("price", "$249", price, _arrival(layout.margin, price_y, 22)),
        timeline.text(
            "tagline", "Quiet, wherever you are", tagline, _arrival(layout.margin, tagline_y, 15)
        ),
        timeline.shape(
            "rule",
            group(rule, trim(end=animated(Key(4, 0), Key(26, 100))), stroke(INK, 3)),
            place=transform((layout.margin + 3, layout.headline - layout.headline_size * 1.15)),
        ),
    ]


def _arrival(x: float, y: float, start: float) -> Node:
    """Return a transform that moves up slightly while it fades in."""
    return transform(
        animated(Key(start, (x, y + 26)), Key(start + 20, (x, y))),
        opacity=animated(Key(start, 0, LINEAR), Key(start + 10, 100)),
    )


def _product(layout: Layout) -> Node:
    x, y = layout.disc
    scale = layout.product_scale
    place = transform(
        animated(
            Key(6, (x, y + 110)),
            Key(36, (x, y), MOVE),
            Key(63, (x, y - 9), MOVE),
            Key(FRAMES, (x, y)),
        ),
        anchor=(PICTURE_SIZE / 2, PICTURE_SIZE / 2),
        scale=animated(Key(6, (scale * 0.84, scale * 0.84)), Key(36, (scale, scale))),
        rotation=animated(Key(6, -9), Key(40, 0)),
        opacity=animated(Key(6, 0, LINEAR), Key(14, 100)),
    )
    return timeline.image("product", "headphones", place)


def _disc(layout: Layout) -> Node:
    diameter = layout.disc_radius * 2
    return timeline.shape(
        "accent", group(ellipse((diameter, diameter)), fill(ACCENT)), place=_disc_place(layout)
    )


def _disc_light(layout: Layout) -> Node:
    """Return shading for a disc of any colour: lighter at the top left, darker at the bottom."""
    radius = layout.disc_radius
    light = gradient_fill(
        "radial",
        Point(-radius * 0.45, -radius * 0.55),
        Point(radius * 1.0, radius * 0.9),
        [Stop(0, "#FFFFFF", 0.34), Stop(0.5, "#FFFFFF", 0.0), Stop(1, "#2A0F06", 0.16)],
    )
    disc = ellipse((radius * 2, radius * 2))
    return timeline.shape("disc light", group(disc, light), place=_disc_place(layout))


def _disc_place(layout: Layout) -> Node:
    return transform(
        layout.disc,
        scale=animated(Key(0, (0, 0), OVERSHOOT), Key(26, (100, 100))),
    )


def _orbit(layout: Layout) -> Node:
    """Return a thin ring that is drawn around the disc."""
    radius = layout.disc_radius + 34
    ring = ellipse((radius * 2, radius * 2))
    sweep = trim(end=animated(Key(12, 0), Key(60, 62)))
    return timeline.shape(
        "orbit",
        group(ring, sweep, stroke(INK, 1.5, opacity=38)),
        place=transform(layout.disc, rotation=animated(Key(12, 140, ENTER), Key(FRAMES, 196))),
    )


def _daylight(layout: Layout) -> Node:
    """Return a wash of light from the left, so that a plain background doesn't look flat."""
    wash = gradient_fill(
        "radial",
        Point(layout.width * 0.30, layout.height * 0.25),
        Point(layout.width * 1.05, layout.height * 1.0),
        [Stop(0, "#FFFFFF", 0.55), Stop(0.55, "#FFFFFF", 0.0), Stop(1, "#3A1E10", 0.10)],
    )
    canvas = rectangle((layout.width, layout.height), (layout.width / 2, layout.height / 2))
    return timeline.shape("daylight", group(canvas, wash))


def _badge_layer(layout: Layout) -> Node:
    place = transform(
        layout.badge,
        anchor=(BADGE_SIZE / 2, BADGE_SIZE / 2),
        scale=animated(
            Key(34, (0, 0), OVERSHOOT), Key(52, (layout.badge_scale, layout.badge_scale))
        ),
        rotation=animated(Key(34, -40), Key(58, 0)),
    )
    return timeline.precomposition("badge", "badge-anim", BADGE_SIZE, BADGE_SIZE, place)


def _badge() -> Composition:
    """Return a scalloped seal that turns slowly behind its text."""
    centre = Point(BADGE_SIZE / 2, BADGE_SIZE / 2)
    words = TextStyle(SANS_BOLD, 34, "#FFFFFF", Align.CENTRE)
    small = TextStyle(SANS_MEDIUM, 15, "#FFFFFF", Align.CENTRE, tracking=20)
    layers = [
        timeline.text("badge text", "New", words, transform((centre.x, centre.y + 8))),
        timeline.text("badge note", "this season", small, transform((centre.x, centre.y + 30))),
        timeline.shape(
            "badge shape",
            group(rosette(76, 4, petals=18), fill(INK)),
            place=transform(centre, rotation=animated(Key(0, 0, LINEAR), Key(FRAMES, 40))),
        ),
    ]
    return Composition("badge-anim", BADGE_SIZE, BADGE_SIZE, FRAME_RATE, FRAMES, layers)

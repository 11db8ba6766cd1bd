"""`certificate.json`: a still in A4 proportions with a guilloche border and a gold seal."""

from engraving import RoundedRectangle, rosette
from house_style import SANS_MEDIUM, SERIF
from lottie_builder import (
    Align,
    Composition,
    Node,
    Point,
    Stop,
    TextStyle,
    Timeline,
    circle_point,
    document,
    ellipse,
    fill,
    gradient_fill,
    group,
    polyline,
    rectangle,
    stroke,
    transform,
)

WIDTH, HEIGHT, FRAME_RATE, FRAMES = 1600, 1131, 25, 25
MIDDLE = WIDTH / 2
PAPER, INK, GREY, TEAL, GOLD = "#FBF8F1", "#1D2733", "#6B6F72", "#23504F", "#B48F4E"
BAND_INSET, BAND_RADIUS = 74, 46  # the border's centre line: distance from the edge, corner radius

timeline = Timeline(FRAMES)


def build() -> bytes:
    layers = [
        *_words(),
        *_signatures(),
        _seal(),
        _rule("recipient rule", Point(MIDDLE, 566), 620),
        _watermark(),
        _border(),
        timeline.solid("background", PAPER, WIDTH, HEIGHT),
    ]
    main = Composition("main", WIDTH, HEIGHT, FRAME_RATE, FRAMES, layers)
    return document(main, faces=[SANS_MEDIUM, SERIF])


def _words() -> list[Node]:
    centred = Align.CENTRE
    heading = TextStyle(SERIF, 68, TEAL, centred, tracking=60)
    subheading = TextStyle(SANS_MEDIUM, 20, GOLD, centred, tracking=320)
    phrase = TextStyle(SERIF, 24, GREY, centred)
    recipient = TextStyle(SERIF, 84, INK, centred)
    course = TextStyle(SERIF, 41, INK, centred)

    def line(name: str, words: str, style: TextStyle, baseline: float) -> Node:
        return timeline.text(name, words, style, transform((MIDDLE, baseline)))

    return [
        line("heading", "Certificate", heading, 262),
        line("subheading", "OF COMPLETION", subheading, 312),
        line("phrase", "This is to certify that", phrase, 416),
        line("recipient", "Ada Lovelace", recipient, 528),
        line("reason", "has completed with distinction the course", phrase, 632),
        line("course", "Foundations of Analytical Engines", course, 704),
    ]


def _signatures() -> list[Node]:
    caption = TextStyle(SANS_MEDIUM, 15, GREY, Align.CENTRE, tracking=160)
    date = TextStyle(SERIF, 27, INK, Align.CENTRE)
    signature = TextStyle(SERIF, 34, TEAL, Align.CENTRE)
    left, right, baseline = 400.0, WIDTH - 400.0, 874.0
    return [
        timeline.text("date", "24 November 2026", date, transform((left, baseline))),
        timeline.text(
            "signature", "Charles Babbage", signature, transform((right, baseline), slant=14)
        ),
        timeline.text("date caption", "DATE", caption, transform((left, baseline + 56))),
        timeline.text("signature caption", "SIGNATURE", caption, transform((right, baseline + 56))),
        _rule("date rule", Point(left, baseline + 24), 320),
        _rule("signature rule", Point(right, baseline + 24), 320),
    ]


def _rule(name: str, centre: Point, length: float) -> Node:
    """Draw a hairline with a small lozenge in the middle."""
    line = polyline([Point(-length / 2, 0), Point(length / 2, 0)], closed=False)
    lozenge = polyline([Point(-7, 0), Point(0, -4), Point(7, 0), Point(0, 4)], closed=True)
    return timeline.shape(
        name,
        group(lozenge, fill(GOLD)),
        group(line, stroke(GOLD, 1.2)),
        place=transform(centre),
    )


# The engraving


def _border() -> Node:
    def frame(inset: float, width: float) -> Node:
        size = (WIDTH - 2 * inset, HEIGHT - 2 * inset)
        box = rectangle(size, (MIDDLE, HEIGHT / 2), radius=BAND_RADIUS + BAND_INSET - inset)
        return group(box, stroke(TEAL, width))

    def lace(depth: float) -> list[Node]:
        return [band.wave(waves=108, depth=depth, phase=phase / 4) for phase in range(4)]

    band = RoundedRectangle(WIDTH, HEIGHT, BAND_INSET, BAND_RADIUS)
    return timeline.shape(
        "border",
        group(*lace(19), stroke(TEAL, 0.9, opacity=80)),
        group(*lace(11), stroke(GOLD, 0.9, opacity=90)),
        frame(BAND_INSET - 27, 2.2),
        frame(BAND_INSET + 27, 1.0),
        frame(BAND_INSET + 33, 0.6),
    )


def _watermark() -> Node:
    return timeline.shape(
        "watermark",
        group(rosette(262, 92, petals=53, turns=8), stroke(TEAL, 0.8, opacity=16)),
        group(rosette(128, 52, petals=37, turns=7), stroke(GOLD, 0.8, opacity=24)),
        place=transform((MIDDLE, 560)),
    )


def _seal() -> Node:
    centre = Point(MIDDLE, 876)
    metal = gradient_fill(
        "linear",
        Point(-70, -80),
        Point(70, 80),
        [Stop(0, "#F3E0A9"), Stop(0.45, "#C9A259"), Stop(0.7, "#E7CC8C"), Stop(1, "#9C7637")],
    )
    shade = gradient_fill(
        "radial",
        Point(0, 0),
        Point(92, 0),
        [Stop(0, "#3B2A10", 0.30), Stop(0.8, "#3B2A10", 0.22), Stop(1, "#3B2A10", 0.0)],
    )

    return timeline.shape(
        "seal",
        group(_star(5, 24, 10.5), fill("#FFF6DC")),
        group(ellipse((92, 92)), stroke("#FFF3CF", 1.2, opacity=80)),
        group(ellipse((92, 92)), fill(TEAL)),
        group(rosette(57, 9, petals=41, turns=3), stroke("#7A5A26", 0.9, opacity=75)),
        group(ellipse((138, 138)), stroke("#7A5A26", 1.1, opacity=70)),
        group(rosette(79, 3, petals=40), metal),
        _ribbon(20),
        _ribbon(-20),
        group(ellipse((184, 184), (0, 6)), shade),
        place=transform(centre),
    )


def _ribbon(tilt: float) -> Node:
    tail = [Point(-22, 40), Point(22, 40), Point(22, 134), Point(0, 117), Point(-22, 134)]
    cloth = gradient_fill(
        "linear", Point(0, 70), Point(0, 138), [Stop(0, "#173A39"), Stop(1, "#2E6665")]
    )
    return group(polyline(tail, closed=True), cloth, place=transform(rotation=tilt))


def _star(points: int, outer: float, inner: float) -> Node:
    corners = [
        circle_point(outer if i % 2 == 0 else inner, i / (2 * points) - 0.25)
        for i in range(2 * points)
    ]
    return polyline(corners, closed=True)

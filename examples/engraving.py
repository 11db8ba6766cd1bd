"""The line work of banknotes and certificates: guilloche rosettes and borders."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lottie_builder import Node, Point, circle_point, curve

# Bézier segments for one swing of the line; a rosette needs more since it also bends around its
# centre.
_ROSETTE_SEGMENTS, _BORDER_SEGMENTS = 6, 4


def rosette(radius: float, depth: float, *, petals: int, turns: int = 1) -> Node:
    """Return a closed line that winds `turns` times around 0, 0 and swings `petals` times.

    It swings by `depth` to either side of `radius`. One turn gives a scalloped disc. More turns
    give lace if their number has no common factor with `petals`.
    """

    def at(t: float) -> Point:
        return circle_point(radius + depth * math.cos(2 * math.pi * petals * t), turns * t)

    return curve(at, petals * _ROSETTE_SEGMENTS)


@dataclass(frozen=True)
class RoundedRectangle:
    """The path along a border, clockwise from the left end of its top side."""

    width: float
    height: float
    inset: float  # distance of the border from the edges
    radius: float

    def wave(self, *, waves: int, depth: float, phase: float) -> Node:
        """Return a closed line that swings `waves` times to both sides of the path."""

        def at(t: float) -> Point:
            point, outwards = self._at(t % 1.0)
            reach = depth * math.sin(2 * math.pi * (waves * t + phase))
            return Point(point.x + outwards.x * reach, point.y + outwards.y * reach)

        return curve(at, waves * _BORDER_SEGMENTS)

    def _at(self, share: float) -> tuple[Point, Point]:
        """Return the point at `share` of the path, and the unit vector that points outwards."""
        sides = list(self._sides())
        bend = math.pi / 2 * self.radius
        rest = share * sum(length + bend for _, length in sides)
        for side, (start, length) in enumerate(sides):
            straight = min(rest, length)
            turned = min(max(rest - length, 0), bend) / bend / 4
            if rest <= length + bend:
                along, outwards = circle_point(straight, side / 4), _outwards(side / 4 + turned)
                return Point(
                    start.x + along.x + outwards.x * self.radius,
                    start.y + along.y + outwards.y * self.radius,
                ), outwards
            rest -= length + bend
        raise ValueError(f"{share} is not a share from 0 to 1")

    def _sides(self) -> Iterator[tuple[Point, float]]:
        """Yield the centre of the bend that each side starts from, and the side's length."""
        edge = self.inset + self.radius
        across, down = self.width - 2 * edge, self.height - 2 * edge
        yield Point(edge, edge), across
        yield Point(edge + across, edge), down
        yield Point(edge + across, edge + down), across
        yield Point(edge, edge + down), down


def _outwards(turn: float) -> Point:
    return circle_point(1, turn - 0.25)

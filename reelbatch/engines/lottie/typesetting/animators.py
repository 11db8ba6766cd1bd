"""The position and look of each letter of a text at a frame.

Everything is laid out letter by letter, as in lottie-web: pivots by letter, word or line, animators
one after another, text along a path.
"""

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.typesetting.keyed import Keyed, Vector
from reelbatch.engines.lottie.typesetting.lines import Line
from reelbatch.engines.lottie.typesetting.paths import TextPath
from reelbatch.engines.lottie.typesetting.selectors import Counted, RangeSelector
from reelbatch.engines.lottie.typesetting.style import CENTRE, RIGHT, TextStyle

_WORDS, _LINES = 2, 3  # units with a common pivot (`m.g`); else each letter has its own
_CAP_HEIGHT = 1.2 * 0.714  # of the font size: the height that vertical pivots refer to
_BELOW_THE_FIRST = 1.0  # pixels by which lottie-web lowers all lines but the first
_SHARE_BEFORE = {RIGHT: 1.0, CENTRE: 0.5}  # of a line's free space
_BLACK = (0.0, 0.0, 0.0)
# Each property of an animator with its neutral value.
_DEFAULTS: dict[str, list[float]] = {
    "p": [0, 0, 0],
    "a": [0, 0, 0],
    "s": [100, 100, 100],
    "r": [0],
    "rx": [0],
    "ry": [0],
    "sk": [0],
    "sa": [0],
    "t": [0],
    "ls": [0],
    "o": [100],
    "fo": [100],
    "so": [100],
    "sw": [0],
    "fc": [0, 0, 0],
    "sc": [0, 0, 0],
    "fh": [0],
    "fs": [0],
    "fb": [0],
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """All letters at one frame: arrays with a row per letter, in the order of `Layout.letters`."""

    matrices: Vector  # (letters, 2, 3): from the letter's coordinates to the layer's
    opacity: Vector  # (letters,): 0 to 1, like the opacities of fill and stroke
    fill_opacity: Vector
    stroke_opacity: Vector
    fill: Vector  # (letters, 3): 0 to 1
    stroke: Vector
    stroke_width: Vector  # (letters,): pixels


@dataclass(frozen=True)
class Layout:
    """The lines of a text, and the positions of its letters before anything moves them."""

    lines: Sequence[Line]
    style: TextStyle
    grouping: int
    ascent: float  # pixels

    @cached_property
    def letters(self) -> list[tuple[int, int]]:
        """The line and the position in it of each letter, from left to right, line by line."""
        return [(n, at) for n, line in enumerate(self.lines) for at in line.order]

    @cached_property
    def letter_widths(self) -> Vector:
        """The width of each letter by itself, in pixels."""
        return np.array([self.lines[line].letters[at].width for line, at in self.letters], float)

    @cached_property
    def advances(self) -> Vector:
        """The width of each letter in pixels, including what justification adds."""
        stretched = [self.stretches[line].get(at, 0.0) for line, at in self.letters]
        return self.letter_widths + np.array(stretched)

    @cached_property
    def stretches(self) -> list[dict[int, float]]:
        """For each line, the pixels that justification adds to letters, by their positions."""
        return [line.stretch for line in self.lines]

    @cached_property
    def styles(self) -> list[TextStyle]:
        """The style of each letter."""
        return [self.lines[line].letters[at].style for line, at in self.letters]

    @cached_property
    def shifts(self) -> Vector:
        """How far each letter is above its baseline, in pixels."""
        return np.array([style.shift for style in self.styles], float)

    @cached_property
    def falls(self) -> Vector:
        """The distance from the first baseline to that of each letter, in pixels."""
        leadings = [line.leading for line in self.lines[1:]]
        falls = np.cumsum([0.0, *leadings]) + _BELOW_THE_FIRST * (np.arange(len(self.lines)) > 0)
        return np.asarray(falls[self.line_of], float)

    @cached_property
    def line_of(self) -> list[int]:
        return [line for line, _ in self.letters]

    @cached_property
    def widths(self) -> list[float]:
        """The width of each line, in pixels."""
        return [line.width + sum(line.stretch.values()) for line in self.lines]

    @cached_property
    def is_first(self) -> Vector:
        """Whether each letter is at the left end of its line."""
        lines = self.line_of
        return np.array([n == 0 or lines[n - 1] != line for n, line in enumerate(lines)], bool)

    @cached_property
    def steps(self) -> Vector:
        """The distance from the start of the line to each letter, in pixels."""
        tracking = np.array([style.tracking for style in self.styles], float)
        return along_lines(self.advances + tracking, self.line_of)

    @cached_property
    def starts(self) -> Vector:
        """The position at which the line of each letter starts, in pixels."""
        style = self.style
        room = style.box[0] if style.box is not None else 0.0
        left = style.place[0] if style.place is not None else 0.0
        return left + self.shares_before * (room - np.array(self.widths)[self.line_of])

    @cached_property
    def shares_before(self) -> Vector:
        """For each letter, the share of its line's free space that is before the line."""
        shares = [_SHARE_BEFORE.get(line.style.justification, 0.0) for line in self.lines]
        return np.array(shares)[self.line_of]

    @cached_property
    def baselines(self) -> Vector:
        style = self.style
        top = style.place[1] + self.ascent if style.place is not None else 0.0
        return top - self.shifts + self.falls

    @cached_property
    def groups(self) -> list[int]:
        """A number per letter; letters with a common pivot, such as a word or line, share it."""
        if self.grouping == _LINES:
            return self.line_of
        if self.grouping != _WORDS:
            return list(range(len(self.letters)))
        numbers: list[int] = []
        count = 0
        for position, (line, at) in enumerate(self.letters):
            count += bool(position) and self.is_first[position]
            numbers.append(count)
            count += self.lines[line].letters[at].is_space
        return numbers

    @cached_property
    def group_widths(self) -> Vector:
        """The width of each letter's group, in pixels, without the space at the end of a word."""
        if self.grouping not in (_WORDS, _LINES):
            return self.letter_widths
        shown = np.array(
            [
                0.0
                if self.grouping == _WORDS and self.lines[line].letters[at].is_space
                else self.advances[position]
                for position, (line, at) in enumerate(self.letters)
            ]
        )
        groups = self.groups
        return np.asarray(np.bincount(groups, weights=shown)[groups], float) if groups else shown

    @cached_property
    def group_sizes(self) -> Vector:
        """The font size of the largest letter in each letter's group, in pixels."""
        sizes = np.array([style.size for style in self.styles], float)
        largest = np.zeros(len(sizes))
        np.maximum.at(largest, self.groups, sizes)
        return largest[self.groups]

    @cached_property
    def offsets_in_group(self) -> Vector:
        if self.grouping not in (_WORDS, _LINES):
            return np.zeros(len(self.letters))
        return along_lines(self.advances, self.groups)

    @cached_property
    def counted(self) -> Counted:
        """All letters in reading order, with the line ends between them."""
        spaces: list[bool] = []
        breaks: list[bool] = []
        for n, line in enumerate(self.lines):
            if n:
                spaces.append(False)
                breaks.append(True)
            spaces.extend(letter.is_space for letter in line.letters)
            breaks.extend(False for _ in line.letters)
        return Counted(spaces, breaks)

    @cached_property
    def places_in_count(self) -> list[int]:
        """The position of each of `letters` in `counted`."""
        starts: list[int] = []
        total = 0
        for line in self.lines:
            starts.append(total)
            total += len(line.letters) + 1
        return [starts[line] + at for line, at in self.letters]


class Animators:
    """The animators of a text layer, applied to one of its texts."""

    def __init__(self, *, text: Json, layout: Layout, path: TextPath | None, seed: str) -> None:
        self._layout = layout
        self._path = path
        self._alignment = Keyed(_field(text.get("m"), "a"), [0.0, 0.0])
        self._animators = [
            _Animator(animator, layout, f"{seed}\0{number}")
            for number, animator in enumerate(objects(text.get("a")))
        ]

    @property
    def are_idle(self) -> bool:
        """Whether nothing moves or changes the letters."""
        return not self._animators and self._path is None

    @cached_property
    def times(self) -> list[float]:
        """The times of all keyframes; before the first and after the last, nothing changes."""
        path = self._path.times if self._path is not None else []
        moving = (animator.times for animator in self._animators)
        return sorted(chain(self._alignment.times, path, *moving))

    def at(self, frame: float) -> Look:
        layout = self._layout
        count = len(layout.letters)
        active = [(animator, animator.factors(frame)) for animator in self._animators]
        steps, shift, drop = self._spaced(frame, active)
        alignment = self._alignment.at(frame) / 100
        pivot_x = layout.group_widths / 2 - layout.offsets_in_group
        lean = alignment[0] * layout.group_widths / 2
        rise = alignment[1] * layout.group_sizes * _CAP_HEIGHT
        matrices = _translations(-pivot_x - lean, -rise)
        for animator, factors in active:
            if animator.has("a"):
                matrices = animator.anchored(frame, factors) @ matrices
        for animator, factors in active:
            if animator.has("s"):
                matrices = animator.scaled(frame, factors) @ matrices
        for animator, factors in active:
            if animator.has("sk", "r", "rx", "ry"):
                matrices = animator.turned(frame, factors) @ matrices
        along = self._path is not None
        for animator, factors in active:
            if animator.has("p"):
                moved = animator.moved(frame, factors)
                matrices[:, 0, 2] += moved[:, 0] * (not along)
                matrices[:, 1, 2] += moved[:, 1]
        if self._path is None:
            matrices[:, 0, 2] += layout.starts + steps + shift + pivot_x + lean
            matrices[:, 1, 2] += layout.baselines + drop + rise
        else:
            matrices = (
                self._path.placed(
                    frame,
                    shares_before=layout.shares_before,
                    widths=layout.widths,
                    lines=layout.line_of,
                    middles=steps + pivot_x,
                    lean=lean + sum((a.advanced(frame, f) for a, f in active), np.zeros(count)),
                    falls=layout.falls + drop + rise - layout.shifts,
                )
                @ matrices
            )
        return self._look(frame, active, matrices)

    def _spaced(
        self, frame: float, active: "Sequence[tuple[_Animator, Vector]]"
    ) -> tuple[Vector, Vector, Vector]:
        """The effect of the animators' tracking and leading.

        Returns the letters' steps, how far tracking shifts each line, and how far leading lowers
        it.
        """
        layout = self._layout
        lines = layout.line_of
        extra, fall = np.zeros(len(lines)), np.zeros(len(lines))
        for animator, factors in active:
            extra += animator.value("t", frame) * factors
            fall += animator.value("ls", frame) * factors
        drop = np.zeros(len(lines))
        if fall.any():
            by_line = [0.0] * len(layout.lines)
            for line, each in zip(lines, fall, strict=True):
                by_line[line] = max(by_line[line], float(each), key=abs)
            drop = np.asarray(np.cumsum([0.0, *by_line[1:]])[lines], float)
        if not extra.any():
            return layout.steps, np.zeros(len(lines)), drop
        # tracking is added before a letter, but not at the start of a line
        before = np.where(layout.is_first, 0.0, extra)
        steps = layout.steps + along_lines(before, lines) + before
        totals = np.asarray(np.bincount(lines, weights=before, minlength=len(layout.lines)), float)
        return steps, -layout.shares_before * totals[lines], drop

    def _look(
        self, frame: float, active: "Sequence[tuple[_Animator, Vector]]", matrices: Vector
    ) -> Look:
        styles = self._layout.styles
        opacities = {key: np.ones(len(styles)) for key in ("o", "fo", "so")}
        width = np.array([style.stroke_width for style in styles], float)
        fill = np.array([style.fill or _BLACK for style in styles], float)
        stroke = np.array([style.stroke or _BLACK for style in styles], float)
        for animator, factors in active:
            for key, opacity in opacities.items():
                if animator.has(key):
                    opacity += (animator.value(key, frame) / 100 - opacity) * factors
            if animator.has("sw"):
                width += animator.value("sw", frame) * factors
            for key, colour in (("fc", fill), ("sc", stroke)):
                if animator.has(key):
                    colour += (animator.vector(key, frame) - colour) * factors[:, None]
            animator.recolour(frame, factors, fill)
        clipped = {key: np.clip(opacity, 0.0, 1.0) for key, opacity in opacities.items()}
        return Look(
            matrices=matrices[:, :2, :],
            opacity=clipped["o"],
            fill_opacity=clipped["fo"],
            stroke_opacity=clipped["so"],
            fill=np.clip(fill, 0.0, 1.0),
            stroke=np.clip(stroke, 0.0, 1.0),
            stroke_width=np.maximum(width, 0.0),
        )


class _Animator:
    def __init__(self, source: Json, layout: Layout, seed: str) -> None:
        properties = source.get("a")
        self._properties = {
            key: Keyed(properties[key], default)
            for key, default in _DEFAULTS.items()
            if is_object(properties) and is_object(properties.get(key))
        }
        self._selector = RangeSelector(source.get("s"), layout.counted, seed)
        self._places = layout.places_in_count

    @property
    def times(self) -> list[float]:
        keyed = (each.times for each in self._properties.values())
        return [*self._selector.times, *chain(*keyed)]

    def has(self, *keys: str) -> bool:
        """Whether the animator has one of these properties."""
        return not self._properties.keys().isdisjoint(keys)

    def value(self, key: str, frame: float) -> float:
        return self._properties[key].value(frame) if self.has(key) else _DEFAULTS[key][0]

    def vector(self, key: str, frame: float) -> Vector:
        return self._properties[key].at(frame) if self.has(key) else np.array(_DEFAULTS[key])

    def factors(self, frame: float) -> Vector:
        return self._selector.at(frame)[self._places]

    def moved(self, frame: float, factors: Vector) -> Vector:
        return factors[:, None] * self.vector("p", frame)[:2]

    def advanced(self, frame: float, factors: Vector) -> Vector:
        """How far letters move along a path, on which their anchors lie too."""
        return factors * (self.vector("p", frame)[0] + self.vector("a", frame)[0])

    def anchored(self, frame: float, factors: Vector) -> Vector:
        moved = factors[:, None] * self.vector("a", frame)[:2]
        return _translations(-moved[:, 0], -moved[:, 1])

    def scaled(self, frame: float, factors: Vector) -> Vector:
        scale = 1 + (self.vector("s", frame)[:2] / 100 - 1) * factors[:, None]
        matrices = _translations(np.zeros(len(factors)), np.zeros(len(factors)))
        matrices[:, 0, 0], matrices[:, 1, 1] = scale[:, 0], scale[:, 1]
        return matrices

    def turned(self, frame: float, factors: Vector) -> Vector:
        """Skew, then rotation in the plane, then about the other axes, seen from the front."""
        none = np.zeros(len(factors))
        matrices = _translations(none, none)
        if self.has("sk"):
            axis = np.radians(self.value("sa", frame)) * factors
            slope = np.tan(np.radians(self.value("sk", frame)) * factors)
            skew = _translations(none, none)
            skew[:, 0, 1] = -slope
            matrices = _rotations(-axis) @ skew @ _rotations(axis)
        if self.has("r"):
            matrices = _rotations(np.radians(self.value("r", frame)) * factors) @ matrices
        for key, row in (("ry", 0), ("rx", 1)):
            if self.has(key):
                foreshortened = _translations(none, none)
                foreshortened[:, row, row] = np.cos(np.radians(self.value(key, frame)) * factors)
                matrices = foreshortened @ matrices
        return matrices

    def recolour(self, frame: float, factors: Vector, fill: Vector) -> None:
        """Change the hue, saturation and brightness of `fill` in place."""
        changes: tuple[tuple[str, float, Callable[[Vector, float], Vector]], ...] = (
            ("fh", 360, _with_hue),
            ("fs", 100, _with_saturation),
            ("fb", 100, _with_brightness),
        )
        for key, whole, change in changes:
            if self.has(key):
                amount = self.value(key, frame) / whole
                for letter, factor in enumerate(factors):
                    fill[letter] = change(fill[letter], amount * factor)


def along_lines(widths: Vector, lines: Sequence[int]) -> Vector:
    """The sum of the widths before each item in its line."""
    before = np.cumsum(widths) - widths
    starts: dict[int, float] = {}
    for line, total in zip(lines, before, strict=True):
        starts.setdefault(line, float(total))
    return before - np.array([starts[line] for line in lines])


def _translations(x: Vector, y: Vector) -> Vector:
    matrices = np.zeros((len(x), 3, 3))
    matrices[:, range(3), range(3)] = 1
    matrices[:, 0, 2], matrices[:, 1, 2] = x, y
    return matrices


def _rotations(angles: Vector) -> Vector:
    matrices = _translations(np.zeros(len(angles)), np.zeros(len(angles)))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
    matrices[:, 1, 0] = np.sin(angles)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    return matrices


def _with_hue(colour: Vector, turns: float) -> Vector:
    hue, saturation, brightness = colorsys.rgb_to_hsv(*colour)
    return np.array(colorsys.hsv_to_rgb((hue + turns) % 1.0, saturation, brightness))


def _with_saturation(colour: Vector, amount: float) -> Vector:
    hue, saturation, brightness = colorsys.rgb_to_hsv(*colour)
    return np.array(colorsys.hsv_to_rgb(hue, min(max(saturation + amount, 0), 1), brightness))


def _with_brightness(colour: Vector, amount: float) -> Vector:
    hue, saturation, brightness = colorsys.rgb_to_hsv(*colour)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, min(max(brightness + amount, 0), 1)))


def _field(source: object, key: str) -> object:
    return source.get(key) if is_object(source) else None

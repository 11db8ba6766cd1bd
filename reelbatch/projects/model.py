"""The content of a project as plain, checked values that do not depend on the library.

Unless a name says otherwise, times are seconds in the time of the composition, sizes are pixels,
and colours and fractions are 0 to 1. Only what is written in the file is here: After Effects omits
values that equal their defaults, and the conversion knows the defaults.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

Vector = tuple[float, ...]
Point = tuple[float, float]


class Interpolation(StrEnum):
    LINEAR = "linear"
    BEZIER = "bezier"
    HOLD = "hold"


@dataclass(frozen=True)
class Ease:
    """How a value leaves or reaches a keyframe."""

    speed: float  # units per second; for a path, 1 is its whole length
    influence: float  # 0 to 1, as a fraction of the time to the other keyframe


@dataclass(frozen=True)
class Path:
    """A Bezier path, with tangents relative to their vertices."""

    vertices: tuple[Point, ...]
    arriving: tuple[Point, ...]
    leaving: tuple[Point, ...]
    closed: bool
    feathered: bool = False  # has its own feather points


@dataclass(frozen=True)
class GradientStop:
    offset: float  # 0 to 1
    midpoint: float  # 0 to 1, as a fraction of the distance to the next stop
    value: Vector  # red, green and blue, or only opacity


@dataclass(frozen=True)
class Gradient:
    colors: tuple[GradientStop, ...]
    opacities: tuple[GradientStop, ...]


@dataclass(frozen=True)
class CharacterStyle:
    font: str  # PostScript name
    size: float  # pixels
    fill: Vector | None  # red, green, blue; None: not filled
    stroke: Vector | None
    stroke_width: float
    stroke_over_fill: bool
    tracking: float  # thousandths of the size
    leading: float  # pixels
    baseline_shift: float  # pixels, upwards
    caps: int  # 0 as written, 1 small, 2 all, 3 all small
    unsupported: tuple[str, ...]  # other settings that are on, in words


@dataclass(frozen=True)
class ParagraphRun:
    characters: int  # in UTF-16 code units
    justification: int  # as After Effects writes it: 0 left, 1 right, 2 centre, 3 to 6 full
    unsupported: tuple[str, ...]


@dataclass(frozen=True)
class TextRun:
    characters: int  # in UTF-16 code units
    style: CharacterStyle


@dataclass(frozen=True)
class Text:
    """The text of a text layer at one time. Lines end with `\\r`, or U+0003 within a paragraph."""

    words: str
    runs: tuple[TextRun, ...]  # at least one
    paragraphs: tuple[ParagraphRun, ...]  # at least one
    box: tuple[float, float, float, float] | None  # left, top, width, height
    vertical: bool = False
    unsupported: tuple[str, ...] = ()  # other settings of the whole text, in words


@dataclass(frozen=True)
class Marker:
    comment: str
    duration: float  # seconds


Value = Vector | Path | Gradient | Text | Marker | None


@dataclass(frozen=True)
class Keyframe:
    time: float
    value: Value
    arrival: Interpolation
    departure: Interpolation
    ease_in: tuple[Ease, ...]
    ease_out: tuple[Ease, ...]
    tangent_in: Vector | None = None  # relative to the value; None if it follows no path
    tangent_out: Vector | None = None
    roving: bool = False


@dataclass(frozen=True)
class Property:
    match_name: str
    name: str
    value: Value
    keyframes: tuple[Keyframe, ...] = ()
    expression: str = ""  # empty if it is switched off
    color: bool = False
    separated: bool = False  # a position whose dimensions are separate properties
    layer: int | None = None  # the layer that it names, by identity
    item: int | None = None  # the item that replaces its layer's source, by identity
    slot: str = ""  # the Essential Graphics control that sets it
    control: str = ""  # the composition's control that it overrides, by identity


@dataclass(frozen=True)
class Group:
    match_name: str
    name: str
    enabled: bool
    children: tuple["Group | Property", ...]
    mask: "MaskSwitches | None" = None
    effect: bool = False

    @cached_property
    def _by_match_name(self) -> Mapping[str, "Group | Property"]:
        return {child.match_name: child for child in reversed(self.children)}

    def group(self, match_name: str) -> "Group":
        """The child group with this match name; an empty group if there is none."""
        found = self._by_match_name.get(match_name)
        return (
            found if isinstance(found, Group) else Group(match_name, "", enabled=True, children=())
        )

    def leaf(self, match_name: str) -> Property | None:
        found = self._by_match_name.get(match_name)
        return found if isinstance(found, Property) else None

    @property
    def groups(self) -> Iterator["Group"]:
        return (child for child in self.children if isinstance(child, Group))

    @property
    def properties(self) -> Iterator[Property]:
        return (child for child in self.children if isinstance(child, Property))

    def all_properties(self) -> Iterator[Property]:
        """The properties of this group and of all groups below."""
        waiting: list[Group | Property] = [self]
        while waiting:
            item = waiting.pop()
            if isinstance(item, Property):
                yield item
            else:
                waiting.extend(item.children)


@dataclass(frozen=True)
class MaskSwitches:
    mode: str  # none, add, subtract, intersect, lighten, darken, difference
    inverted: bool


class LayerKind(StrEnum):
    FOOTAGE = "footage"  # any kind of source
    NULL = "null"
    SHAPE = "shape"
    TEXT = "text"
    CAMERA = "camera"
    LIGHT = "light"
    OTHER = "other"  # three-dimensional models and meshes


@dataclass(frozen=True)
class Matte:
    kind: str  # alpha, alpha_inverted, luma, luma_inverted
    layer: int | None  # by identity; None: the layer above


@dataclass(frozen=True)
class Switches:
    """A layer's switches in the timeline."""

    enabled: bool = True
    audio: bool = True
    solo: bool = False
    guide: bool = False
    adjustment: bool = False
    motion_blur: bool = False
    three_d: bool = False
    collapse: bool = False
    effects: bool = True
    frame_blending: bool = False
    preserve_transparency: bool = False
    orient: str = "none"  # none, path, camera, characters
    blending: str = "normal"


@dataclass(frozen=True)
class Layer:
    identity: int  # unique in its composition
    name: str
    kind: LayerKind
    switches: Switches
    start: float
    in_point: float
    out_point: float
    stretch: float  # 1: not stretched; negative: plays backwards
    tree: Group
    source: int | None = None  # the item that the layer shows, by identity
    parent: int | None = None  # a layer of its composition, by identity
    matte: Matte | None = None
    slot: str = ""  # the Essential Graphics control that replaces its source
    unread: tuple[str, ...] = ()  # unknown kinds of chunks in it


@dataclass(frozen=True)
class Item:
    identity: int
    name: str
    width: int = 0  # pixels; 0: no picture
    height: int = 0
    pixel_aspect: float = 1.0


@dataclass(frozen=True)
class Solid(Item):
    color: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class LayerOfFile:
    """The single layer of a Photoshop or Illustrator file that footage shows."""

    name: str
    number: int | None  # Photoshop's number of the layer; None if the file has none
    size: tuple[int, int]  # pixels, of the whole file or only the layer


@dataclass(frozen=True)
class Footage(Item):
    """A file, or a sequence, whose pictures in order are named by `frames`."""

    path: str = ""  # on the author's machine; empty for a placeholder
    frames: tuple[str, ...] = ()
    frame_rate: float = 0.0  # frames per second; 0 for a still
    duration: float = 0.0  # seconds; 0 for a still
    has_picture: bool = True
    has_sound: bool = False
    retimed: bool = False  # looped, or played at a different rate
    loops: int = 1
    alpha: str = ""  # how its transparency is interpreted, in words; empty: as in the file
    layer_of_file: LayerOfFile | None = None


PathStep = tuple[str, int | None]
"""A match name, and the position in its group, which distinguishes equal names."""


@dataclass(frozen=True)
class Control:
    """An Essential Graphics control, and the property that it sets."""

    identity: str  # the same as in the definition of a .mogrt
    name: str
    kind: int  # as the project numbers them
    composition: int  # by identity
    layer: int
    property_path: tuple[PathStep, ...]  # from the layer's root


@dataclass(frozen=True)
class Composition(Item):
    frame_rate: float = 30.0
    duration: float = 0.0
    work_area: tuple[float, float] = (0.0, 0.0)  # start and duration
    background: Vector = (0.0, 0.0, 0.0)
    motion_blur: bool = False
    frame_blending: bool = False
    keeps_frame_rate: bool = False  # even in compositions that show it
    layers: tuple[Layer, ...] = ()  # from top to bottom
    markers: Property | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Project:
    version: str  # of After Effects, such as 24.1; empty if unknown
    linear: bool = False  # colours are blended with a gamma of 1.0
    items: Mapping[int, Item] = field(default_factory=dict[int, Item])

    @property
    def compositions(self) -> Iterator[Composition]:
        return (item for item in self.items.values() if isinstance(item, Composition))

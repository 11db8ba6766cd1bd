"""What a project holds, as its reader tells it: plain values, checked, without the library.

Times are seconds in the time of the composition, sizes are pixels, colours and shares are 0 to 1,
unless a name says otherwise. Only what is written in the file is here: After Effects leaves out
what has its default, and the conversion knows those.
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

    speed: float  # units a second; a path's is 1 for its whole way
    influence: float  # 0 to 1, of the time to the other keyframe


@dataclass(frozen=True)
class Path:
    """A Bezier path; the tangents are relative to their vertices."""

    vertices: tuple[Point, ...]
    arriving: tuple[Point, ...]
    leaving: tuple[Point, ...]
    closed: bool
    feathered: bool = False  # has feather points of its own


@dataclass(frozen=True)
class GradientStop:
    offset: float  # 0 to 1
    midpoint: float  # 0 to 1, of the way to the next stop
    value: Vector  # red, green and blue, or opacity alone


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
    unsaid: tuple[str, ...]  # what else is set, in words


@dataclass(frozen=True)
class ParagraphRun:
    characters: int  # in units of UTF-16
    justification: int  # as After Effects writes it: 0 left, 1 right, 2 centre, 3 to 6 full
    unsaid: tuple[str, ...]


@dataclass(frozen=True)
class TextRun:
    characters: int  # in units of UTF-16
    style: CharacterStyle


@dataclass(frozen=True)
class Text:
    """The words of a text layer at one time. Lines end with `\\r`, or U+0003 inside a paragraph."""

    words: str
    runs: tuple[TextRun, ...]  # at least one
    paragraphs: tuple[ParagraphRun, ...]  # at least one
    box: tuple[float, float, float, float] | None  # left, top, width, height
    vertical: bool = False
    unsaid: tuple[str, ...] = ()  # what else is set of the whole text, in words


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
    tangent_in: Vector | None = None  # relative to the value; None where no path is followed
    tangent_out: Vector | None = None
    roving: bool = False


@dataclass(frozen=True)
class Property:
    match_name: str
    name: str
    value: Value
    keyframes: tuple[Keyframe, ...] = ()
    expression: str = ""  # empty where it is switched off
    color: bool = False
    separated: bool = False  # a position whose dimensions are properties of their own
    layer: int | None = None  # the layer that it names, by identity
    item: int | None = None  # the item that takes the place of its layer's source, by identity
    slot: str = ""  # the control of Essential Graphics that sets it
    control: str = ""  # the control of a composition that it overrides, by identity


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
        """The group below, an empty one where there is none."""
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
        """Those below, too."""
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
    FOOTAGE = "footage"  # whatever its source is
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
    """Of a layer, as the timeline shows them."""

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
    stretch: float  # 1 for none; negative runs backwards
    tree: Group
    source: int | None = None  # the item that it shows, by identity
    parent: int | None = None  # a layer of its composition, by identity
    matte: Matte | None = None
    slot: str = ""  # the control of Essential Graphics that replaces its source
    unread: tuple[str, ...] = ()  # kinds of chunks in it that the reader does not know


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
    """The one layer of a Photoshop or Illustrator file that footage shows."""

    name: str
    number: int | None  # as Photoshop numbers it; None where the file does not
    size: tuple[int, int]  # pixels: of the whole file, or of the layer alone


@dataclass(frozen=True)
class Footage(Item):
    """A file. For a sequence, `frames` are the names of its pictures in order."""

    path: str = ""  # as the project's author had it; empty for a placeholder
    frames: tuple[str, ...] = ()
    frame_rate: float = 0.0  # frames a second; 0 for a still
    duration: float = 0.0  # seconds; 0 for a still
    has_picture: bool = True
    has_sound: bool = False
    retimed: bool = False  # looped, or played at another rate than its own
    loops: int = 1
    alpha: str = ""  # what is done to its transparency, in words; empty: nothing
    layer_of_file: LayerOfFile | None = None


PathStep = tuple[str, int | None]
"""A match name, and the place among all of its group where that tells equal ones apart."""


@dataclass(frozen=True)
class Control:
    """A control of Essential Graphics, and the property that it sets."""

    identity: str  # which the description of a .mogrt has too
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
    keeps_frame_rate: bool = False  # also in compositions that show it
    layers: tuple[Layer, ...] = ()  # from the top
    markers: Property | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Project:
    version: str  # of After Effects, such as 24.1; empty where it cannot be told
    linear: bool = False  # colours are blended with a gamma of 1.0
    items: Mapping[int, Item] = field(default_factory=dict[int, Item])

    @property
    def compositions(self) -> Iterator[Composition]:
        return (item for item in self.items.values() if isinstance(item, Composition))

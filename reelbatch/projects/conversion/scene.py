"""What the conversion of a composition has in common, layer by layer."""

from dataclasses import dataclass, field

from reelbatch.projects.conversion.keyframes import Clock, Json
from reelbatch.projects.conversion.texts import Fonts
from reelbatch.projects.footage import FootageFiles, ShownFile
from reelbatch.projects.model import Composition, Project


@dataclass
class Scene:
    """A document in the making."""

    project: Project
    files: FootageFiles
    clock: Clock
    fonts: Fonts = field(default_factory=Fonts)
    assets: dict[str, Json] = field(default_factory=dict[str, Json])  # by id
    used: dict[str, ShownFile] = field(default_factory=dict[str, ShownFile])
    """The files beside the project, by what the document calls them."""


@dataclass(frozen=True)
class Place:
    """The composition that layers are converted for, and their numbers in the document."""

    composition: Composition
    indices: dict[int, int]  # by identity, from 1
    deep: bool  # whether a camera looks at layers in three dimensions
    left_out: frozenset[int]  # the layers that are not shown since others are solo, by identity
    mattes: frozenset[int]  # the layers whose shape others have, by identity

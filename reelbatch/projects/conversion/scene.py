"""The state that the conversion of a composition shares between layers."""

from dataclasses import dataclass, field

from reelbatch.projects.conversion.keyframes import Clock, Json
from reelbatch.projects.conversion.texts import Fonts
from reelbatch.projects.footage import FootageFiles, ShownFile
from reelbatch.projects.model import Composition, Footage, Item, Project


@dataclass
class Scene:
    """The document that is being built."""

    project: Project
    files: FootageFiles
    clock: Clock
    fonts: Fonts = field(default_factory=Fonts)
    assets: dict[str, Json] = field(default_factory=dict[str, Json])  # by id
    used: dict[str, ShownFile] = field(default_factory=dict[str, ShownFile])
    """The files from the project's archive, by their paths in the document."""
    _heard: dict[int, bool] = field(default_factory=dict[int, bool])

    def is_heard(self, item: Item | None) -> bool:
        """Whether a file has sound or a composition plays sound."""
        if isinstance(item, Footage):
            return item.has_sound
        if not isinstance(item, Composition):
            return False
        if item.identity not in self._heard:
            self._heard[item.identity] = any(
                self.is_heard(self.project.items.get(layer.source or 0))
                for layer in item.layers
                if layer.switches.audio and not layer.switches.guide
            )
        return self._heard[item.identity]


@dataclass(frozen=True)
class Place:
    """The composition whose layers are being converted, and their numbers in the document."""

    composition: Composition
    indices: dict[int, int]  # by identity, from 1
    deep: bool  # whether a camera or light sees layers in three dimensions
    unseen: frozenset[int]  # layers that are not shown, by identity
    heard: frozenset[int]  # unseen layers that are heard, by identity
    mattes: frozenset[int]  # layers used as mattes, by identity

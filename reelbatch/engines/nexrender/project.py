"""A template of the type `aep` or `zip`: a zip of a project, its footage and a description.

Only After Effects reads its projects. So the template says itself what it has, in `reelbatch.json`:

    {"compositions": [{"name": "main", "width": 1920, "height": 1080, "frameRate": 25, "seconds": 8,
                       "layers": {"headline": "text", "photo": "image"}}]}
"""

from codecs import BOM_UTF8
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, ValidationError

from reelbatch.engines.archives import is_archive, read_bounded, unpack
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.described import DescribedComposition, check_limits, unusable
from reelbatch.engines.nexrender.engine import NexrenderEngine
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.wire.base import WireModel

_MANIFEST = PurePosixPath(NexrenderEngine.manifest)

LayerType = Literal["text", "data", "image", "video", "audio"]


class ProjectComposition(DescribedComposition):
    layers: dict[str, LayerType] = {}


class _Manifest(WireModel):
    compositions: list[ProjectComposition] = Field(min_length=1, max_length=500)


@dataclass(frozen=True)
class Project:
    """The template's files in memory, and what it says that it has."""

    path: PurePosixPath  # of the .aep among the files
    files: dict[PurePosixPath, bytes]
    compositions: list[ProjectComposition]

    def write(self, folder: Path) -> Path:
        """Unpack it; returns where the .aep is. The paths were checked when it was read."""
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return folder / self.path


def read_project(template: Path, limits: RenderLimits) -> Project:
    """Raises TemplateInvalid or LimitExceeded."""
    content = read_bounded(template, limits)
    if not is_archive(content):
        raise TemplateInvalid(
            "A project has to come as a zip with the .aep, its footage and a reelbatch.json."
        )
    files = unpack(content, limits)
    projects = [path for path in files if path.suffix.casefold() == ".aep"]
    if len(projects) != 1 or _MANIFEST not in files:
        raise TemplateInvalid("The zip has to hold exactly one .aep, and a reelbatch.json beside.")
    try:
        manifest = _Manifest.model_validate_json(files[_MANIFEST].removeprefix(BOM_UTF8))
    except ValidationError as error:
        raise unusable("The file reelbatch.json", error) from error
    for described in manifest.compositions:
        check_limits(described.composition("main"), limits)
    return Project(projects[0], files, manifest.compositions)

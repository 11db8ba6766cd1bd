"""Samples of an engine: jobs as `POST /jobs` accepts them, with files instead of URLs.

    samples/two-slides/job.json
    samples/two-slides/show.slides

The `job.json` in this example contains `{"template": {"src": "show.slides", "type": "slides"},
"assets": […]}`. Each `src`, of the template and of assets, is a file in the same folder. `type` may
be missing if the engine has only one. Without `composition`, the first one is rendered. The checks
choose the `settings`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from reelbatch.engines.base import RenderEngine, ResolvedAsset
from reelbatch.models.wire.assets import Asset, MediaAsset, StaticAsset
from reelbatch.models.wire.base import OpenWireModel

JOB = "job.json"


class SampleInvalid(Exception):
    """A sample cannot be used. The message names the file and the problem."""


class _SampleTemplate(OpenWireModel):
    src: str = Field(min_length=1)
    type: str | None = None
    composition: str | None = None


class _SampleJob(OpenWireModel):
    template: _SampleTemplate
    assets: list[Asset] = []


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A job with the files of its template and its assets."""

    name: str
    """The name of the sample's folder."""
    template: Path
    """The template's file."""
    template_type: str
    """One of the engine's `template_types`."""
    composition: str | None
    """The composition to render; None for the first that the engine finds."""
    assets: Sequence[ResolvedAsset]
    """The job's assets with their files."""


def read_samples(folder: Path, engine: type[RenderEngine]) -> list[Sample]:
    """Read an engine's samples.

    Args:
        folder: A folder that has a folder for each sample.
        engine: The engine. Samples with templates of other types are left out.

    Raises:
        SampleInvalid: A sample cannot be read, or there are none for this engine.
    """
    files = sorted(folder.glob(f"*/{JOB}"))
    if not files:
        raise SampleInvalid(
            f"There is no sample in {folder}: add a folder with a {JOB} and the template that it "
            "names, or name another folder with --engine-samples."
        )
    samples = [sample for file in files for sample in _read(file, engine)]
    if not samples:
        raise SampleInvalid(
            f"No sample in {folder} has a template of a type that {engine.name} renders: "
            f"{', '.join(sorted(engine.template_types))}."
        )
    return samples


def _read(file: Path, engine: type[RenderEngine]) -> Iterator[Sample]:
    try:
        job = _SampleJob.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SampleInvalid(f"{file} cannot be used: {place}: {first['msg']}.") from error
    types = engine.template_types
    template_type = job.template.type or (next(iter(types)) if len(types) == 1 else None)
    if template_type is None:
        raise SampleInvalid(f"{file} must name template.type: {engine.name} has several types.")
    if template_type in types:
        yield Sample(
            name=file.parent.name,
            template=_beside(file, job.template.src),
            template_type=template_type,
            composition=job.template.composition,
            assets=[ResolvedAsset(asset, _file_of(asset, file)) for asset in job.assets],
        )


def _file_of(asset: Asset, job: Path) -> Path | None:
    return _beside(job, asset.src) if isinstance(asset, (MediaAsset, StaticAsset)) else None


def _beside(job: Path, name: str) -> Path:
    file = job.parent / name
    if not file.is_file():
        raise SampleInvalid(f"{job} names the file {name}, which is not in the same folder.")
    return file

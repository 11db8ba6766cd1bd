import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api.submission.plan import output_of
from reelbatch.models.wire.assets import layer_names
from reelbatch.models.wire.codecs import find_codec
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.jobs import JobCreation


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")
    nm: str = ""


class _Composition(_Named):
    id: str = ""
    op: int = 0  # only at the root
    layers: list[_Named] = []


class _Font(BaseModel):
    name: str = Field(alias="fName")
    family: str = Field(alias="fFamily")
    style: str = Field(alias="fStyle")


class _FontList(BaseModel):
    list: list[_Font]


class _LottieFile(_Composition):
    """The parts of a template's JSON that the tests need."""

    assets: list[_Composition]
    fonts: _FontList

    @property
    def layers_by_composition(self) -> dict[str, set[str]]:
        inner = {asset.id: {layer.nm for layer in asset.layers} for asset in self.assets}
        return {
            self.nm: {layer.nm for layer in self.layers},
            **{name: layers for name, layers in inner.items() if layers},
        }


EXAMPLES = Path(__file__).parents[2] / "examples"
TEMPLATES = {
    file.stem: file for file in sorted((EXAMPLES / "templates").iterdir()) if file.is_file()
}


@pytest.fixture(scope="session")
def examples() -> Path:
    return EXAMPLES


@pytest.fixture(scope="session", params=sorted(TEMPLATES))
def template(request: pytest.FixtureRequest) -> Path:
    """Each of the example templates."""
    return TEMPLATES[request.param]


@pytest.fixture(scope="session")
def fonts_of() -> Callable[[Path], list[FontFace]]:
    """Returns the fonts that a template names."""

    def read(file: Path) -> list[FontFace]:
        return [
            FontFace(family=font.family, style=font.style, postscript_name=font.name)
            for font in _lottie_of(file).fonts.list
        ]

    return read


def _lottie_of(file: Path) -> _LottieFile:
    if file.suffix != ".zip":
        return _LottieFile.model_validate_json(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".json"))
        return _LottieFile.model_validate_json(archive.read(name))


@pytest.fixture(scope="session")
def jobs_of() -> Callable[[Path], list[JobCreation]]:
    """Returns the jobs of a request body, which may be a job or a batch."""

    def parse(body: Path) -> list[JobCreation]:
        content = TypeAdapter(dict[str, object]).validate_python(json.loads(body.read_text()))
        jobs = content.get("jobs", [content])
        return TypeAdapter(list[JobCreation]).validate_python(jobs)

    return parse


@pytest.fixture(scope="session")
def problems_of() -> Callable[[JobCreation], list[str]]:
    """Returns what a server would reject in a job, given the example templates."""

    def check(job: JobCreation) -> list[str]:
        lottie = _lottie_of(TEMPLATES[job.template.id.strip("{}")])
        layers = lottie.layers_by_composition.get(job.template.composition or lottie.nm)
        if layers is None:
            return [f"composition {job.template.composition}"]
        if job.settings and job.settings.codec and not find_codec(job.settings.codec):
            return [f"codec {job.settings.codec}"]
        unknown = [
            f"layer {name}"
            for asset in job.assets
            for name in layer_names(asset)
            if name not in layers
        ]
        output = output_of(job)
        beyond = (output.end_frame or lottie.op) > lottie.op
        return unknown + (["frames"] if beyond else [])

    return check

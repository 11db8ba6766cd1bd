"""The template of an accepted job: one of the team's, or a file at a URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from reelbatch.engines.base import RenderEngine
from reelbatch.engines.registry import engine_for_template_type
from reelbatch.models.errors import NotSupported, RequestError
from reelbatch.models.problems import Problem
from reelbatch.models.wire.jobs import TemplateChoice
from reelbatch.models.wire.secrets import begins_with_reference
from reelbatch.models.wire.sources import is_http_url

_TYPES = {".json": "lottie", ".lottie": "lottie"}  # other endings are called as their types
_LONGEST_URL = 8192  # characters


@dataclass(frozen=True)
class ChosenTemplate:
    """What a render has to know of it. It has a `source` or a `url`."""

    id: str
    name: str  # for people
    type: str
    engine: str
    source: str | None = None  # object key
    url: str | None = None  # with references to secrets


@dataclass(frozen=True)
class TemplateByUrl:
    """A template that no one has looked into yet, and the engine that will."""

    chosen: ChosenTemplate
    engine: type[RenderEngine]


def template_by_url(
    choice: TemplateChoice, url: str, engines: Mapping[str, type[RenderEngine]]
) -> TemplateByUrl | Problem:
    """`url` is the choice's src; its id is only a label."""
    if len(url) > _LONGEST_URL or not (is_http_url(url) or begins_with_reference(url)):
        message = f"The src has to be an http or https URL of up to {_LONGEST_URL} characters."
        return Problem(RequestError, "template.src", message)
    template_type = choice.type or _type_of(url)
    engine = engine_for_template_type(engines, template_type)
    served = ", ".join(sorted({t for known in engines.values() for t in known.template_types}))
    if engine is None and choice.type is None and template_type not in ("aep", "mogrt"):
        message = f"The URL does not tell the template's type: add `type`, one of {served}."
        return Problem(RequestError, "template.type", message)
    if engine is None:
        message = f"No engine of this server renders {template_type}; it has to be one of {served}."
        return Problem(NotSupported, "template.type", message)
    chosen = ChosenTemplate(
        id=choice.id, name=_name(url, choice.id), type=template_type, engine=engine.name, url=url
    )
    return TemplateByUrl(chosen, engine)


def _type_of(url: str) -> str:
    ending = _path(url).suffix.lower()
    return _TYPES.get(ending, ending[1:])


def _name(url: str, label: str) -> str:
    """The file's name, which is no secret unlike perhaps the rest of the URL."""
    return _path(url).name or label


def _path(url: str) -> PurePosixPath:
    if begins_with_reference(url):
        return PurePosixPath()
    return PurePosixPath(unquote(urlsplit(url).path))

"""Templates that a job refers to by URL, which have not been read yet."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from api.submission.plan import (
    ChosenTemplate,
    TemplateByUrl,
    after_effects,
    engine_of,
    not_a_project,
)
from reelbatch.engines.base import RenderEngine
from reelbatch.engines.registry import claims_on, engine_for_template_type
from reelbatch.models.errors import NotSupported, RequestError
from reelbatch.models.problems import Problem
from reelbatch.models.wire.jobs import TemplateChoice
from reelbatch.models.wire.secrets import begins_with_reference
from reelbatch.models.wire.templates import Renderer
from reelbatch.models.wire.urls import is_http_url

_TYPES = {
    ".aet": "aep",
    ".json": "lottie",
    ".lottie": "lottie",
}  # other endings are the names of their types
_LONGEST_URL = 8192  # characters


def template_by_url(
    choice: TemplateChoice, url: str, engines: Mapping[str, type[RenderEngine]]
) -> TemplateByUrl | Problem:
    """`url` is the template's `src`; its `id` is only a label."""
    if len(url) > _LONGEST_URL or not (is_http_url(url) or begins_with_reference(url)):
        message = f"The src must be an http or https URL of up to {_LONGEST_URL} characters."
        return Problem(RequestError, "template.src", message)
    template_type = choice.type or _type_of(url)
    engine = engine_for_template_type(engines, template_type)
    served = ", ".join(sorted({t for known in engines.values() for t in known.template_types}))
    if engine is None and choice.type is None and template_type not in ("aep", "mogrt"):
        message = f"The URL does not show the template's type: add `type`, one of {served}."
        return Problem(RequestError, "template.type", message)
    if engine is None:
        message = (
            f"No engine of this server renders {template_type}; the type must be one of {served}."
        )
        return Problem(NotSupported, "template.type", message)
    drawn_by = _engine_by_url(choice.renderer or "auto", engine, engines, template_type)
    if isinstance(drawn_by, Problem):
        return drawn_by
    chosen = ChosenTemplate(
        id=choice.id,
        name=_name(url, choice.id),
        type=template_type,
        engine=drawn_by.name,
        url=url,
        claims=claims_on(engines, template_type),
    )
    return TemplateByUrl(chosen, drawn_by)


def _engine_by_url(
    renderer: Renderer,
    own: type[RenderEngine],
    engines: Mapping[str, type[RenderEngine]],
    template_type: str,
) -> type[RenderEngine] | Problem:
    is_project = template_type in after_effects().template_types
    if renderer == "after-effects" and not is_project:
        return not_a_project(template_type)
    return engine_of(renderer, own, engines, is_project=is_project)


def _type_of(url: str) -> str:
    ending = _path(url).suffix.lower()
    return _TYPES.get(ending, ending[1:])


def _name(url: str, label: str) -> str:
    """The file's name, which is not secret, unlike perhaps the rest of the URL."""
    return _path(url).name or label


def _path(url: str) -> PurePosixPath:
    if begins_with_reference(url):
        return PurePosixPath()
    return PurePosixPath(unquote(urlsplit(url).path))

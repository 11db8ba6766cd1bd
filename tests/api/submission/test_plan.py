"""Plans that are made once for all jobs of a request with the same settings."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from api.submission.plan import (
    ReadyTemplate,
    RenderPlan,
    RenderPlans,
    after_effects,
    renderer_problem,
    with_renderer,
)
from reelbatch.checks.fonts import FontNeeds, resolve_fonts
from reelbatch.engines.base import RenderEngine
from reelbatch.engines.html.engine import HtmlEngine
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import OutputExtent
from reelbatch.models.problems import Problem
from reelbatch.models.stored.templates import Composition, TemplateInspection, TemplateRecord
from reelbatch.models.wire.assets import TextAsset
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.templates import Renderer, TemplateStatus
from reelbatch.models.wire.warnings import RenderWarning, WarningCode

NOW = datetime(2026, 11, 27, tzinfo=UTC)
INSPECTION = TemplateInspection(
    compositions=[
        Composition(name="main", width=100, height=50, frame_rate=25.0, frames=80),
        Composition(name="end", width=64, height=64, frame_rate=25.0, frames=10),
    ],
    layers=[],
    fonts=[],
)
RECORD = TemplateRecord(
    id="01JTEMPLATE000000000000000",
    team="team",
    type="lottie",
    display_name="Promo",
    engine="lottie",
    status=TemplateStatus.UPLOADED,
    created_at=NOW,
    updated_at=NOW,
    upload_nonce="n",
)
TEMPLATE = ReadyTemplate(INSPECTION, record=RECORD, source="key", engine=LottieEngine)


def plans_of(*jobs: dict[str, Any]) -> list[RenderPlan | str]:
    """The plan of each job of one request, or its first invalid field."""
    plans = RenderPlans(segment_pixels=0)
    found: list[RenderPlan | str] = []
    for fields in jobs:
        template = {"id": RECORD.id, "composition": fields.pop("composition", None)}
        job = JobCreation.model_validate({"template": template, **fields})
        plan = plans.of(job, TEMPLATE)
        found.append(plan if isinstance(plan, RenderPlan) else plan[0].field)
    return found


def test_jobs_have_the_plan_of_their_own_settings_and_composition() -> None:
    found = plans_of(
        {"assets": [{"type": "text", "layerName": "title", "value": "A"}]},
        {"assets": [{"type": "text", "layerName": "title", "value": "B"}]},
        {"settings": {"frames": [10, 30]}},
        {"settings": {"frames": [10, 90]}},
        {"preview": True},
        {"composition": "end"},
        {"composition": "nowhere"},
        {},
    )
    extents = [plan.extent if isinstance(plan, RenderPlan) else plan for plan in found]
    whole = OutputExtent(width=100, height=50, frames=80)
    assert extents == [
        whole,
        whole,
        OutputExtent(width=100, height=50, frames=20),
        "settings.frames",
        OutputExtent(width=50, height=26, frames=80),
        OutputExtent(width=64, height=64, frames=10),
        "template.composition",
        whole,
    ]


def _template(kind: str, engine: type[RenderEngine], converted: str | None = None) -> ReadyTemplate:
    changes = {"type": kind, "engine": engine.name, "converted": converted}
    return replace(TEMPLATE, record=RECORD.model_copy(update=changes), engine=engine)


CARD, PAGE = _template("lottie", LottieEngine), _template("html", HtmlEngine)
PROJECT = _template("aep", LottieEngine, "converted")
ARCHIVE = _template("zip", after_effects())


def drawn_by(template: ReadyTemplate, renderer: str | None) -> str:
    """The name of the engine, or why there is none, on a server without lottie-web."""
    job = JobCreation.model_validate({"template": {"id": RECORD.id, "renderer": renderer}})
    engines = {each.name: each for each in (LottieEngine, HtmlEngine)}
    found = with_renderer(job, template, engines, machines=False)
    return found.message if isinstance(found, Problem) else found.engine.name


@pytest.mark.parametrize(
    ("template", "renderers"),
    [
        (CARD, {"auto": "lottie", "lottie": "lottie"}),
        (PROJECT, {"auto": "lottie", "lottie": "lottie", "after-effects": "nexrender"}),
        (ARCHIVE, {"auto": "nexrender", "after-effects": "nexrender"}),
        (PAGE, {"auto": "html"}),
    ],
)
def test_a_job_gets_the_requested_renderer_or_an_error_that_lists_them(
    template: ReadyTemplate, renderers: dict[str, str]
) -> None:
    assert drawn_by(template, None) == renderers["auto"]
    for renderer in get_args(Renderer):
        found = drawn_by(template, renderer)
        if renderer in renderers:
            assert found == renderers[renderer]
        elif renderer == "after-effects":
            assert found.startswith("After Effects only draws projects")
        else:
            assert f"no renderer {renderer} " in found
            assert found.endswith(f"Its renderers: {', '.join(renderers)}.")


@pytest.mark.parametrize(
    ("template_type", "refused"),
    [
        ("lottie", ["after-effects"]),
        ("html", ["lottie", "lottie-web", "after-effects"]),
        ("zip", []),
        ("aep", []),
        ("mogrt", []),
    ],
)
def test_a_template_is_only_refused_renderers_that_its_type_can_never_use(
    template_type: str, refused: list[str]
) -> None:
    problems = {each: renderer_problem(each, template_type) for each in get_args(Renderer)}
    assert [each for each, problem in problems.items() if problem] == refused


def test_a_project_for_after_effects_only_has_warnings_about_missing_files() -> None:
    codes = WarningCode.EFFECT_NOT_DRAWN, WarningCode.MISSING_PICTURE
    changes = {
        "warnings": [RenderWarning(code=code, message="so") for code in codes],
        "lent_characters": "",
    }
    own = replace(PROJECT, inspection=INSPECTION.model_copy(update=changes))
    title = TextAsset(type="text", layer_name="title", value="\u6f22")
    found = {
        each.engine.name: (
            [warning.code for warning in each.inspection.warnings],
            resolve_fonts(FontNeeds([], [title], each.fonts), []).missing_glyphs,
        )
        for each in (own, own.by_after_effects)
    }
    assert found == {
        "lottie": ([*codes], ["\u6f22"]),
        "nexrender": ([WarningCode.MISSING_PICTURE], []),
    }

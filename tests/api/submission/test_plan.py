"""What is found out once for all jobs of a request that have it in common."""

from datetime import UTC, datetime
from typing import Any

from api.submission.plan import ReadyTemplate, RenderPlan, RenderPlans
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import OutputExtent
from reelbatch.models.stored.templates import Composition, TemplateInspection, TemplateRecord
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.templates import TemplateStatus

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
    """For jobs of one request: each one's plan, or the field that is wrong with it."""
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

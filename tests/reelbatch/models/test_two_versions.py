"""Two versions of the service running at the same time, as during an upgrade."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pydantic import ValidationError

from reelbatch.models.orchestration.batches import BatchSnapshot, CancellationOutcome, JobRecord
from reelbatch.models.orchestration.jobs import JobFailure
from reelbatch.models.orchestration.segments import Segment, SplitRender
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.stored.jobs import StoredJob
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection, TemplateRecord
from reelbatch.models.wire.base import RecordModel, WireModel
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.jobs import JobError, JobStatus
from reelbatch.models.wire.templates import TemplateStatus
from tests.workflows.workbench import a_single_job, finished

_NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
_JOB = a_single_job()
_SUMMARY, _RESULT = _JOB.summary, finished(_JOB)
_FAILURE = JobFailure(error="broken", error_code="TEMPLATE_INVALID")
_FACE = FontFace(family="Inter")
_STATS = BatchStats(total=2, finished=1, error=1)
_RECORDS: list[RecordModel] = [
    BatchSnapshot(
        team="team",
        id="B",
        created_at=_NOW,
        stats=_STATS,
        summaries=[_SUMMARY, _SUMMARY],
        records=[
            JobRecord(index=0, status=JobStatus.FINISHED, updated_at=_NOW, result=_RESULT),
            JobRecord(index=1, status=JobStatus.ERROR, updated_at=_NOW, failure=_FAILURE),
        ],
        errors=[
            JobError(
                index=2,
                error="e",
                error_code="REQUEST_INVALID",
                details=[FieldError(field="assets", message="m")],
            )
        ],
        cancellations=[CancellationOutcome(request_id="r", settled=True, cancelled=[], skipped=[])],
    ),
    TemplateRecord(
        id="T",
        team="team",
        type="lottie",
        display_name="Promo",
        engine="lottie",
        status=TemplateStatus.UPLOADED,
        created_at=_NOW,
        updated_at=_NOW,
        upload_nonce="n",
        inspection=TemplateInspection(
            compositions=[Composition(name="main", width=2, height=2, frame_rate=25, frames=50)],
            layers=[Layer(composition="main", position=1, name="title", layer_type="text")],
            fonts=[_FACE],
        ),
    ),
    FontRecord(id="F", file_name="f", family_name="Inter", face=_FACE, source="k", created_at=_NOW),
    StoredJob(
        team="team",
        id="J",
        summary=_SUMMARY,
        status=JobStatus.FINISHED,
        updated_at=_NOW,
        result=_RESULT,
    ),
    Segment(frames=1, render_duration=1.0, started_at=_NOW),
    SplitRender(segments=2, started_at=_NOW),
]


@pytest.mark.parametrize("record", _RECORDS, ids=lambda record: type(record).__name__)
def test_records_written_by_a_later_version_are_readable(record: RecordModel) -> None:
    assert _read_later(record) == record


def test_a_job_with_a_field_of_a_later_version_is_rejected() -> None:
    with pytest.raises(ValidationError, match="addedLater"):
        _read_later(_JOB)


def _read_later(model: WireModel) -> WireModel:
    later = _with_more_fields(model.model_dump(mode="json", by_alias=True))
    return type(model).model_validate(later)


def _with_more_fields(content: Any) -> Any:
    """Add a field that nobody knows to every object in `content` that has fields."""
    if isinstance(content, list):
        return [_with_more_fields(item) for item in cast("list[Any]", content)]
    if not isinstance(content, dict) or not content:
        return cast("Any", content)
    fields = cast("dict[str, Any]", content)
    return {name: _with_more_fields(value) for name, value in fields.items()} | {"addedLater": True}


def test_a_job_without_warnings_has_no_new_fields() -> None:
    assert {"missingGlyphs", "warnings"}.isdisjoint(_JOB.model_dump(by_alias=True))

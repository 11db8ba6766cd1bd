"""The bodies of webhooks: what the API would respond about the job or the batch at its end."""

from typing import Any

from pydantic import JsonValue

from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.wire.webhook_bodies import BatchEnded, JobEnded
from workflows.job_states import JobSnapshot, wire_job


def job_body(job: JobSnapshot, output_url: str | None) -> dict[str, JsonValue]:
    read = wire_job(job, output_url or "")
    fields: dict[str, Any] = dict(read)
    ended = JobEnded(
        **fields,
        state=read.status,
        finished_at=read.stats.finished_at,
        render_duration=read.stats.render_duration,
    )
    return ended.model_dump(mode="json", by_alias=True)


def batch_body(snapshot: BatchSnapshot) -> dict[str, JsonValue]:
    status = snapshot.stats.status
    ended = BatchEnded(
        type=f"batch.{status}",
        batch_id=snapshot.id,
        status=status,
        created_at=snapshot.created_at,
        stats=snapshot.stats,
        errors=snapshot.errors or None,
    )
    return ended.model_dump(mode="json", by_alias=True)

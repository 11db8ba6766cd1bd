"""Starting what was accepted. Doing it twice is the same as once."""

from collections.abc import Sequence
from itertools import islice

from opentelemetry import trace
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.resources import Resources
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    batch_workflow_id,
    job_workflow_id,
)
from reelbatch.models.stored.idempotency import Submission
from reelbatch.models.wire.batches import BatchStats
from reelbatch.storage.batches import keep_rejected_batch
from reelbatch.storage.nested_jobs import keep_nested_jobs
from reelbatch.storage.webhooks import keep_webhooks
from workflows.batch import BatchWorkflow
from workflows.job import (
    RenderJobWorkflow,
    job_details,
    job_headline,
    job_search_attributes,
    render_priority,
)

# A search attribute takes 2,048 bytes of JSON, and an id there 29. A batch of more templates or
# fonts is found by the first of them only.
_MOST_IDS = 70


async def launch(resources: Resources, submission: Submission) -> None:
    """Make the submission's answer come true."""
    await keep_webhooks(resources.store, submission.webhooks)
    await keep_nested_jobs(resources.store, submission.jobs)
    if submission.job is not None:
        trace.get_current_span().set_attribute("reelbatch.job_id", submission.job.id)
        await _start_job(resources.client, submission.job)
    if submission.batch is None:
        return
    trace.get_current_span().set_attribute("reelbatch.batch_id", submission.batch.id)
    if submission.batch.jobs:
        await _start_batch(resources.client, submission.batch)
    else:
        await keep_rejected_batch(resources.store, _empty_snapshot(submission.batch))


async def _start_batch(client: Client, batch: Batch) -> None:
    try:
        await client.start_workflow(
            BatchWorkflow.run,
            batch,
            id=batch_workflow_id(batch.team, batch.id),
            task_queue=CONTROL_TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"stats": BatchStats(total=len(batch.jobs), pending=len(batch.jobs))},
            search_attributes=_batch_search_attributes(batch),
            static_summary=_batch_headline(batch.jobs),
            static_details=_batch_details(batch),
            priority=Priority(fairness_key=batch.team),
        )
    except WorkflowAlreadyStartedError:
        return


def _batch_search_attributes(batch: Batch) -> TypedSearchAttributes:
    templates = [id_ for job in batch.jobs for id_ in job.template_ids]
    fonts = [id_ for job in batch.jobs for id_ in job.team_font_ids]
    pairs: list[SearchAttributePair[str] | SearchAttributePair[list[str]]] = [
        SearchAttributePair(search_attributes.TEAM, batch.team),
        SearchAttributePair(search_attributes.BATCH_ID, batch.id),
    ]
    for key, ids in (
        (search_attributes.TEMPLATE_IDS, templates),
        (search_attributes.FONT_IDS, fonts),
    ):
        listed = list(islice(dict.fromkeys(ids), _MOST_IDS))
        if listed:
            pairs.append(SearchAttributePair(key, listed))
    return TypedSearchAttributes(pairs)


async def _start_job(client: Client, job: RenderJob) -> None:
    try:
        await client.start_workflow(
            RenderJobWorkflow.run,
            job,
            id=job_workflow_id(job.team, job.id),
            task_queue=CONTROL_TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"job": job.summary},
            search_attributes=job_search_attributes(job),
            static_summary=job_headline(job),
            static_details=job_details(job),
            priority=render_priority(job),
        )
    except WorkflowAlreadyStartedError:
        return


def _batch_headline(jobs: Sequence[RenderJob]) -> str:
    """One line for lists in the Temporal Web UI: `128 jobs · promo, badge and 2 more`."""
    names = list(dict.fromkeys(job.template_name[:40] for job in jobs))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    number = "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
    return f"{number} · {', '.join(names[:2])}{more}"


def _batch_details(batch: Batch) -> str:
    """The batch in Markdown for its page in the Temporal Web UI."""
    return "\n".join(
        [
            "| | |",
            "|---|---|",
            f"| team | {batch.team} |",
            f"| accepted jobs | {len(batch.jobs)} |",
            f"| rejected jobs | {len(batch.errors)} |",
        ]
    )


def _empty_snapshot(batch: Batch) -> BatchSnapshot:
    return BatchSnapshot(
        team=batch.team,
        id=batch.id,
        created_at=batch.created_at,
        closed_at=batch.created_at,
        stats=BatchStats(),
        summaries=[],
        records=[],
        errors=batch.errors,
    )

"""Starts accepted batches and jobs exactly once, even if a request is repeated.

The decision for an Idempotency-Key is stored before anything is started. Whatever happens then, the
next request with the key completes the same work.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Request
from opentelemetry import trace
from pydantic import Field
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.http.parameters import ErrorText
from api.resources import Resources
from api.urls import Urls
from reelbatch.models.errors import IdempotencyKeyReused, ReelbatchError
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.jobs import RenderJob, shortcomings_of
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    batch_workflow_id,
    job_workflow_id,
)
from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.stored.idempotency import BatchSubmission, IdempotencyRecord, JobSubmission
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import ChildCreated
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.storage.batches import save_batch_table, save_rejected_batch, tag_batch
from reelbatch.storage.idempotency import (
    IdempotencySlot,
)
from reelbatch.storage.jobs import save_nested_jobs
from reelbatch.storage.webhooks import save_webhooks
from workflows.batch import BatchWorkflow
from workflows.job import (
    RenderJobWorkflow,
    job_details,
    job_headline,
    job_search_attributes,
    render_priority,
)
from workflows.markdown import headline, plain, shortened

_LONGEST_NAME = 60  # bytes of each name in a headline with two of them

J = TypeVar("J", bound=RenderJob)
S = TypeVar("S", BatchSubmission, JobSubmission)

_Key = Annotated[
    str,
    Field(pattern=r"^[\x21-\x7e]{1,255}$"),
    ErrorText("must be 1 to 255 visible ASCII characters"),
]
_KeyHeader = Annotated[
    _Key | None,
    Header(alias="Idempotency-Key", description="Makes the request safe to repeat for 24 hours."),
]


async def _digest(request: Request, key: _KeyHeader = None) -> str | None:
    if key is None:
        return None
    return hashlib.sha256(f"{request.url.path}\n{key}".encode()).hexdigest()


IdempotencyKey = Annotated[str | None, Depends(_digest)]
"""A digest of the request's key and its endpoint, to which keys are limited; None without a key."""


class Attempt(Generic[S]):
    """A request to create something, which may repeat an earlier one with an Idempotency-Key."""

    def __init__(self, slot: IdempotencySlot[S] | None, body_digest: str) -> None:
        self._slot = slot  # None: the request has no key
        self._body_digest = body_digest
        self.earlier: S | None = None
        """The submission of an earlier request with the same key."""
        self.accepted: S | None = None
        """The submission of this request itself."""

    @property
    def decided(self) -> S:
        """The submission to start: the earlier request's if there is one.

        Raises RuntimeError if nothing was accepted yet.
        """
        decided = self.earlier or self.accepted
        if decided is None:
            raise RuntimeError("nothing was accepted yet")
        return decided

    @property
    def headers(self) -> dict[str, str]:
        """The headers for the response."""
        return {"Idempotency-Replayed": "true"} if self.earlier else {}

    async def save(self, submission: S) -> S:
        """Store the submission before it is started. Returns the one that must be started.

        That is another request's submission if it came first. Raises IdempotencyKeyReused if its
        body was different.
        """
        if self._slot is not None:
            record = IdempotencyRecord(
                body_digest=self._body_digest, created_at=datetime.now(UTC), submission=submission
            )
            winner = await self._slot.fill(record)
            if winner is not record:
                return self._repeat(winner)
        self.accepted = submission
        return submission

    async def find_earlier(self) -> None:
        """Raises IdempotencyKeyReused for a key that was used with a different body."""
        record = await self._slot.find() if self._slot else None
        if record is not None:
            self._repeat(record)

    def _repeat(self, record: IdempotencyRecord[S]) -> S:
        if record.body_digest != self._body_digest:
            raise IdempotencyKeyReused
        self.earlier = record.submission
        return record.submission


@asynccontextmanager
async def once(
    resources: Resources, team: str, key: str | None, body: bytes, kind: type[S]
) -> AsyncGenerator[Attempt[S]]:
    """A context in which a request is handled only once for each Idempotency-Key.

    Requests are the same if their `body` is. Accepted and rejected requests are counted.
    """
    try:
        slot = IdempotencySlot(resources.store, team=team, digest=key, kind=kind) if key else None
        attempt = Attempt(slot, hashlib.sha256(body).hexdigest())
        await attempt.find_earlier()
        if attempt.earlier is None and resources.settings.has_quotas:
            await resources.quotas.check_jobs(team)
        yield attempt
    except ReelbatchError as error:
        resources.metrics.note_rejection(error.error_code)
        raise
    if attempt.accepted is not None:
        resources.metrics.note_submission(attempt.accepted)


async def launch_batch(resources: Resources, submission: BatchSubmission) -> None:
    """Start the batch; a batch without accepted jobs is only stored."""
    batch = submission.batch
    trace.get_current_span().set_attribute("reelbatch.batch_id", batch.id)
    await save_webhooks(resources.store, submission.webhooks)
    await save_nested_jobs(resources.store, batch.jobs)
    if submission.table is not None:
        await save_batch_table(resources.store, batch.team, batch.id, submission.table)
    await tag_batch(resources.store, batch)
    if batch.jobs:
        await _start_batch(resources.client, batch)
    else:
        rejected = BatchSnapshot.of(
            batch, closed_at=batch.created_at, stats=BatchStats(), records=[]
        )
        await save_rejected_batch(resources.store, rejected)


async def launch_job(resources: Resources, submission: JobSubmission) -> None:
    job = submission.job
    trace.get_current_span().set_attribute("reelbatch.job_id", job.id)
    await save_webhooks(resources.store, submission.webhooks)
    await save_nested_jobs(resources.store, [job])
    await _start_job(resources.client, job)


def with_webhook(job: J, webhook: Webhook | None, urls: Urls) -> J:
    """The job with everything that its workflow must know about its webhook."""
    if webhook is None:
        return job
    pending = PendingWebhook(receiver=webhook.receiver, output_url=urls.of_new_job(job))
    return job.model_copy(update={"webhook": pending})


def webhook_records(
    team: str, id_: str, webhook: Webhook | None, created_at: datetime
) -> list[WebhookRecord]:
    """One record, or none if there is no webhook. `id_` is the job's or the batch's id."""
    if webhook is None:
        return []
    return [WebhookRecord(team=team, id=id_, webhook=webhook, created_at=created_at)]


def children_created(job: RenderJob, urls: Urls) -> list[ChildCreated] | None:
    """The nested jobs for the response, in the order of their assets; None without any."""
    return [_child_created(child.job, urls) for child in job.children or ()] or None


def _child_created(job: RenderJob, urls: Urls) -> ChildCreated:
    output_url = urls.of_new_job(job)
    return ChildCreated(
        id=job.id,
        status=job.first_status,
        output_url=output_url,
        poster_url=job.poster_url(output_url),
        **shortcomings_of(job),
    )


async def _start_batch(client: Client, batch: Batch) -> None:
    try:
        await client.start_workflow(
            BatchWorkflow.run,
            batch,
            id=batch_workflow_id(batch.team, batch.id),
            task_queue=CONTROL_TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo=_batch_memo(batch),
            search_attributes=_batch_search_attributes(batch),
            static_summary=_batch_headline(batch.jobs),
            static_details=_batch_details(batch),
            priority=Priority(fairness_key=batch.team),
        )
    except WorkflowAlreadyStartedError:
        return


def _batch_memo(batch: Batch) -> dict[str, object]:
    stats = BatchStats(total=len(batch.jobs), pending=len(batch.jobs))
    given = {"name": batch.name, "outputs": batch.outputs, "rejected": len(batch.errors)}
    return {"stats": stats, **{name: value for name, value in given.items() if value}}


def _batch_search_attributes(batch: Batch) -> TypedSearchAttributes:
    templates = {id_: None for job in batch.jobs for id_ in job.template_ids}
    fonts = {id_: None for job in batch.jobs for id_ in job.team_font_ids}
    pairs: list[SearchAttributePair[str] | SearchAttributePair[list[str]]] = [
        SearchAttributePair(search_attributes.TEAM, batch.team),
        SearchAttributePair(search_attributes.BATCH_ID, batch.id),
    ]
    own = [search_attributes.schedule_tag(batch.schedule)] if batch.schedule else []
    if batch.submission:
        own.append(search_attributes.submission_tag(batch.submission))
    if batch.first_row:
        own.append(search_attributes.row_tag(batch.first_row))
    if batch.preview:
        own.append(search_attributes.PREVIEW)
    names = [search_attributes.name_tag(batch.name)] if batch.name else []
    tags = search_attributes.tag_list(templates, fonts, names, own=own)
    if tags:
        pairs.append(SearchAttributePair(search_attributes.TAGS, tags))
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
    templates = dict.fromkeys(job.template_name[:40] for job in jobs)
    names = [shortened(name, _LONGEST_NAME) for name in dict.fromkeys(map(plain, templates))]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    number = "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
    return headline(number, f"{', '.join(names[:2])}{more}", flexible=1)


def _batch_details(batch: Batch) -> str:
    """The batch in Markdown, for its details in the Temporal Web UI."""
    accepted, rejected = len(batch.jobs), len(batch.errors)
    return f"Team {batch.team}: {accepted} accepted jobs, {rejected} rejected."

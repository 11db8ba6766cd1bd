"""Cancelling jobs together with those that make no sense without them (contract 3.9).

A nested job is cancelled with its parent and its siblings: without it the parent has nothing to
show. So what is asked to stop is always the job at the top; its workflow stops those in it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from api.batches.cancellation import cancel_batch_jobs, cancel_single_job
from api.jobs.reading import read_children, read_jobs
from api.resources import Resources
from reelbatch.models.errors import JobNotCancellable
from reelbatch.models.ids import place_of_job
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import JobStatus
from workflows.job_states import KnownJob


async def cancel_with_relatives(
    resources: Resources, team: str, job_ids: list[str]
) -> list[KnownJob]:
    """Cancel these jobs with their relatives, or none; all that were cancelled, the named first.

    Raises JobNotFound or JobNotCancellable.
    """
    named = await read_jobs(resources, team, job_ids)
    _check_cancellable(named)
    top_ids = list(dict.fromkeys(job.summary.parent_id or job.id for job in named))
    before = {job.id: job for job in [*named, *await _families(resources, team, top_ids, named)]}
    await _cancel(resources, team, top_ids)
    top = await read_jobs(resources, team, top_ids)
    after = {job.id: job for job in await _families(resources, team, top_ids, top)}
    if len(named) == 1 and after[named[0].id].state.status in (JobStatus.FINISHED, JobStatus.ERROR):
        _check_cancellable([after[named[0].id]])  # it ended by itself before it could be stopped
    return [
        after[job_id]
        for job_id, job in before.items()
        if not job.state.status.is_terminal and after[job_id].state.status is JobStatus.CANCELLED
    ]


async def _families(
    resources: Resources, team: str, top_ids: Sequence[str], known: Sequence[KnownJob]
) -> list[KnownJob]:
    """The jobs at the top, of which some are known, and those that are nested in them."""
    found = {job.id: job for job in known}
    missing = [job_id for job_id in top_ids if job_id not in found]
    found |= {job.id: job for job in await read_jobs(resources, team, missing)}
    top = [found[job_id] for job_id in top_ids]
    return [*top, *await read_children(resources, team, top)]


async def _cancel(resources: Resources, team: str, top_ids: Sequence[str]) -> None:
    """Cancel jobs that are not nested, those of one batch in one go."""
    singles: list[str] = []
    by_batch: defaultdict[str, list[int]] = defaultdict(list)
    for job_id in top_ids:
        place = place_of_job(job_id)
        if place is None or place.batch_id is None or place.index is None:
            singles.append(job_id)
        else:
            by_batch[place.batch_id].append(place.index)
    await asyncio.gather(
        *(cancel_single_job(resources, team, job_id) for job_id in singles),
        *(
            cancel_batch_jobs(resources, team, batch_id, indexes)
            for batch_id, indexes in by_batch.items()
        ),
    )


def _check_cancellable(jobs: Sequence[KnownJob]) -> None:
    ended = [job for job in jobs if job.state.status.is_terminal]
    if ended:
        raise JobNotCancellable(
            f"The job {ended[0].id} has already ended: {ended[0].state.status}.",
            details=[
                FieldError(field=job.id, message=f"has ended: {job.state.status}") for job in ended
            ],
        )

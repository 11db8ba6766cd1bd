"""The activity that renders a job whole."""

from temporalio import activity

from activities.renders.attempt import Attempt, Attempts
from activities.renders.delivery import FinishedRender, ReusedRender, result_of
from reelbatch.models.orchestration.jobs import RenderProgress, RenderResult, RenderTask
from reelbatch.storage.kept_renders import RenderGone
from workflows.activity_names import RENDER


class RenderActivities:
    """The renders of one engine's queue. They may run again after a crash and end the same."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    @activity.defn(name=RENDER)
    async def render(self, job: RenderTask) -> RenderResult | RenderProgress:
        """Download what the job needs, render it in a child process and upload the file."""
        return await self._attempts.run(job, self._render)

    async def _render(self, attempt: Attempt) -> RenderResult:
        return result_of(attempt.job, await self._deliver(attempt), attempt.started_at)

    async def _deliver(self, attempt: Attempt) -> FinishedRender:
        """Deliver an equal job's render if there is one and it stays that long, else a new one."""
        job, renders = attempt.job, self._attempts.renders
        if renders is None:
            fresh = await attempt.render()
            await attempt.deliver(fresh)
            return fresh
        key = await renders.key_of(attempt.request)
        while True:
            found = await renders.share(
                job.team, key, job.id, attempt.render, waiting=attempt.progress.waiting
            )
            if isinstance(found, ReusedRender):
                attempt.log.note_reuse(found)
            try:
                await attempt.deliver(found)
            except RenderGone:
                await renders.forget(job.team, key)
            else:
                return found

"""What is kept of a single job once it has ended, for when Temporal has forgotten it."""

from reelbatch.models.job_states import JobState, KnownJob
from reelbatch.models.jobs import JobFailure, JobStatus, JobSummary, RenderResult
from reelbatch.models.wire import RecordModel, Timestamp


class KeptJob(RecordModel):
    """An ended job that belongs to no batch."""

    team: str
    id: str
    summary: JobSummary
    status: JobStatus
    updated_at: Timestamp
    result: RenderResult | None = None
    failure: JobFailure | None = None

    def as_known(self) -> KnownJob:
        state = JobState(self.status, self.updated_at, result=self.result, failure=self.failure)
        return KnownJob(self.id, None, self.summary, state)

"""The API's metrics. No label has values that clients choose: no ids, teams or raw paths."""

from temporalio.common import MetricMeter

from reelbatch.models.stored.idempotency import BatchSubmission, JobSubmission

HISTOGRAM_BUCKETS = {
    "reelbatch_http_request_duration": (
        *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
    ),
}

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ApiMetrics:
    def __init__(self, meter: MetricMeter = MetricMeter.noop) -> None:
        self._requests = meter.create_counter(
            "reelbatch_http_requests", "Requests that were handled"
        )
        self._durations = meter.create_histogram_float(
            "reelbatch_http_request_duration",
            "Time from a request's headers to the end of its response",
            unit="seconds",
        )
        self._batches = meter.create_counter("reelbatch_batches_created", "Batches that started")
        self._accepted = meter.create_counter(
            "reelbatch_jobs_accepted", "Jobs that were accepted, not counting nested ones"
        )
        self._rejected = meter.create_counter(
            "reelbatch_jobs_rejected", "Jobs, and requests to create jobs, that were rejected"
        )

    def note_request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """`route` is the path's template. `status` is None if the client left before a response."""
        labels = {"method": method if method in _METHODS else "other", "route": route}
        self._requests.add(1, {**labels, "status": str(status or "none")})
        self._durations.record(seconds, labels)

    def note_submission(self, submission: BatchSubmission | JobSubmission) -> None:
        """Count a request's outcome the first time; its replays are not counted."""
        if isinstance(submission, JobSubmission):
            self._accepted.add(1)
            return
        batch = submission.batch
        for error in batch.errors:
            self.note_rejection(error.error_code)
        if batch.jobs:
            self._batches.add(1)
            self._accepted.add(len(batch.jobs))

    def note_rejection(self, error_code: str) -> None:
        self._rejected.add(1, {"error_code": error_code})

"""The API's metrics. No label is anybody's to choose: no ids, no teams, no raw paths."""

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
            "reelbatch_http_requests", "Requests that were answered"
        )
        self._durations = meter.create_histogram_float(
            "reelbatch_http_request_duration",
            "From a request's headers to the end of its response",
            unit="seconds",
        )
        self._batches = meter.create_counter("reelbatch_batches_created", "Batches that started")
        self._accepted = meter.create_counter(
            "reelbatch_jobs_accepted", "Jobs that were accepted, without those nested in them"
        )
        self._rejected = meter.create_counter(
            "reelbatch_jobs_rejected", "Jobs, and requests for jobs, that were refused"
        )

    def note_request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """`route` is the template of the path. No status: the client left before its response."""
        labels = {"method": method if method in _METHODS else "other", "route": route}
        self._requests.add(1, {**labels, "status": str(status or "none")})
        self._durations.record(seconds, labels)

    def note_submission(self, submission: BatchSubmission | JobSubmission) -> None:
        """What was decided on a request for the first time; its replays do not count."""
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

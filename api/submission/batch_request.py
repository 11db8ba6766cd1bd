"""The body of POST /batches: its jobs, and what it says about all of them."""

from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue, ValidationError

from api.http.requests import field_errors, parse_json
from api.submission.defaults import JobDefaults
from api.submission.schema import Problem, RawJob, error_of, form_problem, json_bytes
from reelbatch.models.errors import BatchSizeInvalid, BodyTooLarge, RequestError
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.problems import headline
from reelbatch.models.wire.batches import BatchOptions
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.settings import Settings


@dataclass(frozen=True)
class BatchRequest:
    """The jobs as they were sent, and what holds for all of them."""

    jobs: list[RawJob]
    defaults: JobDefaults = field(default_factory=lambda: JobDefaults({}))
    concurrency: int | None = None
    webhook: Webhook | None = None

    def merged_jobs(self) -> list[RawJob]:
        return [self.defaults.merged_into(job) for job in self.jobs]


def read_batch_request(body: bytes, settings: Settings) -> BatchRequest:
    """Raises InvalidJson, RequestError, BatchSizeInvalid or BodyTooLarge."""
    content = parse_json(body)
    if not isinstance(content, dict):
        raise RequestError('The body has to be a JSON object: {"jobs": […]}.')
    jobs = _jobs_in(content)
    for name in ("defaults", "webhook"):
        problem = form_problem(content.get(name), settings.max_job_bytes)
        if problem:
            raise error_of([Problem(problem.kind, name, problem.message)])
    options = _options_in(content)
    defaults = options.defaults or {}
    if defaults and len(body) + len(json_bytes(defaults)) * len(jobs) > settings.max_body_bytes:
        raise BodyTooLarge(
            "With its `defaults` written out in every job the batch is larger than the "
            f"{settings.max_body_bytes} bytes that this server takes."
        )
    if options.priority is not None:
        defaults = {"priority": options.priority, **defaults}
    return BatchRequest(jobs, JobDefaults(defaults), options.concurrency, options.webhook)


def check_number_of_jobs(number: int) -> None:
    """Raises BatchSizeInvalid."""
    if not 1 <= number <= MAX_BATCH_JOBS:
        message = f"A batch takes 1 to {MAX_BATCH_JOBS} jobs, not {number}."
        raise BatchSizeInvalid(message, details=[FieldError(field="jobs", message=message)])


def _jobs_in(content: dict[str, JsonValue]) -> list[RawJob]:
    jobs = content.get("jobs")
    if not isinstance(jobs, list):
        problem = "must be a list" if "jobs" in content else "is required"
        details = [FieldError(field="jobs", message=problem)]
        raise RequestError(f"jobs {problem}.", details=details)
    found = cast("list[RawJob]", jobs)
    check_number_of_jobs(len(found))
    return found


def _options_in(content: dict[str, JsonValue]) -> BatchOptions:
    options: JsonValue = {name: value for name, value in content.items() if name != "jobs"}
    try:
        return BatchOptions.model_validate(options)
    except ValidationError as error:
        details = field_errors(error, options)
        raise RequestError(headline(details), details=details) from None

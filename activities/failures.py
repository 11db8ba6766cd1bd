"""Turning errors into Temporal failures that workflows and people can read."""

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.secret_references import ResolvedSecrets
from reelbatch.models.errors import ReelbatchError, RenderError, RequestError
from reelbatch.models.orchestration.jobs import RenderProgress

log = structlog.get_logger("worker")

# The folders of an absolute path. Paths in URLs or after references to secrets come from clients.
_FOLDERS = re.compile(r"(?<![\w:/.}~-])/(?:[^\s'\"/:]+/)+")


@contextmanager
def as_application_errors(
    secrets: ResolvedSecrets | None = None, so_far: Callable[[], RenderProgress] | None = None
) -> Generator[None]:
    """Give failures their `errorCode` as type, and allow a retry only if it may help.

    Unexpected errors come from the environment, such as the object store or the disk. They may be
    temporary, so they are retried.

    Args:
        secrets: Their values are removed from messages. Once some have been used, a failure also
            goes without its causes, which might contain them.
        so_far: Returns the progress of a render, which becomes the details of its failure.
    """
    try:
        yield
    except Exception as error:
        failure = _failure(error, secrets, [so_far()] if so_far else [])
        raise failure from (None if secrets and secrets.used else error)


def _failure(
    error: Exception, secrets: ResolvedSecrets | None, details: Sequence[RenderProgress]
) -> ApplicationError:
    if not isinstance(error, ReelbatchError):
        return ApplicationError(_shown(str(error), secrets), *details, type=type(error).__name__)
    message, is_clients = _shown(error.message, secrets), _is_clients_fault(error)
    if is_clients:
        place = {"workflow": activity.info().workflow_id} if activity.in_activity() else {}
        log.info(
            "failure caused by the client", error=message, error_code=error.error_code, **place
        )
    return ApplicationError(
        message,
        *details,
        type=error.error_code,
        non_retryable=_is_final(error),
        # For a benign failure, Temporal's SDK logs no traceback and counts no failure.
        category=(
            ApplicationErrorCategory.BENIGN if is_clients else ApplicationErrorCategory.UNSPECIFIED
        ),
        next_retry_delay=_pause_before_retry(error),
    )


def _shown(text: str, secrets: ResolvedSecrets | None) -> str:
    """Remove the values of secrets, and the folders of this machine, from `text`."""
    return _FOLDERS.sub("", secrets.redact(text) if secrets else text)


def _pause_before_retry(error: ReelbatchError) -> timedelta | None:
    """The pause that the error asks for; None: the activity's retry policy decides."""
    return None if error.retry_after is None else timedelta(seconds=error.retry_after)


def _is_clients_fault(error: ReelbatchError) -> bool:
    return isinstance(error, RequestError) or (
        isinstance(error, RenderError) and error.clients_fault
    )


def _is_final(error: ReelbatchError) -> bool:
    """Whether a retry is pointless. A request's error may show only here, if a job's template comes
    from a URL.
    """
    return isinstance(error, RequestError) or (
        isinstance(error, RenderError) and not error.retryable
    )

"""How the errors of a render become Temporal failures that workflows and people can read."""

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

# Of an absolute path; a URL's path and one behind a secret's reference are the client's own.
_FOLDERS = re.compile(r"(?<![\w:/.}~-])/(?:[^\s'\"/:]+/)+")


@contextmanager
def as_application_errors(
    secrets: ResolvedSecrets | None = None, so_far: Callable[[], RenderProgress] | None = None
) -> Generator[None]:
    """Give failures their `errorCode` as type, and retry only where another try may help.

    A render's failures have as details how far it was, which `so_far` tells.

    Other errors come from the world around (the object store, the disk): they may pass.
    Once `secrets` were used, a failure shows none of them, and so goes without its causes, which
    may be anything.
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
        log.info("a client's fault", error=message, error_code=error.error_code, **place)
    return ApplicationError(
        message,
        *details,
        type=error.error_code,
        non_retryable=_is_final(error),
        # Temporal's SDK logs no warning with a traceback and counts no failure then.
        category=(
            ApplicationErrorCategory.BENIGN if is_clients else ApplicationErrorCategory.UNSPECIFIED
        ),
        next_retry_delay=_pause_before_retry(error),
    )


def _shown(text: str, secrets: ResolvedSecrets | None) -> str:
    """Without the values of secrets, and without the folders of this machine."""
    return _FOLDERS.sub("", secrets.redact(text) if secrets else text)


def _pause_before_retry(error: ReelbatchError) -> timedelta | None:
    """None: as the activity's policy says."""
    return None if error.retry_after is None else timedelta(seconds=error.retry_after)


def _is_clients_fault(error: ReelbatchError) -> bool:
    return isinstance(error, RequestError) or (
        isinstance(error, RenderError) and error.clients_fault
    )


def _is_final(error: ReelbatchError) -> bool:
    """A job's fault may show only here, where its template comes from a URL."""
    return isinstance(error, RequestError) or (
        isinstance(error, RenderError) and not error.retryable
    )

"""How the errors of a render become Temporal failures that workflows and people can read."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from models.errors import ReelbatchError, RenderError


@contextmanager
def as_application_errors() -> Generator[None]:
    """Give failures their `errorCode` as type, and retry only where another try may help.

    What is no `RenderError` comes from the world around (the object store, the disk): it may pass.
    """
    try:
        yield
    except ReelbatchError as error:
        raise ApplicationError(
            error.message,
            type=error.error_code,
            non_retryable=isinstance(error, RenderError) and not error.retryable,
        ) from error

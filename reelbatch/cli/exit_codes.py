"""The exit codes of all commands, as documented in `docs/cli.md`."""

from enum import IntEnum

from reelbatch.client import (
    ConnectionFailed,
    Forbidden,
    NotConfigured,
    RateLimited,
    ReelbatchError,
    Unauthorized,
    Unavailable,
)


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1  # the service rejected the request, or something is missing or broken here
    USAGE = 2  # the command line is invalid
    JOBS_FAILED = 3  # jobs were rejected, failed or were cancelled
    UNREACHABLE = 4  # no service is configured, or it does not respond or is too busy
    NOT_ALLOWED = 5  # the token is unknown, or does not allow this
    INTERRUPTED = 130  # Ctrl-C


def exit_code_of(error: ReelbatchError) -> ExitCode:
    match error:
        case NotConfigured() | ConnectionFailed() | Unavailable() | RateLimited():
            return ExitCode.UNREACHABLE
        case Unauthorized() | Forbidden():
            return ExitCode.NOT_ALLOWED
        case _:
            return ExitCode.FAILED

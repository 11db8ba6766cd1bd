"""The exit codes of all commands; `docs/cli.md` promises them."""

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
    FAILED = 1  # refused by the service, or something that is missing or broken here
    USAGE = 2  # the command line cannot be understood
    JOBS_FAILED = 3  # jobs were rejected, failed or were cancelled
    UNREACHABLE = 4  # no service is named, or it does not answer or has no time
    NOT_ALLOWED = 5  # the token is not known, or does not allow this
    INTERRUPTED = 130  # Ctrl-C


def exit_code_of(error: ReelbatchError) -> ExitCode:
    match error:
        case NotConfigured() | ConnectionFailed() | Unavailable() | RateLimited():
            return ExitCode.UNREACHABLE
        case Unauthorized() | Forbidden():
            return ExitCode.NOT_ALLOWED
        case _:
            return ExitCode.FAILED

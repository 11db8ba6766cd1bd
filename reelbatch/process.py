"""How the processes of the API and of workers start, fail and end."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import structlog
from temporalio.runtime import Runtime, TelemetryConfig

from reelbatch import logs
from reelbatch.engines.registry import EngineUnavailable
from reelbatch.settings import Settings
from reelbatch.telemetry import tracing
from reelbatch.telemetry.core_logs import core_logging


def run_process(name: str, serve: Callable[[Settings], Coroutine[Any, Any, None]]) -> NoReturn:
    """Run `serve` and end the process. Errors at the start become one line in the log."""
    settings = Settings()
    logs.configure(settings)
    code = 0
    try:
        Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core_logging())))
        tracing.start(f"reelbatch-{name}")
        asyncio.run(serve(settings))
    except (EngineUnavailable, OSError, RuntimeError, ValueError) as error:
        log = structlog.get_logger(name)
        log.error(f"the {name} cannot run", reason=str(error))  # noqa: TRY400
        code = 1
    tracing.flush()
    end_process(code)


def end_process(code: int) -> NoReturn:
    """End the process without the interpreter's clean-up. Call it once everything is closed.

    Threads of the SDK's core may hold Python objects for some milliseconds after the last worker
    has ended, and crash the interpreter during its clean-up (seen in 4 of 12 exits).
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

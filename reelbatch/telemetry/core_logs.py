"""Sends the logs of the core of Temporal's SDK to where all logs go, instead of to the console."""

import logging

from structlog.typing import EventDict, WrappedLogger
from temporalio.runtime import LogForwardingConfig, LoggingConfig, TelemetryFilter

_LOGGER = "temporalio.core"


def core_logging() -> LoggingConfig:
    return LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(
            logger=logging.getLogger(_LOGGER),
            append_target_to_name=False,
            prepend_target_on_message=False,
            append_log_fields_to_message=False,
        ),
    )


def add_core_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the fields of a forwarded line to its event."""
    entry = event.pop("temporal_log", None)
    if entry is not None:
        event.update({"target": entry.target, **entry.fields})
    return event

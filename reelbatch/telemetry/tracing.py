"""Traces of a process. The standard variables `OTEL_…` switch them on and say where they go.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ lists the
variables. The SDK reads most of them; this module reads the ones that switch traces on.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace
from temporalio.client import Interceptor

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_FLUSH_PATIENCE = 3.0  # seconds to wait, when the process ends, for a collector that may be gone

_provider: "TracerProvider | None" = None


def start(service: str) -> None:
    """Start tracing if the environment says so, as `service` unless it sets another name.

    Raises ValueError if it asks for an exporter or a protocol that is not installed.
    """
    if not _is_requested(os.environ):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from reelbatch.telemetry.spans import exporting_provider

    global _provider
    _provider = exporting_provider(service, OTLPSpanExporter())
    trace.set_tracer_provider(_provider)


def is_on() -> bool:
    return _provider is not None


def interceptors() -> Sequence[Interceptor]:
    """Interceptors that carry traces through Temporal, for clients and for workers."""
    if _provider is None:
        return ()
    from temporalio.contrib.opentelemetry import TracingInterceptor

    return (TracingInterceptor(),)


def flush() -> None:
    """Send the remaining spans. If the collector is gone, this takes three seconds."""
    if _provider is None:
        return
    flushing = threading.Thread(target=_provider.force_flush, daemon=True)
    flushing.start()
    flushing.join(_FLUSH_PATIENCE)


def _is_requested(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    has_endpoint = bool(_variable(environment, "ENDPOINT"))
    exporter = environment.get("OTEL_TRACES_EXPORTER", "otlp" if has_endpoint else "none").strip()
    if exporter in ("", "none"):
        return False
    if exporter != "otlp":
        raise ValueError(f"OTEL_TRACES_EXPORTER must be otlp or none, not {exporter}.")
    protocol = _variable(environment, "PROTOCOL") or "http/protobuf"
    if protocol != "http/protobuf":
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not {protocol}: collectors "
            "accept it on port 4318."
        )
    return True


def _variable(environment: Mapping[str, str], name: str) -> str:
    """The variable for traces only, or else the one for all signals; empty: neither is set."""
    for_all = environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")
    return (environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or for_all).strip()

"""Traces of a process, as the standard variables `OTEL_…` say; without them nothing is traced.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ has them. The SDK
reads most of them itself; here are those that switch it on.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace
from temporalio.client import Interceptor

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_FLUSH_PATIENCE = 3.0  # seconds at a process's end, for a collector that may be gone

_provider: "TracerProvider | None" = None


def start(service: str) -> None:
    """Trace from now on if the environment says so, under the name `service` unless it has one.

    Raises ValueError where it asks for a way of export that is not there.
    """
    if not _is_wanted(os.environ):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from reelbatch.telemetry.spans import exporting_provider

    global _provider
    _provider = exporting_provider(service, OTLPSpanExporter())
    trace.set_tracer_provider(_provider)


def is_on() -> bool:
    return _provider is not None


def interceptors() -> Sequence[Interceptor]:
    """What carries traces through Temporal, for its client and workers alike."""
    if _provider is None:
        return ()
    from temporalio.contrib.opentelemetry import TracingInterceptor

    return (TracingInterceptor(),)


def flush() -> None:
    """Send what was not sent yet, but do not hold a process's end up for long."""
    if _provider is None:
        return
    flushing = threading.Thread(target=_provider.force_flush, daemon=True)
    flushing.start()
    flushing.join(_FLUSH_PATIENCE)


def _is_wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    has_endpoint = bool(_of_traces(environment, "ENDPOINT"))
    exporter = environment.get("OTEL_TRACES_EXPORTER", "otlp" if has_endpoint else "none").strip()
    if exporter in ("", "none"):
        return False
    if exporter != "otlp":
        raise ValueError(f"OTEL_TRACES_EXPORTER can be otlp or none here, not {exporter}.")
    protocol = _of_traces(environment, "PROTOCOL") or "http/protobuf"
    if protocol != "http/protobuf":
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL can only be http/protobuf here, not {protocol}: "
            "collectors take it at port 4318."
        )
    return True


def _of_traces(environment: Mapping[str, str], name: str) -> str:
    """What is said of traces alone goes before what is said of all signals."""
    of_all = environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")
    return (environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or of_all).strip()

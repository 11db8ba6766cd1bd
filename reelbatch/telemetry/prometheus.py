"""Metrics of a process for Prometheus. Temporal's SDK serves its own metrics and ours together."""

from collections.abc import Mapping, Sequence

from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from reelbatch.telemetry.core_logs import core_logging


def metrics_runtime(address: str | None, buckets: Mapping[str, Sequence[float]]) -> Runtime | None:
    """Serve `/metrics` at `address` (IP:port) from now on. Returns None without an address.

    `buckets` has the upper bounds of each histogram by name. Raises ValueError if the address is
    taken.
    """
    if address is None:
        return None
    config = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=buckets,
    )
    try:
        return Runtime(
            telemetry=TelemetryConfig(
                metrics=config, logging=core_logging(), attach_service_name=False
            )
        )
    except ValueError as error:
        raise ValueError(f"Metrics cannot be served at {address}: {error}") from error


def meter_of(runtime: Runtime | None) -> MetricMeter:
    """The meter for the metrics of a process; without a runtime it does nothing."""
    return runtime.metric_meter if runtime else MetricMeter.noop

"""The metrics of a worker's renders, caches and webhooks, and the spans of a render's phases."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic

from opentelemetry import trace
from temporalio.common import MetricMeter
from temporalio.exceptions import ApplicationError

from activities.heartbeats import is_put_off
from reelbatch.models.errors import ReelbatchError, RenderError
from reelbatch.models.orchestration.jobs import RenderJob

_DURATIONS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)

HISTOGRAM_BUCKETS = {
    "reelbatch_render_duration": _DURATIONS,
    "reelbatch_render_phase_duration": _DURATIONS,
    # The SDK's own buckets jump from 100 to 1,000 seconds.
    "activity_schedule_to_start_latency": (
        *(0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0, 14400.0),
    ),
    "reelbatch_render_speed": (1.0, 5.0, 10.0, 24.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0),
}


class Phase(StrEnum):
    """The phases of an attempt to render, in this order."""

    DOWNLOAD = "download"
    RENDER = "render"
    UPLOAD = "upload"


class RenderMetrics:
    """The metrics of one engine's renders."""

    def __init__(self, engine: str, meter: MetricMeter = MetricMeter.noop) -> None:
        meter = meter.with_additional_attributes({"engine": engine})
        self._attempts = meter.create_counter(
            "reelbatch_renders", "Attempts to render a job, by outcome"
        )
        self._durations = meter.create_histogram_float(
            "reelbatch_render_duration", "Time in the render process, per file", unit="seconds"
        )
        self._speeds = meter.create_histogram_float(
            "reelbatch_render_speed", "Frames per second, per file with more than one frame"
        )
        self._phases = meter.create_histogram_float(
            "reelbatch_render_phase_duration", "Time per phase of an attempt", unit="seconds"
        )
        self._frames = meter.create_counter("reelbatch_render_frames", "Rendered frames")
        self._bytes = meter.create_counter(
            "reelbatch_render_output_bytes", "Size of rendered files"
        )
        self._processes = meter.create_counter(
            "reelbatch_render_processes_started", "Started render processes"
        )

    @contextmanager
    def attempt(self, job: RenderJob) -> Generator[None]:
        """Count the outcome of the attempt inside, with the error's code if it fails."""
        span = trace.get_current_span()
        span.set_attributes({"reelbatch.engine": job.engine, "reelbatch.codec": job.output.codec})
        outcome = {"outcome": "finished", "error_code": ""}
        try:
            yield
        except asyncio.CancelledError:
            outcome = {"outcome": "put_off" if is_put_off() else "cancelled", "error_code": ""}
            raise
        except Exception as error:
            outcome = {"outcome": "failed", "error_code": _error_code(error)}
            raise
        finally:
            self._attempts.add(1, outcome)

    @contextmanager
    def phase(self, phase: Phase) -> Generator[None]:
        started = monotonic()
        try:
            with _tracer.start_as_current_span(phase.value):
                yield
        finally:
            self._phases.record(monotonic() - started, {"phase": phase.value})

    def note_render(self, job: RenderJob, *, frames: int, seconds: float, size: int) -> None:
        """Count a file of `size` bytes that took `seconds` in the render process."""
        self._durations.record(seconds, {"codec": job.output.codec})
        if frames > 1 and seconds > 0:
            self._speeds.record(frames / seconds, {"codec": job.output.codec})
        self._frames.add(frames)
        self._bytes.add(size)

    def note_process(self) -> None:
        """Count a render process that was started, at first or to replace another."""
        self._processes.add(1)


class CacheMetrics:
    """The metrics of one of a worker's caches on disk."""

    def __init__(self, cache: str, meter: MetricMeter = MetricMeter.noop) -> None:
        meter = meter.with_additional_attributes({"cache": cache})
        self._requests = meter.create_counter(
            "reelbatch_cache_requests", "Files that renders requested from a cache"
        )
        self._bytes = meter.create_counter(
            "reelbatch_cache_downloaded_bytes", "Size of files downloaded into a cache"
        )

    def note_request(self, *, is_hit: bool) -> None:
        """Count a request. A hit is a file that was there, even if its server had to confirm it."""
        self._requests.add(1, {"outcome": "hit" if is_hit else "miss"})

    def note_download(self, size: int) -> None:
        self._bytes.add(size)


class WebhookMetrics:
    """The metrics of webhook deliveries."""

    def __init__(self, meter: MetricMeter = MetricMeter.noop) -> None:
        self._attempts = meter.create_counter(
            "reelbatch_webhook_attempts", "Attempts to deliver a webhook"
        )

    def note_attempt(self, *, is_delivered: bool) -> None:
        self._attempts.add(1, {"outcome": "delivered" if is_delivered else "failed"})


_tracer = trace.get_tracer("reelbatch")


def _error_codes(root: type[ReelbatchError]) -> frozenset[str]:
    below = (_error_codes(child) for child in root.__subclasses__())
    return frozenset({root.error_code}).union(*below)


_CODES = _error_codes(ReelbatchError)


def _error_code(error: Exception) -> str:
    """One of the documented codes, because other failures may have any type."""
    code = error.type if isinstance(error, ApplicationError) else None
    return code if code in _CODES else RenderError.error_code

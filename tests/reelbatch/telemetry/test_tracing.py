"""Variables switch traces on, and spans contain no secrets. The traces of processes are
tested in tests/deployment."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode
from starlette.responses import Response
from starlette.types import Message, Scope

from api.http import middleware
from reelbatch.models.ids import batch_job_id, new_batch_id, new_nested_job_id, new_single_job_id
from reelbatch.telemetry import tracing
from reelbatch.telemetry.spans import IdentityProcessor, RedactingExporter
from tests.integration.service import ROOT

VARIABLES = (
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    *("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED"),
)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(IdentityProcessor())
    provider.add_span_processor(SimpleSpanProcessor(RedactingExporter(exporter)))
    return provider


def test_nothing_is_traced_or_loaded_unless_the_environment_says_so() -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    environments = [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {**endpoint, "OTEL_TRACES_EXPORTER": "none"},
        {**endpoint, "OTEL_SDK_DISABLED": "true"},
    ]
    program = (
        "import os, sys; from reelbatch.telemetry import tracing\n"
        f"for environment in {environments!r}:\n"
        "    os.environ.update(environment)\n"
        "    tracing.start('reelbatch-api')\n"
        "    print(tracing.is_on(), tracing.interceptors(), 'opentelemetry.sdk' in sys.modules)\n"
        "    [os.environ.pop(name) for name in environment]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["False () False"] * len(environments), done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
)
def test_unsupported_exporters_and_protocols_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=rf"{variable}.*{value}"):
        tracing.start("reelbatch-api")
    assert not tracing.is_on()


def test_spans_carry_the_team_batch_and_job_of_their_workflow_and_of_their_parent(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracer = provider.get_tracer("test")
    batch_id = new_batch_id()
    job_id = batch_job_id(batch_id, 7)
    ids = [job_id, new_single_job_id(), new_nested_job_id()]
    for id_ in ids:
        attributes = {"temporalWorkflowID": f"acme/job/{id_}"}
        with (
            tracer.start_as_current_span("activity", attributes=attributes),
            tracer.start_as_current_span("render"),
        ):
            pass
    with tracer.start_as_current_span("x", attributes={"temporalWorkflowID": "reelbatch-sweep"}):
        pass
    *spans, other = exporter.get_finished_spans()
    for inner, outer, id_ in zip(spans[::2], spans[1::2], ids, strict=True):
        for span in (inner, outer):
            assert span.attributes is not None
            assert span.attributes["reelbatch.team"] == "acme"
            assert span.attributes["reelbatch.job_id"] == id_
            expected = batch_id if id_ == job_id else None
            assert span.attributes.get("reelbatch.batch_id") == expected
    assert "reelbatch.team" not in (other.attributes or {})


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, StatusCode.UNSET), (404, StatusCode.UNSET), (500, StatusCode.ERROR)],
)
async def test_spans_of_requests_fail_only_for_errors_of_the_service(
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    expected: StatusCode,
) -> None:
    async def send(_message: Message) -> None:
        pass

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    monkeypatch.setattr(middleware, "_tracer", provider.get_tracer("test"))
    scope: Scope = {"type": "http", "method": "GET", "path": "/api/v2/jobs", "headers": []}
    await middleware.RequestSpans(Response(status_code=status))(scope, receive, send)
    [span] = exporter.get_finished_spans()
    assert span.status.status_code is expected


def test_no_span_carries_credentials_out_of_the_process(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracer = provider.get_tracer("test")
    url = "https://user:hunter2@cdn.example.com/logo.png?X-Amz-Signature=abc123"
    span = tracer.start_span("download", attributes={"url": url, "tries": 2})
    span.add_event("asked", {"link": f"{url} with Bearer rb_0123456789abcdef"})
    span.record_exception(ValueError(f"{url} does not respond"))
    span.set_status(Status(StatusCode.ERROR, f"{url} does not respond"))
    span.end()
    [seen] = exporter.get_finished_spans()
    text = seen.to_json()
    assert "cdn.example.com/logo.png" in text
    assert '"tries": 2' in text
    for secret in ("hunter2", "abc123", "rb_0123456789abcdef", "Traceback"):
        assert secret not in text

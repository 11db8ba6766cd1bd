"""Adds ids to each span, and removes credentials from it."""

from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from reelbatch.models.ids import place_of_job
from reelbatch.redaction import redacted_text

BATCH_ID = "reelbatch.batch_id"
JOB_ID = "reelbatch.job_id"
TEAM = "reelbatch.team"

_WORKFLOW_ID = "temporalWorkflowID"  # an attribute of spans that Temporal's interceptor makes
_STACK = "exception.stacktrace"


def exporting_provider(service: str, exporter: SpanExporter) -> TracerProvider:
    """A provider that sends spans to `exporter` in batches, from a separate thread."""
    named = Resource({"service.name": service}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create().merge(named))
    provider.add_span_processor(IdentityProcessor())
    provider.add_span_processor(BatchSpanProcessor(RedactingExporter(exporter)))
    return provider


class IdentityProcessor(SpanProcessor):
    """Adds its team, batch and job to each span, so that searches find it."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        parent = trace.get_current_span(parent_context)
        if isinstance(parent, ReadableSpan) and parent.attributes:
            inherited = parent.attributes
            span.set_attributes(
                {name: inherited[name] for name in _IDENTITIES if name in inherited}
            )
        workflow_id = (span.attributes or {}).get(_WORKFLOW_ID)
        if isinstance(workflow_id, str):
            span.set_attributes(identity_of(workflow_id))


_IDENTITIES = (TEAM, BATCH_ID, JOB_ID)


def identity_of(workflow_id: str) -> dict[str, str]:
    """The attributes for the team, batch and job in the id of a workflow."""
    team, _, rest = workflow_id.partition("/")
    kind, _, id_ = rest.partition("/")
    if not id_:
        return {}
    if kind == "batch":
        return {TEAM: team, BATCH_ID: id_}
    place = place_of_job(id_) if kind == "job" else None
    if place is None:
        return {TEAM: team}
    batch = {BATCH_ID: place.batch_id} if place.batch_id else {}
    return {TEAM: team, **batch, JOB_ID: id_}


class RedactingExporter(SpanExporter):
    """Removes credentials from spans just before they leave the process, as is done for logs.

    The stack traces of errors are removed completely, since they may contain anything.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    """A copy of the span without credentials, since a span that has ended cannot be changed."""
    description = span.status.description
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_redacted_attributes(span.attributes),
        events=[
            Event(event.name, _redacted_attributes(event.attributes), event.timestamp)
            for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, description and redacted_text(description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _redacted_attributes(
    attributes: Mapping[str, AttributeValue] | None,
) -> dict[str, AttributeValue]:
    return {
        name: redacted_text(value) if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
        if name != _STACK
    }

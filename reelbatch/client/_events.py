"""The events of a batch: reads the stream, and resumes it when the connection breaks.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import httpx
from pydantic import ValidationError

from reelbatch.client._batches import BatchRef
from reelbatch.client._errors import UnexpectedAnswer
from reelbatch.client._steps import Close, Emit, Flow, Pause, read
from reelbatch.models.wire.batches import BatchJob, BatchListItem, BatchStats
from reelbatch.models.wire.jobs import JobStatus

_SILENCE = 20.0  # seconds; the service sends something at least every 4
_LINE_END = re.compile(r"\r\n|\n|\r(?=[^\n])")  # a \r at the end may be half of \r\n


@dataclass(frozen=True)
class StatsChanged:
    """The counts: once at the beginning, then whenever they change."""

    stats: BatchStats


@dataclass(frozen=True)
class JobChanged:
    """A job with a new status."""

    job: BatchJob


@dataclass(frozen=True)
class BatchEnded:
    """The last event: no job is pending."""

    batch: BatchListItem


BatchEvent: TypeAlias = StatsChanged | JobChanged | BatchEnded


def events(batch: BatchRef) -> Flow[BatchEvent]:
    """Follow the batch until it has ended.

    Each change comes once, however often the connection breaks.

    Raises:
        ConnectionFailed: A broken stream could not be resumed within half a minute.

    Examples:
        ```python
        for event in batch.events():
            if isinstance(event, JobChanged):
                print(event.job.index, event.job.status)
        ```
    """
    session, seen, has_begun = batch.session, _Seen(), False
    request = session.request("GET", "batches", batch.id, "events")
    request = replace(request, silence=_SILENCE)
    attempts = session.attempts()
    while True:
        decoder = _Decoder()
        reason: httpx.TransportError = httpx.RemoteProtocolError("the stream ended early")
        headers = {**request.headers, "Accept": "text/event-stream"}
        if seen.last_id:
            headers["Last-Event-ID"] = seen.last_id
        response = yield from session.open(replace(request, headers=headers), attempts)
        if not has_begun:
            has_begun, attempts = True, session.outage_attempts()
        try:
            while (block := (yield from read(response))) is not None:
                for message in decoder.feed(block):
                    attempts.succeed()
                    event = _event(message)
                    if event is not None and seen.is_new(event, message.id):
                        yield Emit(event)
                    if isinstance(event, BatchEnded):
                        yield Close(response)
                        return
        except httpx.TransportError as error:
            reason = error
        yield Close(response)
        pause = attempts.pause(request, reason)
        if pause is None:
            raise session.give_up(request, reason)
        yield Pause(pause)


@dataclass
class _Message:
    """One event of the stream, in the terms of its format."""

    name: str = "message"
    lines: list[str] = field(default_factory=list[str])
    id: str = ""

    @property
    def content(self) -> str:
        return "\n".join(self.lines)


class _Decoder:
    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._message = _Message()

    def feed(self, block: bytes) -> Iterator[_Message]:
        """Return the events that this part of the stream completes."""
        *lines, self._rest = _LINE_END.split(self._rest + self._text.decode(block))
        for line in lines:
            if line:
                self._add(line)
                continue
            message, self._message = self._message, _Message()
            if message.lines:
                yield message

    def _add(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._message.name = value
            case "data":
                self._message.lines.append(value)
            case "id":
                self._message.id = value
            case _:  # comments, `retry`, and fields that a later service may add
                pass


class _Seen:
    """Remembers what was yielded, because a resumed stream repeats some of it."""

    def __init__(self) -> None:
        self.last_id = ""
        self._stats: BatchStats | None = None
        self._jobs: dict[int, JobStatus] = {}

    def is_new(self, event: BatchEvent, event_id: str) -> bool:
        self.last_id = event_id or self.last_id
        match event:
            case StatsChanged(stats):
                is_new, self._stats = stats != self._stats, stats
            case JobChanged(job):
                is_new = self._jobs.get(job.index) is not job.status
                self._jobs[job.index] = job.status
            case BatchEnded():
                is_new = True
        return is_new


def _event(message: _Message) -> BatchEvent | None:
    """Parse an event; None if this client does not know its kind."""
    try:
        match message.name:
            case "stats":
                stats = BatchStats.model_validate_json(message.content, extra="ignore")
                return StatsChanged(stats)
            case "job":
                return JobChanged(BatchJob.model_validate_json(message.content, extra="ignore"))
            case "end":
                batch = BatchListItem.model_validate_json(message.content, extra="ignore")
                return BatchEnded(batch)
            case _:
                return None
    except ValidationError as error:
        raise UnexpectedAnswer(f"An event {message.name!r} of the batch cannot be read.") from error

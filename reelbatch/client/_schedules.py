"""What can be done with schedules, which make batches of the table at a URL again and again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Steps
from reelbatch.models.wire.schedules import Schedule, ScheduleCreation


def create_schedule(
    session: Session, schedule: ScheduleCreation | Mapping[str, Any]
) -> Steps[Schedule]:
    """Raises BadRequest for times, a URL or a template that cannot be used."""
    request = session.request("POST", "schedules", body=schedule)
    return read_model(Schedule, (yield from session.send(replace(request, is_repeatable=False))))


def list_schedules(session: Session) -> Steps[list[Schedule]]:
    """The team's schedules, oldest first."""
    return read_models(Schedule, (yield from session.send(session.request("GET", "schedules"))))


def read_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """When it is due next, and what came of its last runs."""
    request = session.request("GET", "schedules", schedule_id)
    return read_model(Schedule, (yield from session.send(request)))


def pause_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Let it come due no more, until it is resumed."""
    return (yield from _told(session, schedule_id, "pause"))


def resume_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    return (yield from _told(session, schedule_id, "resume"))


def trigger_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Run it now. Raises Conflict while batches of an earlier run are under way."""
    return (yield from _told(session, schedule_id, "trigger", is_repeatable=False))


def delete_schedule(session: Session, schedule_id: str) -> Steps[None]:
    """Its batches go on, and stay."""
    yield from session.send(session.request("DELETE", "schedules", schedule_id))


def _told(
    session: Session, schedule_id: str, what: str, *, is_repeatable: bool = True
) -> Steps[Schedule]:
    request = session.request("POST", "schedules", schedule_id, what)
    sent = replace(request, is_repeatable=is_repeatable)
    return read_model(Schedule, (yield from session.send(sent)))

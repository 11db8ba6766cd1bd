"""Operations on schedules, which create batches from the table at a URL again and again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Steps
from reelbatch.models.wire.schedules import Schedule, ScheduleCreation


def create_schedule(
    session: Session, schedule: ScheduleCreation | Mapping[str, Any]
) -> Steps[Schedule]:
    """Create a schedule.

    Args:
        schedule: When to run, the URL of the table, the template and further settings, as a
            dictionary with the fields of `POST /schedules` or as a `ScheduleCreation`.

    Raises:
        BadRequest: The times, the URL or the template cannot be used.

    Examples:
        ```python
        offers = ScheduleCreation(name="Offers", cron="@daily", url=url, template=template.id)
        schedule = client.schedules.create(offers)
        ```
    """
    request = session.request("POST", "schedules", body=schedule)
    return read_model(Schedule, (yield from session.send(replace(request, is_repeatable=False))))


def list_schedules(session: Session) -> Steps[list[Schedule]]:
    """List the team's schedules, oldest first."""
    return read_models(Schedule, (yield from session.send(session.request("GET", "schedules"))))


def read_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Read a schedule: its settings, its next run, and the outcome of the last ones."""
    request = session.request("GET", "schedules", schedule_id)
    return read_model(Schedule, (yield from session.send(request)))


def pause_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Pause a schedule: it does not run again until it is resumed."""
    return (yield from _post(session, schedule_id, "pause"))


def resume_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Resume a paused schedule."""
    return (yield from _post(session, schedule_id, "resume"))


def trigger_schedule(session: Session, schedule_id: str) -> Steps[Schedule]:
    """Run a schedule now.

    Raises:
        Conflict: Batches of an earlier run have not ended.
    """
    return (yield from _post(session, schedule_id, "trigger", is_repeatable=False))


def delete_schedule(session: Session, schedule_id: str) -> Steps[None]:
    """Delete a schedule. Its batches are kept, and continue."""
    yield from session.send(session.request("DELETE", "schedules", schedule_id))


def _post(
    session: Session, schedule_id: str, action: str, *, is_repeatable: bool = True
) -> Steps[Schedule]:
    request = session.request("POST", "schedules", schedule_id, action)
    sent = replace(request, is_repeatable=is_repeatable)
    return read_model(Schedule, (yield from session.send(sent)))

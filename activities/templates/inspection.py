"""Inspecting an uploaded template: the findings, or the problem, are written to its record."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakValueDictionary

from obstore.store import ObjectStore
from temporalio import activity

from activities.assets.caches import ObjectCache
from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.scratch import Scratch
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import RenderError
from reelbatch.models.orchestration.templates import TemplateInspectionJob
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.storage import keys
from reelbatch.storage.templates import read_template, write_template
from workflows.activity_names import INSPECT_TEMPLATE

_CONVERTED = "converted"  # the file's name


@dataclass(frozen=True, kw_only=True)
class InspectionActivities:
    """The inspections of one engine's queue. They can run again after a crash."""

    store: ObjectStore
    pool: RenderPool
    objects: ObjectCache
    scratch: Scratch
    places: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock]
    )

    @activity.defn(name=INSPECT_TEMPLATE)
    async def inspect_template(self, template: TemplateInspectionJob) -> TemplateStatus:
        """Inspect the file in a child process, and update the template's record."""
        record = await self._current_record(template)
        if record is None:
            return TemplateStatus.ERROR
        with as_application_errors():
            async with heartbeats(Progress()), self._place_of(template.team):
                changes = await self._found_in(template, record.type)
        record = await self._current_record(template)
        if record is None:
            return TemplateStatus.ERROR
        record = record.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
        await write_template(self.store, record)
        return record.status

    def _place_of(self, team: str) -> asyncio.Lock:
        """A lock that limits a team to one file at a time; slow files delay no other team."""
        return self.places.setdefault(team, asyncio.Lock())

    async def _found_in(
        self, template: TemplateInspectionJob, template_type: str
    ) -> dict[str, object]:
        """Inspect the file, and return the changes to the record."""
        with self.scratch.work_dir() as folder:
            file = folder / "template"
            await self.objects.link(template.source, file)
            found = await self._inspect(file, template_type)
            return {**found, "converted": await self._store(folder / _CONVERTED, template)}

    async def _inspect(self, file: Path, template_type: str) -> dict[str, object]:
        try:
            inspection = await self.pool.inspect(file, template_type, file.with_name(_CONVERTED))
        except RenderError as error:
            if error.retryable:
                raise
            return {"status": TemplateStatus.ERROR, "error": error.message, "inspection": None}
        return {"status": TemplateStatus.UPLOADED, "error": None, "inspection": inspection}

    async def _store(self, converted: Path, template: TemplateInspectionJob) -> str | None:
        """Store the converted file for renders, if there is one, and return its key."""
        if not await asyncio.to_thread(converted.exists):
            return None
        key = keys.converted_template(template.source)
        await self.store.put_async(key, converted)
        return key

    async def _current_record(self, template: TemplateInspectionJob) -> TemplateRecord | None:
        """The record, or None if the template has been deleted or has a newer upload."""
        record = await read_template(self.store, template.team, template.template_id)
        return record if record and record.source == template.source else None

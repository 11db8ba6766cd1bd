"""Rendered files, and their delivery to the destination that the job asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from obstore.store import ObjectStore

from activities.renders.bucket_upload import BucketUploader
from activities.renders.slots import RenderSlots
from activities.secret_references import ResolvedSecrets
from reelbatch.engines.base import RenderedFile, RenderRequest
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.stored.renders import StoredRender
from reelbatch.models.wire.uploads import Upload
from reelbatch.models.wire.warnings import RenderWarning, bounded
from reelbatch.storage.cached_renders import copy_render, download_render
from reelbatch.storage.files import delete_on_cancel


@dataclass(frozen=True, kw_only=True)
class RenderFacts:
    """The properties of a render."""

    size: int  # bytes
    width: int  # pixels
    height: int  # pixels
    frames: int
    seconds: float = 0.0  # in the engine, for this very job
    reused_from: str | None = None  # the other job's id
    missing_glyphs: list[str] | None = None  # None: the engine has not checked
    warnings: Sequence[RenderWarning] = ()  # from the engine


@dataclass(frozen=True, kw_only=True)
class FreshRender(RenderFacts):
    """A file that an engine has rendered for this very job."""

    file: Path
    poster: Path | None = None  # the still that comes with a film
    drawn_by: str = ""
    stored: StoredRender | None = None  # its copy in the object store

    @property
    def files(self) -> list[Path]:
        """The files in the order of `RenderJob.files`."""
        return [self.poster, self.file] if self.poster else [self.file]

    @classmethod
    def of(cls, rendered: RenderedFile, request: RenderRequest, seconds: float) -> "FreshRender":
        missing, file = rendered.missing_glyphs, request.output_path
        return cls(
            size=file.stat().st_size,
            width=rendered.width,
            height=rendered.height,
            frames=rendered.frames,
            seconds=seconds,
            file=file,
            poster=request.poster_path,
            drawn_by=rendered.drawn_by,
            missing_glyphs=None if missing is None else list(missing),
            warnings=rendered.warnings,
        )


@dataclass(frozen=True, kw_only=True)
class ReusedRender(RenderFacts):
    """A file that was rendered for another job."""

    stored: StoredRender

    @classmethod
    def of(cls, stored: StoredRender) -> "ReusedRender":
        return cls(
            size=stored.size,
            width=stored.width,
            height=stored.height,
            frames=stored.frames,
            reused_from=stored.job_id,
            missing_glyphs=stored.missing_glyphs,
            warnings=stored.warnings,
            stored=stored,
        )


FinishedRender = FreshRender | ReusedRender


def result_of(job: RenderJob, render: FinishedRender, started_at: datetime) -> RenderResult:
    """The result of an activity that ends now, with findings that only the worker has."""
    found: dict[str, Any] = {"warnings": render.warnings, "missing_glyphs": render.missing_glyphs}
    if job.template_url is not None:
        found["missing_fonts"] = job.missing_fonts
        found["warnings"] = bounded([*job.warnings, *render.warnings])
    return RenderResult(
        output_key=job.output_key,
        media_type=job.output.media_type,
        size=render.size,
        width=render.width,
        height=render.height,
        frames=render.frames,
        render_duration=render.seconds,
        reused_from=render.reused_from,
        **found,
        started_at=started_at,
        finished_at=max(datetime.now(UTC), started_at),  # the start is from another clock
    )


class Delivery:
    """Delivers renders to the client's bucket if the job names one, or else to our own store.

    A delivery needs no render process, so it lends its slot to another activity.
    """

    def __init__(self, store: ObjectStore, uploader: BucketUploader, slots: RenderSlots) -> None:
        self._store = store
        self._uploader = uploader
        self._slots = slots

    async def deliver(
        self, job: RenderJob, render: FinishedRender, folder: Path, secrets: ResolvedSecrets
    ) -> None:
        """Deliver the render, with `folder` for temporary files.

        Raises RenderGone, UploadFailed or UploadInterrupted.
        """
        with self._slots.lent():
            if job.upload is None:
                await self._to_store(job, render)
            else:
                await self._to_bucket(job, job.upload, render, folder, secrets)

    async def _to_bucket(
        self,
        job: RenderJob,
        target: Upload,
        render: FinishedRender,
        folder: Path,
        secrets: ResolvedSecrets,
    ) -> None:
        if isinstance(render, FreshRender):
            files = render.files
        else:
            files = [folder / made.name for made in job.files]
            await download_render(self._store, render.stored, *files)
        for made, file in zip(job.files, files, strict=True):
            await self._uploader.upload(target, file, made.name, made.media_type, secrets)

    async def _to_store(self, job: RenderJob, render: FinishedRender) -> None:
        """Store the files. Each appears as a whole; a cancelled job leaves none behind."""
        keys = [made.key for made in job.files]
        async with delete_on_cancel(self._store, *keys):
            if render.stored is not None:
                await copy_render(self._store, render.stored, *keys)
            else:
                for key, file in zip(keys, render.files, strict=True):
                    await self._store.put_async(key, file)

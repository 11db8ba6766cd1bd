"""Turning a job into the request for its engine, with all of its files in one folder."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from obstore.store import ObjectStore

from activities.assets.caches import ObjectCache
from activities.assets.fetcher import AssetFetcher
from activities.renders.job_log import JobLog
from activities.scratch import ENGINE_FOLDER
from activities.secret_references import ResolvedSecrets
from activities.templates.by_url import TemplateFetcher
from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.orchestration.jobs import RenderTask
from reelbatch.models.orchestration.segments import SegmentTask
from reelbatch.models.wire.assets import NestedJobAsset
from reelbatch.storage.files import download


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Prepares jobs with the worker's caches; `pool` inspects templates that come from a URL."""

    store: ObjectStore
    pool: RenderPool
    objects: ObjectCache
    assets: AssetFetcher
    templates: TemplateFetcher
    limits: RenderLimits
    output_modules: Mapping[str, str]  # of After Effects

    async def with_template(
        self, job: RenderTask, folder: Path, secrets: ResolvedSecrets, log: JobLog
    ) -> RenderTask:
        """Put the template into `folder`.

        Returns the job; for a template by URL, with the composition, fonts and warnings found in
        its file. Raises ReelbatchError.
        """
        file = _template_in(folder)
        if job.template_url is not None:
            await self.templates.fetch(job, job.template_url.url, file, secrets)
            converted = file.with_name("converted")
            inspection = await self.pool.inspect(file, job.template_type, converted)
            if await asyncio.to_thread(converted.exists):
                await asyncio.to_thread(converted.replace, file)
            job = await self.templates.checked(job, job.template_url.font_names, inspection)
            log.note_template(job)
        elif job.template_source is not None:
            await self.objects.link(job.template_source, file)
        else:
            await asyncio.to_thread(file.touch)
        return job

    async def request_for(
        self, job: RenderTask, folder: Path, secrets: ResolvedSecrets
    ) -> RenderRequest:
        """Put the other files next to the template. Raises ReelbatchError."""
        fonts: list[Path] = []
        for number, key in enumerate(job.fonts):
            fonts.append(folder / f"font-{number}")
            await self.objects.link(key, fonts[-1])
        work_dir = folder / ENGINE_FOLDER
        work_dir.mkdir(exist_ok=True)
        assets = await self.assets.fetch_all(job.assets, folder, work_dir, secrets)
        return RenderRequest(
            template=_template_in(folder),
            template_type=job.template_type,
            composition=job.composition,
            output=job.output,
            output_path=work_dir / f"output.{job.output.extension}",
            work_dir=work_dir,
            assets=await self._with_outputs(job, assets, folder),
            fonts=fonts,
            font_faces=job.font_faces,
            limits=self.limits,
            output_modules=self.output_modules,
            sound=not isinstance(job, SegmentTask),  # added when the segments are joined
            expressions=await self.pool.may_run_expressions(),
        )

    async def _with_outputs(
        self, job: RenderTask, resolved: Sequence[ResolvedAsset], folder: Path
    ) -> list[ResolvedAsset]:
        """Return `resolved` with the outputs of nested jobs, which come from the object store.

        Raises AssetInvalid if such an output is gone.
        """
        found = list(resolved)
        for output in job.outputs:
            asset = job.assets[output.position]
            assert isinstance(asset, NestedJobAsset)  # noqa: S101  validated at submission
            file = folder / f"nested-{output.position}{PurePosixPath(output.output_key).suffix}"
            try:
                await download(self.store, output.output_key, file)
            except FileNotFoundError as error:
                raise AssetInvalid(
                    f"The output of the nested job {output.id} is no longer in the object store."
                ) from error
            found[output.position] = ResolvedAsset(asset.filled(output.id), file)
        return found


def _template_in(folder: Path) -> Path:
    return folder / "template"

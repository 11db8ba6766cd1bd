"""Templates that a job names by URL: fetched here, and validated like others at submission."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from obstore.store import ObjectStore

from activities.assets.caches import AssetCache
from activities.assets.content_check import text_kind
from activities.assets.sources import Source
from activities.secret_references import ResolvedSecrets
from reelbatch.checks.fonts import (
    FontNeeds,
    JobFonts,
    TemplateFonts,
    needs_team_fonts,
    resolve_fonts,
)
from reelbatch.checks.template import (
    TemplateOffer,
    as_drawn_by,
    composition_problem,
    frame_problems,
    job_warnings,
    layer_problems,
    lossy_problems,
)
from reelbatch.engines.registry import ARCHIVE_END, claimant, load_engine
from reelbatch.models.errors import AssetInvalid, TemplateInvalid
from reelbatch.models.orchestration.jobs import Output, RenderJob, RenderTask
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.urls import is_http_url, redacted_url
from reelbatch.settings import ByteLimit
from reelbatch.storage.fonts import list_fonts


class TemplateFetcher:
    """Fetches templates up to `limit` bytes through the assets' cache, and validates jobs."""

    def __init__(self, store: ObjectStore, cache: AssetCache, limit: ByteLimit) -> None:
        self._store = store
        self._cache = cache
        self._limit = limit

    async def fetch(self, job: RenderJob, url: str, file: Path, secrets: ResolvedSecrets) -> None:
        """Put the template at `file`.

        Raises TemplateInvalid, LimitExceeded, SecretUnavailable, or AssetUnavailable if another try
        may help.
        """
        name = redacted_url(url)
        plain = await secrets.resolve(url)
        if not is_http_url(plain):
            raise TemplateInvalid(f"{name} is not an http or https URL.")
        source = Source(url=plain, name=name)
        with as_template_errors():
            found = await self._cache.link(job.team, source, self._limit, file)
        refuse_html_page(file, found.media_type, name)
        claims = (job.template_url and job.template_url.claims) or {}
        if (engine := claimant(claims, tail_of(file)) or job.engine) != job.engine:
            raise TemplateInvalid(
                f"{name} is a template for the engine {engine}: register it first with "
                "POST /templates."
            )

    async def checked(
        self, job: RenderTask, font_names: list[str], inspection: TemplateInspection
    ) -> RenderTask:
        """Validate the job, and return it with its composition, fonts and warnings.

        Raises the errors with which submission would respond.
        """
        engine = load_engine(job.engine)
        offer = TemplateOffer(as_drawn_by(engine, inspection), engine)
        composition = offer.composition_named(job.composition)
        problems = list(_problems(job, offer))
        warnings = job_warnings(offer, composition.name, job.assets) if composition else []
        if composition is not None and not (job.template_url and job.template_url.lossy):
            problems += lossy_problems(composition, warnings)
        if problems or composition is None:
            raise error_of(problems)
        fonts = await self._fonts(job, font_names, inspection)
        changes = {
            "fonts": fonts.keys,
            "font_faces": fonts.faces,
            "missing_fonts": fonts.missing,
            "missing_glyphs": fonts.missing_glyphs,
            "warnings": warnings,
        }
        return job.model_copy(update={"composition": composition.name, **changes})

    async def _fonts(
        self, job: RenderJob, names: list[str], inspection: TemplateInspection
    ) -> JobFonts:
        fonts = TemplateFonts(inspection, load_engine(job.engine).fonts)
        needs = FontNeeds(names, job.assets, fonts)
        owned = await list_fonts(self._store, job.team) if needs_team_fonts(needs) else []
        return resolve_fonts(needs, owned)


def tail_of(file: Path) -> bytes:
    """The file's last bytes, which in an archive list its files."""
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - ARCHIVE_END))
        return content.read()


@contextmanager
def as_template_errors() -> Generator[None]:
    """Raise TemplateInvalid instead of AssetInvalid."""
    try:
        yield
    except AssetInvalid as error:
        raise TemplateInvalid(error.message) from error


def refuse_html_page(file: Path, media_type: str, name: str) -> None:
    """Raise TemplateInvalid if the file is an HTML page or empty; the message calls it `name`."""
    if file.stat().st_size == 0:
        raise TemplateInvalid(f"{name} is empty, not a template.")
    if text_kind(file, media_type) == "an HTML page":
        raise TemplateInvalid(
            f"{name} is an HTML page, not a template: use a URL that returns the file itself."
        )


def _problems(job: RenderJob, offer: TemplateOffer) -> Iterator[Problem]:
    composition = offer.composition_named(job.composition)
    if composition is None:
        yield composition_problem("template.composition", job.composition, offer)
    else:
        yield from frame_problems(_frames(job.output), composition)
    for position, asset in enumerate(job.assets):
        yield from layer_problems(asset, f"assets.{position}", offer, composition)


def _frames(output: Output) -> int | list[int] | None:
    """The output's frames in the form of a job's settings."""
    if output.end_frame is None:
        return None
    if output.end_frame == output.first_frame + 1:
        return output.first_frame
    return [output.first_frame, output.end_frame]

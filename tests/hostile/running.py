"""Sends a hostile input through a real pool of render processes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.pool import Confinement, ConfinementLevel, RenderPool
from reelbatch.models.errors import ReelbatchError, RenderTimedOut
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.codecs import CODECS
from tests.hostile.corpus import HostileInput, Place
from tests.hostile.documents import document, packed, solid, text

LIMITS = RenderLimits(
    pixels_per_frame=2000 * 2000,
    frames=1000,
    seconds=60,  # the slowest takes eight on two idle processors; other programs may be running
    memory=1024**3,
    template_size=32 * 1024**2,
)
_ENDLESS = 5.0  # seconds until a page that never ends is stopped
_ASSET: TypeAdapter[Asset] = TypeAdapter(Asset)


@dataclass(frozen=True)
class Bait:
    """A file and a port that hostile inputs of text refer to instead of those that they name."""

    file: Path
    port: int

    def put_into(self, content: bytes) -> bytes:
        if content[:1] not in (b"{", b"#", b"f", b"<"):
            return content
        baited = content.replace(b"/etc/passwd", str(self.file).encode())
        return baited.replace(b"127.0.0.1:9/", f"127.0.0.1:{self.port}/".encode())


@dataclass(frozen=True)
class Outcome:
    error: ReelbatchError | None
    output: Path


def a_pool(folder: Path, level: ConfinementLevel = ConfinementLevel.AVAILABLE) -> RenderPool:
    return RenderPool(
        "lottie", processes=1, limits=LIMITS, folder=folder, confinement=Confinement(level)
    )


def a_pool_of_pages(folder: Path) -> RenderPool:
    """Make a pool for pages. Its process starts with the first page."""
    return RenderPool("html", processes=1, limits=LIMITS, folder=folder)


async def run(
    pool: RenderPool, hostile: HostileInput, folder: Path, bait: Bait | None = None
) -> Outcome:
    """Inspect the template and render it, with all files in `folder`."""
    content = hostile.content()
    request = _request(hostile, content if bait is None else bait.put_into(content), folder)
    try:
        converted = folder / "converted"
        inspection = await pool.inspect(request.template, request.template_type, converted)
        if converted.exists():
            request = replace(request, template=converted)
        request = _for_composition(request, inspection.compositions[0].name)
        await pool.render(request, _ignore)
    except ReelbatchError as error:
        return Outcome(error, request.output_path)
    return Outcome(None, request.output_path)


def _request(hostile: HostileInput, hostile_content: bytes, folder: Path) -> RenderRequest:
    content = folder / "content"
    content.write_bytes(hostile_content)
    template = content
    if hostile.place not in (Place.TEMPLATE, Place.PAGE):
        template = folder / "template"
        words = [text("ABC", f=name) for name in ("Hostile-Regular", "Anton-Regular")]
        template.write_bytes(packed(document(*words, solid("Target"))))
    work_dir = folder / "work"
    work_dir.mkdir()
    codec = CODECS[hostile.codec]
    still = codec.output_type == "image"
    never_ends = hostile.verdict.error is RenderTimedOut
    return RenderRequest(
        template=template,
        template_type="html" if hostile.place is Place.PAGE else "lottie",
        composition="",
        output=Output(
            output_type=codec.output_type, codec=codec.name, end_frame=1 if still else None
        ),
        output_path=work_dir / f"output.{codec.extension}",
        work_dir=work_dir,
        assets=_assets(hostile.place, content),
        fonts=[content] if hostile.place is Place.FONT else [],
        limits=replace(LIMITS, seconds=_ENDLESS) if never_ends else LIMITS,
        expressions=True,
    )


def _assets(place: Place, content: Path) -> list[ResolvedAsset]:
    kinds = {Place.PICTURE: "image", Place.VIDEO: "video", Place.AUDIO: "audio"}
    if place not in kinds:
        return []
    fields: dict[str, Any] = {"type": kinds[place], "layerName": "Target", "src": "data:,"}
    return [ResolvedAsset(_ASSET.validate_python(fields), content)]


def _for_composition(request: RenderRequest, name: str) -> RenderRequest:
    return replace(request, composition=name)


def _ignore(percent: float) -> None:
    del percent

"""What a render engine is.

An engine is a class with the attributes and the two methods of `RenderEngine`, registered under
the entry-point group `reelbatch.engines`. Its methods are plain synchronous functions: the worker
calls them in a pooled child process that it can kill, so they need not watch for cancellation,
and a crash costs one job. They raise the `RenderError` family of `reelbatch.models.errors`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.fonts import FontFace
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.assets import Asset

if TYPE_CHECKING:
    from reelbatch.engines.encoding.audio import AudioClip  # which reports as this module says

ReportProgress = Callable[[float], None]
"""Takes the share of the render that is done, in percent from 0 to 100."""


@dataclass(frozen=True)
class RenderLimits:
    """What one render may cost; a template is untrusted and asks for anything."""

    pixels_per_frame: int = 4096 * 4096
    frames: int = 60 * 60 * 30  # half an hour at 60 frames a second
    seconds: float = 3600.0
    memory: int = 4 * 1024**3  # bytes of address space that a render process may add
    template_size: int = 256 * 1024**2  # bytes, unpacked


@dataclass(frozen=True)
class ResolvedAsset:
    """An asset of the job, and the local file where it names one by `src`."""

    asset: Asset
    file: Path | None = None


@dataclass(frozen=True)
class RenderRequest:
    """One render. All paths are local; `output_path` is inside of `work_dir`.

    An engine that has template types always gets a template of one of them. One that has none, as
    the one that joins clips, works on its assets alone: for it `template` is an empty file, and
    `template_type` and `composition` are empty.
    """

    template: Path
    template_type: str
    composition: str
    output: Output
    output_path: Path
    work_dir: Path  # private to this render and removed after it
    assets: Sequence[ResolvedAsset] = ()
    fonts: Sequence[Path] = ()  # the team's fonts, beside the engine's own
    limits: RenderLimits = field(default_factory=RenderLimits)
    sound: bool = True
    """False for a segment of a longer output: its pictures alone. Only a `RangeEngine` gets it."""


@dataclass(frozen=True)
class RenderedFile:
    """The file at `output_path`. For a still, `frames` is 1."""

    width: int  # pixels
    height: int  # pixels
    frames: int


class RenderEngine(Protocol):
    """A render engine, made once a render process without arguments."""

    name: ClassVar[str]
    """Its entry point's name; its activities run on the task queue `render-{name}`."""
    version: ClassVar[str]
    template_types: ClassVar[frozenset[str]]
    """The values of a template's `type` that it renders; none for one that needs no template."""
    asset_types: ClassVar[frozenset[str]]
    functions: ClassVar[frozenset[str]]
    """The names of function assets that it knows, spelled `nx:…`."""
    codecs: ClassVar[frozenset[str]]
    """The names of `reelbatch.models.wire.codecs.CODECS` that it writes."""
    fonts: ClassVar[tuple[FontFace, ...]]
    """The fonts that it brings along.

    An engine that starts programs has another attribute, `runs_programs = True`: without it a
    render process may start none. `deterministic` says whether equal requests give equal files,
    so that jobs may share a render; without it, that is so unless it runs programs, whose versions
    nobody here knows. One that needs something of its machine has a class method
    `why_unavailable()`, which returns what is missing, or None. See docs/extending.md.
    """

    def inspect(
        self, template: Path, template_type: str, limits: RenderLimits
    ) -> TemplateInspection:
        """Read what a template offers. Raises TemplateInvalid or LimitExceeded."""
        ...

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file, reporting progress about once a frame. Raises RenderError."""
        ...


def is_deterministic(engine: type[RenderEngine]) -> bool:
    """Whether jobs with equal inputs may share one of its renders."""
    return getattr(engine, "deterministic", not getattr(engine, "runs_programs", False))


class RangeEngine(RenderEngine, Protocol):
    """An engine whose long outputs may be rendered in segments, on several processes at a time.

    It draws a frame the same whether or not it draws those before it, and writes its videos with
    `reelbatch.engines.encoding`.
    """

    renders_ranges: ClassVar[bool]
    """True, and how Reelbatch knows it."""

    def sounds(self, request: RenderRequest) -> "Sequence[AudioClip]":
        """The sound of the whole output, which is mixed beside the pictures of its segments.

        Called with the request that `render` would get for all of it. Raises RenderError.
        """
        ...


def renders_ranges(engine: RenderEngine | type[RenderEngine]) -> bool:
    """Whether this is a `RangeEngine`."""
    return getattr(engine, "renders_ranges", False)

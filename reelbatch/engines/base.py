"""What a render engine is: two classes.

A `RenderEngine` describes it. Every process of the service reads that, so its module imports
nothing that draws. A `Renderer` does the work, in render processes alone, and stands in a module
of its own. The first is registered under the entry-point group `reelbatch.engines`, and its method
`renderer` imports the second. docs/extending.md goes through it step by step.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.stored.templates import Layer, TemplateInspection
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.codecs import CODECS, POSTER_CODEC
from reelbatch.models.wire.fonts import FontFace
from reelbatch.models.wire.warnings import RenderWarning

if TYPE_CHECKING:
    from reelbatch.engines.encoding.audio import AudioClip  # which reports as this module says

CONTRACT_FUNCTIONS = frozenset(
    {
        "nx:text-params-set",
        "nx:solid-color-set",
        "nx:layer-state-set",
        "nx:layer-remove",
        "nx:layer-autoscale",
        "nx:layer-start-set",
        "nx:layer-duration-set",
        "nx:comp-duration-set",
    }
)
"""The functions of the wire contract that are about a composition and its layers."""
ReportProgress = Callable[[float], None]
"""Takes the share of the render that is done, in percent from 0 to 100."""


@dataclass(frozen=True)
class RenderLimits:
    """What one render may cost; a template is untrusted and asks for anything."""

    pixels_per_frame: int = 6144 * 6144  # real templates have up to 5800 by 6075
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
    font_faces: Sequence[FontFace] = ()  # the names of `fonts`, in the same order, where known
    limits: RenderLimits = field(default_factory=RenderLimits)
    sound: bool = True
    """False for a segment of a longer output: its pictures alone. Only an engine that
    `renders_ranges` gets it."""
    output_modules: Mapping[str, str] = field(default_factory=dict[str, str])
    """The names of After Effects' output modules, by what they are for: `opaque`, `alpha` and
    `prores`. What is left out has the name that After Effects gives to its own."""
    expressions: bool = False
    """Whether an engine that `runs_expressions` may run those of the template."""

    @property
    def poster_path(self) -> Path | None:
        """Where the still beside a film is written, after the engine has written the film."""
        if self.output.poster is None:
            return None
        return self.output_path.with_suffix(f".poster.{POSTER_CODEC.extension}")


@dataclass(frozen=True)
class RenderedFile:
    """The file at `output_path`. For a still, `frames` is 1."""

    width: int  # pixels
    height: int  # pixels
    frames: int
    drawn_by: str = ""  # the program or library with its version, for the job's log
    missing_glyphs: Sequence[str] | None = None
    """Characters that no font had, and that were drawn as boxes; None: nobody has looked."""
    warnings: Sequence[RenderWarning] = ()  # what was not drawn as designed, such as a lost picture


class RenderEngine:
    """The description of a render engine, and the way to its renderer.

    The class itself is read; nobody makes an instance of it. Only `name`, `version` and `renderer`
    have no default.
    """

    name: ClassVar[str]
    """Its entry point's name; its activities run on the task queue `render-{name}`."""
    version: ClassVar[str]
    """Shown to operators and in the logs of jobs. A new one ends the reuse of earlier renders."""
    template_types: ClassVar[frozenset[str]] = frozenset()
    """The values of a template's `type` that it renders; none for one that needs no template."""
    manifest: ClassVar[str] = ""
    """The name of a file that makes an archive its own where other engines have the type too.
    Empty: it has what no other engine claims."""
    instead_of: ClassVar[str] = ""
    """The name of an engine whose templates it renders too, where a template or a job names it as
    its `renderer`. Its `template_types` are that engine's. Empty: it has templates of its own."""
    draws: ClassVar[frozenset[str]] = frozenset()
    """The codes of warnings of another engine's inspection that do not hold for what it draws."""
    asset_types: ClassVar[frozenset[str]] = frozenset()
    """The values of an asset's `type` that it takes."""
    functions: ClassVar[frozenset[str]] = frozenset()
    """The names of function assets that it knows, spelled `nx:…`."""
    codecs: ClassVar[frozenset[str]] = frozenset(CODECS)
    """The names of `reelbatch.models.wire.codecs.CODECS` that it writes; by default all of them, as
    `reelbatch.engines.encoding` does."""
    gives_projects: ClassVar[bool] = False
    """Whether the filled template itself can be its output, a zip, as `type: aep` asks for."""
    fonts: ClassVar[tuple[FontFace, ...]] = ()
    """The fonts that it brings along."""
    runs_programs: ClassVar[bool] = False
    """Whether it starts programs, which its render processes may not do otherwise."""
    deterministic: ClassVar[bool | None] = None
    """Whether equal requests give equal files, so that jobs may share a render. None: they do
    unless it runs programs, whose versions nobody here knows."""
    renders_ranges: ClassVar[bool] = False
    """Whether long outputs may be rendered in segments, on several processes at a time.

    Such an engine draws a frame the same whether or not it draws those before it, and writes its
    videos with `reelbatch.engines.encoding`. Its renderer has `sounds`, where it has any.
    """

    runs_expressions: ClassVar[bool] = False
    """Whether templates have scripts that it runs inside of its own process. It gets leave where
    that process is confined; where it crashes, the render begins once more without them."""

    @classmethod
    def why_unavailable(cls) -> str | None:
        """What this machine lacks for it to render, in words for the operator. None: nothing."""
        return None

    @classmethod
    def layer_problem(cls, asset: Asset, layer: Layer) -> tuple[str, str] | None:  # noqa: ARG003
        """What of an asset cannot work on a layer that it names: the asset's field, and why.

        Asked for each job at submission, so it is quick. None: nothing shows before the render.
        """
        return None

    @classmethod
    def renderer(cls) -> "Renderer":
        """Import and make the renderer; called once a render process, before it is confined."""
        raise NotImplementedError(f"{cls.__name__} has no method renderer: see docs/extending.md")


class Renderer(ABC):
    """What reads templates and renders them.

    Its methods are plain synchronous functions: the worker calls them in a pooled child process
    that it can kill, so they need not watch for cancellation, and a crash costs one job. They
    raise the `RenderError` family of `reelbatch.models.errors`.
    """

    def inspect(
        self,
        template: Path,  # noqa: ARG002  there is none
        template_type: str,
        limits: RenderLimits,  # noqa: ARG002
    ) -> TemplateInspection:
        """Read what a template offers. Raises TemplateInvalid or LimitExceeded.

        This one is for engines without `template_types`.
        """
        raise TemplateInvalid(
            f"This engine renders without a template, and none of the type {template_type}."
        )

    def convert(
        self,
        template: Path,
        template_type: str,
        target: Path,  # noqa: ARG002  nothing is converted by default
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Inspect a template, and write the form that renders are given to `target`.

        Where there is no such file afterwards, renders are given the template itself.
        Raises TemplateInvalid or LimitExceeded.
        """
        return self.inspect(template, template_type, limits)

    @abstractmethod
    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file, reporting progress about once a frame. Raises RenderError."""

    def sounds(self, request: RenderRequest) -> "Sequence[AudioClip]":  # noqa: ARG002
        """The sound of the whole output, which is mixed beside the pictures of its segments.

        Called where the engine `renders_ranges`, with the request that `render` would get for all
        of it. By default there is none. Raises RenderError.
        """
        return ()


def is_deterministic(engine: type[RenderEngine]) -> bool:
    """Whether jobs with equal inputs may share one of its renders."""
    if engine.deterministic is None:
        return not engine.runs_programs
    return engine.deterministic

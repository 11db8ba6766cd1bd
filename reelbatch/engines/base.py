"""The two base classes of a render engine.

A `RenderEngine` describes the engine. Every process of the service reads that description, so its
module imports nothing that draws. A `Renderer` does the work. It runs in render processes only and
lives in a module of its own, which the description's method `renderer` imports.

The description is registered under the entry-point group `reelbatch.engines`. docs/extending.md
is the step-by-step guide.
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
    from reelbatch.engines.encoding.audio import AudioClip  # a circular import otherwise

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
"""The functions of the wire contract that act on a composition and its layers."""
ReportProgress = Callable[[float], None]
"""A callback for progress. Its argument is the percentage of the render that is done, 0 to 100."""


@dataclass(frozen=True)
class RenderLimits:
    """The limits of one render. A template is untrusted and may ask for anything."""

    pixels_per_frame: int = 6144 * 6144  # real templates have up to 5800 by 6075
    """Width times height of a frame, in pixels."""
    frames: int = 60 * 60 * 30  # half an hour at 60 frames a second
    """Frames of one output."""
    seconds: float = 3600.0
    """Seconds that a render may take. The pool enforces this limit."""
    memory: int = 4 * 1024**3
    """Bytes of address space that a render process may add. The pool enforces this limit."""
    template_size: int = 256 * 1024**2
    """Bytes of a template, unpacked."""


@dataclass(frozen=True)
class ResolvedAsset:
    """An asset of the job, with its local file."""

    asset: Asset
    """The asset as the job states it."""
    file: Path | None = None
    """The downloaded file; None if the asset has no `src`."""


@dataclass(frozen=True)
class RenderRequest:
    """One render. All paths are local.

    An engine with template types always gets a template of one of them. An engine without any,
    such as `join`, works on its assets alone: its `template` is an empty file, and its
    `template_type` and `composition` are empty strings.
    """

    template: Path
    """The template's file, which other renders share: never write to it."""
    template_type: str
    """One of the engine's `template_types`."""
    composition: str
    """The name of the composition to render."""
    output: Output
    """The codec, the first and last frame, and whether the output is a draft."""
    output_path: Path
    """The file to write, inside `work_dir`."""
    work_dir: Path
    """A folder that is private to this render and removed after it."""
    assets: Sequence[ResolvedAsset] = ()
    """The job's assets, in the order of the job."""
    fonts: Sequence[Path] = ()
    """The files of the team's fonts, which add to the engine's own."""
    font_faces: Sequence[FontFace] = ()
    """The names of `fonts` in the same order; empty if they are not known."""
    limits: RenderLimits = field(default_factory=RenderLimits)
    """The limits that the engine must check before it allocates memory."""
    sound: bool = True
    """False for a segment of a longer output, which has pictures only. Only engines with
    `renders_ranges` get False."""
    output_modules: Mapping[str, str] = field(default_factory=dict[str, str])
    """The names of After Effects' output modules, by purpose: `opaque`, `alpha` and `prores`. A
    missing purpose means the module that After Effects comes with."""
    expressions: bool = False
    """Whether an engine with `runs_expressions` may run the template's expressions."""

    @property
    def poster_path(self) -> Path | None:
        """The file for the poster of the film, which the render process writes after the engine
        has returned; None if the job has no poster."""
        if self.output.poster is None:
            return None
        return self.output_path.with_suffix(f".poster.{POSTER_CODEC.extension}")


@dataclass(frozen=True)
class RenderedFile:
    """The result of a render: facts about the file at `output_path`."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    frames: int
    """Number of frames; 1 for a still."""
    drawn_by: str = ""
    """The program or library that drew the frames, with its version, for the job's log."""
    missing_glyphs: Sequence[str] | None = None
    """Characters that no font had and that were drawn as boxes; None if the engine didn't check."""
    warnings: Sequence[RenderWarning] = ()
    """Whatever was not drawn as designed, such as a missing picture."""


class RenderEngine:
    """The description of a render engine, and the way to its renderer.

    The class is never instantiated: the service reads its attributes and calls its class methods.
    Everything except `name`, `version` and `renderer` has a default.
    """

    name: ClassVar[str]
    """The name of the entry point. Activities run on the task queue `render-{name}`."""
    version: ClassVar[str]
    """Shown to operators and in the logs of jobs. Changing it ends the reuse of earlier renders."""
    template_types: ClassVar[frozenset[str]] = frozenset()
    """Values of a template's `type` that the engine renders. Empty for an engine that needs no
    template."""
    manifest: ClassVar[str] = ""
    """The name of a file that marks an archive as this engine's if other engines share its
    template type. Empty for an engine that gets the archives without such a file."""
    instead_of: ClassVar[str] = ""
    """The name of another engine whose templates this one renders when a template or a job names
    it as `renderer`. The `template_types` of both are then the same. Empty for an engine with
    templates of its own."""
    draws: ClassVar[frozenset[str]] = frozenset()
    """Codes of warnings from another engine's inspection that do not apply to this one, because
    it draws what the other cannot."""
    asset_types: ClassVar[frozenset[str]] = frozenset()
    """Values of an asset's `type` that the engine supports."""
    functions: ClassVar[frozenset[str]] = frozenset()
    """Names of the function assets that the engine supports, spelled `nx:…`."""
    codecs: ClassVar[frozenset[str]] = frozenset(CODECS)
    """Names from `reelbatch.models.wire.codecs.CODECS` that the engine writes. The default is all
    of them, which is what `reelbatch.engines.encoding` writes."""
    gives_projects: ClassVar[bool] = False
    """Whether the engine can output the filled template itself as a zip, which jobs request with
    `type: aep`."""
    fonts: ClassVar[tuple[FontFace, ...]] = ()
    """The fonts that come with the engine."""
    runs_programs: ClassVar[bool] = False
    """Whether the engine starts programs. Its render processes may not do so otherwise."""
    deterministic: ClassVar[bool | None] = None
    """Whether equal requests give equal files, so that jobs may share a render. None means yes,
    unless the engine runs programs, whose versions the service doesn't know."""
    renders_ranges: ClassVar[bool] = False
    """Whether long outputs may be rendered in segments, on several processes at a time.

    Such an engine draws a frame the same whether or not it has drawn the frames before it, and
    writes its videos with `reelbatch.engines.encoding`. If its outputs have sound, its renderer
    implements `sounds`.
    """

    runs_expressions: ClassVar[bool] = False
    """Whether the engine runs scripts of templates inside its own process.
    `RenderRequest.expressions` permits them, by default in confined processes only. If the
    process crashes, the render is repeated without them."""

    @classmethod
    def why_unavailable(cls) -> str | None:
        """Return what this machine is missing to run the engine.

        Returns:
            A sentence for the operator, or None if nothing is missing.
        """
        return None

    @classmethod
    def layer_problem(cls, asset: Asset, layer: Layer) -> tuple[str, str] | None:  # noqa: ARG003
        """Return why an asset cannot work on a layer.

        Called for every job at submission, so it must be quick.

        Args:
            asset: An asset of the job.
            layer: A layer that the asset names, as the inspection found it.

        Returns:
            The name of the asset's field at fault and a sentence that says why, or None if no
                problem can be seen before the render.
        """
        return None

    @classmethod
    def renderer(cls) -> "Renderer":
        """Import and return the renderer.

        Called once in each render process, before the process is confined.
        """
        raise NotImplementedError(f"{cls.__name__} has no method renderer: see docs/extending.md")


class Renderer(ABC):
    """Reads templates and renders them.

    All methods are plain synchronous functions. The worker calls them in a child process that it
    can kill, so they need not watch for cancellation, and a crash fails a single job. They raise
    `RenderError` and its subclasses from `reelbatch.models.errors`.
    """

    def inspect(
        self,
        template: Path,  # noqa: ARG002
        template_type: str,
        limits: RenderLimits,  # noqa: ARG002
    ) -> TemplateInspection:
        """Read a template's compositions and layers.

        Every engine with `template_types` overrides this method.

        Args:
            template: The template's file, to be read only.
            template_type: One of the engine's `template_types`.
            limits: The limits to check before memory is allocated.

        Returns:
            The compositions, the layers that jobs may fill, the fonts that the template names,
                and warnings of what will not be drawn as designed.

        Raises:
            TemplateInvalid: The template cannot be read.
            LimitExceeded: The template is larger than `limits` allow.
        """
        raise TemplateInvalid(
            f"This engine uses no templates, so it cannot read one of the type {template_type}."
        )

    def convert(
        self,
        template: Path,
        template_type: str,
        target: Path,  # noqa: ARG002  nothing is converted by default
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Inspect a template and convert it once, so that renders need not do so again.

        By default nothing is converted.

        Args:
            template: The template's file, to be read only.
            template_type: One of the engine's `template_types`.
            target: The file to write the converted template to. If it doesn't exist afterwards,
                renders get the template itself.
            limits: The limits to check before memory is allocated.

        Returns:
            The same as `inspect`.

        Raises:
            TemplateInvalid: The template cannot be read.
            LimitExceeded: The template is larger than `limits` allow.
        """
        return self.inspect(template, template_type, limits)

    @abstractmethod
    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file.

        Args:
            request: The template, the assets and the output to write.
            report: Called with the progress about once a frame, ending with 100.

        Raises:
            RenderError: The job cannot be rendered.
        """

    def sounds(self, request: RenderRequest) -> "Sequence[AudioClip]":  # noqa: ARG002
        """Return the sound of an output whose pictures are rendered in segments.

        Called only if the engine has `renders_ranges`. By default there is no sound.

        Args:
            request: The request that `render` would get for the whole output.

        Returns:
            Clips on the time line of the whole output.

        Raises:
            RenderError: The sound cannot be read.
        """
        return ()


def is_deterministic(engine: type[RenderEngine]) -> bool:
    """Return whether jobs with equal inputs may share one render of the engine."""
    if engine.deterministic is None:
        return not engine.runs_programs
    return engine.deterministic

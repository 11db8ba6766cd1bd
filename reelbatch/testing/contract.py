"""The checks that every render engine must pass. Each message says what to change."""

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NoReturn, cast

import psutil
import pytest

from reelbatch.engines.base import RenderRequest, ResolvedAsset
from reelbatch.engines.output_size import output_size
from reelbatch.engines.pool import RenderPool
from reelbatch.engines.registry import load_engines
from reelbatch.models.errors import (
    LimitExceeded,
    RenderCrashed,
    RendererInterrupted,
    RenderError,
    RenderTimedOut,
)
from reelbatch.models.wire.assets import MediaAsset, layer_names
from reelbatch.models.wire.codecs import CODECS
from reelbatch.models.wire.fonts import FontFace
from reelbatch.testing.hostile import ESCAPED, HostileTemplate, hostile_templates
from reelbatch.testing.media import difference, expected_encoding, read_media
from reelbatch.testing.processes import command_of, descendants, is_running
from reelbatch.testing.samples import Sample
from reelbatch.testing.workbench import LIMITS, Workbench

_FILM_FRAMES = 3  # enough to distinguish a film from a still
_ASSET_TYPES = frozenset(
    {"text", "data", "image", "video", "audio", "static", "essential", "script", "function"}
)
_UNEXPECTED = "the renderer failed: "  # the pool's prefix for anything but a RenderError
_SAME_PICTURE = 10.0  # levels of 256: the mean difference that lossy codecs may make
_END = 10.0  # seconds within which killed processes must be gone
_TRIES = 6  # time limits, each a third of the one before
_CANCELLATIONS = 20  # attempts to cancel a short render before its end


def fail(message: str) -> NoReturn:
    """Fail without a trace, since the fault is in the engine and not in this module."""
    pytest.fail(message, pytrace=False)


def require(condition: object, message: str) -> None:
    if not condition:
        fail(message)


@contextmanager
def working(what: str) -> Generator[None]:
    """Fail if the block raises a RenderError."""
    try:
        yield
    except RenderError as error:
        fail(f"{what} ended in {error.error_code}: {error.message}")


def check_refusal(error: RenderError, what: str) -> None:
    """Require an error that the engine raised itself, with a message for the user."""
    if isinstance(error, RenderTimedOut):
        fail(f"{what} made the engine hang: {error.message}. Check the input before computing.")
    if isinstance(error, (RenderCrashed, RendererInterrupted)):
        fail(f"{what} ended the render process: {error.message}. Check the input first.")
    if error.message.startswith(_UNEXPECTED):
        fail(
            f"{what} made the engine raise an exception that is not a RenderError "
            f"({error.message.removeprefix(_UNEXPECTED)}). Raise TemplateInvalid, AssetInvalid or "
            "LimitExceeded from reelbatch.models.errors, with a message that tells the user what "
            "to do."
        )
    require(len(error.message) >= 10, f"{what}: the error says too little: {error.message!r}")


# Its description


def test_the_engine_describes_itself(bench: Workbench) -> None:
    engine = bench.engine
    missing = [name for name in ("name", "version") if not hasattr(engine, name)]
    require(
        not missing,
        f"The engine has no {' and no '.join(missing)}; see reelbatch/engines/base.py.",
    )
    require(
        re.fullmatch(r"[a-z][a-z0-9-]{0,39}", engine.name),
        f"name = {engine.name!r}: it is part of a task queue's name; use a-z, 0-9 and hyphens.",
    )
    require(
        ":" in bench.reference or engine.name == bench.reference,
        f"The engine's name is {engine.name!r} and its entry point's is {bench.reference!r}: "
        "both must be the same.",
    )
    require(engine.version, "version is empty: operators need it to know what renders.")
    for name in ("template_types", "asset_types", "functions", "codecs"):
        value: object = getattr(engine, name)
        require(isinstance(value, frozenset), f"{name} must be a frozenset of names.")
    unknown = sorted(engine.codecs - CODECS.keys())
    require(engine.codecs, "codecs is empty: clients could not request any output.")
    require(
        not unknown,
        f"codecs has names that are not in reelbatch.models.wire.codecs: {', '.join(unknown)}.",
    )
    strange = sorted(engine.asset_types - _ASSET_TYPES)
    require(not strange, f"asset_types has types that clients cannot send: {', '.join(strange)}.")
    misspelled = sorted(name for name in engine.functions if not name.startswith("nx:"))
    require(not misspelled, f"functions must be spelled nx:…, not {', '.join(misspelled)}.")
    fonts = cast("object", engine.fonts)
    require(
        isinstance(fonts, tuple)
        and all(isinstance(font, FontFace) for font in cast("tuple[object, ...]", fonts)),
        "fonts must be a tuple of reelbatch.models.wire.fonts.FontFace.",
    )


def test_no_other_engine_renders_its_templates(bench: Workbench) -> None:
    for name, other in load_engines().items():
        shared = sorted(bench.engine.template_types & other.template_types)
        is_distinct = bench.engine.manifest != other.manifest or (
            bench.engine.name == other.instead_of or bench.engine.instead_of == name
        )
        if other.name != bench.engine.name and shared and not is_distinct:
            fail(
                f"The installed engine {name} renders {', '.join(shared)} too, and the first "
                "engine by name gets the templates. Choose another word in template_types, or a "
                "`manifest` by which the engine's archives are recognised."
            )


# Its inspections


def test_an_inspection_finds_what_the_sample_names(bench: Workbench, sample: Sample) -> None:
    with working("inspect() of the sample's template"):
        found = bench.inspect(sample)
    names = [composition.name for composition in found.compositions]
    require(len(set(names)) == len(names), f"Two compositions have the same name: {names}.")
    for composition in found.compositions:
        require(
            composition.width > 0
            and composition.height > 0
            and composition.frame_rate > 0
            and composition.frames > 0,
            f"The size, frame rate and frames of the composition {composition.name!r} must be "
            f"above 0: {composition!r}.",
        )
    require(
        sample.composition is None or sample.composition in names,
        f"inspect() finds {names}, but not the sample's composition {sample.composition!r}.",
    )
    for resolved in sample.assets:
        where = resolved.asset.composition or bench.composition(sample).name
        layers = {layer.name for layer in found.layers if layer.composition == where}
        for layer in layer_names(resolved.asset):
            require(
                layer in layers,
                f"inspect() finds no layer {layer!r} in {where!r}, so the service would reject "
                f"jobs that fill it. It finds {sorted(layers)}.",
            )


def test_every_composition_that_an_inspection_finds_is_rendered(
    bench: Workbench, sample: Sample
) -> None:
    for composition in bench.inspect(sample).compositions[:5]:
        request = bench.request(
            sample, bench.quickest_codec(), end=1, composition=composition.name, assets=()
        )
        with working(f"The composition {composition.name!r}, without assets,"):
            bench.render(request)


# Its outputs


def test_an_output_is_what_its_codec_promises(bench: Workbench, codec: str) -> None:
    sample = bench.samples[0]
    composition, kind = bench.composition(sample), CODECS[codec]
    frames = 1 if kind.output_type == "image" else min(_FILM_FRAMES, composition.frames)
    with working(f"The codec {codec}"):
        rendering = bench.render(bench.request(sample, codec, end=frames))
    result = rendering.result
    try:
        media = read_media(rendering.file, kind)
    except (OSError, ValueError) as error:  # the base classes of PyAV's errors
        fail(f"The output of {codec} cannot be decoded: {error}.")
    require(
        media.encoding == expected_encoding(kind),
        f"The output of {codec} is {media.encoding}, not {expected_encoding(kind)}.",
    )
    size = output_size(codec, composition.width, composition.height, draft=False)
    require(
        media.size == size,
        f"The output has {media.size} pixels, but reelbatch.engines.encoding.output_size says "
        f"{size}.",
    )
    require(
        (result.width, result.height) == media.size,
        f"render() returned {result.width} x {result.height}, but the file has {media.size}.",
    )
    require(
        result.frames == frames,
        f"render() returned {result.frames} frames, but {frames} were requested.",
    )
    merges_frames = codec == "video_gif"  # equal frames become one picture
    require(
        len(media.pictures) == frames or (merges_frames and len(media.pictures) < frames),
        f"The file has {len(media.pictures)} frames, but {frames} were requested.",
    )


def test_a_draft_has_half_the_size(bench: Workbench, sample: Sample) -> None:
    codec, composition = bench.quickest_codec(), bench.composition(sample)
    with working("A draft"):
        rendering = bench.render(bench.request(sample, codec, end=1, draft=True))
    size = output_size(codec, composition.width, composition.height, draft=True)
    made = read_media(rendering.file, CODECS[codec]).size
    require(made == size, f"A draft has {made} pixels, but output_size says {size}.")


def test_a_range_of_frames_is_exact(bench: Workbench, sample: Sample) -> None:
    codec, frames = bench.film_codec(), bench.composition(sample).frames
    if codec is None or frames < _FILM_FRAMES:
        pytest.skip(f"needs a film of {_FILM_FRAMES} frames: {frames} with {codec}")
    kind, middle = CODECS[codec], frames // 2
    with working(f"All {frames} frames"):
        whole = read_media(bench.render(bench.request(sample, codec)).file, kind).pictures
    if len(whole) == frames:
        for first, end in ((middle, middle + 1), (frames - 2, frames)):
            with working(f"The frames {first} to {end}"):
                part = bench.render(bench.request(sample, codec, first=first, end=end))
            pictures = read_media(part.file, kind).pictures
            require(
                len(pictures) == end - first,
                f"The range [{first}, {end}] has {len(pictures)} frames, not {end - first}.",
            )
            for number, picture in enumerate(pictures, start=first):
                away = difference(picture, whole[number])
                require(
                    away < _SAME_PICTURE,
                    f"Frame {number} on its own differs from the same frame in the whole film "
                    f"(by {away:.0f} levels of 256). A frame must depend on its number alone, and "
                    "not on the frames before it.",
                )
    elif codec != "video_gif":
        fail(f"All {frames} frames were requested, but the file has {len(whole)}.")


def test_segments_join_to_the_whole_film(bench: Workbench, sample: Sample) -> None:
    """Only for engines with `renders_ranges`."""
    codec, composition = bench.film_codec(), bench.composition(sample)
    frames = composition.frames
    if not bench.engine.renders_ranges or codec is None or not CODECS[codec].joinable:
        pytest.skip("only for engines that render ranges, in codecs that can be joined")
    segments: list[Path] = []
    for first, end in ((0, frames // 2), (frames // 2, frames)):
        part = bench.request(sample, codec, first=first, end=end)
        with working(f"The segment of the frames {first} to {end}, without sound,"):
            segments.append(bench.render(replace(part, sound=False)).file)
    whole, joined = bench.request(sample, codec), bench.request(sample, codec)
    with working("Rendering all frames, or joining two segments,"):
        bench.render(whole)
        rate = Fraction(composition.frame_rate)
        bench.runner.run(bench.pool.join(joined, segments, rate, lambda _: None))
    expected, made = (read_media(file.output_path, CODECS[codec]) for file in (whole, joined))
    require(
        len(made.pictures) == len(expected.pictures),
        f"Two segments have {len(made.pictures)} frames together, but the whole film has "
        f"{len(expected.pictures)}.",
    )
    require(
        made.has_sound == expected.has_sound,
        "The whole film has sound, but sounds() returns none."
        if expected.has_sound
        else "sounds() returns sound, but the whole film has none.",
    )
    for number, (picture, one) in enumerate(zip(expected.pictures, made.pictures, strict=True)):
        away = difference(picture, one)
        require(
            away < _SAME_PICTURE,
            f"Frame {number} in a segment differs from the same frame in the whole film (by "
            f"{away:.0f} levels of 256).",
        )


def test_frames_outside_of_the_composition_are_refused(bench: Workbench, sample: Sample) -> None:
    frames, codec = bench.composition(sample).frames, bench.quickest_codec()
    with expected_refusal(f"Frame {frames} of a composition of {frames} (0 to {frames - 1})"):
        bench.render(bench.request(sample, codec, first=frames, end=frames + 1))


# Its behaviour


def test_equal_requests_give_equal_files(bench: Workbench, sample: Sample) -> None:
    codec = bench.film_codec() or bench.quickest_codec()
    with working("The sample"):
        request = bench.request(sample, codec)
        one, other = (
            bench.render(request),
            bench.render(bench.request(sample, codec), bench.other_pool),
        )
    if one.file.read_bytes() == other.file.read_bytes():
        return
    pictures = [read_media(rendering.file, CODECS[codec]).pictures for rendering in (one, other)]
    differing = [
        number
        for number, (left, right) in enumerate(zip(*pictures, strict=True))
        if difference(left, right) > 0
    ]
    require(
        not differing,
        f"Equal requests gave different pictures in two processes, from frame {differing[:1]} on. "
        "Possible causes are the clock, random numbers, the order of sets or files, and threads.",
    )


def test_progress_ascends_to_a_hundred(bench: Workbench, sample: Sample) -> None:
    """Renders in this process, since a pool passes on only some of the reports."""
    codec = bench.film_codec() or bench.quickest_codec()
    request, reports = bench.request(sample, codec), list[float]()
    before = Path.cwd()
    with working("render()"), temporary_folder(request.work_dir):
        bench.engine.renderer().render(request, reports.append)
    require(Path.cwd() == before, "render() changed the current folder: use absolute paths.")
    require(reports, "render() did not report: call report(percent) about once a frame.")
    require(reports == sorted(reports), f"The progress goes backwards: {reports}.")
    require(
        0 <= reports[0] <= reports[-1] == 100,
        f"The progress goes from {reports[0]} to {reports[-1]}: it must be a percentage that ends "
        "with 100.",
    )


@contextmanager
def temporary_folder(folder: Path) -> Generator[None]:
    """Set Python's temporary folder, as render processes do."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def test_a_render_leaves_its_template_and_its_folder_as_they_are(
    bench: Workbench, sample: Sample
) -> None:
    request = bench.request(sample, bench.quickest_codec(), end=1)
    with working("The sample"):
        rendering = bench.render(request)
    require(
        request.template.read_bytes() == sample.template.read_bytes(),
        "render() changed the template, which other renders share.",
    )
    require(
        not rendering.left,
        f"render() wrote other files than the output: {rendering.left}.",
    )
    outside = [path.name for path in request.work_dir.parent.iterdir()]
    require(
        sorted(outside) == ["template", "work"],
        f"render() wrote outside work_dir: {outside}.",
    )


def test_it_renders_fully_confined(bench: Workbench) -> None:
    request = bench.request(bench.samples[0], bench.quickest_codec(), end=1)
    try:
        bench.render(request)
    except RenderError as error:
        fail(
            f"The sample cannot be rendered in a confined process: {error.message}. The process "
            "may read /usr, Python's packages and its own files, and write to work_dir."
        )
    if missing := bench.pool.missing_confinement:
        pytest.skip(f"this system cannot confine {', '.join(missing)}")


def test_a_cancelled_render_stops_and_leaves_nothing(bench: Workbench) -> None:
    sample = bench.samples[0]
    codec = bench.film_codec() or bench.quickest_codec()
    requests = [bench.request(sample, codec) for _ in range(_CANCELLATIONS)]
    before = descendants()
    with bench.another_pool() as pool:
        for request in requests:
            seen, has_ended = bench.runner.run(_cancelled_at_first_report(pool, request))
            require(seen, "render() did not report, so it could not be cancelled in the middle.")
            if not has_ended:
                break
        else:
            fail("render() reported only at its end, so it could not be cancelled in the middle.")
        left = [path.name for path in request.work_dir.iterdir()]
        require(not left, f"A cancelled render left files: {left}.")
        with working("A render after a cancelled one"):
            bench.render(bench.request(sample, bench.quickest_codec(), end=1), pool)
    _require_ends(seen - before)


async def _cancelled_at_first_report(
    pool: RenderPool, request: RenderRequest
) -> tuple[set[psutil.Process], bool]:
    """Render, and cancel at the first report of progress.

    Returns the processes that were running then, and whether the render had already ended.
    """
    seen: set[psutil.Process] = set()
    has_ended = False

    def stop(percent: float) -> None:
        del percent
        seen.update(descendants())
        task.cancel()

    async def render() -> None:
        nonlocal has_ended
        await pool.render(request, stop)
        has_ended = True

    task = asyncio.ensure_future(render())
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return seen, has_ended


def _require_ends(processes: set[psutil.Process]) -> None:
    deadline = time.monotonic() + _END
    running = list(processes)
    while running and time.monotonic() < deadline:
        time.sleep(0.05)
        running = [process for process in running if is_running(process)]
    commands = [command_of(process)[:100] for process in running]
    require(
        not running,
        f"Programs outlive the render that started them: {commands}. Start them with "
        "reelbatch.engines.programs, which kills them with the render.",
    )


# Refusals


@contextmanager
def expected_refusal(what: str, kind: type[RenderError] = RenderError) -> Generator[None]:
    """Fail unless the engine refuses what the block does."""
    try:
        yield
    except RenderError as error:
        check_refusal(error, what)
        require(
            isinstance(error, kind),
            f"{what} ended in {error.error_code}, but should end in {kind.error_code}: "
            f"{error.message}",
        )
    else:
        fail(f"{what} was rendered, but must be refused with {kind.__name__}.")


def test_more_pixels_than_allowed_are_refused(bench: Workbench, sample: Sample) -> None:
    composition = bench.composition(sample)
    pixels = composition.width * composition.height
    limits = replace(LIMITS, pixels_per_frame=pixels - 1)
    with expected_refusal(
        f"A frame of {pixels} pixels, with a limit of {pixels - 1},", LimitExceeded
    ):
        bench.render(bench.request(sample, bench.quickest_codec(), end=1, limits=limits))


def test_more_frames_than_allowed_are_refused(bench: Workbench, sample: Sample) -> None:
    codec, frames = bench.film_codec(), bench.composition(sample).frames
    if codec is None or frames < _FILM_FRAMES:
        pytest.skip(f"needs a film of {_FILM_FRAMES} frames: {frames} with {codec}")
    limits = replace(LIMITS, frames=frames - 1)
    with expected_refusal(
        f"A film of {frames} frames, with a limit of {frames - 1},", LimitExceeded
    ):
        bench.render(bench.request(sample, codec, limits=limits))


def test_a_larger_template_than_allowed_is_refused(bench: Workbench, sample: Sample) -> None:
    size = sample.template.stat().st_size
    limits = replace(LIMITS, template_size=size - 1)
    with expected_refusal(
        f"A template of {size} bytes, with a limit of {size - 1},", LimitExceeded
    ):
        bench.render(bench.request(sample, bench.quickest_codec(), end=1, limits=limits))


def test_a_render_that_takes_too_long_is_ended(bench: Workbench) -> None:
    """The pool ends the render. The engine must leave no processes and no files."""
    sample, before = bench.samples[0], descendants()
    codec = bench.film_codec() or bench.quickest_codec()
    begun = time.monotonic()
    bench.render(bench.request(sample, codec))
    seconds = time.monotonic() - begun
    for _ in range(_TRIES):
        seconds /= 3
        with bench.another_pool(replace(LIMITS, seconds=seconds)) as pool:
            request = bench.request(sample, codec)
            try:
                bench.render(request, pool)
            except RenderTimedOut:
                left = [path.name for path in request.work_dir.iterdir()]
                require(not left, f"A render that took too long left files: {left}.")
                break
    else:
        fail(f"A render was not ended after {seconds} seconds.")
    _require_ends(set(descendants() - before))


def test_a_render_with_too_little_memory_ends_in_an_error(bench: Workbench) -> None:
    sample = bench.samples[0]
    request = bench.request(sample, bench.film_codec() or bench.quickest_codec())
    with (
        bench.another_pool(replace(LIMITS, memory=16 * 1024**2, seconds=20)) as pool,
        contextlib.suppress(LimitExceeded, RenderCrashed),
    ):
        try:
            bench.render(request, pool)
        except RenderTimedOut as error:
            fail(f"The engine hangs if it has too little memory: {error.message}.")
        except RenderError as error:
            require(error.message, "The engine's error has no message if memory runs out.")


def test_an_unknown_composition_is_refused(bench: Workbench, sample: Sample) -> None:
    name = "no composition has this name"
    with expected_refusal(f"The composition {name!r}"):
        bench.render(bench.request(sample, bench.quickest_codec(), end=1, composition=name))


def test_a_broken_file_of_an_asset_is_refused(
    bench: Workbench, sample: Sample, tmp_path: Path
) -> None:
    """The file may also be ignored, like the sound of a still."""
    with_files = [asset for asset in sample.assets if isinstance(asset.asset, MediaAsset)]
    if not with_files:
        pytest.skip("no asset of this sample is an image, a video or a sound")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    for chosen in with_files:
        assets = [
            ResolvedAsset(asset.asset, broken) if asset is chosen else asset
            for asset in sample.assets
        ]
        codec = bench.film_codec() or bench.quickest_codec()
        try:
            bench.render(bench.request(sample, codec, end=1, assets=assets))
        except RenderError as error:
            check_refusal(error, f"A broken file for {layer_names(chosen.asset)}")


# Hostile templates


@pytest.mark.parametrize("hostile", hostile_templates(), ids=lambda hostile: hostile.name)
def test_a_hostile_template_is_refused_or_rendered(
    bench: Workbench, hostile: HostileTemplate
) -> None:
    for sample in _one_of_each_type(bench):
        content = hostile.make(sample.template.read_bytes())
        if content is None:
            pytest.skip("cannot be made from this sample, which has no text")
        what = f"The hostile template {hostile.name!r} ({sample.template_type})"
        file = Path(tempfile.mkdtemp(prefix="hostile-", dir=bench.folder)) / "template"
        file.write_bytes(content)
        try:
            found = bench.inspect_file(file, sample.template_type)
            request = bench.request(
                replace(sample, template=file),
                bench.quickest_codec(),
                end=1,
                composition=found.compositions[0].name,
                assets=(),
            )
            bench.render(request)
        except RenderError as error:
            check_refusal(error, what)
    escaped = [*Path(tempfile.gettempdir()).glob(ESCAPED), *bench.folder.rglob(ESCAPED)]
    require(
        not escaped,
        f"A file was unpacked to {escaped}: ignore entries whose path leads out of the archive.",
    )


def _one_of_each_type(bench: Workbench) -> list[Sample]:
    return list({sample.template_type: sample for sample in reversed(bench.samples)}.values())


def test_it_renders_as_before_after_hostile_templates(bench: Workbench) -> None:
    sample, codec = bench.samples[0], bench.quickest_codec()
    with working("The sample, after hostile templates,"):
        used = bench.render(bench.request(sample, codec, end=1))
        fresh = bench.render(bench.request(sample, codec, end=1), bench.other_pool)
    pictures = [read_media(made.file, CODECS[codec]).pictures[0] for made in (used, fresh)]
    require(
        difference(pictures[0], pictures[1]) == 0,
        "State that the engine retains between renders has changed the picture of a later one.",
    )

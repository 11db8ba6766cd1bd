"""Renders a template's pages with a job's assets to the output's file."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from reelbatch.engines.archives import comparable
from reelbatch.engines.base import (
    RenderedFile,
    Renderer,
    RenderLimits,
    RenderRequest,
    ReportProgress,
    ResolvedAsset,
)
from reelbatch.engines.decoding import Footage
from reelbatch.engines.described import frames_of, rate_of
from reelbatch.engines.encoding import (
    AudioClip,
    FrameWriter,
    join_segments,
    open_writer,
    output_size,
)
from reelbatch.engines.encoding.audio import check_sound
from reelbatch.engines.html.browser import Browser, BrowserEnded
from reelbatch.engines.html.fonts import (
    described_fonts,
    lent_characters,
    missing_fonts,
    missing_glyphs,
)
from reelbatch.engines.html.manifest import Files, Page, open_template
from reelbatch.engines.html.media import Content, PageMedia
from reelbatch.engines.html.notes import Notes
from reelbatch.engines.html.page import Filling, PageView
from reelbatch.models.errors import AssetInvalid, TemplateInvalid
from reelbatch.models.stored.templates import Layer, TemplateInspection
from reelbatch.models.wire.assets import DataAsset, MediaAsset, StaticAsset, TextAsset
from reelbatch.models.wire.codecs import CODECS

_ASSETS = PurePosixPath("reelbatch-assets")  # the folder of the job's media, next to the pages
_FONTS = PurePosixPath("reelbatch-fonts")  # the folder of the team's fonts
_CODE = (".html", ".htm", ".js", ".mjs", ".cjs")
_SOUND = re.compile(rb"<audio|<video|Audio\b|AudioContext|createElement")
_STARTS = 2  # attempts to start the browser for one render


class HtmlRenderer(Renderer):
    """Has a browser draw a page at exact times."""

    def __init__(self, *, first_frame: int = 0) -> None:
        """`first_frame` is the number of the page's first frame in warnings and errors."""
        self._first_frame = first_frame

    def inspect(
        self,
        template: Path,
        template_type: str,  # noqa: ARG002  there is only one
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Read the pages' manifests. Raises TemplateInvalid or LimitExceeded."""
        files, pages = open_template(template, limits)
        layers = [layer for page in pages for layer in _layers(page)]
        has_text = any(layer.layer_type in ("text", "data") for layer in layers)
        return TemplateInspection(
            compositions=[page.composition for page in pages],
            layers=layers,
            fonts=missing_fonts(files),
            lent_characters=lent_characters(files) if has_text else None,
        )

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError.

        In codecs without alpha, the page has a white background as in browsers.
        """
        opened = self._open(request)
        frames, codec = opened.frames, CODECS[request.output.codec]
        draft, rate = request.output.draft, rate_of(opened.page.composition)
        size = output_size(
            codec.name, opened.page.composition.width, opened.page.composition.height, draft
        )
        with closing(_view(request, opened)) as view:
            with open_writer(
                request.output_path,
                codec.name,
                width=size[0],
                height=size[1],
                frame_rate=rate,
                draft=draft,
            ) as writer:
                _draw(view, frames, writer, size, report)
            is_heard = request.sound and codec.joinable
            clips = view.sounds(frames, request.work_dir) if is_heard else []
            rare = view.rare_characters()
        if clips:
            add_sound(request, rate, clips)
        words = _words(request.assets)  # a canvas or a style may show them
        return RenderedFile(
            width=size[0],
            height=size[1],
            frames=len(frames),
            missing_glyphs=None if rare is None else missing_glyphs([*words, rare], request.fonts),
            warnings=opened.notes.warnings(),
        )

    def sounds(self, request: RenderRequest) -> Sequence[AudioClip]:
        """Return everything that the page plays during the output's frames. Raises RenderError."""
        opened = self._open(request)
        if not CODECS[request.output.codec].joinable or not _may_sound(opened.files):
            return []
        with closing(_view(request, opened)) as view:
            for number in range(opened.frames.stop):
                view.step(number)
            return view.sounds(opened.frames, request.work_dir)

    def _open(self, request: RenderRequest) -> "_Opened":
        files, pages = open_template(request.template, request.limits)
        page = _page(pages, request.composition)
        composition = page.composition
        return _Opened(
            files=files,
            page=page,
            frames=frames_of(composition, request.output),
            notes=Notes(composition.name, strict=page.strict, first_frame=self._first_frame),
        )


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """A page of an opened template, and the frames that are requested."""

    files: Files
    page: Page
    frames: range
    notes: Notes


def _view(request: RenderRequest, opened: _Opened) -> PageView:
    page, content = opened.page, _content(opened.files, request.assets, request.fonts)
    filling = _filling(request.assets, request.limits)
    urls = [f"/{_FONTS / str(number)}" for number in range(len(request.fonts))]
    filling = replace(filling, fonts=list(described_fonts(request.font_faces, urls)))
    return _open_view(
        request.work_dir,
        lambda: PageMedia(content, request.work_dir, request.limits),
        partial(
            PageView,
            notes=opened.notes,
            path=page.path,
            composition=page.composition,
            content=content,
            filling=filling,
            opaque=not CODECS[request.output.codec].alpha,
            draft=request.output.draft,
        ),
    )


def _may_sound(files: Files) -> bool:
    return any(_SOUND.search(content) for path, content in files.items() if path.suffix in _CODE)


def add_sound(request: RenderRequest, rate: Fraction, clips: Sequence[AudioClip]) -> None:
    """Add sound to a finished film. Only then is everything known that the page plays."""
    silent = request.work_dir / f"silent.{request.output.extension}"
    request.output_path.rename(silent)
    codec = request.output.codec
    join_segments(
        request.output_path, codec, [silent], lambda _: None, frame_rate=rate, audio=clips
    )


def _open_view(
    folder: Path, media: Callable[[], PageMedia], load: Callable[..., PageView]
) -> PageView:
    """Load the page, again if the browser crashes. Occasionally it does so while it starts."""
    for _ in range(_STARTS - 1):
        with suppress(BrowserEnded):
            return _load_view(folder, media, load)
    return _load_view(folder, media, load)


def _load_view(
    folder: Path, media: Callable[[], PageMedia], load: Callable[..., PageView]
) -> PageView:
    with ExitStack() as opened:
        browser = opened.enter_context(closing(Browser(folder)))
        playing = opened.enter_context(closing(media()))
        view = load(browser=browser, media=playing)
        opened.pop_all()  # the view closes them
        return view


def _draw(
    view: PageView,
    frames: range,
    writer: FrameWriter,
    size: tuple[int, int],
    report: ReportProgress,
) -> None:
    """Draw all frames from the first one on, since scripts depend on what came before."""
    for number in range(frames.start):
        view.step(number)
    for done, number in enumerate(frames, start=1):
        picture = view.picture(number, *size)
        if picture is None:
            writer.repeat()
        else:
            writer.write(picture)
        report(100 * done / len(frames))


def _page(pages: Sequence[Page], name: str) -> Page:
    for page in pages:
        if page.composition.name == name:
            return page
    names = ", ".join(repr(page.composition.name) for page in pages)
    raise TemplateInvalid(f"The template has no composition {name!r}; it has {names}."[:500])


def _layers(page: Page) -> list[Layer]:
    composition = page.composition
    return [
        Layer(
            composition=composition.name,
            position=position,
            name=name,
            layer_type=kind,
            out_point=composition.duration,
            text=page.texts.get(name),
        )
        for position, (name, kind) in enumerate(page.layers.items(), start=1)
    ]


def _content(files: Files, assets: Sequence[ResolvedAsset], fonts: Sequence[Path]) -> Content:
    """Return a lookup of files; those of the job and the team hide the template's."""
    packed = {comparable(path): file for path, file in files.items()}
    own = {_FONTS / str(number): font for number, font in enumerate(fonts)}
    for resolved in assets:
        if resolved.file is not None and isinstance(resolved.asset, StaticAsset):
            own[comparable(PurePosixPath(resolved.asset.name))] = resolved.file
        elif resolved.file is not None and isinstance(resolved.asset, MediaAsset):
            own[_place(resolved.asset)] = resolved.file

    def content(path: PurePosixPath) -> bytes | None:
        file = own.get(comparable(path))
        return packed.get(comparable(path)) if file is None else file.read_bytes()

    return content


def _place(asset: MediaAsset) -> PurePosixPath:
    return _ASSETS / asset.layer_name.encode().hex()


def _words(assets: Sequence[ResolvedAsset]) -> Iterator[str]:
    for resolved in assets:
        asset = resolved.asset
        if isinstance(asset, (TextAsset, DataAsset)) and isinstance(asset.value, str):
            yield asset.value


def _filling(assets: Sequence[ResolvedAsset], limits: RenderLimits) -> Filling:
    data, texts, places = dict[str, Any](), dict[str, str](), dict[str, str]()
    properties: dict[str, dict[str, Any]] = {}
    for resolved in assets:
        asset = resolved.asset
        if isinstance(asset, TextAsset):
            data[asset.layer_name] = texts[asset.layer_name] = asset.value
        elif isinstance(asset, DataAsset) and asset.property == "value":
            data[asset.layer_name] = asset.value
            texts[asset.layer_name] = str(asset.value)
        elif isinstance(asset, DataAsset):
            properties.setdefault(asset.layer_name, {})[asset.property] = asset.value
        elif isinstance(asset, MediaAsset):
            _check_file(resolved, limits)
            data[asset.layer_name] = places[asset.layer_name] = f"/{_place(asset)}"
    return Filling(data=data, texts=texts, files=places, properties=properties)


def _check_file(resolved: ResolvedAsset, limits: RenderLimits) -> None:
    """Raise AssetInvalid if the file doesn't match the asset's type.

    The page would show nothing in its place.
    """
    assert isinstance(resolved.asset, MediaAsset)  # noqa: S101
    name = resolved.asset.layer_name
    if resolved.file is None:
        raise AssetInvalid(f"{name}: The file is missing.")
    if resolved.asset.type == "image":
        _check_picture(name, resolved.file, limits)
    elif resolved.asset.type == "audio":
        check_sound(AudioClip(resolved.file, 0.0, None, name=name))
    else:
        try:
            Footage(resolved.file, limits).close()
        except AssetInvalid as error:
            raise AssetInvalid(f"{name}: {error.message}") from error


def _check_picture(name: str, file: Path, limits: RenderLimits) -> None:
    try:
        with Image.open(file, formats=["PNG", "JPEG", "WEBP", "GIF"]) as image:
            if image.width * image.height > limits.pixels_per_frame:
                raise AssetInvalid(
                    f"{name}: The picture has {image.width}x{image.height} pixels; this server "
                    f"allows at most {limits.pixels_per_frame} (REELBATCH_MAX_FRAME_PIXELS)."
                )
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise AssetInvalid(
            f"{name}: The file is damaged, or is not a PNG, JPEG, WebP or GIF."
        ) from error

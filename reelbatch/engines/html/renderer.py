"""From a template's pages and a job's assets to the output's file."""

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
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
from reelbatch.engines.described import frames_of, rate_of
from reelbatch.engines.encoding import FrameWriter, open_writer, output_size
from reelbatch.engines.html.browser import Browser, BrowserEnded
from reelbatch.engines.html.manifest import Files, Page, open_template
from reelbatch.engines.html.notes import Notes
from reelbatch.engines.html.page import Content, Filling, PageView
from reelbatch.models.errors import AssetInvalid, TemplateInvalid
from reelbatch.models.stored.templates import Layer, TemplateInspection
from reelbatch.models.wire.assets import DataAsset, MediaAsset, StaticAsset, TextAsset
from reelbatch.models.wire.codecs import CODECS

_ASSETS = PurePosixPath("reelbatch-assets")  # the folder of a job's pictures, beside the pages
_STARTS = 2  # of a browser for one render


class HtmlRenderer(Renderer):
    """Has a browser draw a page at exact times."""

    def inspect(
        self,
        template: Path,
        template_type: str,  # noqa: ARG002  there is one
        limits: RenderLimits,
    ) -> TemplateInspection:
        """Read what the pages say of themselves. Raises TemplateInvalid or LimitExceeded."""
        _, pages = open_template(template, limits)
        return TemplateInspection(
            compositions=[page.composition for page in pages],
            layers=[layer for page in pages for layer in _layers(page)],
            fonts=[],
        )

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError.

        Codecs without alpha show the page on white, as browsers do.
        """
        files, pages = open_template(request.template, request.limits)
        page = _page(pages, request.composition)
        output, composition = request.output, page.composition
        frames = frames_of(composition, output)
        codec = CODECS[output.codec]
        size = output_size(codec.name, composition.width, composition.height, output.draft)
        content, filling = _content(files, request.assets), _filling(request.assets, request.limits)
        notes = Notes(composition.name, strict=page.strict)
        view = _open_view(
            request.work_dir,
            lambda browser: PageView(
                browser=browser,
                notes=notes,
                path=page.path,
                composition=composition,
                content=content,
                filling=filling,
                opaque=not codec.alpha,
                draft=output.draft,
            ),
        )
        with (
            closing(view),
            open_writer(
                request.output_path,
                codec.name,
                width=size[0],
                height=size[1],
                frame_rate=rate_of(composition),
                draft=output.draft,
            ) as writer,
        ):
            _draw(view, frames, writer, size, report)
        return RenderedFile(
            width=size[0], height=size[1], frames=len(frames), warnings=notes.warnings()
        )


def _open_view(folder: Path, load: Callable[[Browser], PageView]) -> PageView:
    """A page that is loaded. Now and then a browser crashes while it starts."""
    for _ in range(_STARTS - 1):
        with suppress(BrowserEnded):
            return _load_view(folder, load)
    return _load_view(folder, load)


def _load_view(folder: Path, load: Callable[[Browser], PageView]) -> PageView:
    browser = Browser(folder)
    try:
        return load(browser)
    except BaseException:
        browser.close()
        raise


def _draw(
    view: PageView,
    frames: range,
    writer: FrameWriter,
    size: tuple[int, int],
    report: ReportProgress,
) -> None:
    """Scripts remember what was: time passes frame by frame from the first one on."""
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


def _content(files: Files, assets: Sequence[ResolvedAsset]) -> Content:
    """The template's files, with those of the job before them."""
    packed = {comparable(path): file for path, file in files.items()}
    own: dict[PurePosixPath, Path] = {}
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


def _filling(assets: Sequence[ResolvedAsset], limits: RenderLimits) -> Filling:
    data, texts, pictures = dict[str, Any](), dict[str, str](), dict[str, str]()
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
            _check_picture(resolved, limits)
            data[asset.layer_name] = pictures[asset.layer_name] = f"/{_place(asset)}"
    return Filling(data=data, texts=texts, pictures=pictures, properties=properties)


def _check_picture(resolved: ResolvedAsset, limits: RenderLimits) -> None:
    """Whether it is one, before a browser shows nothing in its place. Raises AssetInvalid."""
    assert isinstance(resolved.asset, MediaAsset)  # noqa: S101
    name = resolved.asset.layer_name
    if resolved.file is None:
        raise AssetInvalid(f"{name}: The file is missing.")
    try:
        with Image.open(resolved.file, formats=["PNG", "JPEG", "WEBP", "GIF"]) as image:
            if image.width * image.height > limits.pixels_per_frame:
                raise AssetInvalid(
                    f"{name}: The picture has {image.width}x{image.height} pixels; this server "
                    f"takes at most {limits.pixels_per_frame} (REELBATCH_MAX_FRAME_PIXELS)."
                )
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise AssetInvalid(
            f"{name}: The file is damaged, or is not a PNG, JPEG, WebP or GIF."
        ) from error

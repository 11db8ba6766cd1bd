"""The lottie-web renderer: fills a template and renders it as a page of the HTML engine."""

import json
import re
import zipfile
from dataclasses import replace
from importlib.resources import files as package_files
from pathlib import Path

from reelbatch.engines.base import RenderedFile, RenderRequest, ReportProgress
from reelbatch.engines.html.renderer import HtmlRenderer, add_sound
from reelbatch.engines.lottie.renderer import (
    FilledTemplate,
    LottieRenderer,
    background_of,
    fill_template,
)
from reelbatch.engines.lottie_web.document import PlayerDocument, player_document
from reelbatch.engines.lottie_web.player import HOW_TO_GET_THE_PLAYER, find_player
from reelbatch.models.errors import RendererInterrupted, TemplateInvalid
from reelbatch.models.wire.codecs import CODECS

_SLOWEST, _FASTEST = 1, 240  # frames per second of the HTML engine
_VERSION = re.compile(rb"""\bversion\s*=\s*["']([\w.-]{1,40})["']""")
_LONGEST_NAME = 200  # characters, of a page's composition
# A template is only read as data. The player needs `eval` for its expressions. Apart from these,
# nothing but the page's files is loaded or run.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src data:; font-src 'self'; connect-src 'self'"
)
_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<script type="application/json" id="reelbatch">{manifest}</script>
<link rel="stylesheet" href="stage.css">
<div id="stage"></div>
<script src="lottie-web.js"></script>
<script src="stage.js"></script>
"""


class LottieWebRenderer(LottieRenderer):
    """Fills a document as the Lottie engine does, and has lottie-web draw it in a browser."""

    def __init__(self) -> None:
        super().__init__()
        player = find_player()  # before the process is confined and can no longer read it
        self._player = b"" if player is None else player.read_bytes()
        self._stage = (
            package_files("reelbatch.engines.lottie_web").joinpath("stage.js").read_bytes()
        )

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        """Write the output file. Raises RenderError.

        The page starts with the output's first frame. The player skips the frames before it, which
        takes a fraction of the time of drawing them.
        """
        if not self._player:
            raise RendererInterrupted(HOW_TO_GET_THE_PLAYER)
        filled = fill_template(request)
        shelf = filled.shelf(request)
        warnings = filled.fit_texts(shelf)
        clips = filled.sounds(request) if request.sound else []
        document = player_document(filled, shelf, request.limits)
        name = filled.composition.name[:_LONGEST_NAME]
        page = self._write_page(request, filled, document, name)
        output = request.output.model_copy(
            update={"first_frame": 0, "end_frame": len(filled.frames)}
        )
        drawn = HtmlRenderer(first_frame=filled.frames.start).render(
            replace(
                request,
                template=page,
                template_type="html",
                composition=name,
                output=output,
                assets=(),
                fonts=(),
                font_faces=(),
                sound=False,
                limits=replace(request.limits, template_size=page.stat().st_size),
            ),
            report,
        )
        if clips:
            add_sound(request, filled.document.frame_rate, clips)
        version = _VERSION.search(self._player)
        return replace(
            drawn,
            drawn_by=f"lottie-web {version[1].decode() if version else ''}".strip(),
            warnings=[*warnings, *document.warnings, *drawn.warnings],
        )

    def _write_page(
        self, request: RenderRequest, filled: FilledTemplate, document: PlayerDocument, name: str
    ) -> Path:
        """Write a template for the HTML engine that shows the output's frames."""
        scene = {"first": filled.frames.start, "animation": document.animation}
        files: dict[str, bytes] = {
            "index.html": _page(filled, name).encode(),
            "stage.css": _style(request, filled, len(document.fonts)).encode(),
            "stage.js": self._stage,
            "lottie-web.js": self._player,
            "scene.json": json.dumps(scene).encode(),
            **{f"fonts/{number}": font for number, font in enumerate(document.fonts)},
        }
        target = request.work_dir / "page.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        return target


def _page(filled: FilledTemplate, name: str) -> str:
    rate = filled.document.frame_rate
    if not _SLOWEST <= rate <= _FASTEST:
        raise TemplateInvalid(
            f"The renderer lottie-web draws {_SLOWEST} to {_FASTEST} frames per second, but the "
            f"template has {float(rate):g}. Use the renderer lottie."
        )
    manifest = {
        "name": name,
        "width": filled.composition.width,
        "height": filled.composition.height,
        "frameRate": float(rate),
        "seconds": float(len(filled.frames) / rate),
    }
    return _PAGE.format(policy=_POLICY, manifest=json.dumps(manifest).replace("<", "\\u003c"))


def _style(request: RenderRequest, filled: FilledTemplate, fonts: int) -> str:
    has_alpha = CODECS[request.output.codec].alpha
    red, green, blue = background_of(filled.document)
    background = "transparent" if has_alpha else f"rgb({red}, {green}, {blue})"
    width, height = filled.composition.width, filled.composition.height
    faces = [
        f"@font-face {{ font-family: font{number}; src: url(fonts/{number}) }}"
        for number in range(fonts)
    ]
    return "\n".join(
        [
            f"body {{ margin: 0; background: {background} }}",
            f"#stage {{ width: {width}px; height: {height}px; overflow: hidden }}",
            *faces,
        ]
    )

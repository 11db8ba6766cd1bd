"""Tests of which renders count as equal."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.renders.cache_key import engine_fingerprint, render_key
from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset, is_deterministic
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.join import JoinEngine
from reelbatch.engines.lottie import LottieEngine
from reelbatch.engines.lottie_web import LottieWebEngine
from reelbatch.engines.registry import load_class
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import FunctionAsset, MediaAsset, StaticAsset, TextAsset

STILL = Output(output_type="image", codec="image_png", end_frame=1)


def picture(src: str, **fields: Any) -> MediaAsset:
    return MediaAsset(type="image", layer_name="logo", src=src, **fields)


class Folder:
    """A folder with the files of a render; each call of `request` returns an equal one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0

    def file(self, content: str, suffix: str = "") -> Path:
        self._count += 1
        file = self.path / f"{self._count}{suffix}"
        file.write_text(content)
        return file

    def request(self, **changes: Any) -> RenderRequest:
        request = RenderRequest(
            template=self.file("template"),
            template_type="lottie",
            composition="main",
            output=STILL,
            output_path=self.path / f"{self._count}-output.png",
            work_dir=self.path / str(self._count),
            assets=[
                ResolvedAsset(TextAsset(type="text", layer_name="title", value="A")),
                self.logo("https://a.example/logo", "red"),
            ],
            fonts=[self.file("font")],
        )
        return replace(request, **changes)

    def logo(self, src: str, content: str, suffix: str = ".png", **fields: Any) -> ResolvedAsset:
        return ResolvedAsset(picture(src, **fields), self.file(content, suffix))

    def static(self, name: str) -> ResolvedAsset:
        asset = StaticAsset(type="static", name=name, src="https://a.example/x")
        return ResolvedAsset(asset, self.file("x"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def key(request: RenderRequest) -> str:
    return render_key(request, "engine 1")


def test_equal_files_from_different_sources_are_equal(folder: Folder) -> None:
    title = folder.request().assets[0]
    other = folder.logo("https://b.example/${secrets.LOGO}", "red", params={"region": "eu"})
    assert key(folder.request(assets=[title, other])) == key(folder.request())


def test_limits_on_the_cost_of_a_render_do_not_matter(folder: Folder) -> None:
    assert key(folder.request(limits=RenderLimits(seconds=1, memory=1))) == key(folder.request())


CHANGES: dict[str, Callable[[Folder], dict[str, Any]]] = {
    "the template": lambda folder: {"template": folder.file("another")},
    "its type": lambda _: {"template_type": "zip"},
    "the composition": lambda _: {"composition": "other"},
    "the codec": lambda _: {"output": STILL.model_copy(update={"codec": "image_webp"})},
    "the frame": lambda _: {"output": STILL.model_copy(update={"first_frame": 1, "end_frame": 2})},
    "a poster": lambda _: {"output": STILL.model_copy(update={"poster": True})},
    "the quality": lambda _: {"output": STILL.model_copy(update={"draft": True})},
    "a font": lambda folder: {"fonts": [folder.file("other font")]},
    "fewer fonts": lambda _: {"fonts": []},
    "fewer assets": lambda folder: {"assets": folder.request().assets[:1]},
    "the assets' order": lambda folder: {"assets": folder.request().assets[::-1]},
    "the words": lambda folder: {
        "assets": [
            ResolvedAsset(TextAsset(type="text", layer_name="title", value="B")),
            folder.request().assets[1],
        ]
    },
    "a file's content": lambda folder: {
        "assets": [folder.request().assets[0], folder.logo("https://a.example/logo", "blue")]
    },
    "a file's kind": lambda folder: {
        "assets": [
            folder.request().assets[0],
            folder.logo("https://a.example/logo", "red", suffix=".gif"),
        ]
    },
    "how a file is played": lambda folder: {
        "assets": [
            folder.request().assets[0],
            folder.logo("https://a.example/logo", "red", conform=False),
        ]
    },
    "whether expressions run": lambda _: {"expressions": True},
    "a limit of what is rendered": lambda _: {"limits": RenderLimits(frames=10)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_different_input_is_a_different_render(folder: Folder, change: str) -> None:
    assert key(folder.request(**CHANGES[change](folder))) != key(folder.request())


def test_the_names_of_static_files_matter(folder: Folder) -> None:
    keys = {key(folder.request(assets=[folder.static(name)])) for name in ("a.png", "b.png")}
    assert len(keys) == 2


def test_the_parameters_of_functions_matter(folder: Folder) -> None:
    def coloured(color: str) -> RenderRequest:
        asset = FunctionAsset(type="function", name="nx:solid-color-set", params={"color": color})
        return folder.request(assets=[ResolvedAsset(asset)])

    assert key(coloured("red")) == key(coloured("red")) != key(coloured("blue"))


def test_engines_and_their_versions_matter(folder: Folder) -> None:
    class NewerEngine(LottieEngine):
        version = "2"

    fingerprints = {engine_fingerprint(each) for each in (LottieEngine, JoinEngine, NewerEngine)}
    assert len(fingerprints) == 3
    assert len({render_key(folder.request(), each) for each in fingerprints}) == 3


def test_the_source_of_a_renderer_matters_and_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "engine_of_somebody"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from reelbatch.engines.base import RenderEngine\n"
        "class Engine(RenderEngine):\n    name, version = 'somebody', '1'\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    engine = load_class("engine_of_somebody:Engine")

    def fingerprint(renderer: str, file: str = "renderer.py") -> str:
        (package / file).write_text(f"raise ImportError\n{renderer}")
        engine_fingerprint.cache_clear()
        return engine_fingerprint(engine)

    assert fingerprint("A") == fingerprint("A") != fingerprint("B")
    assert fingerprint("A", "page.js") != fingerprint("B", "page.js")


def test_engines_that_run_programs_share_renders_only_if_they_say_so() -> None:
    class RunsPrograms(LottieEngine):
        runs_programs = True

    class SaysSo(RunsPrograms):
        deterministic = True

    class IsRandom(LottieEngine):
        deterministic = False

    answers = [is_deterministic(each) for each in (LottieEngine, RunsPrograms, SaysSo, IsRandom)]
    assert answers == [True, False, True, False]
    assert not any(is_deterministic(each) for each in (HtmlEngine, LottieWebEngine))

"""The nexrender engine, with stubs of the tool and of After Effects: see `after_effects_stub`."""

import json
import os
import signal
import subprocess
import sys
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import av
import numpy as np
import pytest
from PIL import Image

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.nexrender import NexrenderEngine, after_effects, fonts
from reelbatch.engines.nexrender.renderer import NexrenderRenderer
from reelbatch.engines.nexrender.tool import HOW_TO_GET_IT, describe_job
from reelbatch.models.errors import RenderError
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import (
    DataAsset,
    EssentialAsset,
    FunctionAsset,
    MediaAsset,
    ScriptAsset,
    StaticAsset,
    TextAsset,
)
from tests.reelbatch.engines.contract_run import (
    AFTER_EFFECTS_SAMPLES,
    NEXRENDER,
    ROOT,
    run_contract,
)
from tests.reelbatch.projects.made import a_project, a_zip, turned

STUBS = Path(__file__).parent / "after_effects_stub"
BUNDLED_FONT = ROOT / "reelbatch/engines/lottie/typefaces/Inter-Regular.ttf"
A_STILL = Output(output_type="image", codec="image_png", first_frame=2, end_frame=3)


@pytest.fixture(autouse=True)
def stubs_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    python = ROOT / ".venv" / "bin"  # the stubs' interpreter
    monkeypatch.setenv("PATH", os.pathsep.join([str(STUBS), str(python), os.environ["PATH"]]))


@pytest.fixture
def request_(tmp_path: Path) -> RenderRequest:
    return RenderRequest(
        template=AFTER_EFFECTS_SAMPLES / "after-effects" / "project.zip",
        template_type="aep",
        composition="main",
        output=Output(
            output_type="video", codec="video_h264_vbr_5mbps", first_frame=2, end_frame=7
        ),
        output_path=tmp_path / "output.mp4",
        work_dir=tmp_path,
    )


def test_a_range_of_frames_is_rendered_in_the_codec_of_the_job(request_: RenderRequest) -> None:
    reports: list[float] = []
    rendered = NexrenderEngine.renderer().render(request_, reports.append)
    with av.open(request_.output_path, "r") as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert rendered.frames == len(frames) == 5
    places = [int((np.asarray(frame)[18] > 128).argmax()) for frame in frames]
    assert places == [12, 18, 24, 30, 36]
    assert reports == sorted(reports)
    assert reports[0] < 80, "progress is reported for frames, not only at the end"


def test_the_error_message_of_after_effects_reaches_the_user(request_: RenderRequest) -> None:
    described = b'{"compositions": [{"name": "broken", "width": 8, "height": 8, "seconds": 1}]}'
    project = request_.work_dir / "project.zip"
    project.write_bytes(a_zip({"project.aep": b"", "reelbatch.json": described}))
    request = replace(request_, template=project, composition="broken", output=A_STILL)
    with pytest.raises(RenderError, match="No comp was found with the given name"):
        NexrenderEngine.renderer().render(request, lambda _: None)


def test_a_composition_whose_name_the_tool_does_not_support_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="rename it"):
        describe_job(tmp_path / "a.aep", "Bob's", range(1), [], module="Lossless")


def test_transparency_is_preserved_if_the_codec_supports_it(request_: RenderRequest) -> None:
    request = replace(request_, output=A_STILL, output_path=request_.work_dir / "output.png")
    NexrenderEngine.renderer().render(request, lambda _: None)
    with Image.open(request.output_path) as picture:
        clear, bar = picture.getpixel((40, 18)), picture.getpixel((13, 18))
    assert isinstance(clear, tuple)
    assert isinstance(bar, tuple)
    assert (clear[3], bar[3]) == (0, 255)


def test_every_kind_of_asset_is_converted_for_the_tool(request_: RenderRequest) -> None:
    folder = request_.work_dir
    picture, script = folder / "it's a b.png", folder / "own.jsx"
    picture.write_bytes(b"PNG")
    script.write_text("app.beep()")
    project = folder / "template"
    project.write_bytes(a_zip({"promo/promo.aep": a_project(turned), "promo/photo.png": b"old"}))
    words = "a'); app.quit(); ('\u2028\nb"
    assets = [
        ResolvedAsset(TextAsset(type="text", layer_name="Title", value=words)),
        ResolvedAsset(FunctionAsset(type="function", name="nx:layer-remove", layer_name="Title")),
        ResolvedAsset(EssentialAsset(type="essential", layer_name="strength", value=50)),
        ResolvedAsset(
            DataAsset(type="data", layer_name="S", property="Marker", value=["1\u20292", 3])
        ),
        ResolvedAsset(ScriptAsset(type="script", src="x"), script),
        ResolvedAsset(MediaAsset(type="image", layer_name="S", src="x", composition="O"), picture),
        ResolvedAsset(StaticAsset(type="static", name="img/photo.png", src="x"), picture),
        ResolvedAsset(
            FunctionAsset(
                type="function",
                name="nx:solid-color-set",
                params={"layerName": ["S", words], "color": "#FF8000"},
            )
        ),
    ]
    request = replace(
        request_,
        template=project,
        template_type="zip",
        composition="Main",
        output=Output(output_type="aep", codec="aep"),
        output_path=folder / "output.zip",
        assets=assets,
        fonts=[BUNDLED_FONT],
    )
    NexrenderEngine.renderer().render(request, lambda _: None)
    with ZipFile(request.output_path) as archive:
        names = set(archive.namelist())
        sent = json.loads(archive.read("promo/sent.json"))
        assert archive.read("promo/img/photo.png") == b"PNG"
    assert {"promo/promo.aep", "promo/photo.png", f"promo/assets/5-{picture.name}"} <= names
    kinds = [(one["type"], one.get("layerName"), one.get("composition")) for one in sent["assets"]]
    assert kinds == [
        ("script", None, None),  # finds footage
        ("data", "Title", "Main"),
        ("script", None, None),  # the function, and the control
        ("data", "S", "Main"),
        ("script", None, None),  # the job's own
        ("image", "S", "O"),
        ("static", None, None),
        ("script", None, None),
    ]
    assert sent["assets"][1]["value"] == "a'); app.quit(); ('\r\rb"
    assert sent["assets"][3]["value"] == ["1\r2", 3]
    assert sent["assets"][4]["src"].endswith("/own.jsx")
    does = [one["do"] for one in sent["operations"]]
    colour = "nx:solid-color-set"
    assert does == ["relink", "nx:layer-remove", "essential", colour, colour, "save"]
    relink, _, control, _, painted, _ = sent["operations"]
    assert relink["files"]["photo.png"].endswith("project/promo/img/photo.png")
    assert (control["layer"], control["value"]) == ("Solid", 50)
    assert control["path"][-1][0] == "ADBE Opacity"
    assert (painted["layer"], painted["color"]) == (words, [1, pytest.approx(0.502, abs=0.01), 0])
    assert len(sent["fonts"]) == 1


def test_a_folder_whose_name_the_tool_does_not_support_is_refused(
    request_: RenderRequest,
) -> None:
    project, picture = request_.work_dir / "template", request_.work_dir / "asset-0.png"
    project.write_bytes(a_zip({"Bob's & Tom's/promo.aep": a_project(turned)}))
    picture.write_bytes(b"PNG")
    image = ResolvedAsset(MediaAsset(type="image", layer_name="Solid", src="x"), picture)
    request = replace(
        request_,
        template=project,
        composition="Main",
        output=Output(output_type="aep", codec="aep"),
        assets=[image],
    )
    with pytest.raises(RenderError, match="the folder \"Bob's & Tom's\": rename it"):
        NexrenderEngine.renderer().render(request, lambda _: None)


def test_a_missing_control_is_named(request_: RenderRequest) -> None:
    project = request_.work_dir / "template"
    project.write_bytes(a_project(turned))
    asset = EssentialAsset(type="essential", layer_name="Colour", value=1)
    request = replace(request_, template=project, composition="Main", assets=[ResolvedAsset(asset)])
    with pytest.raises(RenderError, match="no control 'Colour'"):
        NexrenderEngine.renderer().render(request, lambda _: None)


def test_fonts_are_installed_only_during_a_render(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "Library" / "Fonts"
    folder.mkdir(parents=True)
    (folder / "reelbatch-sans.ttf").touch()  # the user's own
    with fonts.installed([BUNDLED_FONT], tmp_path), fonts.installed([BUNDLED_FONT], tmp_path):
        assert len(list(folder.iterdir())) == 3
    assert [file.name for file in folder.iterdir()] == ["reelbatch-sans.ttf"]


def test_fonts_of_a_killed_render_are_removed_by_the_next_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    killed = f"""
import os, signal, sys
from pathlib import Path
from reelbatch.engines.nexrender.fonts import installed
sys.platform = "darwin"
with installed([Path({str(BUNDLED_FONT)!r})], Path()):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    monkeypatch.setenv("HOME", str(tmp_path))
    ended = subprocess.run([sys.executable, "-c", killed], check=False)
    assert ended.returncode == -signal.SIGKILL
    folder = tmp_path / "Library" / "Fonts"
    [left] = folder.iterdir()
    monkeypatch.setattr("sys.platform", "darwin")
    with fonts.installed([BUNDLED_FONT], tmp_path):
        [used] = set(folder.iterdir()) - {left}
        NexrenderRenderer()
        assert [*folder.iterdir()] == [used]
        os.utime(used, (0, 0))  # as if an earlier process with the same number had placed it
        NexrenderRenderer()
        assert [*folder.iterdir()] == []


def test_compositions_and_layers_are_read_from_the_project(request_: RenderRequest) -> None:
    project = request_.work_dir / "template"
    project.write_bytes(a_project(turned))
    found = NexrenderEngine.renderer().inspect(project, "aep", request_.limits)
    [composition] = found.compositions
    assert (composition.name, composition.width, composition.frames) == ("Main", 80, 20)
    assert {layer.name: layer.layer_type for layer in found.layers} == {
        "Title": "text",
        "Solid": "solid",
    }


def test_the_engine_is_unavailable_without_after_effects(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert NexrenderEngine.why_unavailable() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert NexrenderEngine.why_unavailable() == HOW_TO_GET_IT


def test_the_newest_after_effects_is_used_if_none_is_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folders = [f"Adobe After Effects {year}" for year in ("2024", "2026", "CC 2019", "(Beta)")]
    for folder in folders:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "aerender").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(after_effects, "_applications", lambda: tmp_path)
    newest = tmp_path / "Adobe After Effects 2026" / "aerender"
    assert after_effects.find_aerender() == newest
    assert after_effects.version_of(newest) == "After Effects 2026"


def test_a_description_may_begin_with_a_byte_order_mark(
    request_: RenderRequest, tmp_path: Path
) -> None:
    described = b'{"compositions": [{"name": "a", "width": 8, "height": 8, "seconds": 1}]}'
    project = tmp_path / "project.zip"
    with ZipFile(project, "w") as archive:
        archive.writestr("project.aep", b"")
        archive.writestr("reelbatch.json", BOM_UTF8 + described)
    found = NexrenderEngine.renderer().inspect(project, "aep", request_.limits)
    assert [composition.name for composition in found.compositions] == ["a"]


def test_a_larger_project_than_allowed_is_refused(request_: RenderRequest) -> None:
    with pytest.raises(RenderError, match="at most 100 pixels a frame"):
        NexrenderEngine.renderer().render(
            replace(request_, limits=RenderLimits(pixels_per_frame=100)), lambda _: None
        )


def test_it_keeps_the_contract_with_stubs(tmp_path: Path) -> None:
    kept = run_contract(
        tmp_path,
        *NEXRENDER,
        f"--engine-samples={AFTER_EFFECTS_SAMPLES}",
        f"--engine-readable={STUBS}",
    )
    assert kept.failures == {}, kept.output
    assert kept.passed > 24

"""After Effects by its public tool, both of which are stubs here: see `after_effects_stub`."""

import os
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import av
import numpy as np
import pytest

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.nexrender import NexrenderEngine, after_effects
from reelbatch.engines.nexrender.tool import HOW_TO_GET_IT, describe_job, run
from reelbatch.models.errors import RenderError
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import DataAsset, MediaAsset, TextAsset
from tests.reelbatch.engines.contract_run import ROOT, run_contract

STUBS = Path(__file__).parent / "after_effects_stub"
SAMPLES = Path(__file__).parent / "after_effects_samples"


@pytest.fixture(autouse=True)
def stubs_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    python = ROOT / ".venv" / "bin"  # what the stubs run with
    monkeypatch.setenv("PATH", os.pathsep.join([str(STUBS), str(python), os.environ["PATH"]]))


@pytest.fixture
def request_(tmp_path: Path) -> RenderRequest:
    return RenderRequest(
        template=SAMPLES / "after-effects" / "project.zip",
        template_type="aep",
        composition="main",
        output=Output(
            output_type="video", codec="video_h264_vbr_5mbps", first_frame=2, end_frame=7
        ),
        output_path=tmp_path / "output.mp4",
        work_dir=tmp_path,
    )


def test_a_range_of_frames_comes_back_in_the_codec_of_the_job(request_: RenderRequest) -> None:
    reports: list[float] = []
    rendered = NexrenderEngine.renderer().render(request_, reports.append)
    with av.open(request_.output_path, "r") as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert rendered.frames == len(frames) == 5
    places = [int((np.asarray(frame)[18] > 128).argmax()) for frame in frames]
    assert places == [12, 18, 24, 30, 36]
    assert reports == sorted(reports)
    assert reports[0] < 80, "it is told of frames, not only of the end"


def test_the_words_of_after_effects_reach_the_user(tmp_path: Path) -> None:
    job = describe_job(tmp_path / "project.aep", "broken", range(5), ())
    with pytest.raises(RenderError, match="No comp was found with the given name"):
        run(job, tmp_path, lambda _: None)


def test_assets_become_what_the_tool_calls_them(tmp_path: Path) -> None:
    picture = tmp_path / "a b.png"
    assets = [
        ResolvedAsset(TextAsset(type="text", layer_name="title", value="A")),
        ResolvedAsset(
            DataAsset(type="data", layer_name="box", property="Position", value=[1, 2]), None
        ),
        ResolvedAsset(
            MediaAsset(type="image", layer_name="photo", src="x", composition="inner"), picture
        ),
    ]
    job = describe_job(tmp_path / "project.aep", "main", range(2, 7), assets)
    assert (job["template"]["frameStart"], job["template"]["frameEnd"]) == (2, 6)
    assert job["assets"] == [
        {"type": "data", "property": "Source Text", "value": "A", "layerName": "title"},
        {"type": "data", "property": "Position", "value": [1, 2], "layerName": "box"},
        {
            "type": "image",
            "src": picture.as_uri(),
            "useOriginal": True,
            "layerName": "photo",
            "composition": "inner",
        },
    ]


def test_it_is_served_only_where_after_effects_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert NexrenderEngine.why_unavailable() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert NexrenderEngine.why_unavailable() == HOW_TO_GET_IT


def test_the_newest_after_effects_is_taken_where_none_is_on_the_path(
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
        "--engine=nexrender",
        f"--engine-samples={SAMPLES}",
        f"--engine-readable={STUBS}",
        # each render starts four programs: what depends on them
        "-k=image_png or describes or finds or hostile or cancelled or equal or progress or range",
    )
    assert kept.failures == {}, kept.output
    assert kept.passed > 24

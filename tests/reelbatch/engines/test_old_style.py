"""Engines of the previous version, which derive from nothing, still work in this version."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from reelbatch.engines.base import RenderRequest, is_deterministic
from reelbatch.engines.old_style import as_render_engine
from reelbatch.engines.pool import RenderPool
from reelbatch.engines.registry import load_class
from reelbatch.models.orchestration.jobs import Output
from tests.reelbatch.engines.contract_run import ROOT, run_contract
from tests.reelbatch.engines.old_style_engine import FRAMES

HERE = Path(__file__).parent
REFERENCE = "old_style_engine:OldStyleEngine"


@pytest.fixture
def engine_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])


@pytest.mark.usefixtures("engine_on_the_path")
def test_it_is_loaded_with_the_defaults_and_a_warning() -> None:
    as_render_engine.cache_clear()
    with pytest.warns(DeprecationWarning, match="OldStyleEngine does not derive"):
        engine = load_class(REFERENCE)
    assert (engine.name, engine.renders_ranges) == ("old-style", True)
    assert engine.why_unavailable() is None
    assert not engine.runs_programs
    assert is_deterministic(engine)


def test_its_own_attributes_replace_the_defaults() -> None:
    class Film:
        name = "film"
        runs_programs = True

        @classmethod
        def why_unavailable(cls) -> str:
            return "There is no film camera here."

    with pytest.warns(DeprecationWarning, match="Film does not derive"):
        engine = as_render_engine(Film)
    assert engine.runs_programs
    assert not is_deterministic(engine)
    assert engine.why_unavailable() == "There is no film camera here."


@pytest.mark.usefixtures("engine_on_the_path")
async def test_it_inspects_renders_and_joins_in_the_pool(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.write_text("red")
    request = RenderRequest(
        template=template,
        template_type="red",
        composition="main",
        output=Output(output_type="video", codec="video_h264_vbr_1mbps"),
        output_path=tmp_path / "red.mp4",
        work_dir=tmp_path,
    )
    reports: list[float] = []
    async with RenderPool(REFERENCE, processes=1, limits=request.limits) as pool:
        inspection = await pool.inspect(template, "red")
        assert inspection.compositions[0].frames == FRAMES
        rendered = await pool.render(request, reports.append)
        segment = request.output_path.rename(tmp_path / "segment.mp4")
        joined = await pool.join(request, [segment], Fraction(10), reports.append)
    assert joined == rendered
    assert request.output_path.stat().st_size > 0


def test_the_contract_runs_on_it_and_shows_the_warning(tmp_path: Path) -> None:
    sample = tmp_path / "samples" / "red"
    sample.mkdir(parents=True)
    (sample / "red.txt").write_text("red")
    (sample / "job.json").write_text('{"template": {"src": "red.txt", "type": "red"}}')
    chosen = "-k=describes or inspection or segments or progress or image_png"
    run = run_contract(tmp_path, f"--engine={REFERENCE}", chosen, python_path=(ROOT, HERE))
    assert run.failures == {}, run.output
    assert run.passed >= 6
    assert "DeprecationWarning: The render engine old_style_engine.OldStyleEngine" in run.output

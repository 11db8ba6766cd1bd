"""Descriptions of engines can be read without their renderers, which only render processes load."""

import subprocess
import sys
from pathlib import Path

import pytest

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.engines.lottie import LottieEngine, functions
from reelbatch.engines.nexrender import NexrenderEngine, operations
from reelbatch.engines.registry import load_engine

DRAWS = (
    "PIL",
    "av",
    "icu",
    "numpy",
    "py_aep",
    "thorvg_cython",
    "uharfbuzz",
    "reelbatch.engines.encoding",
)

READ_ALL_ENGINES = """
from reelbatch.engines.registry import load_engines, unavailable_engines
read = {**load_engines(), **unavailable_engines()}
assert {"html", "join", "lottie", "lottie-web", "nexrender"} <= read.keys(), read
"""
CREATE_THE_APP = """
import tempfile
import api.app
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
store = open_store(tempfile.mkdtemp())
api.app.create_app(Settings(), None, store).openapi()
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(CREATE_THE_APP, id="the API"),
        pytest.param("import worker", id="the worker"),
        pytest.param("import reelbatch.cli.app", id="the command line"),
    ],
)
def test_a_process_that_reads_all_engines_imports_nothing_that_draws(program: str) -> None:
    list_modules = "import sys; print(*sys.modules, sep='\\n')"
    modules = subprocess.run(
        [sys.executable, "-c", f"{program}\n{READ_ALL_ENGINES}\n{list_modules}"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "reelbatch.engines.lottie.engine" in modules
    assert [name for name in modules if name in DRAWS or name.endswith(".renderer")] == []


@pytest.mark.parametrize("name", ["html", "join", "lottie", "lottie-web", "nexrender"])
def test_every_engine_returns_its_renderer(name: str) -> None:
    assert isinstance(load_engine(name).renderer(), Renderer)


def test_engines_are_described_with_the_functions_that_they_have() -> None:
    assert LottieEngine.functions == functions.FUNCTIONS
    assert NexrenderEngine.functions == operations.FUNCTIONS


def test_an_engine_needs_only_a_name_and_a_version() -> None:
    class Still(RenderEngine):
        name = "still"
        version = "1"

    assert Still.why_unavailable() is None
    assert not Still.runs_programs
    assert not Still.renders_ranges
    with pytest.raises(NotImplementedError, match="Still has no method renderer"):
        Still.renderer()

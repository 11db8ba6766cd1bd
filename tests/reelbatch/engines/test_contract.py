"""The contract of engines: the built-in engines keep it, and broken ones fail with a reason."""

import shutil
from pathlib import Path

import pytest

from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser
from tests.lottie_web import installed_player
from tests.reelbatch.engines.contract_run import ROOT, SAMPLES, SLIDES, run_contract

# The check that finds each broken engine, and a part of its message.
BROKEN = {
    "Clocked": (
        "test_equal_requests_give_equal_files",
        "Equal requests gave different pictures in two processes, from frame [0] on",
    ),
    "Careless": (
        "test_a_hostile_template_is_refused_or_rendered[random",
        "an exception that is not a RenderError (UnicodeDecodeError",
    ),
    "Wholesale": ("test_a_range_of_frames_is_exact", "has 20 frames, not 1"),
    "Loud": (
        "test_segments_join_to_the_whole_film",
        "sounds() returns sound, but the whole film has none",
    ),
    "Silent": ("test_progress_ascends_to_a_hundred", "call report(percent) about once a frame"),
    "Boundless": (
        "test_more_frames_than_allowed_are_refused",
        "with a limit of 19, was rendered, but must be refused with LimitExceeded",
    ),
    "Orphaning": (
        "test_a_cancelled_render_stops_and_leaves_nothing",
        "Programs outlive the render that started them: ['/usr/bin/sleep 30']",
    ),
}


@pytest.mark.parametrize("engine", ["html", "lottie"])
def test_built_in_engines_keep_the_contract(tmp_path: Path, engine: str) -> None:
    if engine == "html" and find_browser() is None:
        pytest.skip(HOW_TO_GET_IT)
    # The example engine is checked with all codecs, and these engines use the same encoders.
    chosen = "-k=not codec or image_png or vbr_5mbps or gif"
    run = run_contract(tmp_path, f"--engine={engine}", f"--engine-samples={SAMPLES}", chosen)
    assert run.failures == {}, run.output
    assert run.passed > 35


def test_lottie_web_keeps_the_part_of_the_contract_that_differs_from_lottie(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = installed_player(tmp_path_factory.mktemp("player"))
    monkeypatch.setenv("REELBATCH_LOTTIE_WEB", str(player))
    samples, folder = tmp_path / "samples", tmp_path / "run"
    shutil.copytree(SAMPLES / "lottie-card", samples / "lottie-card")
    folder.mkdir()
    chosen = "-k=itself or other_engine or exact or segments or equal"
    run = run_contract(folder, "--engine=lottie-web", f"--engine-samples={samples}", chosen)
    assert run.failures == {}, run.output
    assert run.passed == 5


def test_every_broken_promise_is_found_and_explained(tmp_path: Path) -> None:
    engines = [f"--engine=broken_engines:{name}" for name in BROKEN]
    chosen = " or ".join(
        f"({name} and {test.partition('[')[2] or test})" for name, (test, _) in BROKEN.items()
    )
    run = run_contract(
        tmp_path,
        *engines,
        f"--engine-samples={SLIDES / 'samples'}",
        f"-k={chosen}",
        python_path=(ROOT, SLIDES, Path(__file__).parent),
    )
    for name, (test, words) in BROKEN.items():
        (message,) = [
            message
            for failed, message in run.failures.items()
            if name in failed and failed.startswith(test.partition("[")[0])
        ]
        assert words in message
    assert run.passed == 0, run.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--engine=nowhere",), "there is no render engine named nowhere; installed are:"),
        (("--engine=lottie",), "There is no sample in"),
    ],
)
def test_a_missing_engine_or_sample_is_reported_before_anything_runs(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    run = run_contract(tmp_path, *arguments)
    assert words in run.output
    assert "Traceback" not in run.output

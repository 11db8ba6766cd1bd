"""A worker on Windows, with After Effects, renders for a service on Linux.

Windows is wine here, and After Effects is a stub. Everything else, such as nexrender-cli, is real.
"""

from pathlib import Path

import av
import pytest

from reelbatch.client import Batch, Reelbatch
from tests.deployment.exposition import scrape, total
from tests.integration.service import until
from tests.windows.worker import PATIENCE, PROGRAMS, RENDER_PROCESS, WindowsWorker

pytestmark = [pytest.mark.windows, pytest.mark.timeout(600)]


def films(project: str, *words: str) -> list[dict[str, object]]:
    return [
        {
            "template": {"id": project, "composition": "main"},
            "assets": [{"type": "text", "layerName": "title", "value": word}],
            "settings": {"type": "video", "codec": "video_h264_vbr_5mbps"},
        }
        for word in words
    ]


def submit_and_hold(client: Reelbatch, worker: WindowsWorker, project: str, word: str) -> Batch:
    """Submit a batch of one job, and hold After Effects in the middle of it."""
    worker.hold_renders()
    batch = client.batches.create(films(project, word))
    until(lambda: worker.running("aerender.py") or None, "render", PATIENCE)
    return batch


def wait_for_the_end_of(worker: WindowsWorker, *marks: str) -> None:
    until(lambda: not worker.running(*marks) or None, f"end of {marks}", PATIENCE)


def check_film(batch: Batch, folder: Path) -> None:
    state = batch.wait(timeout=PATIENCE)
    assert state.stats.finished == state.stats.total, [job.error for job in state.jobs]
    for output in batch.download(folder):
        with av.open(output.file, "r") as film:
            frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
        assert [int((frame[18] > 128).argmax()) for frame in frames] == [*range(0, 60, 6)]


def test_doctor_finds_after_effects_and_what_it_needs(worker: WindowsWorker) -> None:
    report = worker.doctor()
    assert "✓ After Effects: After Effects 2026 (C:\\Program Files\\Adobe\\" in report
    assert "✓ nexrender-cli: 1.46.5" in report
    assert "✓ fonts: " in report
    assert "✓ remote Temporal: the namespace default is prepared" in report
    assert "✓ remote object store: s3://reelbatch stores and returns objects" in report


def test_films_are_rendered_on_windows_and_delivered(
    client: Reelbatch, worker: WindowsWorker, project: str, tmp_path: Path
) -> None:
    batch = client.batches.create(films(project, "Hällo, „Welt“", "你好 100% & more"))
    check_film(batch, tmp_path)
    assert total(scrape(worker.metrics), "reelbatch_renders_total", engine="nexrender") == 2
    log = worker.log.read_text(errors="replace")
    assert log.count("renders are not fully confined") == 1


def test_cancelling_a_job_ends_all_of_its_processes(
    client: Reelbatch, worker: WindowsWorker, project: str
) -> None:
    batch = submit_and_hold(client, worker, project, "cancelled")
    batch.cancel()
    assert batch.wait(timeout=PATIENCE).stats.cancelled == 1
    wait_for_the_end_of(worker, *PROGRAMS)
    worker.release_renders()


def test_a_job_survives_the_death_of_its_worker(
    client: Reelbatch, worker: WindowsWorker, project: str, tmp_path: Path
) -> None:
    batch = submit_and_hold(client, worker, project, "outlasts")
    worker.kill()
    wait_for_the_end_of(worker, RENDER_PROCESS, *PROGRAMS)
    worker.release_renders()
    worker.start()
    check_film(batch, tmp_path)
    assert len(worker.scratch_folders()) == 1, "the dead worker's folder is gone"


def test_ctrl_c_hands_a_job_to_the_next_worker_and_leaves_nothing_behind(
    client: Reelbatch, worker: WindowsWorker, project: str, tmp_path: Path
) -> None:
    batch = submit_and_hold(client, worker, project, "handed over")
    assert worker.stop() == 0
    wait_for_the_end_of(worker, RENDER_PROCESS, *PROGRAMS)
    assert worker.scratch_folders() == []
    worker.release_renders()
    worker.start()
    check_film(batch, tmp_path)

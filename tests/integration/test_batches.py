"""Batches on a running service, with a real Temporal server, API, worker and renders."""

import io
import os
import signal
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from reelbatch.models.ids import batch_job_id
from tests.busy_folders import found_below
from tests.integration.lottie_documents import long_film, scripted_card, still_card
from tests.integration.service import Service, descendants, is_alive, processor_seconds, until

SAMPLES = Path(__file__).parents[1] / "reelbatch" / "engines" / "lottie" / "refused"


@pytest.fixture(scope="module")
def card(service: Service) -> str:
    return service.upload_template(still_card())


@pytest.fixture(scope="module")
def film(service: Service) -> str:
    return service.upload_template(long_film())


def still(template: str, title: str = "A", **fields: Any) -> dict[str, Any]:
    return {
        "template": {"id": template, "composition": "main"},
        "settings": {"type": "image", "frames": 0},
        "assets": [{"type": "text", "layerName": "title", "value": title}],
        **fields,
    }


def video(template: str, frames: int, quality: str = "draft") -> dict[str, Any]:
    return {
        "template": {"id": template, "composition": "main"},
        "settings": {
            "type": "video",
            "codec": "video_h264_vbr_1mbps",
            "frames": [0, frames],
            "quality": quality,
        },
    }


def busy_descendants(pid: int) -> list[int]:
    return [below for below in descendants(pid) if processor_seconds(below) > 2.0]


def test_the_valid_jobs_of_a_thousand_are_rendered_and_the_others_rejected(
    service: Service, card: str
) -> None:
    invalid = {index for index in range(1000) if index % 25 >= 3}
    assert len(invalid) == 880
    jobs = [still(card, str(index)) for index in range(1000)]
    for index in invalid:
        jobs[index]["assets"][0]["layerName"] = "titel"

    created = service.post("/batches", {"jobs": jobs})

    assert created["status"] == "partial"
    assert (created["totalJobs"], created["successCount"]) == (1000, 120)
    assert [job["index"] for job in created["jobs"]] == sorted(set(range(1000)) - invalid)
    assert [error["index"] for error in created["errors"]] == sorted(invalid)
    assert {error["errorCode"] for error in created["errors"]} == {"LAYER_NOT_FOUND"}
    assert "did you mean" in created["errors"][0]["error"].lower()

    finished, batch = 0, created
    for batch in service.poll_to_the_end(created["batchId"]):
        assert batch["stats"]["total"] == 120
        assert batch["stats"]["finished"] >= finished, "a finished job stays finished"
        finished = batch["stats"]["finished"]
    assert (batch["status"], finished) == ("finished", 120)
    for job in batch["jobs"]:
        assert job["id"] == batch_job_id(created["batchId"], job["index"])
    for job in batch["jobs"][::12]:
        content = httpx.get(job["outputUrl"])
        assert content.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(content.content)).size == (16, 16)


def test_expressions_run_and_endless_ones_are_stopped_with_a_warning(service: Service) -> None:
    endless = "(function () { while (true); })()"
    templates = [service.upload_template(scripted_card(each)) for each in ("0", endless)]
    created = service.post("/batches", {"jobs": [still(each, title="") for each in templates]})
    clear, drawn = service.end_of(created["batchId"])["jobs"]
    assert "warnings" not in clear
    assert [warning["code"] for warning in drawn["warnings"]] == ["EXPRESSIONS_STOPPED"]
    alphas: list[Any] = []
    for job in (clear, drawn):
        picture = Image.open(io.BytesIO(httpx.get(job["outputUrl"]).content)).convert("RGBA")
        alphas.append(picture.getchannel("A").getextrema())
    assert alphas == [(0, 0), (255, 255)]


def test_a_thousand_large_jobs_are_accepted_and_cancelled_before_they_start(
    service: Service, film: str
) -> None:
    jobs = [
        {
            **video(film, 17_000, "full"),
            "assets": [{"type": "text", "layerName": "title", "value": f"{index:016x}" * 1024}],
        }
        for index in range(1000)
    ]
    created = service.post("/batches", {"jobs": jobs})
    assert created["successCount"] == 1000
    cancelled = service.http.post(f"/batches/{created['batchId']}/cancel").json()
    assert (cancelled["status"], cancelled["cancelledCount"]) == ("cancelled", 1000)
    batch = service.get(f"/batches/{created['batchId']}")
    assert (batch["status"], batch["stats"]["pending"]) == ("error", 0)
    assert batch["stats"]["cancelled"] == 1000


def test_cancel_in_the_middle_stops_running_renders(service: Service, card: str, film: str) -> None:
    jobs = [still(card) if index < 40 else video(film, 17_000, "full") for index in range(200)]
    created = service.post("/batches", {"jobs": jobs})
    batch_id = created["batchId"]

    def some_finished() -> Any:
        return service.get(f"/batches/{batch_id}")["stats"]["finished"] >= 5 or None

    until(some_finished, "finished job")
    until(lambda: found_below(service.scratch, "output.mp4") or None, "partial file")
    worker = service.worker_pid()
    assert worker is not None
    rendering = until(lambda: busy_descendants(worker) or None, "busy render process")
    before = service.get(f"/batches/{batch_id}")["stats"]

    response = service.http.post(f"/batches/{batch_id}/cancel")
    assert response.status_code == 200, response.text
    outcome = response.json()
    until(lambda: not any(map(is_alive, rendering)) or None, "end of the render processes")
    until(lambda: not found_below(service.scratch, "render-*") or None, "end of partial files")

    stats = service.end_of(batch_id)["stats"]
    assert before["finished"] <= stats["finished"] <= 40
    assert stats["cancelled"] == stats["error"] == 200 - stats["finished"]
    assert outcome["status"] == "partial"
    assert (outcome["totalJobs"], len(outcome["jobs"])) == (200, 200)
    assert outcome["cancelledCount"] == len(outcome["cancelledJobs"]) == stats["cancelled"]
    assert outcome["skippedCount"] == stats["finished"]
    again = service.http.post(f"/batches/{batch_id}/cancel").json()
    assert (again["status"], again["cancelledCount"]) == ("unchanged", 0)
    last = service.get(f"/batches/{batch_id}")["jobs"][-1]
    assert (last["index"], last["status"]) == (199, "manually_cancelled")
    assert httpx.get(last["outputUrl"]).status_code == 404


def test_the_jobs_of_a_killed_worker_finish_after_its_restart(service: Service, film: str) -> None:
    created = service.post("/batches", {"jobs": [video(film, 40 + index) for index in range(16)]})
    batch_id = created["batchId"]

    def several_finished() -> Any:
        return service.get(f"/batches/{batch_id}")["stats"]["finished"] >= 3 or None

    until(several_finished, "finished job")
    worker = service.worker_pid()
    assert worker is not None
    children = descendants(worker)
    os.kill(worker, signal.SIGKILL)
    until(lambda: not any(map(is_alive, children)) or None, "end of its render processes")
    until(lambda: service.worker_pid(), "new worker")

    batch = service.end_of(batch_id)
    assert (batch["stats"]["finished"], batch["stats"]["total"]) == (16, 16)
    for job in batch["jobs"][::4]:
        with av.open(io.BytesIO(httpx.get(job["outputUrl"]).content), "r") as film_file:
            assert sum(1 for _ in film_file.decode(video=0)) == 40 + job["index"]
    assert not found_below(service.scratch, "render-*")


def test_a_template_that_kills_the_renderer_fails_only_its_own_job(
    service: Service, card: str
) -> None:
    deadly = service.upload_template((SAMPLES / "kills_the_renderer.json").read_bytes())
    whole = service.get(f"/templates/{deadly}")
    created = service.post(
        "/batches",
        {
            "jobs": [
                {
                    "template": {"id": deadly, "composition": whole["compositions"][0]},
                    "settings": {"type": "image", "frames": 0},
                },
                still(card),
            ]
        },
    )
    batch = service.end_of(created["batchId"])
    assert [job["status"] for job in batch["jobs"]] == ["error", "finished"]
    job = service.get(f"/jobs/{batch['jobs'][0]['id']}")
    assert job["errorCode"] == "RENDER_CRASHED"
    assert job["stats"]["error"] == job["error"]


def test_a_single_job_shows_its_progress_and_its_result(service: Service, film: str) -> None:
    created = service.post("/jobs", video(film, 300, quality="full"))
    assert httpx.get(created["outputUrl"]).status_code == 404
    seen: set[float] = set()

    def ended() -> Any:
        job = service.get(f"/jobs/{created['id']}")
        if job["status"] == "render:dorender":
            seen.add(job["progress"])
        return job if job["status"] == "finished" else None

    job = until(ended, "finished job")
    assert job["progress"] == 100
    assert any(0 < percent < 100 for percent in seen)
    with av.open(io.BytesIO(httpx.get(job["outputUrl"]).content), "r") as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == (1280, 720)
        assert sum(1 for _ in file.decode(video=0)) == 300

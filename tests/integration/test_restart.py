"""Stopping the whole service and starting it again on the same home."""

from pathlib import Path
from typing import Any

from tests.busy_folders import found_below
from tests.integration.lottie_documents import long_film
from tests.integration.service import Service, until


def test_a_batch_under_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    service = Service(tmp_path / "home")
    service.start()
    film = service.upload_template(long_film())
    job = {
        "template": {"id": film},
        "settings": {"type": "video", "frames": [0, 30], "quality": "draft"},
    }
    created = service.post("/batches", {"jobs": [job] * 20})

    def some_finished() -> Any:
        return service.get(f"/batches/{created['batchId']}")["stats"]["finished"] >= 2 or None

    until(some_finished, "finished job")
    token = service.connection.token
    assert service.stop() == 0
    assert not found_below(service.scratch, "render-*")

    service.start()
    try:
        assert service.connection.token == token
        batch = service.end_of(created["batchId"])
        assert batch["stats"]["finished"] == 20
    finally:
        service.stop()

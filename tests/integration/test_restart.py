"""Stopping the whole service and starting it again on the same home."""

from pathlib import Path
from typing import Any

from tests.busy_folders import found_below
from tests.integration.lottie_documents import long_film
from tests.integration.service import Service, until


def test_a_running_batch_continues_after_a_restart(tmp_path: Path) -> None:
    service = Service(tmp_path / "home")
    service.start()
    film = service.upload_template(long_film())
    jobs = [  # all different: equal ones would share one render and finish together
        {
            "template": {"id": film},
            "settings": {"type": "video", "frames": [first, first + 10], "quality": "draft"},
        }
        for first in range(20)
    ]
    created = service.post("/batches", {"jobs": jobs})

    def some_finished() -> Any:
        stats = service.get(f"/batches/{created['batchId']}")["stats"]
        return stats if stats["finished"] >= 2 else None

    assert until(some_finished, "finished job")["pending"] > 0
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

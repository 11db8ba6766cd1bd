"""Batches whose renders do nothing, or never end."""

import json
from pathlib import Path

from bench.noop_engine import AT_ONCE, CODEC, LAYER, WAITING
from bench.service import Team


class NoopJobs:
    """Request bodies of batches that share one template."""

    def __init__(self, team: Team, folder: Path) -> None:
        file = folder / "noop"
        file.write_bytes(b"-")
        self._template = team.push(file, "noop")

    def at_once(self, jobs: int, text_bytes: int = 20) -> bytes:
        return self._body(AT_ONCE, jobs, text_bytes)

    def waiting(self, jobs: int) -> bytes:
        return self._body(WAITING, jobs, 20)

    def _body(self, composition: str, jobs: int, text_bytes: int) -> bytes:
        settings = {"type": "image", "codec": CODEC, "frames": 0}
        batch = [
            {
                "template": {"id": self._template, "composition": composition},
                "assets": [
                    {"type": "text", "layerName": LAYER, "value": f"{number} ".ljust(text_bytes)}
                ],
                "settings": settings,
            }
            for number in range(jobs)
        ]
        return json.dumps({"jobs": batch}).encode()

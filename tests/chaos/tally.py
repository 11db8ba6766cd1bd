"""The figures of a run, for docs/reliability.md."""

import json
from collections import Counter
from pathlib import Path

import httpx


class Tally:
    """Counts over all tests of a run."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.accepted = 0
        self.lost = 0
        self.doubled = 0
        self.responses: Counter[int] = Counter()  # by status

    def note_response(self, response: httpx.Response) -> None:
        self.responses[response.status_code] += 1

    @property
    def server_errors(self) -> int:
        """Responses of 500, which mean a bug; a 503 only means that the service is not ready."""
        return self.responses[500]

    def figures(self) -> dict[str, object]:
        return {
            "faults injected": dict(self.faults),
            "faults in total": self.faults.total(),
            "jobs accepted": self.accepted,
            "jobs lost": self.lost,
            "jobs doubled": self.doubled,
            "responses by status": {str(status): n for status, n in sorted(self.responses.items())},
            "responses of 500": self.server_errors,
        }

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.figures(), indent=2))

"""What the suite did and what came of it, in numbers for docs/reliability.md."""

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
        self.answers: Counter[int] = Counter()  # by status

    def note_answer(self, response: httpx.Response) -> None:
        self.answers[response.status_code] += 1

    @property
    def server_errors(self) -> int:
        """Answers that say that the service itself is broken; a 503 says that it is not ready."""
        return self.answers[500]

    def figures(self) -> dict[str, object]:
        return {
            "faults injected": dict(self.faults),
            "faults in all": self.faults.total(),
            "jobs accepted": self.accepted,
            "jobs lost": self.lost,
            "jobs doubled": self.doubled,
            "answers by status": {str(status): n for status, n in sorted(self.answers.items())},
            "answers of 500": self.server_errors,
        }

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.figures(), indent=2))

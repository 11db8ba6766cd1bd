"""What came of the inputs of a test run, for the summary at its end."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile.corpus import HostileInput


@dataclass(frozen=True)
class Entry:
    hostile: HostileInput
    ended: str  # an error code, or RENDERED
    seconds: float
    memory: int  # bytes, the most that the render process has had


entries: list[Entry] = []


def summary() -> Iterator[str]:
    """A table in Markdown: a line a kind."""
    yield "| kind | inputs | verdicts | crashes | longest, seconds | largest, MiB |"
    yield "|---|---|---|---|---|---|"
    for kind in dict.fromkeys(entry.hostile.kind for entry in entries):
        yield _line(kind, [entry for entry in entries if entry.hostile.kind == kind])
    yield _line("all", entries)


def _line(kind: str, found: list[Entry]) -> str:
    codes = [entry.ended for entry in found]
    verdicts = ", ".join(f"{codes.count(code)} {code}" for code in sorted(set(codes)))
    seconds = max(entry.seconds for entry in found)
    memory = max(entry.memory for entry in found) / 1024**2
    crashes = codes.count("RENDER_CRASHED")
    return f"| {kind} | {len(found)} | {verdicts} | {crashes} | {seconds:.1f} | {memory:.0f} |"

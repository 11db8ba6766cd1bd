"""The outcomes of a test run's inputs, for the summary at its end."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile.corpus import HostileInput
from tests.hostile.watching import Watch


@dataclass(frozen=True)
class Entry:
    hostile: HostileInput
    ended: str  # an error code, or RENDERED
    seconds: float
    memory: int  # bytes; the render process's peak


@dataclass(frozen=True)
class Watched:
    """The outcome of something that was sent to a running service."""

    label: str
    outcome: str
    sent: int  # bytes
    stored: int  # bytes
    watch: Watch


entries: list[Entry] = []
watched: list[Watched] = []


def summary() -> Iterator[str]:
    """Yield a Markdown table with a line for each kind."""
    yield "| kind | inputs | verdicts | crashes | longest, seconds | largest, MiB |"
    yield "|---|---|---|---|---|---|"
    for kind in dict.fromkeys(entry.hostile.kind for entry in entries):
        yield _line(kind, [entry for entry in entries if entry.hostile.kind == kind])
    yield _line("all", entries)


def service_summary() -> Iterator[str]:
    """Yield a Markdown table with a line for each attack on a service."""
    yield "| input | sent | outcome | API | worker | `/healthz` | stored |"
    yield "|---|---|---|---|---|---|---|"
    for each in watched:
        growth = each.watch.growth
        yield (
            f"| {each.label} | {_bytes(each.sent)} | {each.outcome} | +{_bytes(growth['api'])} "
            f"| +{_bytes(growth['worker'])} | {each.watch.pause:.2f} s "
            f"| {_bytes(each.stored)} |"
        )


def _bytes(number: int) -> str:
    if number < 1000:
        return f"{number} B"
    return f"{number / 1000:.0f} kB" if number < 1_000_000 else f"{number / 1_000_000:.0f} MB"


def _line(kind: str, found: list[Entry]) -> str:
    codes = [entry.ended for entry in found]
    verdicts = ", ".join(f"{codes.count(code)} {code}" for code in sorted(set(codes)))
    seconds = max(entry.seconds for entry in found)
    memory = max(entry.memory for entry in found) / 1024**2
    crashes = codes.count("RENDER_CRASHED")
    return f"| {kind} | {len(found)} | {verdicts} | {crashes} | {seconds:.1f} | {memory:.0f} |"

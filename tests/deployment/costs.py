"""The cost of a batch: time, processor time per program, database size and events."""

import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processor import seconds_of_tree
from reelbatch.client import Batch
from tests.deployment.programs import find
from tests.deployment.topology import TEAM, Topology
from tests.integration.service import command_of

_IDLE = 20.0  # seconds


@dataclass(frozen=True)
class Costs:
    jobs: int
    seconds: float
    processor: Mapping[str, float]  # seconds per program, without those that it uses while idle
    idle: Mapping[str, float]  # processor seconds per second while idle
    bytes: Counter[str]  # the growth of each database
    events: int  # of the batch's own workflow
    history: int  # bytes

    def lines(self) -> list[str]:
        return [
            f"{self.jobs} jobs in {self.seconds:.1f} s: {self.jobs / self.seconds:.1f} per second",
            *(
                f"{program}: {1000 * seconds / self.jobs:.1f} ms of processor time per job, "
                f"and {1000 * self.idle[program]:.0f} ms per second while idle"
                for program, seconds in self.processor.items()
            ),
            *(
                f"{name}: {size / self.jobs / 1000:.1f} kB per job"
                for name, size in self.bytes.items()
            ),
            f"the batch's history: {self.events} events, {self.history / 1000:.0f} kB",
        ]


def measure(
    run: Callable[[], Batch],
    jobs: int,
    *,
    processes: Collection[int],
    sizes: Callable[[], Counter[str]],
    temporal: str,
) -> Costs:
    """Run a batch to its end, and return its costs. `temporal` is the server's address."""
    with _counting(processes) as idle:
        time.sleep(_IDLE)
    before, start = sizes(), time.monotonic()
    with _counting(processes) as spent:
        batch = run()
    seconds = time.monotonic() - start
    rates = {program: idle[program] / _IDLE for program in idle}
    work = {program: spent[program] - seconds * rates[program] for program in spent}
    grown = sizes()
    grown.subtract(before)
    events, history = _history(batch.id, temporal)
    return Costs(
        jobs, seconds, processor=work, idle=rates, bytes=grown, events=events, history=history
    )


def databases_of(topology: Topology) -> Counter[str]:
    """The sizes of PostgreSQL's databases in bytes."""
    database = topology.containers["postgresql-1"]
    query = "SELECT datname, pg_database_size(datname) FROM pg_database WHERE datname ~ '^temporal'"
    command = [
        "psql",
        "--tuples-only",
        "--no-align",
        f"--host={database.address}",
        f"--command={query}",
    ]
    environment = {
        "PGUSER": database.environment["POSTGRES_USER"],
        "PGPASSWORD": database.environment["POSTGRES_PASSWORD"],
    }
    printed = subprocess.run(
        command,
        env={**database.environment, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return Counter(
        {name: int(size) for name, size in (line.split("|") for line in printed.stdout.split())}
    )


def sizes_of(*files: Path) -> Counter[str]:
    return Counter({file.name: file.stat().st_size for file in files if file.exists()})


@contextmanager
def _counting(processes: Collection[int]) -> Generator[dict[str, float]]:
    """Yield a dictionary, which has the seconds per program once the context ends."""
    spent: dict[str, float] = {}
    before = _processor(processes)
    yield spent
    after = _processor(processes)
    spent.update({program: after[program] - before[program] for program in after})


def _processor(processes: Collection[int]) -> Mapping[str, float]:
    """The processor seconds per program."""
    spent: defaultdict[str, float] = defaultdict(float)
    for process in processes:
        command = command_of(process)
        name = Path(command[0]).name
        spent[command[-1] if name.startswith("python") else name] += seconds_of_tree(process)
    return spent


def _history(batch_id: str, temporal: str) -> tuple[int, int]:
    """The events and bytes of a batch's workflow."""
    command = [find("temporal"), "workflow", "describe", f"--address={temporal}", "--output=json"]
    printed = subprocess.run(
        [*command, f"--workflow-id={TEAM}/batch/{batch_id}"],
        capture_output=True,
        text=True,
        check=True,
    )
    info = json.loads(printed.stdout)["workflowExecutionInfo"]
    return int(info["historyLength"]), int(info["historySizeBytes"])

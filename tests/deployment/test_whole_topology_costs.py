"""The cost of a batch on Temporal's own server and on the development server, in one run."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.service import children_of
from reelbatch.client import Batch, Reelbatch
from tests.chaos.jobs import stills
from tests.deployment.costs import Costs, databases_of, measure, sizes_of
from tests.deployment.topology import Topology, running_topology
from tests.deployment.whole_topology import GIVEN, PATIENCE
from tests.integration.lottie_documents import still_card
from tests.integration.service import ROOT

pytestmark = [pytest.mark.topology, pytest.mark.long, pytest.mark.timeout(1800)]

JOBS = 960
WARM_UP = 40  # jobs
FIGURES = ROOT / "topology-output" / "figures.txt"


def test_a_batch_costs_what_the_scaling_guide_says(whole: Topology, tmp_path: Path) -> None:
    ours = set(children_of(os.getpid()))
    costs = {"Temporal's own server": _costs(whole, ours, lambda: databases_of(whole), tmp_path)}
    with running_topology(tmp_path, GIVEN) as topology:
        files = [tmp_path / name for name in ("temporal.db", "temporal.db-wal")]
        others = set(children_of(os.getpid())) - ours
        costs["the development server"] = _costs(
            topology, others, lambda: sizes_of(*files), tmp_path
        )
    FIGURES.parent.mkdir(exist_ok=True)
    lines = [line for name, cost in costs.items() for line in (name, *cost.lines(), "")]
    FIGURES.write_text("\n".join(lines))
    for cost in costs.values():
        assert 3 * JOBS < cost.events < 9 * JOBS


def _costs(
    topology: Topology, processes: set[int], sizes: Callable[[], Counter[str]], folder: Path
) -> Costs:
    file = folder / "card.json"
    file.write_bytes(still_card())
    with Reelbatch(topology.url, topology.token) as client:
        card = client.templates.push(file).id

        def run(jobs: int) -> Batch:
            batch = client.batches.create(stills(card, jobs))
            assert batch.wait(timeout=PATIENCE).stats.finished == jobs
            return batch

        run(WARM_UP)
        temporal = topology.containers["api-1"].environment["REELBATCH_TEMPORAL_ADDRESS"]
        return measure(lambda: run(JOBS), JOBS, processes=processes, sizes=sizes, temporal=temporal)

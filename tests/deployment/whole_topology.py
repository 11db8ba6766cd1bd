"""All services of docker-compose.yml except Grafana, for which there is no package."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reelbatch.client import Batch
from tests.deployment.container import Container
from tests.deployment.prometheus import hurry
from tests.deployment.topology import APIS, WORKERS, Topology

PATIENCE = 600.0  # seconds; on two busy processors, recovering from a fault may take minutes

GIVEN = {
    "REELBATCH_ALLOW_PRIVATE_NETWORKS": "true",  # receivers of webhooks are on loopback
    "REELBATCH_RENDER_CACHE": "false",  # the tests' jobs are equal
}

_SCRAPED = {"api": APIS, "worker": WORKERS, "temporal": ["temporal-1"]}


@contextmanager
def running_whole_topology() -> Generator[Topology]:
    """Run all services, and show the logs if one does not start."""
    with ExitStack() as resources:
        home = Path(resources.enter_context(TemporaryDirectory(prefix="reelbatch-topology-")))
        topology = Topology(home, GIVEN)
        resources.callback(topology.discard)
        try:
            _start(topology, resources)
        except BaseException:  # pytest's time limit raises one that is not an Exception
            topology.show_logs()
            raise
        yield topology


def _start(topology: Topology, resources: ExitStack) -> None:
    _report_backlog_often(topology.container("temporal-1"))
    resources.enter_context(topology.serving())
    hurry(topology.container("prometheus-1"), topology.network, _SCRAPED)
    for name in ("prometheus-1", "temporal-ui-1"):
        topology.up(name)


def _report_backlog_often(temporal: Container) -> None:
    """Have the backlog's metrics updated every second instead of every minute."""
    with temporal.path("/etc/temporal/config/dynamicconfig/reelbatch.yaml").open("a") as file:
        file.write("matching.backlogMetricsEmitInterval: [{value: 1s}]\n")


def check_all_finished(batch: Batch, jobs: int, folder: Path) -> None:
    """Check that every job has finished and has exactly one output."""
    state = batch.wait(timeout=PATIENCE)
    assert state.stats.finished == jobs, [job.error for job in state.jobs if job.error]
    outputs = list(batch.download(folder))
    assert len({output.job.id for output in outputs}) == len(outputs) == jobs
    for output in outputs:
        assert output.file.read_bytes().startswith(b"\x89PNG")

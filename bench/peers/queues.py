"""Peer queues: no-op jobs are submitted and polled until all have ended."""

from bench.figures import Figure
from bench.noop_jobs import NoopJobs
from bench.peers import installed
from bench.peers.celery_queue import CeleryQueue
from bench.peers.nexrender import NexrenderQueue
from bench.processor import measure_both
from bench.run import Run

_WARM_UP = 20  # jobs


def peer_queues(run: Run) -> list[Figure]:
    """A batch of ours, which survives every crash, compared with the installed queues."""
    service = run.service()
    jobs = NoopJobs(service.team, run.folder("peer-queues"))
    number, rounds = run.sizes.large, run.sizes.long_rounds
    body = jobs.at_once(number)
    service.team.run(jobs.at_once(_WARM_UP))
    figures: list[Figure] = []
    for queue in (CeleryQueue, NexrenderQueue):
        if not queue.is_installed():
            print(f"peers: {queue.name} is not installed: {installed.HOW_TO}")
            continue
        with queue(run.folder(queue.folder)) as other:
            other.run(_WARM_UP)
            figures += measure_both(
                Figure(
                    name=f"peer queue: {queue.name}, {number:,} jobs",
                    ours=f"a batch of {number:,} jobs whose render is a no-op",
                    other=queue.work,
                    goal=None,
                ),
                lambda: service.team.run(body),
                lambda other=other: other.run(number),
                rounds,
            )
    return figures

"""Fairness: how long one team's small batch takes behind another team's large one."""

from bench.figures import Figure, measure
from bench.noop_jobs import NoopJobs
from bench.run import Run

_JOBS = 10


def fairness(run: Run) -> list[Figure]:
    """All renders are no-ops, so only turn-taking lets the small batch pass."""
    service = run.service()
    large, folder = run.sizes.large, run.folder("fairness")
    with service.other_team() as other:
        theirs = NoopJobs(service.team, folder).at_once(large)
        ours = NoopJobs(other, folder).at_once(_JOBS)
        other.run(ours)

        def behind_a_large_batch() -> float:
            batch_id = service.team.submit(theirs)
            service.team.wait_until_ended(batch_id, pending=large - _JOBS)
            seconds = other.run(ours)
            pending = service.team.read(batch_id)["stats"]["pending"]
            assert pending, "The large batch ended first, so nothing was measured behind it."
            service.team.end(batch_id)
            return seconds

        figure = measure(
            Figure.times(
                f"fairness behind {large:,} jobs",
                ours=f"{_JOBS} jobs of a team behind {large:,} of another team",
                other=f"the {_JOBS} jobs alone",
                goal=3,
            ),
            behind_a_large_batch,
            lambda: other.run(ours),
            run.sizes.rounds,
        )
    return [figure]

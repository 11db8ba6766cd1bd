"""Cancelling: how long a batch takes to stop, and how that grows with its size."""

from bench.figures import Figure, Kind, measure, seconds_of
from bench.noop_jobs import NoopJobs
from bench.run import Run


def cancelling(run: Run) -> list[Figure]:
    """All jobs are pending: those in flight occupy a render process or wait for one."""
    team = run.service().team
    jobs = NoopJobs(team, run.folder("cancelling"))
    small, large = run.sizes.small, run.sizes.large

    def seconds(number: int) -> float:
        batch_id = team.submit(jobs.waiting(number))
        team.wait_until_rendering(batch_id)
        return seconds_of(lambda: team.end(batch_id))

    growth = measure(
        Figure(
            name=f"cancel {large:,} jobs, growth",
            ours=f"until none of {large:,} jobs is pending",
            other=f"the same for {small:,} jobs",
            goal=large / small,
            kind=Kind.TIMES,
        ),
        lambda: seconds(large),
        lambda: seconds(small),
        run.sizes.rounds,
    )
    alone = Figure(
        name=f"cancel {large:,} jobs",
        ours=growth.ours,
        other=None,
        goal=None,
        kind=Kind.ALONE,
        our_values=growth.our_values,
    )
    return [alone, growth]

"""Orchestration: jobs with no-op renders, compared with bare workflows."""

from bench.bare import bare_temporal
from bench.figures import Figure, measure, seconds_of
from bench.noop_jobs import NoopJobs
from bench.run import Run

_WARM_UP = 20  # jobs


def orchestration(run: Run) -> list[Figure]:
    """A batch through API, Temporal, worker and render process, at two sizes."""
    service = run.service()
    jobs = NoopJobs(service.team, run.folder("orchestration"))
    small, large = run.sizes.small, run.sizes.large
    with bare_temporal(service) as bare:

        def at_size(number: int, goal: float) -> Figure:
            return measure(
                Figure(
                    name=f"orchestration of {number:,} jobs",
                    ours=f"a batch of {number:,} jobs whose render is a no-op",
                    other=f"{number:,} independent workflows of one no-op activity",
                    goal=goal,
                ),
                lambda: service.team.run(jobs.at_once(number)),
                lambda: seconds_of(lambda: bare.run_workflows(number)),
                run.sizes.long_rounds,
            )

        service.team.run(jobs.at_once(_WARM_UP))
        bare.run_workflows(_WARM_UP)
        few, many = at_size(small, 0.80), at_size(large, 1.00)
    return [few, many, _flatness(few, many, small, large)]


def _flatness(few: Figure, many: Figure, small: int, large: int) -> Figure:
    """The same measurements per job."""
    return Figure(
        name=f"flat from {small:,} to {large:,} jobs",
        ours=f"a job of a batch of {large:,}",
        other=f"a job of a batch of {small:,}",
        goal=0.80,
        our_values=[seconds / large for seconds in many.our_values],
        other_values=[seconds / small for seconds in few.our_values],
    )

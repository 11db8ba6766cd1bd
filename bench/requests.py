"""Requests for large batches: creating and reading one, compared with Temporal alone."""

from bench.bare import BareClient, bare_temporal
from bench.figures import Figure, measure, seconds_of
from bench.noop_jobs import NoopJobs
from bench.run import Run
from bench.service import Team


def requests(run: Run) -> list[Figure]:
    """A POST until its 201, and a GET of a running and of an ended batch."""
    service = run.service()
    team, number, rounds = service.team, run.sizes.large, run.sizes.rounds
    jobs = NoopJobs(team, run.folder("requests"))
    with bare_temporal(service) as bare:
        created = _submitting(team, bare, jobs.waiting(number), number, rounds)
        batch_id = team.submit(jobs.waiting(number))
        team.read(batch_id)
        running = measure(
            Figure.times(
                f"read {number:,} running jobs",
                ours=f"GET of a running batch of {number:,} jobs",
                other="one bare query of its workflow",
                goal=2,
            ),
            lambda: seconds_of(lambda: team.get(batch_id)),
            lambda: seconds_of(lambda: bare.query(service.team_name, batch_id)),
            3 * rounds,
        )
        team.end(batch_id)
        ended = measure(
            Figure.times(
                f"read {number:,} ended jobs",
                ours=f"GET of an ended batch of {number:,} jobs",
                other="one bare describe of its workflow",
                goal=2,
            ),
            lambda: seconds_of(lambda: team.get(batch_id)),
            lambda: seconds_of(lambda: bare.describe(service.team_name, batch_id)),
            3 * rounds,
        )
    return [created, running, ended]


def _submitting(team: Team, bare: BareClient, body: bytes, number: int, rounds: int) -> Figure:
    batches: list[str] = []

    def submit() -> float:
        seconds = seconds_of(lambda: batches.append(team.submit(body)))
        team.end(batches[-1])  # so that nothing runs during the next measurement
        return seconds

    return measure(
        Figure.times(
            f"submit {number:,} jobs",
            ours=f"POST of {number:,} jobs until 201",
            other="parsing that body and starting one workflow with it",
            goal=3,
        ),
        submit,
        lambda: seconds_of(lambda: bare.start_with(body)),
        rounds,
    )

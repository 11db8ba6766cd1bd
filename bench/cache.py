"""The render cache: a batch in which most jobs are equal, against one of its different jobs."""

import json
from itertools import count

from bench.figures import Figure, measure
from bench.promo import CODEC, FRAMES, TEMPLATE
from bench.run import Run
from bench.service import PROCESSES, running_service


def cache(run: Run) -> list[Figure]:
    """Films of two seconds, in a service of their own: the others' has no cache."""
    jobs, kinds = run.sizes.large, run.sizes.kinds
    with running_service(run.folder("cache"), render_cache=True) as service:
        team = service.team
        template = team.push(TEMPLATE)
        rounds = count()  # no round finds the renders of another

        def batch(number: int) -> bytes:
            return _body(template, number, kinds, next(rounds))

        team.run(batch(PROCESSES))  # both start warm
        figure = measure(
            Figure.times(
                f"render cache, {jobs} jobs of {kinds} kinds",
                ours=f"a batch of {jobs} films of which {kinds} are different",
                other=f"a batch of those {kinds}",
                goal=None,
            ),
            lambda: team.run(batch(jobs)),
            lambda: team.run(batch(kinds)),
            run.sizes.long_rounds,
        )
    return [figure]


def _body(template: str, jobs: int, kinds: int, number: int) -> bytes:
    """The words differ, from round to round too; the cost does not."""
    films = [
        {
            "template": {"id": template, "composition": "main"},
            "settings": {"codec": CODEC, "frames": [0, FRAMES]},
            "assets": [
                {"type": "text", "layerName": "headline", "value": f"{number}-{job % kinds}"}
            ],
        }
        for job in range(jobs)
    ]
    return json.dumps({"jobs": films}).encode()

"""The render cache: a batch of mostly equal jobs, compared with only its different jobs."""

import json
from itertools import count

from bench.figures import Figure, measure
from bench.promo import CODEC, FRAMES, TEMPLATE
from bench.run import Run
from bench.service import PROCESSES, running_service


def cache(run: Run) -> list[Figure]:
    """Films of two seconds, in a separate service, because the shared one has no cache."""
    jobs, kinds = run.sizes.large, run.sizes.kinds
    with running_service(run.folder("cache"), render_cache=True) as service:
        team = service.team
        template = team.push(TEMPLATE)
        rounds = count()  # so that no round finds the renders of another

        def batch(number: int) -> bytes:
            return _body(template, number, kinds, next(rounds))

        team.run(batch(PROCESSES))  # both start warm
        figure = measure(
            Figure.times(
                f"render cache, {jobs} jobs of {kinds} kinds",
                ours=f"a batch of {jobs} films, {kinds} of which are different",
                other=f"a batch of only those {kinds}",
                goal=None,
            ),
            lambda: team.run(batch(jobs)),
            lambda: team.run(batch(kinds)),
            run.sizes.long_rounds,
        )
    return [figure]


def _body(template: str, jobs: int, kinds: int, number: int) -> bytes:
    """Films with different words, in each round too. All cost the same."""
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

"""A Celery application with a task that is no work; run by the Python of `make bench-peers`.

With a NUMBER it submits so many, waits until all have ended, and prints the seconds that it took.
"""

import os
import sys
from importlib import import_module
from time import perf_counter
from typing import Any

celery: Any = import_module("celery")  # of that other Python: type checkers do not see it
REDIS = os.environ["BENCH_REDIS"]
app = celery.Celery("bench", broker=REDIS, backend=REDIS)


@app.task(name="render")
def render(number: int) -> int:
    return number


if __name__ == "__main__":
    number = int(sys.argv[1])
    signatures = app.tasks["render"]
    started = perf_counter()
    jobs = celery.group(signatures.s(index) for index in range(number)).apply_async()
    assert len(jobs.get()) == number  # Redis tells it of each result
    print(perf_counter() - started)

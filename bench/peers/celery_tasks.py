"""A Celery application with a no-op task. The Python that `make bench-peers` installs runs it.

With an argument NUMBER it submits that many tasks, waits until all have ended, and prints the
seconds.
"""

import os
import sys
from importlib import import_module
from time import perf_counter
from typing import Any

celery: Any = import_module(
    "celery"
)  # installed only for that Python, so type checkers do not find it
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
    assert len(jobs.get()) == number  # Redis reports each result
    print(perf_counter() - started)

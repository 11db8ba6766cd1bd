from collections.abc import Callable
from pathlib import Path

import pytest

from reelbatch.models.wire.jobs import JobCreation

BODIES = [
    "one-job.json",
    "batch-promo.json",
    "certificates.json",
    "lower-third.json",
    "batch-mixed.json",
]
INVALID_ON_PURPOSE = {
    ("batch-mixed.json", 5): ["layer headlin"],
    ("batch-mixed.json", 11): ["codec video_h264_vbr_99mbps"],
    ("batch-mixed.json", 18): ["composition sqare"],
}

JobsOf = Callable[[Path], list[JobCreation]]
ProblemsOf = Callable[[JobCreation], list[str]]


def test_every_request_body_is_tested(examples: Path) -> None:
    assert sorted(file.name for file in (examples / "requests").iterdir()) == sorted(BODIES)


@pytest.mark.parametrize("body", BODIES)
def test_only_the_jobs_that_are_invalid_on_purpose_have_problems(
    body: str, examples: Path, jobs_of: JobsOf, problems_of: ProblemsOf
) -> None:
    for index, job in enumerate(jobs_of(examples / "requests" / body)):
        assert problems_of(job) == INVALID_ON_PURPOSE.get((body, index), []), f"job {index}"


@pytest.mark.parametrize(
    ("body", "jobs"),
    [("batch-promo.json", 6), ("certificates.json", 10), ("batch-mixed.json", 24)],
)
def test_the_jobs_of_a_batch_all_differ(
    body: str, jobs: int, examples: Path, jobs_of: JobsOf
) -> None:
    assets = {str((job.template, job.assets)) for job in jobs_of(examples / "requests" / body)}
    assert len(assets) == jobs


def test_the_promo_batch_requests_a_film_a_gif_and_a_still(examples: Path, jobs_of: JobsOf) -> None:
    jobs = jobs_of(examples / "requests" / "batch-promo.json")
    codecs = {job.settings.codec for job in jobs if job.settings}
    assert codecs == {"video_h264_vbr_5mbps", "video_gif", "image_png"}

"""A job has the same status, progress and dates, however it is read."""

import asyncio
import json
import os
import random
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reelbatch.client import AsyncReelbatch
from tests.api.client.conftest import token_of
from tests.api.documents import a_film, a_small_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, until

RENDERING = "render:dorender"
ENDED = ("finished", "error", "manually_cancelled")
JOBS = 7
DATES = ("createdAt", "startedAt", "finishedAt", "errorAt")

Read = Callable[[], Awaitable[list[Any]]]


class Sightings:
    """The states of jobs that were read, in order. Later ones must not contradict earlier ones."""

    def __init__(self) -> None:
        self._last: dict[str, dict[str, Any]] = {}
        self._counts: dict[str, int] = {}

    def add(self, way: str, job: Any) -> None:
        """`job` is a job in any format, with some of the fields."""
        seen = self._last.setdefault(job["id"], {"status": "queued", "progress": 0.0})
        context = f"{way} returned {job} after {seen}"
        assert _rank(job["status"]) >= _rank(seen["status"]), context
        if seen["status"] in ENDED:
            assert job["status"] == seen["status"], context
        seen["status"] = job["status"]
        if "progress" in job:
            assert job["progress"] >= seen["progress"], context
            seen["progress"] = job["progress"]
        dates: dict[str, Any] = job.get("stats") or {}
        for name in DATES:
            date = dates.get(name)
            if dates and seen.get(name):
                assert date == seen[name], context
            seen[name] = date or seen.get(name)
        if job["status"] == RENDERING and dates:
            assert dates["startedAt"], context

    def add_counts(self, way: str, counts: Any) -> None:
        ended = {name: counts[name] for name in ("finished", "error", "cancelled")}
        for name, number in ended.items():
            assert number >= self._counts.get(name, 0), f"{way}: {counts} after {self._counts}"
        self._counts = ended


def _rank(status: str) -> int:
    return 2 if status in ENDED else 1 if status == RENDERING else 0


async def command_line(api: RunningApi, team: Team, *arguments: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "reelbatch", *arguments, "--json"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "REELBATCH_URL": api.url, "REELBATCH_TOKEN": token_of(team)},
    )
    stdout, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(stdout)


def ways_to_read(
    api: RunningApi, team: Team, client: AsyncReelbatch, batch: Any, sightings: Sightings
) -> dict[str, Read]:
    batch_id, ids = batch["batchId"], [job["id"] for job in batch["jobs"]]

    async def whole() -> list[Any]:
        read = await team.get(f"/batches/{batch_id}")
        sightings.add_counts("GET /batches/{id}", read["stats"])
        return read["jobs"]

    async def in_list() -> list[Any]:
        for item in (await team.get("/batches"))["batches"]:
            sightings.add_counts("GET /batches", item["stats"])
        return []

    async def one_by_one() -> list[Any]:
        return [await team.get(f"/jobs/{job_id}") for job_id in ids]

    async def listed() -> list[Any]:
        return await team.get("/jobs")

    async def minimal() -> list[Any]:
        return await team.get("/jobs?minimal=true")

    async def rendering() -> list[Any]:
        found = await team.get("/jobs?states=processing")
        assert {job["status"] for job in found} <= {RENDERING}
        return found

    async def results() -> list[Any]:
        return await team.get(f"/batches/{batch_id}/results")

    async def by_client() -> list[Any]:
        read = await client.batches.of(batch_id).read()
        found = [job async for job in client.jobs.list(sort="oldest_first")]
        return [json.loads(job.model_dump_json(by_alias=True)) for job in (*read.jobs, *found)]

    async def by_command() -> list[Any]:
        shown = await command_line(api, team, "jobs", "list", "--sort", "oldest_first")
        return [*shown, await command_line(api, team, "jobs", "show", ids[1])]

    named = (whole, in_list, one_by_one, listed, minimal, rendering, results, by_client, by_command)
    return {way.__name__: way for way in named}


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("REELBATCH_TEST_SEED", random.randrange(2**32)))  # noqa: S311
    print(f"REELBATCH_TEST_SEED={chosen}")  # noqa: T201  pytest shows it if the test fails
    return chosen


async def test_no_two_reads_of_a_batch_contradict_each_other(
    api: RunningApi, team: Team, seed: int
) -> None:
    """Reads at random moments, which depend on the seed, with one render process."""
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    card, film = await team.upload_card(), await team.upload(a_small_film())
    lengths = [chance.randrange(500, 4000) for _ in range(JOBS - 3)]
    image = {"type": "image", "layerName": "background", "src": f"{api.url}/nothing-here"}
    inner = {"id": card, "composition": "main"}
    nested_job = {"type": "job", "layerName": "background", "template": inner}
    jobs = [
        *(a_video(film, frames=[0, length]) for length in lengths),
        a_video(film),  # hours long, but it is cancelled
        a_video(card) | {"assets": [image]},
        a_video(card) | {"assets": [nested_job]},
    ]
    chance.shuffle(jobs)
    endless = next(at for at, job in enumerate(jobs) if job == a_video(film))
    batch = await team.create_batch(*jobs)
    sightings = Sightings()
    client = AsyncReelbatch(api.url, token_of(team))
    ways = ways_to_read(api, team, client, batch, sightings)

    async def follow() -> list[Any]:
        path, received = f"/batches/{batch['batchId']}/events", list[Any]()
        async with team.http.stream("GET", path) as stream:
            async for line in stream.aiter_lines():
                if line.startswith('data: {"index"'):
                    received.append(json.loads(line.removeprefix("data: ")))
        return received

    following = asyncio.create_task(follow())
    pending = JOBS
    while pending:
        for name in chance.sample([name for name in ways if name != "by_command"], 4):
            for job in await ways[name]():
                sightings.add(name, job)
        if chance.random() < 0.1:
            for job in await ways["by_command"]():
                sightings.add("by_command", job)
        await asyncio.sleep(chance.random() * 0.3)  # until the next random moment
        stats = (await team.get(f"/batches/{batch['batchId']}"))["stats"]
        pending = stats["pending"]
        if (await team.get(f"/jobs/{batch['jobs'][endless]['id']}"))["progress"] > 0:
            await team.http.patch(f"/jobs/{batch['jobs'][endless]['id']}/cancel")

    own = Sightings()
    for job in await following:
        own.add("events", job)
        if job["status"] in ENDED:
            sightings.add("events", job)
    nested = {child["id"] for job in batch["jobs"] for child in job.get("children", ())}
    for name, read in ways.items():
        found = [job for job in await read() if job["id"] not in nested]
        for job in found:
            sightings.add(name, job)
        assert len({job["id"] for job in found}) == {"in_list": 0, "rendering": 0}.get(name, JOBS)


async def test_only_jobs_in_a_render_process_are_rendering(team: Team) -> None:
    film = await team.upload(a_film())
    batch = await team.create_batch(*[a_video(film, frames=[0, 90_000 + at]) for at in range(8)])

    async def look() -> Any:
        return await team.get("/jobs?states=processing") or None

    [first] = await until(look, "rendering job")
    others = [job["id"] for job in batch["jobs"] if job["id"] != first["id"]]
    for jobs in (
        (await team.get(f"/batches/{batch['batchId']}"))["jobs"],
        await team.get("/jobs"),
        await team.get("/jobs?minimal=true"),
        await team.get(f"/batches/{batch['batchId']}/results"),
        [await team.get(f"/jobs/{job_id}") for job_id in (first["id"], *others)],
    ):
        statuses = {job["id"]: job["status"] for job in jobs}
        assert statuses == {first["id"]: RENDERING, **dict.fromkeys(others, "queued")}


async def test_equal_jobs_wait_in_the_queue_for_the_one_that_renders(team: Team) -> None:
    film = await team.upload(a_film())
    batch = await team.create_batch(*[a_video(film)] * 4)

    async def look() -> bool | None:
        """Each job has a worker, and all but one wait there for the render of that one."""
        jobs = (await team.get(f"/batches/{batch['batchId']}"))["jobs"]
        rendering = [job for job in jobs if job["status"] == RENDERING]
        return len(rendering) == 1 or None

    await until(look, "single rendering job")


async def test_a_job_keeps_its_start_and_its_progress_when_it_is_cancelled(team: Team) -> None:
    film = await team.upload(a_film())
    single = (await team.http.post("/jobs", json=a_video(film))).json()["id"]
    of_batch = (await team.create_batch(a_video(film)))["jobs"][0]["id"]
    for job_id in (single, of_batch):

        async def look(job_id: str = job_id) -> Any:
            job = await team.get(f"/jobs/{job_id}")
            return job if job["progress"] > 0 else None

        before = await until(look, "progress")
        [cancelled] = (await team.http.patch(f"/jobs/{job_id}/cancel")).json()
        for job in (cancelled, await team.get(f"/jobs/{job_id}")):
            assert job["status"] == "manually_cancelled"
            assert job["stats"]["startedAt"] == before["stats"]["startedAt"]
            assert 100 > job["progress"] >= before["progress"]
    assert {job["id"]: job["progress"] > 0 for job in await team.get("/jobs")} == {
        single: True, of_batch: True
    }  # fmt: skip


async def test_a_job_keeps_its_start_when_it_fails(team: Team, api: RunningApi) -> None:
    card = await team.upload_card()
    image = {"type": "image", "layerName": "background", "src": f"{api.url}/nothing-here"}
    job = a_video(card) | {"assets": [image]}
    single = (await team.http.post("/jobs", json=job)).json()["id"]
    created = await team.create_batch(job)
    of_batch = created["jobs"][0]["id"]
    for job_id in (single, of_batch):
        stats = (await team.end_of_job(job_id))["stats"]
        assert stats["createdAt"] <= stats["startedAt"] <= stats["errorAt"]
    batch = await team.end_of_batch(created["batchId"])
    assert batch["jobs"][0]["stats"] == stats  # of the last one


@pytest.mark.parametrize("at_once", [8])
async def test_each_job_is_cancelled_by_one_of_many_requests(team: Team, at_once: int) -> None:
    film = await team.upload(a_film())
    created = await team.create_batch(*[a_video(film)] * 12)
    single = (await team.http.post("/jobs", json=a_video(film))).json()["id"]
    batch_path, ids = f"/batches/{created['batchId']}/cancel", [j["id"] for j in created["jobs"]]
    of_batch = await asyncio.gather(*(team.http.post(batch_path) for _ in range(at_once)))
    of_single = await asyncio.gather(
        *(team.http.patch(f"/jobs/{single}/cancel") for _ in range(at_once))
    )
    claimed = [job["id"] for response in of_batch for job in response.json()["cancelledJobs"]]
    assert sorted(claimed) == sorted(ids)
    assert sum(response.json()["cancelledCount"] for response in of_batch) == 12
    assert {response.status_code for response in of_single} == {200, 409}
    successes = [response.json() for response in of_single if response.status_code == 200]
    assert [[job["id"] for job in jobs] for jobs in successes] == [[single]]


async def test_a_minimal_list_is_smaller_by_what_it_leaves_out(team: Team) -> None:
    card = await team.upload_card()
    created = await team.create_batch(*[a_still(card)] * 3)
    await team.end_of_batch(created["batchId"])
    full, minimal = await team.http.get("/jobs"), await team.http.get("/jobs?minimal=true")
    assert len(minimal.content) < 0.8 * len(full.content)
    for one, other in zip(full.json(), minimal.json(), strict=True):
        del one["stats"]
        assert one == other

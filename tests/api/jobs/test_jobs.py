"""Single jobs, and individual jobs of batches."""

from typing import Any

import pytest

from tests.api.documents import a_film
from tests.api.running_api import Team, a_still, a_video, until


async def test_a_single_job_is_rendered(team: Team) -> None:
    response = await team.http.post("/jobs", json=a_still(await team.upload_card()))
    assert response.status_code == 201
    created = response.json()
    assert set(created) == {"id", "status", "outputUrl", "progress", "stats"}
    assert (created["status"], created["progress"]) == ("queued", 0)

    job = await team.end_of_job(created["id"])

    assert (job["status"], job["progress"]) == ("finished", 100)
    assert job["outputUrl"] == created["outputUrl"]
    assert job["stats"]["createdAt"] == created["stats"]["createdAt"]
    assert job["stats"]["renderDuration"] > 0
    assert "batchId" not in job
    output = await team.public.get(job["outputUrl"])
    assert output.headers["content-type"] == "image/png"


async def test_the_composition_may_be_left_out(team: Team) -> None:
    card = await team.upload_card()
    response = await team.http.post("/jobs", json={"template": {"id": card}, "preview": True})
    job = await team.end_of_job(response.json()["id"])
    assert job["status"] == "finished"
    assert job["outputUrl"].endswith(".mp4")


async def test_a_job_of_a_batch_knows_its_batch(team: Team) -> None:
    created = await team.create_batch({}, a_still(await team.upload_card(), tags="a,b"))
    job = await team.end_of_job(created["jobs"][0]["id"])
    assert (job["batchId"], job["index"]) == (created["batchId"], 1)
    assert job["tags"] == ["a", "b"]


async def test_a_rendering_job_shows_its_progress(team: Team) -> None:
    film = await team.upload(a_film())
    job_id = (await team.http.post("/jobs", json=a_video(film))).json()["id"]

    async def look() -> Any:
        job = await team.get(f"/jobs/{job_id}")
        return job if job["progress"] else None

    job = await until(look, "progress")
    assert job["status"] == "render:dorender"
    assert 0 < job["progress"] < 100
    assert job["stats"]["startedAt"]

    async def listed() -> Any:
        return await team.get("/jobs?states=render:dorender") or None

    assert [job["id"] for job in await until(listed, "job in the list")] == [job_id]

    [cancelled] = (await team.http.patch(f"/jobs/{job_id}/cancel")).json()
    assert cancelled["status"] == "manually_cancelled"
    assert cancelled["stats"]["errorAt"]


async def test_a_job_that_waits_for_its_turn_is_queued(team: Team) -> None:
    film = await team.upload(a_film())
    created = await team.create_batch(*[a_video(film)] * 30)
    last = created["jobs"][-1]["id"]
    assert (await team.get(f"/jobs/{last}"))["status"] == "queued"
    await team.http.post(f"/batches/{created['batchId']}/cancel")
    assert (await team.get(f"/jobs/{last}"))["status"] == "manually_cancelled"


async def test_unknown_jobs_are_404(team: Team, other_team: Team) -> None:
    job_id = (await team.create_batch(a_still(await team.upload_card())))["jobs"][0]["id"]
    for unknown in ("nonsense", "01JAAAAAAAAAAAAAAAAAAAAAAA", job_id):
        response = await other_team.http.get(f"/jobs/{unknown}")
        assert (response.status_code, response.json()["errorCode"]) == (404, "JOB_NOT_FOUND")


class TestLists:
    """A batch of three jobs, one rejected in between, and two single jobs, oldest to newest."""

    @pytest.fixture
    async def ids(self, team: Team) -> list[str]:
        card = await team.upload_card()
        missing = a_still(card)
        missing["assets"] = [
            {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
        ]
        batch = await team.create_batch(a_still(card, tags=["red"]), {}, missing)
        ids = [job["id"] for job in batch["jobs"]]
        varieties: list[dict[str, Any]] = [{"tags": ["red", "blue"]}, {"priority": 5}]
        for fields in varieties:
            response = await team.http.post("/jobs", json=a_still(card, **fields))
            ids.append(response.json()["id"])
        for job_id in ids:
            await team.end_of_job(job_id)

        async def look() -> bool | None:
            finished = await team.get("/jobs?states=finished,error")
            return True if len(finished) == len(ids) else None

        await until(look, "all jobs in the list")
        return ids

    async def test_filters_sorts_and_pages(self, team: Team, ids: list[str]) -> None:
        async def listed(query: str = "") -> list[str]:
            return [job["id"] for job in await team.get(f"/jobs?{query}")]

        batch_1, batch_3, tagged, urgent = ids
        assert await listed() == ids
        assert await listed("sort=newest_first") == ids[::-1]
        assert await listed("limit=2&from=1") == ids[1:3]
        assert await listed("limit=2&from=1&sort=newest_first") == ids[::-1][1:3]
        assert await listed("sort=priority") == [urgent, batch_1, batch_3, tagged]
        pages = [await listed(f"sort=random&limit=2&from={start}") for start in (0, 2)]
        assert sorted(pages[0] + pages[1]) == ids
        assert await listed("states=error") == [batch_3]
        assert await listed("exclude_states=error") == [batch_1, tagged, urgent]
        assert await listed("states=finished&from=1") == [tagged, urgent]
        assert await listed("states= finished , error") == ids
        assert await listed("states=queued,processing") == []
        assert await listed("tags=red") == [batch_1, tagged]
        assert await listed("tags=blue,green") == [tagged]
        assert await listed("to_date=2020-01-01T00:00:00Z") == []
        assert await listed("from_date=2020-01-01T00:00:00Z&minimal=true") == ids
        created_at = (await team.get(f"/jobs/{tagged}"))["stats"]["createdAt"]
        assert await listed(f"from_date={created_at}") == [tagged, urgent]

    async def test_an_error_in_the_list_says_why(self, team: Team, ids: list[str]) -> None:
        [failed] = await team.get("/jobs?states=error")
        assert failed["id"] == ids[1]
        assert failed["errorCode"] == "ASSET_INVALID"


async def test_a_new_team_has_no_jobs(team: Team) -> None:
    assert await team.get("/jobs") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1001", "limit=ten", "from=-1", "from=1.5", "minimal=yes", "sort=best",
        "from_date=yesterday", "to_date=5", "tags=a b", "tags=a,", "states=a%27b",
    ],
)  # fmt: skip
async def test_bad_list_parameters_are_refused(team: Team, query: str) -> None:
    response = await team.http.get(f"/jobs?{query}")
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()["error"]

"""Jobs with equal inputs share a render, as seen through the API."""

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
from PIL import Image
from temporalio.api.enums.v1 import PendingActivityState

import worker
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.storage import keys
from reelbatch.storage.objects import read_bytes
from tests.api.documents import a_film
from tests.api.jobs.test_bucket_uploads import an_upload
from tests.api.running_api import RunningApi, Team, a_still, a_video, until
from tests.api.submission.test_asset_urls import a_picture, image
from tests.origin import Origin, running_origin
from tests.s3_server import S3Server


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


@pytest_asyncio.fixture
async def template(team: Team) -> str:
    return await team.upload_card()


async def results_of(team: Team, jobs: Sequence[Any]) -> list[Any]:
    """The results of a new batch of these jobs, once all have finished."""
    created = await team.create_batch(*jobs)
    batch = await team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == len(jobs), batch
    return await team.get(f"/batches/{created['batchId']}/results")


def rendered(results: Sequence[Any]) -> list[int]:
    """The indexes of the jobs that were rendered themselves."""
    return [result["index"] for result in results if result["reusedFrom"] is None]


async def files_of(team: Team, results: Sequence[Any]) -> list[bytes]:
    responses = [await team.public.get(result["outputUrl"]) for result in results]
    assert {response.status_code for response in responses} == {200}
    return [response.content for response in responses]


async def log_of(team: Team, job_id: str) -> str:
    return (await team.http.get(f"/jobs/{job_id}/logs")).text


async def test_thirty_jobs_of_three_kinds_cost_three_renders(team: Team, template: str) -> None:
    results = await results_of(team, [a_still(template, "abc"[i % 3]) for i in range(30)])
    firsts = rendered(results)
    assert sorted(index % 3 for index in firsts) == [0, 1, 2]
    files = await files_of(team, results)
    assert len(set(files)) == 3
    for result in results:
        first = next(results[index] for index in firsts if index % 3 == result["index"] % 3)
        assert files[result["index"]] == files[first["index"]]
        log = await log_of(team, result["id"])
        if result["index"] in firsts:
            assert "RENDERED: 32 x 18" in log
            assert result["renderDuration"] > 0
        else:
            assert result["reusedFrom"] == first["id"]
            assert f"REUSED: the render of job {first['id']}, 32 x 18 pixels" in log
            assert "RENDERED" not in log
            assert result["renderDuration"] == 0
        facts = ("size", "width", "height", "frames")
        assert [result[name] for name in facts] == [first[name] for name in facts]


async def test_a_later_batch_reuses_renders_and_other_settings_do_not(
    team: Team, template: str
) -> None:
    [first] = await results_of(team, [a_still(template)])
    webp = a_still(template, settings={"type": "image", "frames": 0, "codec": "image_webp"})
    results = await results_of(team, [a_still(template, tags=["x"], priority=5), webp])
    assert [result["reusedFrom"] for result in results] == [first["id"], None]


async def test_the_same_template_uploaded_again_shares_renders(team: Team, template: str) -> None:
    again = await team.upload_card()
    results = await results_of(team, [a_still(template), a_still(again)])
    assert len(rendered(results)) == 1


async def test_teams_never_share_renders(team: Team, template: str, other_team: Team) -> None:
    await results_of(team, [a_still(template)])
    results = await results_of(other_team, [a_still(await other_team.upload_card())])
    assert rendered(results) == [0]


async def test_another_picture_at_the_same_url_is_rendered(
    team: Team, template: str, origin: Origin
) -> None:
    def job() -> Any:
        return a_still(template, assets=[image(f"{origin.url}/logo.png")])

    for colour in ("red", "red", "blue"):
        origin.answer("/logo.png", a_picture(colour), headers="Cache-Control: no-cache\r\n")
        [result] = await results_of(team, [job()])
        [file] = await files_of(team, [result])
        with Image.open(io.BytesIO(file)) as picture:
            shown = picture.convert("RGB").getpixel((31, 0))
        assert shown == ((255, 0, 0) if colour == "red" else (0, 0, 255))
        assert (result["reusedFrom"] is None) == (len(origin.requests) != 2)


async def test_values_of_secrets_matter_and_are_not_stored(
    team: Team, template: str, api: RunningApi
) -> None:
    for name, value in {"A": "first", "B": "first", "C": "second"}.items():
        response = await team.http.put("/secrets", json={"name": name, "value": value})
        assert response.status_code == 201
    results = await results_of(
        team, [a_still(template, f"${{secrets.{name}}}") for name in ("A", "B", "C")]
    )
    assert len(rendered(results)) == 2
    assert 2 in rendered(results)
    kept = api.store.list(keys.cached_renders(team.name))  # pyright: ignore[reportUnknownMemberType]  obstore's other overload is for arrow
    async for chunk in kept:
        for entry in chunk:
            content = await read_bytes(api.store, entry["path"])
            assert content is not None
            assert b"first" not in content
            assert b"second" not in content


async def test_a_reused_render_goes_into_the_clients_bucket_too(
    team: Team, template: str, s3_server: S3Server
) -> None:
    [own] = await results_of(team, [a_still(template)])
    [theirs] = await results_of(team, [a_still(template, upload=an_upload(s3_server))])
    assert theirs["reusedFrom"] == own["id"]
    assert len(set(await files_of(team, [own, theirs]))) == 1


async def test_a_render_whose_file_is_gone_is_rendered_again(
    team: Team, template: str, api: RunningApi
) -> None:
    await results_of(team, [a_still(template)])
    kept = api.store.list(keys.cached_renders(team.name))  # pyright: ignore[reportUnknownMemberType]  as above
    async for chunk in kept:
        await api.store.delete_async(
            [entry["path"] for entry in chunk if entry["path"].endswith(".png")]
        )
    results = await results_of(team, [a_still(template)])
    assert rendered(results) == [0]
    assert len(await files_of(team, results)) == 1


async def equal_films(team: Team, number: int) -> list[str]:
    """The ids of new jobs with equal films, none of which ends within a test."""
    film = a_video(await team.upload(a_film()))
    return [(await team.http.post("/jobs", json=film)).json()["id"] for _ in range(number)]


async def progress_of(team: Team, ids: Sequence[str]) -> list[float]:
    return [(await team.get(f"/jobs/{job_id}"))["progress"] for job_id in ids]


@asynccontextmanager
async def another_worker(api: RunningApi) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(api.settings, stop))
    yield
    stop.set()
    await running


async def test_jobs_that_wait_for_an_equal_one_occupy_no_render_slot(
    team: Team, api: RunningApi
) -> None:
    async with another_worker(api):
        ids = await equal_films(team, 5)
        handles = [api.client.get_workflow_handle(job_workflow_id(team.name, id_)) for id_ in ids]

        async def all_taken() -> bool | None:
            described = [(await handle.describe()).raw_description for handle in handles]
            states = [activity.state for each in described for activity in each.pending_activities]
            return states == [PendingActivityState.PENDING_ACTIVITY_STATE_STARTED] * 5 or None

        await until(all_taken, "worker that has taken all of them")

        async def one_renders() -> bool | None:
            return any(await progress_of(team, ids)) or None

        await until(one_renders, "film that is rendered")
        assert len(list(filter(None, await progress_of(team, ids)))) == 1
        await team.cancel_everything()


async def test_two_workers_render_one_of_two_equal_films_and_the_other_when_that_is_cancelled(
    team: Team, api: RunningApi
) -> None:
    async with another_worker(api):
        ids = await equal_films(team, 2)

        async def one_renders() -> int | None:
            percents = await progress_of(team, ids)
            return percents.index(max(percents)) if max(percents) else None

        first = await until(one_renders, "film that is rendered")
        assert (await progress_of(team, ids))[1 - first] == 0
        await team.http.patch(f"/jobs/{ids[first]}/cancel")

        async def other_renders() -> bool | None:
            return (await progress_of(team, ids))[1 - first] > 0 or None

        await until(other_renders, "film that is rendered instead")
        await team.http.patch(f"/jobs/{ids[1 - first]}/cancel")
        for job_id in ids:
            assert (await team.end_of_job(job_id))["status"] == "manually_cancelled"

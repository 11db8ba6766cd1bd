"""Previews of the first rows of a table, before a batch is created."""

import asyncio
import io
from typing import Any

import httpx
from PIL import Image

from tests.api.documents import a_film
from tests.api.running_api import Team, a_video, until


async def send_table(team: Team, table: str, **query: Any) -> httpx.Response:
    headers = {"Content-Type": "text/csv"}
    return await team.http.post("/previews", params=query, content=table, headers=headers)


async def preview(team: Team, table: str, status: int = 201, **query: Any) -> httpx.Response:
    response = await send_table(team, table, **query)
    assert response.status_code == status, response.text
    return response


async def test_previews_are_rendered_before_the_rest_of_a_running_batch(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    busy = (await team.create_batch(*[a_video(film)] * 3))["batchId"]

    async def rendering() -> bool | None:
        jobs = (await team.get(f"/batches/{busy}"))["jobs"]
        return any(job["status"] == "render:dorender" for job in jobs) or None

    await until(rendering, "job that renders")
    rows = "".join(f"Row {number},{'high' if number == 1 else ''}\n" for number in range(20))
    table = f"title,job:priority\n{rows}"
    first, second = await asyncio.gather(
        *(send_table(team, table, template=card, name="Spring") for _ in range(2))
    )
    assert {first.status_code, second.status_code} == {201, 429}
    made = next(each.json() for each in (first, second) if each.status_code == 201)
    again = await preview(team, table, 429, template=card)
    assert again.headers["retry-after"] == "2"
    assert made["batchId"] in again.json()["error"]

    assert made["totalRows"] == 20
    assert [job["index"] for job in made["jobs"]] == [0, *range(2, 12)]
    assert [(error["index"], error["line"]) for error in made["errors"]] == [(1, 3)]
    ended = await team.end_of_batch(made["batchId"])
    assert ended["stats"]["finished"] == 11
    assert (await team.get(f"/batches/{busy}"))["stats"]["pending"] > 0
    picture = Image.open(io.BytesIO((await team.public.get(made["jobs"][0]["outputUrl"])).content))
    assert (picture.format, picture.size) == ("JPEG", (16, 9))
    assert await team.batch_ids() == [busy]
    assert (await team.get("/batches?name=Spring"))["batches"] == []
    retried = await team.http.post(f"/batches/{made['batchId']}/retry")
    assert (retried.status_code, retried.json()["errorCode"]) == (409, "NOTHING_TO_RETRY")


async def test_rows_that_cannot_be_rendered_are_reported(team: Team) -> None:
    card = await team.upload_card()
    response = await preview(team, "title,job:priority\nAda,high\n", 400, template=card)
    assert response.json()["errors"][0]["details"][0]["column"] == "job:priority"

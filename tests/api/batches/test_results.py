"""The outcome of a batch: tables of results, and all outputs in one archive."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from api.batches.results import table_of
from reelbatch.models.wire.batches import BatchResult
from reelbatch.storage import keys
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video

COLUMNS = [
    "index", "id", "status", "name", "outputUrl", "error", "errorCode", "tags",
    "renderDuration", "size", "width", "height", "frames", "reusedFrom",
    "missingFonts", "missingGlyphs", "warnings",
]  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def batch(card_team: Team, card: str) -> AsyncGenerator[Any]:
    """The response of GET /batches/{id} for a rejected, a failed and two finished jobs."""
    broken = a_still(card) | {
        "assets": [{"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}]
    }
    jobs = [
        {},
        a_still(card, tags=["a", "b"]),
        broken,
        a_video(card, codec="video_gif"),
    ]
    created = await card_team.create_batch(*jobs)
    yield await card_team.end_of_batch(created["batchId"])


async def test_results_have_a_line_for_every_job_of_the_request(
    card_team: Team, batch: Any
) -> None:
    results = await card_team.get(f"/batches/{batch['batchId']}/results")
    assert [list(result) for result in results] == [COLUMNS] * 4
    assert [result["index"] for result in results] == [0, 1, 2, 3]
    statuses = ["rejected", "finished", "error", "finished"]
    assert [result["status"] for result in results] == statuses
    rejected, still, failed, film = results
    assert (rejected["id"], rejected["errorCode"]) == (None, "VALIDATION_ERROR")
    assert still["outputUrl"] == batch["jobs"][0]["outputUrl"]
    assert (still["tags"], still["width"], still["height"], still["frames"]) == (
        ["a", "b"], 32, 18, 1
    )  # fmt: skip
    assert still["size"] == len((await card_team.public.get(still["outputUrl"])).content)
    assert (failed["outputUrl"], failed["errorCode"]) == (None, "ASSET_INVALID")
    assert film["frames"] == 10


async def test_results_come_as_a_table(card_team: Team, batch: Any) -> None:
    path = f"/batches/{batch['batchId']}/results"
    by_name = await card_team.http.get(f"{path}?format=csv")
    by_accept = await card_team.http.get(path, headers={"Accept": "text/csv;q=0.9, */*"})
    assert by_name.content == by_accept.content
    assert by_name.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(by_name.text, newline="")))
    assert list(table[0]) == COLUMNS
    assert [row["status"] for row in table] == ["rejected", "finished", "error", "finished"]
    assert (table[0]["id"], table[1]["tags"], table[1]["size"].isdecimal()) == ("", "a,b", True)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    result = BatchResult(index=0, status="rejected", error=f"{start}1")
    [_, row] = csv.reader(io.StringIO(table_of([result], exact=False), newline=""))
    assert f"'{start}1" in row
    [_, row] = csv.reader(io.StringIO(table_of([result], exact=True), newline=""))
    assert f"{start}1" in row


async def test_a_client_asks_for_exact_cells(card_team: Team, batch: Any) -> None:
    path = f"/batches/{batch['batchId']}/results?format=csv&exact="
    assert (await card_team.http.get(f"{path}true")).status_code == 200
    assert (await card_team.http.get(f"{path}maybe")).status_code == 400


async def test_results_come_as_json_lines(card_team: Team, batch: Any) -> None:
    path = f"/batches/{batch['batchId']}/results"
    lines = await card_team.http.get(path, headers={"Accept": "application/x-ndjson"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    named = await card_team.http.get(f"{path}?format=json", headers={"Accept": "text/csv"})
    assert [json.loads(line) for line in lines.text.splitlines()] == named.json()


async def test_the_archive_contains_every_output_named_by_index(
    card_team: Team, batch: Any
) -> None:
    path = f"/batches/{batch['batchId']}"
    response = await card_team.http.get(f"{path}/archive")
    assert response.headers["content-type"] == "application/zip"
    assert f"{batch['batchId']}.zip" in response.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["results.json", "00001.png", "00003.gif"]
        assert json.loads(archive.read("results.json")) == await card_team.get(f"{path}/results")
        for job in (batch["jobs"][0], batch["jobs"][2]):
            content = (await card_team.public.get(job["outputUrl"])).content
            assert archive.read(f"{job['index']:05d}{job['outputUrl'][-4:]}") == content


async def test_the_archive_of_a_running_batch_has_the_outputs_so_far(
    api: RunningApi, team: Team
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {
        "jobs": [a_still(card), a_still(card), a_video(film)],
        "concurrency": 1,
    }
    created = (await team.http.post("/batches", json=body)).json()
    path = f"/batches/{created['batchId']}"
    while (await team.get(f"{path}?wait=60"))["stats"]["finished"] < 2:
        pass
    await api.store.delete_async(keys.output(team.name, created["jobs"][0]["id"], "png"))
    archive = zipfile.ZipFile(io.BytesIO((await team.http.get(f"{path}/archive")).content))
    assert archive.namelist() == ["results.json", "00001.png"]


@pytest.mark.parametrize("what", ["results", "archive"])
async def test_results_belong_to_the_team(other_team: Team, batch: Any, what: str) -> None:
    response = await other_team.http.get(f"/batches/{batch['batchId']}/{what}")
    assert (response.status_code, response.json()["errorCode"]) == (404, "BATCH_NOT_FOUND")


async def test_unknown_formats_are_refused(card_team: Team, batch: Any) -> None:
    response = await card_team.http.get(f"/batches/{batch['batchId']}/results?format=xml")
    assert response.status_code == 400
    assert "format must be 'json', 'ndjson' or 'csv'" in response.json()["error"]

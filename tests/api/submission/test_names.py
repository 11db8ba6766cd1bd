"""What people call jobs and batches: given, shown everywhere, and the names of files."""

import csv
import io
import zipfile
from typing import Any

import httpx
import pytest

from tests.api.running_api import Team, a_still, until


async def send_table(team: Team, card: str, rows: str, **query: Any) -> httpx.Response:
    params = {"template": card, "codec": "image_png", "frame": 0, **query}
    headers = {"Content-Type": "text/csv"}
    return await team.http.post("/batches", params=params, content=rows.encode(), headers=headers)


async def test_names_of_a_tables_jobs_are_those_of_their_files(card_team: Team, card: str) -> None:
    rows = "title,first,job:name\nA,Zoë,Zoë Łukasz\nB,Ada,\nC,Zoë,zoë łukasz\nD,Eve,../../evil\n"
    response = await send_table(card_team, card, rows, outputName="{first} {title}", name="Spring")
    assert response.status_code == 201, response.text
    created = response.json()
    names = ["Zoë Łukasz", "Ada B", "zoë łukasz", "../../evil"]
    assert [job["name"] for job in created["jobs"]] == names
    batch_id = created["batchId"]
    batch = await card_team.end_of_batch(batch_id)
    assert batch["name"] == "Spring"
    assert [job["name"] for job in batch["jobs"]] == names
    one = await card_team.get(f"/jobs/{batch['jobs'][1]['id']}")
    assert one["name"] == "Ada B"

    archive = await card_team.http.get(f"/batches/{batch_id}/archive")
    files = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert files == [
        "results.json",
        "Zoë Łukasz.png",
        "Ada B.png",
        "zoë łukasz (2).png",
        "_.._evil.png",
    ]
    results = await card_team.get(f"/batches/{batch_id}/results")
    assert results[1]["name"] == "Ada B"
    assert results[1]["cells"] == {"title": "B", "first": "Ada", "job:name": ""}
    table = await card_team.http.get(f"/batches/{batch_id}/results", params={"format": "csv"})
    second = list(csv.DictReader(io.StringIO(table.text)))[1]
    assert (second["name"], second["title"], second["first"]) == ("Ada B", "B", "Ada")

    output = await card_team.public.get(batch["jobs"][0]["outputUrl"])
    disposition = output.headers["content-disposition"]
    assert "filename*=UTF-8''Zo%C3%AB%20%C5%81ukasz.png" in disposition


async def test_a_rejected_row_shows_its_cells_in_the_results(card_team: Team, card: str) -> None:
    rows = "title,job:priority\nA,1\nB,high\n"
    created = (await send_table(card_team, card, rows)).json()
    results = await card_team.get(f"/batches/{created['batchId']}/results")
    assert results[1]["status"] == "rejected"
    assert results[1]["cells"] == {"title": "B", "job:priority": "high"}


async def test_a_pattern_of_an_unknown_column_is_refused(card_team: Team, card: str) -> None:
    rows = "title,first\nA,Ada\n"
    refused = await send_table(card_team, card, rows, outputName="{frist}-{title}")
    answer = refused.json()
    assert refused.status_code == 400
    assert answer["details"][0]["field"] == "outputName"
    assert "no column frist. Did you mean first?" in answer["error"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201, 5])
async def test_a_name_that_no_file_can_have_is_refused(
    card_team: Team, card: str, name: Any
) -> None:
    answer = await card_team.create_batch(a_still(card, "A", name=name), status=400)
    assert answer["errors"][0]["details"][0]["field"] == "name"


async def test_batches_are_found_by_their_name(card_team: Team, card: str) -> None:
    for name in ("Autumn", "Winter", None):
        body = {"jobs": [a_still(card)], "name": name}
        assert (await card_team.http.post("/batches", json=body)).status_code == 201

    async def winter() -> Any:
        found = (await card_team.http.get("/batches", params={"name": "Winter"})).json()["batches"]
        return found or None

    assert [batch["name"] for batch in await until(winter, "batch of this name")] == ["Winter"]


async def test_a_retry_keeps_names_and_cells(card_team: Team, card: str) -> None:
    rows = "title,job:name,image:background\nA,Ada,\nB,Eve,data:image/png;base64\n"
    created = (await send_table(card_team, card, rows, name="Again")).json()
    ended = await card_team.end_of_batch(created["batchId"])
    assert [job["status"] for job in ended["jobs"]] == ["finished", "error"]
    again = (await card_team.http.post(f"/batches/{created['batchId']}/retry")).json()
    [job] = (await card_team.end_of_batch(again["batchId"]))["jobs"]
    assert (job["index"], job["name"]) == (1, "Eve")
    [result] = await card_team.get(f"/batches/{again['batchId']}/results")
    assert result["cells"]["title"] == "B"
    assert (await card_team.get(f"/batches/{again['batchId']}"))["name"] == "Again"

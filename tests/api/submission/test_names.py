"""The names of jobs and batches: they are shown everywhere, and name the files."""

import csv
import io
import zipfile
from typing import Any

import httpx
import pytest

from tests.api.running_api import Team, a_still


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


async def test_a_pattern_with_an_unknown_column_is_refused(card_team: Team, card: str) -> None:
    rows = "title,first\nA,Ada\n"
    refused = await send_table(card_team, card, rows, outputName="{frist}-{title}")
    response = refused.json()
    assert refused.status_code == 400
    assert response["details"][0]["field"] == "outputName"
    assert "no column frist. Did you mean first?" in response["error"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201, 5])
async def test_a_name_that_no_file_can_have_is_refused(
    card_team: Team, card: str, name: Any
) -> None:
    response = await card_team.create_batch(a_still(card, "A", name=name), status=400)
    assert response["errors"][0]["details"][0]["field"] == "name"


async def test_batches_are_found_by_name_at_once(card_team: Team, card: str) -> None:
    long_name = "😀" * 200  # more than Visibility accepts
    for name in ("Autumn", "Winter", None, long_name):
        body = {"jobs": [a_still(card)], "name": name}
        created = (await card_team.http.post("/batches", json=body)).json()
        if name:
            found = await card_team.http.get("/batches", params={"name": name})
            [batch] = found.json()["batches"]
            assert (batch["batchId"], batch["name"]) == (created["batchId"], name)
            assert batch["stats"]["total"] == 1


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


async def test_a_table_with_more_rows_than_a_batch_is_sent_in_parts(
    card_team: Team, card: str
) -> None:
    lines = [f"{row},{0 if row in (0, 1000, 1001) else 'high'}\n" for row in range(1002)]
    table = "title,job:priority\n" + "".join(lines)
    refused = (await send_table(card_team, card, table)).json()
    assert refused["errorCode"] == "BATCH_SIZE_INVALID"
    assert "firstRow=1000" in refused["error"]

    first = (await send_table(card_team, card, table, firstRow=0, name="Long")).json()
    assert (first["totalRows"], first["totalJobs"], first["successCount"]) == (1002, 1000, 1)
    part = {"firstRow": 1000, "name": "Long", "submission": first["batchId"]}
    second = (await send_table(card_team, card, table, **part)).json()
    assert (second["totalRows"], second["totalJobs"], second["successCount"]) == (1002, 2, 2)
    results = await card_team.get(f"/batches/{second['batchId']}/results")
    assert [result["cells"]["title"] for result in results] == ["1000", "1001"]
    beyond = (await send_table(card_team, card, table, firstRow=1002)).json()
    assert beyond["details"][0]["field"] == "firstRow"

    query = {"submission": first["batchId"]}
    later, earlier = (await card_team.http.get("/batches", params=query)).json()["batches"]
    assert (later["batchId"], later["submission"]) == (second["batchId"], first["batchId"])
    assert (second["firstRow"], later["firstRow"], "firstRow" in earlier) == (1000, 1000, False)
    assert (earlier["batchId"], "submission" in earlier) == (first["batchId"], False)

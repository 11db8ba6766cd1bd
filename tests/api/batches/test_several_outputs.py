"""Batches with several outputs, in each of which every job or row is rendered."""

import csv
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests.api.running_api import Team, a_still

WIDE = {"composition": "main", "name": "wide", "settings": {"codec": "video_gif"}}
BADGE = {"composition": "badge", "name": "badge", "settings": {"codec": "image_png"}}
PLACES = [(0, 0), (0, 1), (1, 0), (1, 1)]  # rows and outputs of two rows in two outputs


async def send(team: Team, card: str, rows: str, *outputs: Any, **query: Any) -> httpx.Response:
    params = {"template": card, "outputs": json.dumps(outputs), **query}
    headers = {"Content-Type": "text/csv"}
    return await team.http.post("/batches", params=params, content=rows, headers=headers)


async def send_jobs(team: Team, *jobs: Any, status: int = 201, **fields: Any) -> Any:
    response = await team.http.post("/batches", json={"jobs": jobs, **fields})
    assert response.status_code == status, response.text
    return response.json()


async def results_of(team: Team, created: Any) -> list[Any]:
    batch = await team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == created["successCount"], batch
    return await team.get(f"/batches/{created['batchId']}/results")


def places(jobs: list[Any]) -> list[tuple[int, int]]:
    return [(job["row"], job["output"]) for job in jobs]


async def test_each_row_of_a_table_is_rendered_in_each_output(card_team: Team, card: str) -> None:
    rows = "title,label,who\nA,x,Ada\nB,y,Zoë\n"
    query = {"outputName": "{who}", "poster": "true", "quality": "draft", "name": "Formats"}
    response = await send(card_team, card, rows, WIDE, BADGE, **query)
    assert response.status_code == 201, response.text
    created = response.json()
    assert (created["totalJobs"], created["totalRows"], created["outputs"]) == (4, 2, 2)
    assert [job["index"] for job in created["jobs"]] == [0, 1, 2, 3]
    assert [warning["message"] for warning in created["warnings"]] == [
        "The column who does not match any layer of main: left out.",
        "The columns title, who do not match any layer of badge: left out.",
    ]
    names = ["Ada-wide", "Ada-badge", "Zoë-wide", "Zoë-badge"]
    batch = await card_team.end_of_batch(created["batchId"])
    for jobs in (created["jobs"], batch["jobs"]):
        assert (places(jobs), [job["name"] for job in jobs]) == (PLACES, names)
    one = await card_team.get(f"/jobs/{batch['jobs'][3]['id']}")
    assert (one["index"], one["row"], one["output"]) == (3, 1, 1)

    path = f"/batches/{created['batchId']}"
    results = await card_team.get(f"{path}/results")
    assert [result["frames"] for result in results] == [10, 1, 10, 1]
    assert [result["cells"]["who"] for result in results] == ["Ada", "Ada", "Zoë", "Zoë"]
    assert ["posterUrl" in result for result in results] == [True, False] * 2  # images have none
    table = (await card_team.http.get(f"{path}/results?format=csv")).text
    lines = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [(int(line["row"]), int(line["output"])) for line in lines] == PLACES
    archive = zipfile.ZipFile(io.BytesIO((await card_team.http.get(f"{path}/archive")).content))
    assert [name for name in archive.namelist() if name.startswith("Zoë")] == [
        "Zoë-wide.gif",
        "Zoë-wide.jpg",
        "Zoë-badge.png",
    ]

    named = (await card_team.http.get("/batches", params={"name": "Formats"})).json()
    assert [listed["outputs"] for listed in named["batches"]] == [2]


async def test_jobs_in_json_are_rendered_in_each_output(card_team: Team, card: str) -> None:
    film = {"template": {"id": card}, "settings": {"frames": [0, 4], "poster": 0}, "name": "Ada"}
    still: dict[str, Any] = {"template": {"id": card}}
    still["settings"] = {"type": "image", "frames": 2, "codec": "image_jpeg"}
    outputs = [
        {"settings": {"codec": "video_vp9"}},
        {"settings": {"codec": "image_webp"}, "name": "still"},
        {"composition": "badge"},
        {"composition": "badge"},
    ]
    created = await send_jobs(card_team, film, still, outputs=outputs)
    names = [job.get("name") for job in created["jobs"]]
    assert names == ["Ada", "Ada-still", "Ada", "Ada", None, "00001-still", None, None]
    results = await results_of(card_team, created)
    assert [result["frames"] for result in results] == [4, 1, 4, 4, 10, 1, 1, 1]
    endings = [result["outputUrl"].partition("?")[0][-4:] for result in results]
    assert endings == ["webm", "webp", ".mp4", ".mp4", "webm", "webp", ".jpg", ".jpg"]
    assert ["posterUrl" in each for each in results] == [True, False, True, True, *[False] * 4]
    again = await send_jobs(card_team, a_still(card))
    assert {"row", "output", "outputs"}.isdisjoint(again["jobs"][0].keys() | again.keys())


async def test_outputs_override_defaults_and_jobs_but_not_the_query(
    card_team: Team, card: str
) -> None:
    defaults = {"template": {"id": card, "composition": "badge"}, "settings": {"quality": "draft"}}
    body = {
        "defaults": defaults,
        "jobs": [{}, {"template": {"composition": "main"}, "settings": {"frames": [0, 2]}}],
        "outputs": [{"composition": "main", "settings": {"quality": "full", "codec": "gif"}}],
    }
    widths: list[list[int]] = []
    for query in ({}, {"quality": "draft"}):
        response = await card_team.http.post("/batches", json=body, params=query)
        results = await results_of(card_team, response.json())
        widths.append([result["width"] for result in results])
    assert widths == [[32, 32], [16, 16]]


@pytest.mark.parametrize(
    ("output", "field", "reason"),
    [
        ({"settings": {"codec": "gift"}}, "settings.codec", "There is no codec gift."),
        ({"composition": "baddge"}, "composition", "Did you mean badge?"),
        ({"settings": {"frames": [0, 99]}}, "settings.frames", "main has 10 frames"),
        ({"settings": {"poster": 9}}, "settings.poster", "The film lasts 0.4 seconds"),
        ({"settings": {"kodec": "gif"}}, "settings.kodec", "is not a known field"),
        ({"poster": True}, "poster", "is not a known field"),
    ],
)
async def test_an_output_that_no_job_can_have_is_refused_and_nothing_is_started(
    card_team: Team, card: str, output: Any, field: str, reason: str
) -> None:
    job = {"template": {"id": card, "composition": "main"}}
    of_jobs = await send_jobs(card_team, job, {}, status=400, outputs=[{}, output])
    of_rows = (await send(card_team, card, "title\nA\n", {}, output, composition="main")).json()
    for refused in (of_jobs, of_rows):
        assert (refused["jobs"], refused["totalJobs"]) == ([], 0)
        assert refused["details"][0]["field"] == f"outputs.1.{field}"
        assert reason in refused["error"]


async def test_an_invalid_row_is_reported_for_each_output_and_the_others_continue(
    card_team: Team, card: str
) -> None:
    rows = "title,job:priority\nA,high\nB,1\n"
    created = (await send(card_team, card, rows, WIDE, {"composition": "main"})).json()
    assert (created["status"], created["successCount"]) == ("partial", 2)
    errors = created["errors"]
    reported = [(each["index"], each["row"], each["output"], each["line"]) for each in errors]
    assert reported == [(0, 0, 0, 2), (1, 0, 1, 2)]
    assert {each["details"][0]["column"] for each in errors} == {"job:priority"}
    results = await results_of(card_team, created)
    assert [(each["status"], each["row"]) for each in results] == [
        ("rejected", 0),
        ("rejected", 0),
        ("finished", 1),
        ("finished", 1),
    ]


async def test_a_batch_has_a_thousand_jobs_in_all_outputs(card_team: Team, card: str) -> None:
    refused = await send_jobs(card_team, *[{}] * 501, status=400, outputs=[WIDE, BADGE])
    assert refused["errorCode"] == "BATCH_SIZE_INVALID"
    assert "501 in 2 outputs, which makes 1002" in refused["error"]
    rows = "title,job:priority\n" + "A,high\n" * 500 + "B,1\n"
    refused = (await send(card_team, card, rows, WIDE, BADGE)).json()
    assert "firstRow=500" in refused["error"]
    later = (await send(card_team, card, rows, WIDE, BADGE, firstRow=500)).json()
    assert (later["totalRows"], later["totalJobs"]) == (501, 2)
    assert places(later["jobs"]) == [(500, 0), (500, 1)]
    assert [job["name"] for job in later["jobs"]] == ["00500-wide", "00500-badge"]
    first = (await send(card_team, card, rows, WIDE, BADGE, firstRow=0)).json()
    assert first["totalJobs"] == 1000


async def test_outputs_multiply_the_size_of_a_batch(card_team: Team, card: str) -> None:
    rows = "title\n" + f"{'A' * 30_000}\n" * 40
    refused = await send(card_team, card, rows, *[{}] * 10)
    assert (refused.status_code, refused.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    assert "`outputs`" in refused.json()["error"]
    jobs = [{"template": {"id": card}, "fonts": ["A" * 30_000]}] * 40
    await send_jobs(card_team, *jobs, status=413, outputs=[{}] * 10)
    long = {"composition": "A" * 30_000}
    await send_jobs(card_team, *[{"template": {"id": card}}] * 400, status=413, outputs=[long])


async def test_jobs_that_are_rendered_again_keep_their_row_and_output(team: Team) -> None:
    card = await team.upload_card()
    rows = "image:background,title\n,A\ndata:image/png;base64,B\n"
    outputs = [{"composition": "main", "settings": {"codec": codec}} for codec in ("gif", "png")]
    created = (await send(team, card, rows, *outputs)).json()
    await team.end_of_batch(created["batchId"])
    again = (await team.http.post(f"/batches/{created['batchId']}/retry")).json()
    assert (places(again["jobs"]), again["outputs"]) == ([(1, 0), (1, 1)], 2)


async def test_a_dry_run_shows_rows_in_their_first_output(card_team: Team, card: str) -> None:
    response = await send(card_team, card, "title,label\nA,x\n", BADGE, WIDE, dryRun="true")
    checked = response.json()
    means = {column["name"]: column.get("means") for column in checked["columns"]}
    assert means == {"title": "title", "label": "label"}
    [row] = checked["rows"]
    assert row["job"]["template"]["composition"] == "badge"
    assert row["job"]["settings"] == {"type": "image", "frames": 0, "codec": "image_png"}
    assert [asset["layerName"] for asset in row["job"]["assets"]] == ["label"]

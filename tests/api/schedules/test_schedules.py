"""Schedules, which create batches from the table at a URL. No test waits for a scheduled time."""

import json
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.service import RPCError

from api.schedules.submission import query_of
from api.submission.tables.reading import common_fields
from reelbatch.models.ids import new_id
from reelbatch.models.orchestration.names import schedule_workflow_id
from reelbatch.models.wire.schedules import ScheduleCreation
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, served, until
from tests.api.submission.test_workbooks import a_workbook
from tests.origin import Origin, running_origin


@pytest_asyncio.fixture(scope="module")
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


def a_schedule(template: str, url: str, **fields: Any) -> dict[str, Any]:
    """A schedule that is due once a year, and whose jobs are stills."""
    times = {"cron": "0 6 1 1 *", "timeZone": "Europe/Berlin"}
    return {
        **times,
        "name": "Offers",
        "url": url,
        "template": template,
        "codec": "image_png",
        **fields,
    }


async def create(team: Team, body: dict[str, Any], status: int = 201) -> Any:
    response = await team.http.post("/schedules", json=body)
    assert response.status_code == status, response.text
    return response.json()


async def command(team: Team, schedule: Any, what: str, status: int = 200) -> Any:
    response = await team.http.post(f"/schedules/{schedule['id']}/{what}")
    assert response.status_code == status, response.text
    return response.json()


async def next_run(team: Team, schedule: Any, number: int = 1) -> Any:
    """The last run, once there have been this many."""

    async def look() -> Any:
        runs = (await team.get(f"/schedules/{schedule['id']}"))["runs"]
        return runs[0] if len(runs) == number else None

    return await until(look, f"run {number} of the schedule")


async def until_idle(team: Team, schedule: Any) -> None:
    async def look() -> bool | None:
        return not (await team.get(f"/schedules/{schedule['id']}"))["running"] or None

    await until(look, "end of the run")


@pytest.mark.parametrize(
    ("poster", "expected"), [(True, "true"), (1, "1.0"), (1.5, "1.5"), (False, "null")]
)
def test_the_poster_of_a_schedules_jobs_is_the_one_it_names(poster: object, expected: str) -> None:
    creation = ScheduleCreation.model_validate(a_schedule("T", "https://host/t", poster=poster))
    settings = cast("dict[str, object]", common_fields(query_of(creation))["settings"])
    assert json.dumps(settings.get("poster")) == expected, "as JSON: 1.0 equals true in Python"


async def test_each_run_makes_a_batch_of_the_tables_current_content(
    api: RunningApi, team: Team, origin: Origin
) -> None:
    card = await team.upload_card()
    url = origin.answer("/offers.csv?key=hush", b"title,job:name\nA,one\nB,\n")
    schedule = await create(team, a_schedule(card, url, outputName="{title}"))
    assert schedule["url"] == f"{origin.url}/offers.csv", "a query may be secret"
    assert schedule["nextRunAt"].endswith("-01-01T05:00:00.000Z"), "6 in the morning in Berlin"
    assert (schedule["paused"], schedule["runs"]) == (False, [])

    await command(team, schedule, "trigger", 202)
    run = await next_run(team, schedule)
    assert (run["jobs"], run["rejectedJobs"]) == (2, 0)
    [batch_id] = run["batchIds"]
    batch = await team.end_of_batch(batch_id)
    assert (batch["name"], [job["name"] for job in batch["jobs"]]) == ("Offers", ["one", "B"])
    await until_idle(team, schedule)

    origin.answer("/offers.csv?key=hush", b"title,job:priority\nC,1\nD,high\n")
    await command(team, schedule, "trigger", 202)
    run = await next_run(team, schedule, 2)
    assert (run["jobs"], run["rejectedJobs"]) == (1, 1)

    async def listed() -> Any:
        page = await team.get(f"/batches?schedule={schedule['id']}")
        return page["batches"] if len(page["batches"]) == 2 else None

    batches = await until(listed, "batches of the schedule")
    assert [each["batchId"] for each in batches] == [*run["batchIds"], batch_id]
    assert {each["schedule"] for each in batches} == {schedule["id"]}
    await until_idle(team, schedule)

    origin.answer("/offers.csv?key=hush", b"title,job:priority\nE,high\n")
    await command(team, schedule, "trigger", 202)
    run = await next_run(team, schedule, 3)
    [rejected_id] = run["batchIds"]
    for query in (f"schedule={schedule['id']}", "name=Offers"):
        newest = (await team.get(f"/batches?{query}"))["batches"][0]
        assert (newest["batchId"], newest["rejected"]) == (rejected_id, 1)
        assert newest["schedule"] == schedule["id"]
    assert (await team.get(f"/batches?schedule={new_id()}"))["batches"] == []
    await until_idle(team, schedule)
    assert await team.get("/schedules") == [await team.get(f"/schedules/{schedule['id']}")]
    assert await names_in(api.store, keys.fetched_tables(team.name)) == [], "tables are deleted"


async def test_a_large_workbook_becomes_several_batches_of_one_submission(
    team: Team, origin: Origin
) -> None:
    card = await team.upload_card()
    rows = [["title"], *([f"row {number}"] for number in range(1001))]
    url = origin.answer("/rows", a_workbook(*rows))
    schedule = await create(team, a_schedule(card, url, concurrency=1))
    await command(team, schedule, "trigger", 202)
    run = await next_run(team, schedule)
    assert (run["jobs"], len(run["batchIds"])) == (1001, 2)
    first, second = run["batchIds"]
    assert [job["index"] for job in (await team.get(f"/batches/{second}"))["jobs"]] == [0]

    async def listed() -> Any:
        page = await team.get(f"/batches?submission={first}")
        return page["batches"] if len(page["batches"]) == 2 else None

    last = (await until(listed, "both batches"))[0]
    assert (last["batchId"], last["firstRow"]) == (second, 1000)


async def test_runs_that_are_due_while_batches_are_running_are_skipped(
    api: RunningApi, team: Team, origin: Origin
) -> None:
    film = await team.upload(a_film())
    url = origin.answer("/film.csv", b"job:tags\nlong\n")
    schedule = await create(team, a_schedule(film, url, codec=None))
    await command(team, schedule, "trigger", 202)
    [batch_id] = (await next_run(team, schedule))["batchIds"]
    refused = await command(team, schedule, "trigger", 409)
    assert refused["errorCode"] == "SCHEDULE_RUNNING"
    temporal_id = schedule_workflow_id(team.name, schedule["id"])
    await api.client.get_schedule_handle(temporal_id).trigger()  # as if it were due

    async def skipped() -> Any:
        found = await team.get(f"/schedules/{schedule['id']}")
        return found if found["skipped"] == 1 else None

    found = await until(skipped, "skipped run")
    assert (found["running"], len(found["runs"])) == (True, 1)
    await team.http.post(f"/batches/{batch_id}/cancel")
    await until_idle(team, schedule)


async def test_a_paused_schedule_only_runs_when_it_is_triggered(
    card_team: Team, card: str, origin: Origin
) -> None:
    url = origin.answer("/paused.csv", b"title\nA\n")
    schedule = await create(card_team, a_schedule(card, url, name="<" * 200))
    paused = await command(card_team, schedule, "pause")
    assert paused["paused"]
    assert "nextRunAt" not in paused
    await command(card_team, schedule, "trigger", 202)
    assert (await next_run(card_team, schedule))["jobs"] == 1
    resumed = await command(card_team, schedule, "resume")
    assert (resumed["paused"], resumed["nextRunAt"]) == (False, schedule["nextRunAt"])


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        ("/gone.csv", b"", "404 Not Found", "ASSET_INVALID", "HTTP status 404"),
        ("/login", b"<html>Sign in</html>", "200 OK", "ASSET_INVALID", "an HTML page"),
        ("/titles.csv", b"titel\nA\n", "200 OK", "LAYER_NOT_FOUND", "Did you mean title?"),
        ("/open.csv", b'title\n"A\n', "200 OK", "VALIDATION_ERROR", "from line 2 on"),
        ("/large.csv", b"x" * (4 * 1024**2 + 1), "200 OK", "LIMIT_EXCEEDED", "is larger than"),
        ("/bomb.xlsx", b"PK\x03\x04 not a workbook", "200 OK", "VALIDATION_ERROR", "workbook"),
    ],
)
async def test_a_run_that_makes_nothing_says_why(
    card_team: Team,
    card: str,
    origin: Origin,
    path: str,
    body: bytes,
    status: str,
    code: str,
    words: str,
) -> None:
    url = origin.answer(f"{path}?key=hush", body, status=status)
    schedule = await create(card_team, a_schedule(card, url))
    await command(card_team, schedule, "trigger", 202)
    run = await next_run(card_team, schedule)
    assert (run["jobs"], run["errorCode"]) == (0, code)
    assert words in run["error"]
    assert "hush" not in run["error"]


async def test_a_secret_in_the_url_is_sent_and_never_shown(
    card_team: Team, card: str, origin: Origin
) -> None:
    secret = {"name": "TABLE_KEY", "value": "s3cr3t"}
    assert (await card_team.http.put("/secrets", json=secret)).status_code == 201
    origin.answer("/s3cr3t/table.csv", b"title\nA\n")
    url = f"{origin.url}/${{secrets.TABLE_KEY}}/table.csv"
    schedule = await create(card_team, a_schedule(card, url))
    await command(card_team, schedule, "trigger", 202)
    assert (await next_run(card_team, schedule))["jobs"] == 1
    assert "/s3cr3t/table.csv" in origin.requests
    unknown = a_schedule(card, f"{origin.url}/${{secrets.NO_KEY}}")
    assert (await create(card_team, unknown, 400))["errorCode"] == "SECRET_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"cron": "every day"}, "cron", "a cron expression of five fields"),
        ({"cron": "61 6 * * *"}, "cron", "Temporal cannot read it"),
        ({"cron": "* * * * * *"}, "cron", "five fields"),
        ({"timeZone": "Europe/Berlni"}, "timeZone", "Did you mean Europe/Berlin?"),
        ({"url": "ftp://example.com/a.csv"}, "url", "must be an http or https URL"),
        ({"composition": "mian"}, "composition", "Did you mean main?"),
        ({"codec": "image_gold"}, "codec", "There is no codec image_gold"),
        ({"frame": 1000}, "frame", "10 frames"),
        ({"template": "01JD8Z4V7QW5R8T2Y6N3M1B0CD"}, "template", "no template"),
        ({"webhook": "nowhere"}, "webhook.url", "must be an http or https URL"),
        ({"firstRow": 3}, "firstRow", "is not a known field"),
    ],
)
async def test_a_schedule_that_could_never_run_is_refused_at_once(
    card_team: Team, card: str, fields: dict[str, Any], field: str, words: str
) -> None:
    body = a_schedule(card, "https://example.com/offers.csv") | fields
    response = await card_team.http.post("/schedules", json=body)
    assert response.status_code in (400, 404), response.text
    assert response.json()["details"][0]["field"] == field
    assert words in response.json()["error"]


async def test_a_table_in_a_private_network_is_refused(
    api: RunningApi, client: Client, card_team: Team, card: str
) -> None:
    public_only = api.settings.model_copy(update={"allow_private_networks": False})
    async with served(public_only, client, api.store) as strict:
        http = strict.client_of(card_team.http.headers["Authorization"].removeprefix("Bearer "))
        async with http:
            body = a_schedule(card, "http://169.254.169.254/offers.csv")
            refused = await http.post("/schedules", json=body)
    assert refused.status_code == 400
    assert "is not a public address" in refused.json()["error"]


async def test_a_deleted_schedule_is_gone_and_its_batches_stay(
    api: RunningApi, card_team: Team, card: str, origin: Origin
) -> None:
    url = origin.answer("/deleted.csv", b"title\nA\n")
    schedule = await create(card_team, a_schedule(card, url))
    await command(card_team, schedule, "trigger", 202)
    [batch_id] = (await next_run(card_team, schedule))["batchIds"]
    deleted = await card_team.http.delete(f"/schedules/{schedule['id']}")
    assert deleted.status_code == 200
    again = await card_team.http.get(f"/schedules/{schedule['id']}")
    assert (again.status_code, again.json()["errorCode"]) == (404, "SCHEDULE_NOT_FOUND")
    assert (await card_team.end_of_batch(batch_id))["stats"]["finished"] == 1
    temporal_id = schedule_workflow_id(card_team.name, schedule["id"])
    with pytest.raises(RPCError, match="not found"):
        await api.client.get_schedule_handle(temporal_id).describe()


async def test_a_schedule_without_a_record_is_deleted_automatically(
    api: RunningApi, card_team: Team, card: str, origin: Origin
) -> None:
    url = origin.answer("/removed.csv", b"title\nA\n")
    schedule = await create(card_team, a_schedule(card, url))
    await api.store.delete_async(keys.schedule_record(card_team.name, schedule["id"]))
    temporal_id = schedule_workflow_id(card_team.name, schedule["id"])
    handle = api.client.get_schedule_handle(temporal_id)
    await handle.trigger()

    async def gone() -> bool | None:
        try:
            await handle.describe()
        except RPCError:
            return True
        return None

    await until(gone, "end of the schedule")
    assert "/removed.csv" not in origin.requests

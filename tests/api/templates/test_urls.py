"""Jobs whose template is at a URL: it is validated after the download, with the same errors."""

import io
import json
import zipfile
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from reelbatch.models.orchestration.names import job_workflow_id
from tests.api.documents import a_card, a_card_in_a_rare_font, a_film
from tests.api.running_api import RunningApi, Team
from tests.api.submission.test_submission import refusal
from tests.origin import Origin, running_origin

LABEL = "PLACEHOLDER"
TITLE = {"type": "text", "layerName": "title", "value": "A"}
STILL = {"type": "image", "frames": 0}


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


def a_job(src: str, *, assets: Any = (TITLE,), settings: Any = STILL, **template: Any) -> Any:
    choice = {"id": LABEL, "src": src, **template}
    return {"template": choice, "assets": list(assets), "settings": settings}


async def ended(team: Team, job: Any) -> Any:
    created = await team.http.post("/jobs", json=job)
    assert created.status_code == 201, created.text
    return await team.end_of_job(created.json()["id"])


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.json", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/card.json", {}),
        ("/card.json?sig=a.zip", {"composition": "badge"}),
        ("/CARD.LOTTIE", {}),
        ("/card.zip", {}),
        ("/download/7", {"type": "zip"}),
        ("/7.bin", {"type": "lottie"}),
    ],
)
async def test_a_template_by_url_is_rendered(
    card_team: Team, origin: Origin, path: str, fields: Any
) -> None:
    packed = path.lower().startswith(("/card.zip", "/download", "/card.lottie"))
    src = origin.answer(path, zipped(a_card()) if packed else a_card())
    assets = [] if "composition" in fields else [TITLE]
    job = await ended(card_team, a_job(src, assets=assets, **fields))
    assert job["status"] == "finished", job
    assert job["templateId"] == LABEL
    image = await card_team.public.get(job["outputUrl"])
    assert image.content.startswith(b"\x89PNG")


async def test_many_jobs_of_a_batch_fetch_the_template_once(
    card_team: Team, origin: Origin
) -> None:
    src = origin.answer("/card.json", a_card())
    created = await card_team.create_batch(*(a_job(src) for _ in range(5)))
    batch = await card_team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == 5
    assert origin.requests == ["/card.json"]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            {"composition": "mian"},
            "COMPOSITION_NOT_FOUND",
            "template.composition: The template has no composition mian. Did you mean main?",
        ),
        (
            {"assets": [{**TITLE, "layerName": "titel"}]},
            "LAYER_NOT_FOUND",
            "assets.0.layerName: main has no layer titel. Did you mean title?",
        ),
        (
            {"assets": [TITLE, {**TITLE, "layerName": "label"}]},
            "LAYER_NOT_FOUND",
            "assets.1.layerName: main has no layer label. badge has it",
        ),
        (
            {"settings": {"type": "image", "frames": 10}},
            "FRAMES_INVALID",
            "settings.frames: main has 10 frames: the last frame is 9, not 10.",
        ),
        (
            {"settings": {"frames": [5, 12]}},
            "FRAMES_INVALID",
            "settings.frames: main has 10 frames: a range must end at 10 or before, not at 12.",
        ),
    ],
)
async def test_missing_parts_of_a_template_fail_the_job_as_at_submission(
    card_team: Team, origin: Origin, change: Any, code: str, message: str
) -> None:
    job = await ended(card_team, a_job(origin.answer("/card.json", a_card()), **change))
    assert (job["status"], job["errorCode"]) == ("error", code)
    assert job["error"].startswith(message)
    log = await card_team.http.get(f"/jobs/{job['id']}/logs")
    assert log.text.count("ATTEMPT") == 1, "the error is final"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", "404 Not Found", "/card.json responded with HTTP status 404."),
        (b"<!doctype html><p>Log in", "200 OK", "/card.json is an HTML page, not a template"),
        (b"{", "200 OK", "The template is not JSON"),
        (b"x" * 300_000, "200 OK", "/card.json is larger than the 262144 bytes"),
    ],
)
async def test_a_file_that_is_not_a_template_fails_the_job(
    card_team: Team, origin: Origin, body: bytes, status: str, reason: str
) -> None:
    job = await ended(card_team, a_job(origin.answer("/card.json", body, status=status)))
    assert job["status"] == "error"
    assert job["errorCode"] == ("LIMIT_EXCEEDED" if "larger" in reason else "TEMPLATE_INVALID")
    assert reason in job["error"]


@pytest.mark.parametrize(
    ("template", "code", "field"),
    [
        ({"src": "ftp://example.com/a.json"}, "VALIDATION_ERROR", "template.src"),
        ({"src": "https:///a.json"}, "VALIDATION_ERROR", "template.src"),
        ({"src": "data:application/json,{}"}, "VALIDATION_ERROR", "template.src"),
        ({"src": "s3://bucket/a.json"}, "VALIDATION_ERROR", "template.src"),
        ({"src": "https://example.com/a"}, "VALIDATION_ERROR", "template.type"),
        ({"src": "https://example.com/a.rar"}, "VALIDATION_ERROR", "template.type"),
        ({"src": "https://example.com/a.zip", "type": "prproj"}, "NOT_SUPPORTED", "template.type"),
        (
            {"src": "https://example.com/a.zip?k=${secrets.GONE}"},
            "SECRET_NOT_FOUND",
            "template.src",
        ),
    ],
)
async def test_problems_that_do_not_need_the_file_are_found_at_submission(
    card_team: Team, template: Any, code: str, field: str
) -> None:
    job = {"template": {"id": LABEL, **template}, "settings": STILL}
    assert (await refusal(card_team, job))[:2] == (code, field)


async def test_settings_and_assets_are_checked_at_submission(card_team: Team) -> None:
    job = a_job(
        "https://example.com/a.json",
        assets=[{"type": "script", "src": "https://example.com/x.jsx"}],
        settings={"codec": "h265"},
    )
    created = await card_team.create_batch(job, status=400)
    fields = {detail["field"] for detail in created["errors"][0]["details"]}
    assert fields == {"assets.0.type", "settings.codec"}


async def test_a_dry_run_does_not_fetch_the_template(card_team: Team, origin: Origin) -> None:
    body = {"jobs": [a_job(origin.answer("/card.json", a_card()))]}
    response = await card_team.http.post("/batches?dryRun=true", json=body)
    assert (response.status_code, response.json()["successCount"]) == (200, 1)
    assert origin.requests == []


async def test_a_retry_fetches_the_template_again(card_team: Team, origin: Origin) -> None:
    created = await card_team.create_batch(a_job(f"{origin.url}/card.json"))
    failed = await card_team.end_of_batch(created["batchId"])
    assert failed["jobs"][0]["errorCode"] == "TEMPLATE_INVALID"
    origin.answer("/card.json", a_card())
    again = await card_team.http.post(f"/batches/{created['batchId']}/retry")
    batch = await card_team.end_of_batch(again.json()["batchId"])
    assert batch["stats"]["finished"] == 1


async def test_a_label_does_not_lock_a_template_with_that_id(team: Team, origin: Origin) -> None:
    template_id = await team.upload_card()
    src = origin.answer("/film.json", a_film())
    video = a_job(src, settings={"codec": "gif"}, id=template_id)
    created = await team.http.post("/jobs", json=video)
    assert created.status_code == 201
    assert (await team.http.delete(f"/templates/{template_id}")).status_code == 204


async def test_a_batch_of_many_long_labels_is_accepted(card_team: Team, origin: Origin) -> None:
    src = origin.answer("/card.json", a_card())
    jobs = [a_job(src, id=f"{number:03d}".ljust(128, "X")) for number in range(40)]
    created = await card_team.create_batch(*jobs)
    assert created["successCount"] == 40
    await card_team.http.post(f"/batches/{created['batchId']}/cancel")


async def test_a_missing_font_is_in_the_jobs_log(card_team: Team, origin: Origin) -> None:
    src = origin.answer("/card.json", a_card_in_a_rare_font())
    job = await ended(card_team, a_job(src) | {"fonts": ["Other-Bold.ttf"]})
    assert job["status"] == "finished"
    log = await card_team.http.get(f"/jobs/{job['id']}/logs")
    assert "NOTE: The font Rarissima (Regular) is missing" in log.text


async def test_only_the_file_server_sees_a_secret_in_the_url(
    api: RunningApi, team: Team, origin: Origin
) -> None:
    await team.http.put("/secrets", json={"name": "KEY", "value": "hush-4711"})
    origin.answer("/card.json?key=hush-4711", a_card())
    job = await ended(team, a_job(f"{origin.url}/card.json?key=${{secrets.KEY}}"))
    assert job["status"] == "finished", job
    wrong = await ended(team, a_job(f"{origin.url}/${{secrets.KEY}}.json"))
    assert wrong["errorCode"] == "TEMPLATE_INVALID"
    places = [json.dumps(job), json.dumps(wrong)]
    for ended_job in (job, wrong):
        places.append((await team.http.get(f"/jobs/{ended_job['id']}/logs")).text)
        handle = api.client.get_workflow_handle(job_workflow_id(team.name, ended_job["id"]))
        events = (await handle.fetch_history()).events
        places.extend(event.SerializeToString().decode(errors="replace") for event in events)
    assert "/card.json?key=hush-4711" in origin.requests
    assert any("${secrets.KEY}" in place for place in places)
    assert not [place for place in places if "hush" in place]

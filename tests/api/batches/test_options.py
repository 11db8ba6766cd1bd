"""The options of a batch for all of its jobs: defaults, concurrency and priority."""

import io
from typing import Any

import pytest
from PIL import Image

from reelbatch.models.orchestration.batches import Batch
from tests.api.running_api import RunningApi, Team, a_still

STILL = {"type": "image", "frames": 0}
RED, BLUE = [1, 0, 0, 1], [0, 0, 1, 1]


def a_colour(value: list[int]) -> dict[str, Any]:
    params = {"layerName": "background", "color": value}
    return {"type": "function", "name": "nx:solid-color-set", "params": params}


def nested(levels: int) -> Any:
    """Nested lists; Python's own JSON encoder supports about 900 levels."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


async def create(team: Team, status: int = 201, **body: Any) -> Any:
    response = await team.http.post("/batches", json=body)
    assert response.status_code == status, response.text
    return response.json()


async def workflow_input(api: RunningApi, team: Team, batch_id: str) -> Batch:
    handle = api.client.get_workflow_handle(f"{team.name}/batch/{batch_id}")
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        [batch] = await api.client.data_converter.decode(payloads, [Batch])
        return batch
    raise AssertionError("no history")


async def test_defaults_apply_unless_a_job_overrides_them(team: Team) -> None:
    card = await team.upload_card()
    created = await create(
        team,
        defaults={
            "template": {"id": card, "composition": "main"},
            "settings": {**STILL, "codec": "image_png"},
            "assets": [a_colour(RED)],
        },
        jobs=[
            {},
            {"assets": [a_colour(BLUE)]},
            {"assets": [{"type": "text", "layerName": "title", "value": "B"}]},
            {"settings": {"codec": "image_jpeg"}},
        ],
    )

    batch = await team.end_of_batch(created["batchId"])

    assert batch["stats"]["finished"] == 4
    assert [job["outputUrl"][-4:] for job in batch["jobs"]] == [".png", ".png", ".png", ".jpg"]
    assert [job["stats"]["totalAssets"] for job in batch["jobs"]] == [1, 1, 2, 1]
    corners: list[str] = []
    for job in batch["jobs"][:3]:
        content = (await team.public.get(job["outputUrl"])).content
        pixel = Image.open(io.BytesIO(content)).convert("RGB").getpixel((31, 17))
        assert isinstance(pixel, tuple)
        corners.append("red" if pixel[0] > pixel[2] else "blue")
    assert corners == ["red", "blue", "red"]


async def test_lists_other_than_assets_are_replaced_and_null_removes_a_default(
    api: RunningApi, team: Team
) -> None:
    card = await team.upload_card()
    defaults = a_still(card, tags=["spring", "shop"], fonts=["Rarissima.ttf"])
    jobs = [{}, {"tags": ["autumn"], "fonts": None}]
    created = await create(team, defaults=defaults, jobs=jobs)
    first, second = (await workflow_input(api, team, created["batchId"])).jobs
    assert (first.tags, first.missing_fonts) == (["spring", "shop"], ["Rarissima.ttf"])
    assert (second.tags, second.missing_fonts) == (["autumn"], [])


async def test_errors_say_what_comes_from_the_defaults(card_team: Team, card: str) -> None:
    title = {"type": "text", "layerName": "titel", "value": "A"}
    created = await create(
        card_team,
        status=400,
        defaults={"template": {"id": card}, "settings": STILL, "assets": [title]},
        jobs=[
            {},
            {"assets": [{"type": "text", "layerName": "label", "value": "B"}]},
            {"settings": {"frames": 99}, "assets": [{**title, "value": "C"}]},
        ],
    )
    fields = [
        [(detail["field"], "from `defaults`" in detail["message"]) for detail in error["details"]]
        for error in created["errors"]
    ]
    assert fields == [
        [("assets.0.layerName", True)],
        [("assets.0.layerName", True), ("assets.1.layerName", False)],
        [("settings.frames", False), ("assets.0.layerName", False)],
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"defaults": []}, "defaults"),
        ({"defaults": {"x": "a" * 70_000}}, "defaults"),
        ({"defaults": {"x": nested(60)}}, "defaults"),
        ({"defaults": {"x": nested(400)}}, "defaults"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 1001}, "concurrency"),
        ({"concurrency": "many"}, "concurrency"),
        ({"priority": 1001}, "priority"),
        ({"priority": 1.5}, "priority"),
    ],
)
async def test_invalid_options_refuse_the_whole_batch(
    card_team: Team, card: str, options: Any, field: str
) -> None:
    refused = await create(card_team, status=400, jobs=[a_still(card)], **options)
    assert refused["details"][0]["field"] == field
    assert (refused["status"], refused["totalJobs"], refused["jobs"]) == ("error", 0, [])


async def test_defaults_cannot_inflate_a_small_body(card_team: Team, card: str) -> None:
    defaults = {"note": "a" * 50_000}
    refused = await create(card_team, status=413, defaults=defaults, jobs=[a_still(card)] * 100)
    assert refused["errorCode"] == "BODY_TOO_LARGE"


async def test_a_batch_chooses_its_concurrency_and_priority(api: RunningApi, team: Team) -> None:
    card = await team.upload_card()
    jobs = [a_still(card), a_still(card, priority=2), a_still(card, priority=0)]
    created = await create(team, jobs=jobs, concurrency=2, priority=5)
    batch = await workflow_input(api, team, created["batchId"])
    assert batch.concurrency == 2
    assert [job.priority for job in batch.jobs] == [5, 2, 0]


async def test_concurrency_is_capped_by_the_server(api: RunningApi, team: Team) -> None:
    card = await team.upload_card()
    settings = api.settings
    expected = {1000: settings.max_batch_concurrency, None: settings.batch_concurrency}
    for requested, used in expected.items():
        created = await create(team, jobs=[a_still(card)], concurrency=requested)
        assert (await workflow_input(api, team, created["batchId"])).concurrency == used


async def test_a_dry_run_responds_like_a_batch_but_creates_none(team: Team) -> None:
    card = await team.upload_card()
    body = {"jobs": [a_still(card), {}]}
    dry = await team.http.post("/batches?dryRun=true", json=body)
    assert dry.status_code == 200
    real = (await team.http.post("/batches?dryRun=false", json=body)).json()

    checked = dry.json()
    assert (checked["status"], checked["errors"]) == ("partial", real["errors"])
    assert [set(job) for job in checked["jobs"]] == [set(job) for job in real["jobs"]]
    assert (await team.http.get(f"/batches/{checked['batchId']}")).status_code == 404
    assert (await team.http.get(f"/jobs/{checked['jobs'][0]['id']}")).status_code == 404
    assert await team.batch_ids() == [real["batchId"]]


async def test_a_dry_run_of_bad_jobs_is_the_same_400(card_team: Team) -> None:
    dry = await card_team.http.post("/batches?dryRun=true", json={"jobs": [None]})
    assert (dry.status_code, dry.json()["status"]) == (400, "error")
    assert (await card_team.http.get(f"/batches/{dry.json()['batchId']}")).status_code == 404


async def test_a_dry_run_does_not_use_up_an_idempotency_key(team: Team) -> None:
    card = await team.upload_card()
    body, key = {"jobs": [a_still(card)]}, {"Idempotency-Key": "k"}
    dry = await team.http.post("/batches?dryRun=true", json=body, headers=key)
    real = await team.http.post("/batches", json=body, headers=key)
    assert (dry.status_code, real.status_code) == (200, 201)
    assert dry.json()["batchId"] != real.json()["batchId"]


@pytest.mark.parametrize("word", ["1", "yes", "True", ""])
async def test_flags_are_true_or_false(card_team: Team, card: str, word: str) -> None:
    response = await card_team.http.post(f"/batches?dryRun={word}", json={"jobs": [a_still(card)]})
    assert response.status_code == 400
    assert "dryRun" in response.json()["error"]

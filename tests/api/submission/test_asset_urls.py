"""Assets by URL, from the job to the rendered picture."""

import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from tests.api.documents import a_card
from tests.api.running_api import RunningApi, Team, a_still, served
from tests.api.submission.test_submission import refusal
from tests.origin import Origin, running_origin
from tests.s3_server import S3Server


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


def a_picture(color: str) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (32, 18), color).save(packed, "png")
    return packed.getvalue()


def image(src: str, **fields: Any) -> dict[str, Any]:
    return {"type": "image", "layerName": "background", "src": src, **fields}


PRIVATE: list[tuple[dict[str, Any], str]] = [
    ({"assets": [image("http://127.1/x")]}, "assets.0.src"),
    ({"assets": [image("s3://b/k", params={"endpoint": "https://[::1]"})]},
     "assets.0.params.endpoint"),
    ({"template": {"id": "x", "src": "https://10.0.0.1/card.json"}}, "template.src"),
    ({"webhook": {"url": "http://localhost:8080/hook"}}, "webhook.url"),
    ({"upload": {"params": {"endpoint": "http://169.254.169.254", "region": "r", "bucket": "b",
                            "accessKeyId": "a", "accessKeySecret": "s"}}},
     "upload.params.endpoint"),
]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "https://exa mple.com/a.png",
        "https://example.com:99999/a.png",
        "https://example.com:0/a.png",
        "https://example.com:x/a.png",
        "https://exam\nple.com/a.png",
        "https:///a.png",
        "https://[::1/a.png",
    ],
)
async def test_urls_that_cannot_be_fetched_are_refused_at_submission(
    card_team: Team, card: str, url: str
) -> None:
    job = a_still(card)
    for change, field in (
        ({"assets": [image(url)]}, "assets.0.src"),
        ({"template": {"id": "x", "src": url}}, "template.src"),
        ({"webhook": {"url": url}}, "webhook.url"),
    ):
        refused = await card_team.http.post("/batches?dryRun=true", json={"jobs": [job | change]})
        [error] = refused.json()["errors"]
        assert error["details"][0]["field"] == field
    created = {"type": "lottie", "displayName": "x", "src": url}
    refused = await card_team.http.post("/templates", json=created)
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "src")


async def test_private_addresses_are_refused_at_submission(
    api: RunningApi, team: Team, subtests: pytest.Subtests
) -> None:
    strict = api.settings.model_copy(update={"allow_private_networks": False})
    card = await team.upload_card()
    nested = {
        "type": "job",
        "layerName": "background",
        "template": {"id": card, "composition": "main"},
        "assets": [image("http://127.1/x")],
    }
    async with served(strict, api.client, api.store) as other:
        v2 = f"{other.url}/api/v2"
        for change, field in PRIVATE:
            with subtests.test(field):
                body = {"jobs": [a_still(card) | change]}
                [error] = (await team.http.post(f"{v2}/batches", json=body)).json()["errors"]
                assert error["details"][0]["field"] == field
                assert "REELBATCH_ALLOW_PRIVATE_NETWORKS" in error["error"]
        body = {"jobs": [a_still(card) | {"assets": [nested]}]}
        [error] = (await team.http.post(f"{v2}/batches", json=body)).json()["errors"]
        assert error["details"][0]["field"] == "assets.0.assets.0.src"
        hook = {"jobs": [a_still(card)], "webhook": {"url": "https://192.168.0.1"}}
        refused = (await team.http.post(f"{v2}/batches", json=hook)).json()
        assert refused["details"][0]["field"] == "webhook.url"
        join = {"assets": [{"type": "video", "src": "http://127.0.0.1/a.mp4"}]}
        refused = (await team.http.post(f"{v2}/jobs/join", json=join)).json()
        assert refused["details"][0]["field"] == "assets.0.src"
        new = {"type": "lottie", "displayName": "x", "src": "https://127.0.0.1/card.json"}
        refused = (await team.http.post(f"{v2}/templates", json=new)).json()
        assert refused["details"][0]["field"] == "src"


async def colour_of(team: Team, job: Any) -> tuple[int, ...]:
    """The colour in a corner of the rendered picture."""
    created = await team.http.post("/jobs", json=job)
    assert created.status_code == 201, created.text
    ended = await team.end_of_job(created.json()["id"])
    assert ended["status"] == "finished", ended
    output = await team.public.get(ended["outputUrl"])
    with Image.open(io.BytesIO(output.content)) as picture:
        pixel = picture.convert("RGB").getpixel((31, 0))
    assert isinstance(pixel, tuple)
    return tuple(map(int, pixel))


async def test_a_logo_of_many_jobs_is_downloaded_once(
    card_team: Team, card: str, origin: Origin
) -> None:
    src = origin.answer("/logo.png", a_picture("red"))
    jobs = [a_still(card, assets=[image(src)]) for _ in range(20)]
    created = await card_team.create_batch(*jobs)
    batch = await card_team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == 20
    assert origin.requests == ["/logo.png"]


async def test_teams_fetch_for_themselves(
    card_team: Team, card: str, other_team: Team, origin: Origin
) -> None:
    src = origin.answer("/logo.png", a_picture("red"))
    other_card = await other_team.upload_card()
    await colour_of(card_team, a_still(card, assets=[image(src)]))
    await colour_of(other_team, a_still(other_card, assets=[image(src)]))
    assert origin.requests == ["/logo.png"] * 2


async def test_a_login_page_instead_of_a_picture_fails_the_job(
    card_team: Team, card: str, origin: Origin
) -> None:
    src = origin.answer("/logo.png?hush", b"<!doctype html><title>Sign in</title>")
    created = await card_team.create_batch(a_still(card, assets=[image(src)]))
    [job] = (await card_team.end_of_batch(created["batchId"]))["jobs"]
    assert (job["status"], job["errorCode"]) == ("error", "ASSET_INVALID")
    assert "/logo.png is an HTML page, not an image" in job["error"]
    assert "hush" not in job["error"]


async def test_a_picture_from_a_private_bucket(team: Team, s3_server: S3Server) -> None:
    await s3_server.store("private").put_async("logo.png", a_picture("lime"))
    for name, value in (("ID", s3_server.reader_key_id), ("KEY", s3_server.reader_secret)):
        await team.http.put("/secrets", json={"name": name, "value": value})
    params = {
        "endpoint": s3_server.endpoint,
        "accessKeyId": "${secrets.ID}",
        "accessKeySecret": "${secrets.KEY}",
    }
    asset = image("s3://private/logo.png", params=params)
    job = a_still(await team.upload_card(), assets=[asset])
    assert await colour_of(team, job) == (0, 255, 0)


async def test_a_static_file_is_drawn_where_the_template_names_it(
    card_team: Team, origin: Origin
) -> None:
    document = json.loads(a_card())
    picture = {"id": "p", "w": 32, "h": 18, "u": "images/", "p": "photo.png", "e": 0}
    background = document["layers"][-1] | {"ty": 2, "refId": "p"}
    document = document | {"assets": [*document["assets"], picture], "layers": [background]}
    template = await card_team.upload(json.dumps(document).encode())
    src = origin.answer("/1.png", a_picture("blue"))
    static = {"type": "static", "src": src, "name": "images/photo.png"}
    assert await colour_of(card_team, a_still(template, assets=[static])) == (0, 0, 255)


@pytest.mark.parametrize("name", ["../template", "/etc/passwd", "a/../../b", "a\\b"])
async def test_the_name_of_a_static_file_cannot_leave_its_folder(
    card_team: Team, card: str, name: str
) -> None:
    static = {"type": "static", "src": "https://example.com/x.png", "name": name}
    code, field, _ = await refusal(card_team, a_still(card, assets=[static]))
    assert (code, field) == ("VALIDATION_ERROR", "assets.0.name")

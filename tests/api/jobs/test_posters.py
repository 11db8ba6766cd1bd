"""Posters: stills of films, which are rendered and stored together with them."""

import csv
import io
import json
import zipfile
from typing import Any

import av
import pytest
import pytest_asyncio
from PIL import Image

from tests.api.documents import a_card
from tests.api.jobs.test_bucket_uploads import an_upload, finished_job
from tests.api.jobs.test_joins import a_clip, join
from tests.api.receiver import listening
from tests.api.running_api import Team, a_still, a_video
from tests.s3_server import S3Server

AWAY_FROM_TEXT = (30, 2)  # x and y in the card
BEFORE, AFTER = "white", "blue"  # the background before and after the fifth frame of ten


@pytest_asyncio.fixture(scope="module")
async def changing(card_team: Team) -> str:
    """The card, but its background only appears halfway through the 0.4 seconds."""
    card = json.loads(a_card())
    next(layer for layer in card["layers"] if layer["nm"] == "background")["ip"] = 5
    return await card_team.upload(json.dumps(card).encode())


def colour(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (32, 18))
        pixel: Any = picture.convert("RGB").getpixel(AWAY_FROM_TEXT)
    return BEFORE if pixel[0] > 200 else AFTER


async def poster_of(team: Team, job: Any) -> bytes:
    poster = await team.public.get(job["posterUrl"])
    assert poster.status_code == 200
    assert poster.headers["content-type"] == "image/jpeg"
    return poster.content


async def test_a_poster_shows_the_film_at_the_chosen_time(card_team: Team, changing: str) -> None:
    moments = {True: AFTER, 0: BEFORE, 0.1: BEFORE, 0.39: AFTER}
    jobs = [a_video(changing, poster=moment) for moment in moments]
    jobs += [a_video(changing, codec=codec, poster=0.25) for codec in ("gif", "vp9", "av1")]
    jobs += [a_video(changing, codec="prores_4444", poster=0), a_video(changing, poster=False)]
    created = await card_team.create_batch(*jobs)
    batch = await card_team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == len(jobs)
    *films, without = batch["jobs"]
    shown = [colour(await poster_of(card_team, job)) for job in films]
    assert shown == [*moments.values(), AFTER, AFTER, AFTER, BEFORE]
    assert "posterUrl" not in without
    assert [job.get("posterUrl") for job in created["jobs"]] == [
        job.get("posterUrl") for job in batch["jobs"]
    ]


async def test_every_read_of_a_film_has_its_poster(card_team: Team, changing: str) -> None:
    async with listening() as receiver:
        job = a_video(changing, poster=True) | {"name": "Ada", "webhook": {"url": receiver.url}}
        created = await card_team.create_batch(job, a_still(changing))
        batch = await card_team.end_of_batch(created["batchId"])
        [received] = await receiver.bodies(1)
    film, still = batch["jobs"]
    url = film["posterUrl"]
    assert url.endswith(f"/{film['id']}.jpg?name=Ada")
    path = f"/batches/{batch['batchId']}"
    results = await card_team.get(f"{path}/results")
    listed = {each["id"]: each for each in await card_team.get("/jobs?limit=1000")}
    reads = [received, await card_team.get(f"/jobs/{film['id']}"), results[0], listed[film["id"]]]
    assert [read["posterUrl"] for read in reads] == [url] * 4
    assert ["posterUrl" in read for read in (still, results[1], listed[still["id"]])] == [False] * 3
    table = (await card_team.http.get(f"{path}/results?format=csv")).text
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["posterUrl"] for row in rows] == [url, ""]
    archive = zipfile.ZipFile(io.BytesIO((await card_team.http.get(f"{path}/archive")).content))
    assert archive.namelist() == ["results.json", "Ada.mp4", "Ada.jpg", "00001.png"]
    assert archive.read("Ada.jpg") == await poster_of(card_team, film)
    saved = (await card_team.public.get(url)).headers["content-disposition"]
    assert saved.endswith("filename*=UTF-8''Ada.jpg")


async def test_equal_films_share_their_poster(team: Team) -> None:
    card = await team.upload_card()
    batches: list[Any] = []
    for moment in (True, True, 0, None):
        created = await team.create_batch(a_video(card, poster=moment))
        await team.end_of_batch(created["batchId"])
        batches += await team.get(f"/batches/{created['batchId']}/results")
    first, equal, other, without = batches
    assert [each["reusedFrom"] for each in batches] == [None, first["id"], None, None]
    assert await poster_of(team, equal) == await poster_of(team, first)
    assert await poster_of(team, other) != b""
    assert "posterUrl" not in without


async def test_the_rows_of_a_table_have_posters(card_team: Team, changing: str) -> None:
    query = {"template": changing, "codec": "video_gif", "poster": "0.3"}
    headers = {"Content-Type": "text/csv"}
    for poster, shown in (("0.3", AFTER), ("0", BEFORE)):
        sent = await card_team.http.post(
            "/batches", params={**query, "poster": poster}, content="title\nA\n", headers=headers
        )
        [job] = (await card_team.end_of_batch(sent.json()["batchId"]))["jobs"]
        assert colour(await poster_of(card_team, job)) == shown
    refused = await card_team.http.post(
        "/batches", params={**query, "poster": "end"}, content="title\nA\n", headers=headers
    )
    assert "poster must be true, false, or a moment of the film" in refused.json()["error"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"type": "image", "frames": 0, "poster": True}, "An image has no poster"),
        ({"type": "image", "frames": 0, "poster": 0}, "An image has no poster"),
        ({"poster": 0.4}, "The film lasts 0.4 seconds"),
        ({"frames": [0, 5], "poster": 0.2}, "The film lasts 0.2 seconds"),
        ({"poster": -1}, "must be true, false, or a moment"),
        ({"poster": "soon"}, "must be true, false, or a moment"),
        ({"poster": 10**310}, "must be true, false, or a moment"),
    ],
)
async def test_a_poster_that_no_film_can_have_is_refused(
    card_team: Team, card: str, asked: Any, reason: str
) -> None:
    job = {"template": {"id": card}, "settings": asked}
    refused = (await card_team.http.post("/jobs", json=job)).json()
    [detail] = refused["details"]
    assert detail["field"] == "settings.poster"
    assert reason in detail["message"]


async def test_a_join_and_its_clips_have_posters(team: Team) -> None:
    card = await team.upload_card()
    clips = [a_clip(card, "red", poster=True), a_clip(card, "green")]
    created = await join(team, *clips, settings={"poster": 0.5})
    reel = await team.end_of_job(created["id"])
    clip = await team.get(f"/jobs/{created['children'][0]['id']}")
    for job, strongest in ((reel, 1), (clip, 0)):
        with Image.open(io.BytesIO(await poster_of(team, job))) as picture:
            pixel: Any = picture.convert("RGB").getpixel(AWAY_FROM_TEXT)
        assert pixel.index(max(pixel)) == strongest
    assert created["posterUrl"] == reel["posterUrl"]
    assert created["children"][0]["posterUrl"] == clip["posterUrl"]


async def test_a_poster_goes_into_the_clients_bucket(
    card_team: Team, changing: str, s3_server: S3Server
) -> None:
    for _ in range(2):  # the second one reuses the first one's render
        job = a_video(changing, poster=0) | {"upload": an_upload(s3_server)}
        ended = await finished_job(card_team, job)
        assert ended["posterUrl"] == f"{s3_server.endpoint}/outputs/p/{ended['id']}.jpg"
        assert colour(await poster_of(card_team, ended)) == BEFORE
        film = (await card_team.public.get(ended["outputUrl"])).content
        with av.open(io.BytesIO(film), "r") as opened:
            assert opened.streams.video[0].frames == 10

"""The logs of jobs."""

import json
import re
from typing import Any

from tests.api.documents import a_card, a_film, a_small_film
from tests.api.running_api import Team, a_still, a_video, until

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_the_log_of_a_rendered_job_shows_what_was_done(team: Team) -> None:
    card = await team.upload_card()
    job = a_still(card)
    job["assets"].append({"type": "image", "layerName": "background", "src": PIXEL})
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    await team.end_of_job(job_id)

    response = await team.http.get(f"/jobs/{job_id}/logs")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-disposition"] == f'inline; filename="{job_id}.log"'
    assert response.headers["x-content-type-options"] == "nosniff"
    lines = response.text.splitlines()
    times, words = zip(*(line.split(" ", 2)[:2] for line in lines), strict=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert list(times) == sorted(times)
    assert words[:5] == ("ATTEMPT:", "ENGINE:", "TEMPLATE:", "OUTPUT:", "ASSET:")
    assert f"({card}), composition main" in lines[2]
    assert "PROGRESS: 100%" in response.text
    assert "RENDERED: 32 x 18 pixels, 1 frame," in lines[-1]
    assert re.search(r" by ThorVG [1-9]\d*\.\d+\.\d+$", lines[-1])


async def test_a_log_names_the_pictures_that_are_missing_from_a_template(team: Team) -> None:
    card = json.loads(a_card())
    card["assets"] += [{"id": "photo", "w": 8, "h": 8, "u": "images/", "p": "gone.png", "e": 0}]
    card["layers"].append({"ty": 2, "nm": "photo", "refId": "photo", "ks": {}, "ip": 0, "op": 9})
    template = await team.upload(json.dumps(card).encode())
    created = (await team.http.post("/jobs", json=a_still(template))).json()
    ended = await team.end_of_job(created["id"])
    text = (await team.http.get(f"/jobs/{created['id']}/logs")).text
    named = "The template's picture 'photo' (images/gone.png) is neither in"
    assert text.count(f"NOTE: {named}") == 1
    for job in (created, ended):
        [warning] = job["warnings"]
        assert warning["code"] == "MISSING_PICTURE"
        assert named in warning["message"]


async def test_a_picture_that_a_job_brings_is_not_missing(team: Team) -> None:
    card = json.loads(a_card())
    card["assets"] += [{"id": "photo", "w": 8, "h": 8, "u": "images/", "p": "gone.png", "e": 0}]
    card["layers"].append({"ty": 2, "nm": "photo", "refId": "photo", "ks": {}, "ip": 0, "op": 9})
    template = await team.upload(json.dumps(card).encode())
    [warning] = (await team.get(f"/templates/{template}"))["warnings"]
    assert (warning["code"], warning["layer"]) == ("MISSING_PICTURE", "photo")
    for asset in (
        {"type": "image", "layerName": "photo", "src": PIXEL},
        {"type": "static", "name": "images/gone.png", "src": PIXEL},
    ):
        job: dict[str, Any] = a_still(template) | {"assets": [asset]}
        created = (await team.http.post("/jobs", json=job)).json()
        ended = await team.end_of_job(created["id"])
        assert ended["status"] == "finished"
        assert "warnings" not in created
        assert "warnings" not in ended


async def test_progress_is_logged_in_tenths(team: Team) -> None:
    job = a_video(await team.upload(a_small_film()), frames=[0, 3000])
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    await team.end_of_job(job_id)
    text = (await team.http.get(f"/jobs/{job_id}/logs")).text
    shown = [int(number) for number in re.findall(r"PROGRESS: (\d+)%", text)]
    assert shown == sorted(set(shown))
    assert shown[-1] == 100
    assert all(percent % 10 == 0 for percent in shown)


async def test_a_failed_job_says_why_and_shows_no_query(team: Team) -> None:
    job = a_still(await team.upload_card())
    src = f"{team.public.base_url}/nothing.png?token=t0ken"
    job["assets"] = [{"type": "image", "layerName": "background", "src": src}]
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    await team.end_of_job(job_id)
    text = (await team.http.get(f"/jobs/{job_id}/logs")).text
    assert "ERROR: ASSET_INVALID" in text
    assert "/nothing.png responded with HTTP status 404" in text
    assert "t0ken" not in text


async def test_a_cancelled_jobs_log_ends_with_that(team: Team) -> None:
    job_id = (await team.http.post("/jobs", json=a_video(await team.upload(a_film())))).json()["id"]

    async def started() -> bool | None:
        return (await team.get(f"/jobs/{job_id}"))["progress"] > 0 or None

    await until(started, "progress")
    await team.http.patch(f"/jobs/{job_id}/cancel")
    text = (await team.http.get(f"/jobs/{job_id}/logs")).text
    assert text.rstrip().endswith("CANCELLED")


async def test_a_job_that_was_never_attempted_has_no_log(team: Team) -> None:
    film = a_video(await team.upload(a_film()))
    body = {"jobs": [film, film], "concurrency": 1}
    batch = (await team.http.post("/batches", json=body)).json()
    waiting = f"/jobs/{batch['jobs'][1]['id']}/logs"
    assert "no log until its first attempt" in (await team.http.get(waiting)).text
    await team.http.post(f"/batches/{batch['batchId']}/cancel")
    assert "without an attempt to render it" in (await team.http.get(waiting)).text


async def test_a_missing_log_is_a_404(team: Team, other_team: Team) -> None:
    job_id = (await team.http.post("/jobs", json=a_still(await team.upload_card()))).json()["id"]
    await team.end_of_job(job_id)
    foreign = await other_team.http.get(f"/jobs/{job_id}/logs")
    assert (foreign.status_code, foreign.json()["errorCode"]) == (404, "LOG_NOT_FOUND")
    assert (await team.http.get("/jobs/01JAAAAAAAAAAAAAAAAAAAAAAA/logs")).status_code == 404
    assert (await team.http.get("/jobs/nonsense/logs")).status_code == 400

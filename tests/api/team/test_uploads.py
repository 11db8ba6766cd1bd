"""Uploaded files, which are stored once per content and team, and drawn by its jobs."""

import io
from hashlib import sha256
from typing import Any

from PIL import Image

from reelbatch.storage import keys
from reelbatch.storage.expiry import has_objects
from reelbatch.storage.files import find_file
from tests.api.documents import a_card_with_a_photo
from tests.api.running_api import RunningApi, Team


def a_picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 18), colour).save(file, "PNG")
    return file.getvalue()


async def upload(team: Team, content: bytes, name: str = "photo.png", **headers: str) -> Any:
    return await team.http.post("/uploads", params={"name": name}, content=content, headers=headers)


def a_photo(template: str, src: str) -> dict[str, Any]:
    return {
        "template": {"id": template, "composition": "main"},
        "assets": [{"type": "image", "layerName": "photo", "src": src}],
        "settings": {"type": "image", "frames": 0},
    }


async def test_a_job_draws_an_uploaded_picture(team: Team) -> None:
    sent = a_picture("#0000ff")
    uploaded = (await upload(team, sent)).json()
    id_ = f"{sha256(sent).hexdigest()}.png"
    assert uploaded == {"id": id_, "src": f"upload:{id_}", "size": len(sent)}

    template = await team.upload(a_card_with_a_photo())
    job = (await team.http.post("/jobs", json=a_photo(template, uploaded["src"]))).json()
    ended = await team.end_of_job(job["id"])
    assert ended["status"] == "finished", ended
    output = await team.public.get(ended["outputUrl"])
    picture = Image.open(io.BytesIO(output.content)).convert("RGB")
    assert picture.getpixel((16, 9)) == (0, 0, 255)


async def test_equal_content_is_stored_once_and_hidden_from_other_teams(
    team: Team, other_team: Team
) -> None:
    first, again = [(await upload(team, a_picture("red"))).json() for _ in range(2)]
    assert first == again
    assert await team.get(f"/uploads/{first['id']}") == first
    hidden = await other_team.http.get(f"/uploads/{first['id']}")
    assert (hidden.status_code, hidden.json()["errorCode"]) == (404, "UPLOAD_NOT_FOUND")

    template = await other_team.upload(a_card_with_a_photo())
    refused = await other_team.create_batch(a_photo(template, first["src"]), status=400)
    [error] = refused["errors"]
    assert (error["errorCode"], error["details"][0]["field"]) == (
        "UPLOAD_NOT_FOUND",
        "assets.0.src",
    )
    clip = {"assets": [{"type": "video", "src": first["src"].replace(".png", ".mp4")}]}
    joined = await other_team.http.post("/jobs/join", json=clip)
    assert (joined.status_code, joined.json()["errorCode"]) == (400, "UPLOAD_NOT_FOUND")


async def test_the_content_type_is_used_if_there_is_no_name(team: Team) -> None:
    sent = await team.http.post(
        "/uploads", content=a_picture("red"), headers={"Content-Type": "image/png"}
    )
    assert sent.json()["id"].endswith(".png")


async def test_a_file_that_is_not_media_is_refused(team: Team) -> None:
    for name in ("people.csv", "page.html", "photo", "../../etc/passwd", ""):
        refused = await upload(team, b"x", name)
        assert (refused.status_code, refused.json()["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await upload(team, b"")).status_code == 400
    assert (await team.http.get("/uploads/..%2F..%2Ftokens")).status_code == 404


async def test_a_file_above_the_limit_leaves_nothing(team: Team, api: RunningApi) -> None:
    refused = await upload(team, bytes(api.settings.max_asset_bytes + 1))
    assert (refused.status_code, refused.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    assert not await has_objects(api.store, keys.arriving_uploads(team.name))


async def test_an_accepted_job_notes_the_use_of_its_files(team: Team, api: RunningApi) -> None:
    uploaded = (await upload(team, a_picture("green"))).json()
    used = keys.upload_use(team.name, uploaded["id"])
    before = await find_file(api.store, used)
    template = await team.upload(a_card_with_a_photo())
    await team.create_batch(a_photo(template, uploaded["src"]))
    after = await find_file(api.store, used)
    assert before
    assert after
    assert after.last_modified > before.last_modified

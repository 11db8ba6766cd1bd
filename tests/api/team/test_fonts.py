"""The team's fonts, and how jobs use them."""

from typing import Any

import pytest

from tests.api.documents import a_card_in_a_rare_font, a_film
from tests.api.fonts import a_font
from tests.api.running_api import Team, a_still, a_video, until


async def upload(team: Team, content: bytes, name: str = "rare.ttf", **fields: str) -> Any:
    return await team.http.post("/fonts", files={"font": (name, content)}, data=fields)


@pytest.mark.parametrize("opentype", [False, True])
async def test_a_font_is_uploaded_listed_and_deleted(team: Team, opentype: bool) -> None:
    response = await upload(team, a_font(opentype=opentype))
    assert response.status_code == 201, response.text
    font = response.json()
    assert set(font) == {"id", "familyName", "styleName", "fileName", "createdAt"}
    assert (font["familyName"], font["styleName"]) == ("Rarissima", "Regular")
    assert font["fileName"] == "rare.ttf"
    assert await team.get("/fonts") == [font]
    assert await team.get(f"/fonts/{font['id']}") == font

    assert (await team.http.delete(f"/fonts/{font['id']}")).status_code == 204
    assert (await team.http.get(f"/fonts/{font['id']}")).status_code == 404
    assert await team.get("/fonts") == []


async def test_the_client_may_name_the_family(team: Team) -> None:
    font = (await upload(team, a_font(), "C:\\fonts\\rare.ttf", familyName="Mine")).json()
    assert (font["familyName"], font["fileName"]) == ("Mine", "rare.ttf")


async def test_a_file_that_is_not_a_font_is_refused(team: Team) -> None:
    for content in (b"", b"no font", b"OTTO" + b"\x00" * 50, a_font()[:200]):
        response = await upload(team, content)
        assert (response.status_code, response.json()["errorCode"]) == (400, "FONT_INVALID")


async def test_uploads_without_a_font_are_refused(team: Team) -> None:
    requests = [
        team.http.post("/fonts"),
        team.http.post("/fonts", json={}),
        team.http.post("/fonts", data={"font": "text"}),
        team.http.post("/fonts", files={"other": b"x"}),
        team.http.post("/fonts", headers={"Content-Type": "multipart/form-data"}),
        team.http.post("/fonts", headers={"Content-Type": "multipart/form-data; boundary=x"}),
    ]
    for request in requests:
        assert (await request).status_code == 400


async def test_a_font_above_the_limit_is_a_413(team: Team) -> None:
    assert (await upload(team, b"x" * 600 * 1024)).status_code == 413


async def test_fonts_belong_to_a_team(team: Team, other_team: Team) -> None:
    font = (await upload(team, a_font())).json()
    assert (await other_team.http.get(f"/fonts/{font['id']}")).status_code == 404
    assert await other_team.get("/fonts") == []


async def test_a_missing_font_is_a_warning_and_an_uploaded_one_is_found(team: Team) -> None:
    template = await team.upload(a_card_in_a_rare_font())
    lacking = await team.create_batch(a_still(template))
    assert lacking["jobs"][0]["missingFonts"] == ["Rarissima (Regular)"]
    job = await team.end_of_job(lacking["jobs"][0]["id"])
    assert (job["status"], job["missingFonts"]) == ("finished", ["Rarissima (Regular)"])

    await upload(team, a_font())
    found = await team.create_batch(a_still(template, fonts=["rare.ttf", "Absent.otf"]))
    assert found["jobs"][0]["missingFonts"] == ["Absent.otf"]
    with_font = await team.end_of_job(found["jobs"][0]["id"])
    assert with_font["status"] == "finished"

    before = (await team.public.get(job["outputUrl"])).content
    after = (await team.public.get(with_font["outputUrl"])).content
    assert before != after, "the square glyph of the uploaded font is drawn"


async def test_a_missing_font_that_a_data_asset_names_is_reported(team: Team) -> None:
    asset = {"type": "data", "layerName": "title", "value": "Rarissima-Bold"}
    for name in ("Source Text.font", "Text->Source Text->Font", "font"):
        job = a_still(await team.upload_card()) | {"assets": [asset | {"property": name}]}
        checked = await team.http.post("/batches?dryRun=true", json={"jobs": [job]})
        assert checked.json()["jobs"][0]["missingFonts"] == ["Rarissima-Bold"]


async def test_a_font_in_use_cannot_be_deleted(team: Team) -> None:
    used = (await upload(team, a_font())).json()["id"]
    unused = (await upload(team, a_font(family="Elsewhere"), "elsewhere.ttf")).json()["id"]
    film = await team.upload(a_film(family="Rarissima"))
    batch = await team.create_batch(a_video(film))
    await team.batch_ids()
    job = f"/jobs/{batch['jobs'][0]['id']}"

    async def rendering() -> bool | None:
        return (await team.get(job))["status"] == "render:dorender" or None

    await until(rendering, "render")
    refused = await team.http.delete(f"/fonts/{used}")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "FONT_IN_USE")
    assert (await team.http.delete(f"/fonts/{unused}")).status_code == 204
    await team.http.post(f"/batches/{batch['batchId']}/cancel")

    async def deleted() -> Any:
        again = await team.http.delete(f"/fonts/{used}")
        return True if again.status_code == 204 else None

    await until(deleted, "deletion after the end of the jobs")


async def test_a_missing_font_that_a_function_names_is_reported(team: Team) -> None:
    params = {"layerName": "title", "font": "Nowhere-Bold"}
    job = a_still(await team.upload_card())
    job["assets"] = [{"type": "function", "name": "nx:text-params-set", "params": params}]
    created = await team.create_batch(job)
    assert created["jobs"][0]["missingFonts"] == ["Nowhere-Bold"]
    await team.end_of_batch(created["batchId"])

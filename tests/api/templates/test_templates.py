"""Templates: upload, reading in v2 and v3, renaming, links and deletion."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from api.templates import uploads
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.signing import open_signer
from reelbatch.storage.templates import read_template
from tests.api.documents import a_card, a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, until


async def create(team: Team, **fields: Any) -> Any:
    body = {"type": "lottie", "displayName": "card", **fields}
    response = await team.http.post("/templates", json=body)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_new_template_is_returned_in_every_form_that_clients_know(team: Team) -> None:
    created = await create(team)
    info = created["uploadInfo"]
    assert created["status"] == "awaiting_upload"
    assert (info["method"], info["expiresIn"]) == ("PUT", 3600)
    assert info["key"]
    assert created["uploadUrl"] == info["url"]
    assert created["template"]["id"] == created["id"]
    assert created["template"]["uploadInfo"] == info
    assert created["error"] is None


async def test_an_uploaded_template_shows_its_contents(team: Team) -> None:
    template = await team.get(f"/templates/{await team.upload_card()}")
    assert template["status"] == "uploaded"
    assert set(template["compositions"]) == {"main", "badge"}
    assert {"title", "background", "inner", "label"} <= set(template["layers"])
    assert "uploadInfo" not in template
    title = next(layer for layer in template.pop("layerDetails") if layer["name"] == "title")
    assert (title["composition"], title["type"], title["text"]) == ("main", "text", "A")
    assert title["shown"] is True
    assert [field["column"] for field in template.pop("fields")] == ["title", "label"]
    assert [template] == await team.get("/templates")


async def test_v3_has_the_types_that_clients_decode(api: RunningApi, team: Team) -> None:
    template_id = await team.upload_card()
    root = f"{api.url}/api/v3/templates"
    [template] = await team.get(root)
    assert set(template) == {"id", "type", "displayName", "status", "createdAt", "updatedAt"}
    assert await team.get(f"{root}/{template_id}") == template

    compositions = await team.get(f"{root}/{template_id}/compositions")
    main = next(found for found in compositions if found["name"] == "main")
    assert isinstance(main["aeid"], str)
    assert (main["width"], main["height"], main["frame_rate"]) == (32, 18, 25)
    assert main["duration"] == 0.4
    assert isinstance(main["data"], dict)

    layers = await team.get(f"{root}/{template_id}/layers")
    assert set(layers[0]) == {
        "composition_id", "aeid", "name", "top", "left", "width", "height", "start_time",
        "in_point", "out_point", "layer_type", "source_type", "source_comp_id", "parent_id", "data",
    }  # fmt: skip
    ids = [layer["aeid"] for layer in layers] + [int(found["aeid"]) for found in compositions]
    assert len(set(ids)) == len(ids)
    by_name = {layer["name"]: layer for layer in layers}
    assert str(by_name["title"]["composition_id"]) == main["aeid"]
    inner = by_name["inner"]["source_comp_id"]
    assert inner == by_name["label"]["composition_id"]
    assert by_name["title"]["source_comp_id"] is None
    sources = {name: layer["source_type"] for name, layer in by_name.items()}
    assert sources == {
        "title": None, "inner": "composition", "background": "solid", "label": None
    }  # fmt: skip
    assert by_name["title"]["width"] > 0


async def test_v3_paginates_and_refuses_invalid_parameters(api: RunningApi, team: Team) -> None:
    path = f"{api.url}/api/v3/templates/{await team.upload_card()}/layers"
    everything = await team.get(path)
    assert await team.get(f"{path}?limit=2&offset=1") == everything[1:3]
    assert await team.get(f"{path}?limit=5000") == everything
    for query in ("limit=0", "offset=-1", "limit=x"):
        response = await team.http.get(f"{path}?{query}")
        assert response.status_code == 400
        assert response.json()["errorCode"] == "VALIDATION_ERROR"
        assert query.partition("=")[0] in response.json()["error"]


async def test_unknown_ids_are_refused(api: RunningApi, team: Team) -> None:
    v3 = f"{api.url}/api/v3/templates"
    assert (await team.http.get(f"{v3}/nonsense")).status_code == 400
    assert (await team.http.get(f"{v3}/01JAAAAAAAAAAAAAAAAAAAAAAA/layers")).status_code == 404
    assert (await team.http.get("/templates/nonsense")).status_code == 404


async def test_types_that_no_engine_renders_are_refused(team: Team) -> None:
    body = {"type": "prproj", "displayName": "x"}
    response = await team.http.post("/templates", json=body)
    assert response.status_code == 400
    assert "aep, html, lottie, mogrt, zip" in response.json()["error"]


async def test_an_empty_change_changes_nothing(team: Team) -> None:
    path = f"/templates/{await team.upload_card()}"
    before = await team.get(path)
    for body in (b"", b"{}", b'{"displayName": null, "note": 1}'):
        changed = await team.http.patch(path, content=body)
        assert (changed.status_code, changed.json()) == (200, before)


async def test_incomplete_templates_are_refused(team: Team) -> None:
    incomplete = await team.http.post("/templates", json={"type": "zip"})
    assert incomplete.json()["details"] == [{"field": "displayName", "message": "is required"}]


async def test_a_file_that_is_not_a_template_ends_in_an_error(team: Team) -> None:
    created = await create(team)
    await team.public.put(created["uploadUrl"], content=b"no template")
    template = await team.get(f"/templates/{created['id']}")
    assert template["status"] == "error"
    assert template["error"]


async def test_an_error_about_a_zip_does_not_mention_json(team: Team) -> None:
    created = await create(team, type="zip")
    await team.public.put(created["uploadUrl"], content=b"no archive")
    assert "is not a zip" in (await team.get(f"/templates/{created['id']}"))["error"]


async def test_a_new_upload_link_replaces_the_previous_one(team: Team) -> None:
    created = await create(team)
    renewed = (await team.http.put(f"/templates/{created['id']}/upload")).json()
    old = await team.public.put(created["uploadUrl"], content=a_card())
    assert (old.status_code, old.json()["errorCode"]) == (403, "FORBIDDEN")
    assert (await team.public.put(renewed["url"], content=a_card())).status_code == 200


async def test_forged_and_expired_links_are_refused(api: RunningApi, team: Team) -> None:
    created = await create(team)
    forged = created["uploadUrl"][:-4] + "AAAA"
    assert (await team.public.put(forged, content=a_card())).status_code == 403
    later = created["uploadUrl"].rsplit("/", 2)
    later[1] = str(int(later[1]) + 10_000)
    assert (await team.public.put("/".join(later), content=a_card())).status_code == 403

    record = await read_template(api.store, team.name, created["id"])
    assert record is not None
    signer = await open_signer(api.store, None)
    expired = int(time.time()) - 1
    signature = signer.sign("upload", team.name, record.id, record.upload_nonce, str(expired))
    url = f"{api.url}/uploads/{team.name}/{record.id}/{expired}/{signature}"
    assert (await team.public.put(url, content=a_card())).status_code == 410
    signature = signer.sign("download", team.name, record.id, str(expired))
    url = f"{api.url}/downloads/{team.name}/{record.id}/{expired}/{signature}"
    ended = await team.public.get(url)
    assert (ended.status_code, ended.json()["error"][:21]) == (410, "This link has expired")


async def test_a_link_accepts_one_file_at_a_time(team: Team) -> None:
    url = (await create(team))["uploadUrl"]
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncGenerator[bytes]:
        card = a_card()
        yield card[:100]
        begun.set()
        await go_on.wait()
        yield card[100:]

    first = asyncio.create_task(team.public.put(url, content=slow()))
    await begun.wait()

    async def refused() -> bool | None:
        return (await team.public.put(url, content=b"")).status_code == 429 or None

    await until(refused, "refusal of a second file")
    go_on.set()
    assert (await first).status_code == 200
    assert (await team.public.put(url, content=a_card())).status_code == 200


async def test_a_link_accepts_a_limited_number_of_files(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 2)
    created = await create(team)
    for status in (200, 200, 410):
        sent = await team.public.put(created["uploadUrl"], content=a_card())
        assert sent.status_code == status
    renewed = (await team.http.put(f"/templates/{created['id']}/upload")).json()
    assert (await team.public.put(renewed["url"], content=a_card())).status_code == 200


async def test_uploads_that_are_too_large_or_empty_are_refused(team: Team) -> None:
    created = await create(team)
    large = await team.public.put(created["uploadUrl"], content=b"x" * (256 * 1024 + 1))
    assert (large.status_code, large.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    empty = await team.public.put(created["uploadUrl"], content=b"")
    assert empty.status_code == 400
    assert (await team.get(f"/templates/{created['id']}"))["status"] == "awaiting_upload"


async def test_a_template_is_renamed(team: Team) -> None:
    created = await create(team)
    path = f"/templates/{created['id']}"
    renamed = await team.http.patch(path, json={"displayName": "new"})
    assert renamed.json()["displayName"] == "new"
    assert (await team.get(path))["displayName"] == "new"
    for refused in ("", "  ", "a\nb", "a\x00"):
        assert (await team.http.patch(path, json={"displayName": refused})).status_code == 400


async def test_a_template_is_downloaded_without_a_token(team: Team) -> None:
    template_id = await team.upload_card()
    for path in ("download", "upload"):
        url = (await team.get(f"/templates/{template_id}/{path}"))["url"]
        got = await team.public.get(url)
        assert got.content == a_card()
        name = f'filename="{template_id}.json"'
        assert got.headers["content-disposition"].endswith(name)
    forged = await team.public.get(url[:-4] + "AAAA")
    assert forged.status_code == 403
    empty = await create(team)
    assert (await team.http.get(f"/templates/{empty['id']}/download")).status_code == 410


async def test_accepted_jobs_keep_the_version_that_they_saw(team: Team) -> None:
    created = await create(team)
    await team.public.put(created["uploadUrl"], content=a_card())
    batch = await team.create_batch(a_still(created["id"]))
    await team.public.put(created["uploadUrl"], content=b"broken")
    assert (await team.end_of_batch(batch["batchId"]))["status"] == "finished"


async def test_a_deleted_template_is_gone(api: RunningApi, team: Team) -> None:
    template_id = await team.upload_card()
    record = await read_template(api.store, team.name, template_id)
    assert record is not None
    deleted = await team.http.delete(f"/templates/{template_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await team.http.get(f"/templates/{template_id}")).status_code == 404
    assert (await team.http.delete(f"/templates/{template_id}")).status_code == 404
    assert await names_in(api.store, keys.template(team.name, template_id)) == []


async def test_a_template_in_use_cannot_be_deleted(team: Team) -> None:
    film = await team.upload(a_film())
    batch = await team.create_batch(a_video(film))
    await team.batch_ids()
    refused = await team.http.delete(f"/templates/{film}")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "TEMPLATE_IN_USE")
    await team.http.post(f"/batches/{batch['batchId']}/cancel")


async def test_a_template_is_inspected_while_all_slots_are_rendering(team: Team) -> None:
    """The worker of these tests has one slot."""
    film = await team.upload(a_film())
    batch = await team.create_batch(a_video(film))
    job_path = f"/jobs/{batch['jobs'][0]['id']}"

    async def renders() -> bool | None:
        return (await team.get(job_path))["progress"] > 0 or None

    await until(renders, "progress")
    await team.upload_card()
    assert (await team.get(job_path))["status"] == "render:dorender"
    await team.http.post(f"/batches/{batch['batchId']}/cancel")


async def test_templates_belong_to_a_team(team: Team, other_team: Team) -> None:
    template_id = await team.upload_card()
    assert await other_team.get("/templates") == []
    assert (await other_team.http.get(f"/templates/{template_id}")).status_code == 404
    assert (await other_team.http.delete(f"/templates/{template_id}")).status_code == 404

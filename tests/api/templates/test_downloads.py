"""Templates that the server fetches from a URL: POST /templates with `src`."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from reelbatch.models.orchestration.names import template_workflow_id
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from tests.api.documents import a_card
from tests.api.running_api import RunningApi, Team, a_still, served, until
from tests.origin import Origin, Received, running_origin


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


class Gate:
    """Withholds the file until the gate is opened."""

    def __init__(self) -> None:
        self.requested, self.opened = asyncio.Event(), asyncio.Event()

    async def __call__(self, _: Received, writer: asyncio.StreamWriter) -> None:
        self.requested.set()
        await self.opened.wait()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(a_card())}\r\n\r\n".encode())
        writer.write(a_card())


async def create(team: Team, src: str, status: int = 201) -> Any:
    body = {"type": "lottie", "displayName": "card", "src": src}
    created = await team.http.post("/templates", json=body)
    assert created.status_code == status, created.text
    return created.json()


async def ready(team: Team, template_id: str) -> Any:
    async def look() -> Any:
        template = await team.get(f"/templates/{template_id}")
        return template if template["status"] in ("uploaded", "error") else None

    return await until(look, "end of the download")


async def end_of_workflow(api: RunningApi, team: Team, template_id: str) -> Any:
    """The history of the template's download workflow, once it has ended."""
    prefix = template_workflow_id(team.name, template_id)
    query = f"WorkflowType = 'DownloadTemplate' AND WorkflowId STARTS_WITH '{prefix}'"

    async def look() -> str | None:
        async for found in api.client.list_workflows(query):
            return found.id
        return None

    handle = api.client.get_workflow_handle(await until(look, "workflow"))
    await handle.result()
    return await handle.fetch_history()


async def test_a_template_from_a_url_is_used_like_any_other(team: Team, origin: Origin) -> None:
    gate = Gate()
    created = await create(team, origin.behave("/card.json", gate))
    assert created["status"] == "downloading"
    assert "uploadInfo" not in created
    assert "uploadUrl" not in created
    assert created["template"]["id"] == created["id"]
    await gate.requested.wait()
    early = await team.create_batch(a_still(created["id"]), status=400)
    assert early["errors"][0]["errorCode"] == "TEMPLATE_NOT_READY"
    gate.opened.set()
    template = await ready(team, created["id"])
    assert template["status"] == "uploaded"
    assert set(template["compositions"]) == {"main", "badge"}
    batch = await team.create_batch(a_still(created["id"]))
    assert (await team.end_of_batch(batch["batchId"]))["stats"]["finished"] == 1
    link = (await team.get(f"/templates/{created['id']}/download"))["url"]
    assert (await team.public.get(link)).content == a_card()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", "404 Not Found", "responded with HTTP status 404"),
        (b"", "200 OK", "is empty"),
        (b"<!DOCTYPE html><p>Sign in", "200 OK", "is an HTML page, not a template"),
        (b"no template", "200 OK", "The template is not JSON"),
        (b"x" * 300_000, "200 OK", "accepts (REELBATCH_MAX_TEMPLATE_BYTES)"),
    ],
)
async def test_a_file_that_cannot_be_used_is_an_error_with_its_reason(
    team: Team, origin: Origin, body: bytes, status: str, reason: str
) -> None:
    created = await create(team, origin.answer("/card.json", body, status=status))
    template = await ready(team, created["id"])
    assert template["status"] == "error"
    assert reason in template["error"]


async def test_a_failing_server_is_tried_again(team: Team, origin: Origin) -> None:
    async def later(_: Received, writer: asyncio.StreamWriter) -> None:
        origin.behaviours.clear()
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    origin.answer("/card.json", a_card())
    created = await create(team, origin.behave("/card.json", later))
    assert (await ready(team, created["id"]))["status"] == "uploaded"
    assert len(origin.requests) == 2


async def test_a_template_that_is_deleted_meanwhile_stays_deleted(
    api: RunningApi, team: Team, origin: Origin
) -> None:
    gate = Gate()
    created = await create(team, origin.behave("/card.json", gate))
    await gate.requested.wait()
    assert (await team.http.delete(f"/templates/{created['id']}")).status_code == 204
    gate.opened.set()
    await end_of_workflow(api, team, created["id"])
    assert (await team.http.get(f"/templates/{created['id']}")).status_code == 404
    assert await names_in(api.store, keys.template(team.name, created["id"])) == []


async def test_a_new_upload_link_replaces_the_download(
    api: RunningApi, team: Team, origin: Origin
) -> None:
    gate = Gate()
    created = await create(team, origin.behave("/card.json", gate))
    path = f"/templates/{created['id']}"
    await gate.requested.wait()
    link = (await team.http.put(f"{path}/upload")).json()["url"]
    assert (await team.get(path))["status"] == "awaiting_upload"
    gate.opened.set()
    await end_of_workflow(api, team, created["id"])
    assert (await team.get(path))["status"] == "awaiting_upload"
    assert (await team.public.put(link, content=a_card())).status_code == 200
    assert (await ready(team, created["id"]))["status"] == "uploaded"


async def test_a_presigned_url_is_never_shown(api: RunningApi, team: Team, origin: Origin) -> None:
    src = origin.answer("/card.json?signature=hush", status="403 Forbidden")
    created = await create(team, src)
    template = await ready(team, created["id"])
    assert "/card.json responded with HTTP status 403." in template["error"]
    history = await end_of_workflow(api, team, created["id"])
    events = [event.SerializeToString() for event in history.events]
    assert any(b"/card.json responded" in event for event in events)
    assert not [event for event in events if b"hush" in event]
    assert "hush" not in str(created) + str(template)


@pytest.mark.parametrize(
    "src",
    ["", "card.json", "ftp://example.com/x", "https://", "${secrets.A}", "https://h/${secret.A}"],
)
async def test_an_invalid_url_is_refused(team: Team, src: str) -> None:
    refused = await create(team, src, status=400)
    assert (refused["errorCode"], refused["details"][0]["field"]) == ("VALIDATION_ERROR", "src")
    assert await team.get("/templates") == []


async def test_plain_http_is_only_allowed_with_private_networks(
    api: RunningApi, team: Team
) -> None:
    strict = api.settings.model_copy(update={"allow_private_networks": False})
    body = {"type": "lottie", "displayName": "card", "src": "http://example.com/card.json"}
    async with served(strict, api.client, api.store) as other:
        refused = await team.http.post(f"{other.url}/api/v2/templates", json=body)
    assert refused.status_code == 400
    assert refused.json()["details"][0]["message"].startswith("It must be an https URL")

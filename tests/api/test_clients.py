"""The calls of real clients: their headers, bodies and paths, and the fields they read.

Three clients are known: a command line program, shell scripts around curl, and a node of the
workflow tool n8n. The contract's section 14 says how each of them calls.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import pytest_asyncio

from tests.api.documents import a_card, a_film
from tests.api.fonts import a_font
from tests.api.running_api import RunningApi, Team, a_still, a_video

POLLS = 600  # for a minute, ten times as often as the real clients
POLL_INTERVAL = 0.1


class CommandLine:
    """Calls like those of the Go program, which only decodes a body if its type is JSON."""

    def __init__(self, server: str, token: str) -> None:
        self.v2 = server
        self.v3 = f"{server.removesuffix('/v2')}/v3"
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "User-Agent": "nexrender-cli"},
            timeout=30,
            trust_env=False,
        )

    async def call(self, method: str, url: str, expected: int, **options: Any) -> Any:
        response = await self._http.request(method, url, **options)
        assert response.status_code == expected, response.text
        if not response.content:
            return None
        assert "json" in response.headers["content-type"]
        return response.json()

    async def close(self) -> None:
        await self._http.aclose()


async def transfer(method: str, url: str, content: bytes | None = None) -> bytes:
    """Send a file to storage or fetch it from there, with a plain type and without a token."""
    headers = {"Content-Type": "application/octet-stream"} if content is not None else {}
    async with httpx.AsyncClient(trust_env=False) as storage:
        response = await storage.request(method, url, content=content, headers=headers)
    assert response.is_success, response.text
    return response.content


async def polled(read: Callable[[], Awaitable[Any]], ended: Callable[[Any], object]) -> Any:
    for _ in range(POLLS):
        response = await read()
        if ended(response):
            return response
        await asyncio.sleep(POLL_INTERVAL)
    raise AssertionError("it never ended")


def token_of(team: Team) -> str:
    return team.http.headers["Authorization"].removeprefix("Bearer ")


@pytest_asyncio.fixture
async def command_line(api: RunningApi, team: Team) -> AsyncGenerator[CommandLine]:
    program = CommandLine(f"{api.url}/api/v2", token_of(team))
    yield program
    await program.close()


class TestCommandLine:
    async def test_auth_status(self, command_line: CommandLine, api: RunningApi) -> None:
        check = f"{command_line.v2}/jobs?limit=1&minimal=true"
        assert await command_line.call("GET", check, 200) == []
        stranger = CommandLine(f"{api.url}/api/v2", "nonsense")
        assert (await stranger.call("GET", check, 401))["error"]
        await stranger.close()

    async def test_batch_submit_show_and_wait(self, command_line: CommandLine, team: Team) -> None:
        card = await team.upload_card()
        url = f"{command_line.v2}/batches"
        body = {"jobs": [a_still(card), a_still("01JAAAAAAAAAAAAAAAAAAAAAAA")]}
        submitted = await command_line.call("POST", url, 201, json=body)
        assert submitted["status"] == "partial"
        url += f"/{submitted['batchId']}"
        assert (await command_line.call("GET", url, 200))["status"] in ("processing", "finished")

        async def read() -> Any:
            return await command_line.call("GET", url, 200)

        waited = await polled(read, lambda batch: batch["stats"]["pending"] == 0)
        assert waited["status"] == "finished"

    async def test_a_submission_of_bad_jobs_fails_with_a_message(
        self, command_line: CommandLine
    ) -> None:
        body = {"jobs": [a_still("01JAAAAAAAAAAAAAAAAAAAAAAA")]}
        refused = await command_line.call("POST", f"{command_line.v2}/batches", 400, json=body)
        assert "01JAAAAAAAAAAAAAAAAAAAAAAA" in refused["error"]

    async def test_batch_cancel(self, command_line: CommandLine, team: Team) -> None:
        film = await team.upload(a_film())
        url = f"{command_line.v2}/batches"
        body = {"jobs": [a_video(film), a_video(film)]}
        submitted = await command_line.call("POST", url, 201, json=body)
        cancel = f"{url}/{submitted['batchId']}/cancel"
        assert (await command_line.call("POST", cancel, 200))["status"] == "cancelled"

    async def test_job_submit_wait_and_list(self, command_line: CommandLine, team: Team) -> None:
        card = await team.upload_card()
        job = a_still(card, priority=3, tags="night,shift", custom={"kept": "or ignored"})
        job["assets"] += [{"type": "text", "layerName": "title", "value": "A", "conform": False}]
        url = f"{command_line.v2}/jobs"
        submitted = await command_line.call("POST", url, 201, json=job)
        assert submitted["status"] == "queued"
        assert not submitted.get("missingFonts")

        async def read() -> Any:
            return await command_line.call("GET", f"{url}/{submitted['id']}", 200)

        ended = await polled(
            read, lambda job: job["status"] in ("finished", "error", "manually_cancelled")
        )
        assert (ended["status"], ended["progress"], ended["templateId"]) == ("finished", 100, card)
        assert ended["stats"]["error"] is None

        query = {"limit": "50", "from": "0", "minimal": "false", "sort": "newest_first"}

        async def listed() -> Any:
            return await command_line.call("GET", url, 200, params=query | {"tags": "shift"})

        [found] = await polled(listed, bool)
        assert found["id"] == submitted["id"]

    async def test_job_cancel_and_cancel_many(self, command_line: CommandLine, team: Team) -> None:
        film = await team.upload(a_film())
        url = f"{command_line.v2}/jobs"
        ids = [
            (await command_line.call("POST", url, 201, json=a_video(film)))["id"] for _ in range(3)
        ]
        [cancelled] = await command_line.call("PATCH", f"{url}/{ids[0]}/cancel", 200)
        assert cancelled["status"] == "manually_cancelled"
        body = {"jobs": ids[1:]}
        many = await command_line.call("POST", f"{url}/cancel", 200, json=body)
        assert [job["id"] for job in many] == ids[1:]
        again = await command_line.call("PATCH", f"{url}/{ids[0]}/cancel", 409)
        assert again["error"]

    async def test_a_template_from_upload_to_delete(self, command_line: CommandLine) -> None:
        v2, v3 = f"{command_line.v2}/templates", f"{command_line.v3}/templates"
        body = {"type": "lottie", "displayName": "card"}
        created = await command_line.call("POST", v2, 201, json=body)
        template = created.get("template", created)
        info = created["uploadInfo"]
        assert info["method"] == "PUT"
        await transfer("PUT", info["url"], a_card())

        async def read() -> Any:
            return await command_line.call("GET", f"{v3}/{template['id']}", 200)

        ready = await polled(read, lambda found: found["status"] in ("uploaded", "error"))
        assert ready["status"] == "uploaded"
        assert await command_line.call("GET", v3, 200) == [ready]

        one = f"{v3}/{template['id']}"
        page = {"limit": "1000", "offset": "0"}
        compositions = await command_line.call("GET", f"{one}/compositions", 200, params=page)
        layers = await command_line.call("GET", f"{one}/layers", 200, params=page)
        names = {int(found["aeid"]): found["name"] for found in compositions}
        placed = {(names[layer["composition_id"]], layer["name"]) for layer in layers}
        assert ("main", "title") in placed

        path = f"{v2}/{template['id']}"
        renamed = await command_line.call("PATCH", path, 200, json={"displayName": "renamed"})
        assert renamed["displayName"] == "renamed"
        link = (await command_line.call("GET", f"{path}/download", 200))["url"]
        assert await transfer("GET", link) == a_card()
        await command_line.call("DELETE", path, 204)
        await command_line.call("GET", one, 404)

    async def test_a_file_that_is_not_a_template_ends_the_upload(
        self, command_line: CommandLine
    ) -> None:
        body = {"type": "zip", "displayName": "broken"}
        created = await command_line.call("POST", f"{command_line.v2}/templates", 201, json=body)
        await transfer("PUT", created["uploadInfo"]["url"], b"no archive")
        url = f"{command_line.v3}/templates/{created['id']}"

        async def read() -> Any:
            return await command_line.call("GET", url, 200)

        ended = await polled(read, lambda found: found["status"] in ("uploaded", "error"))
        assert ended["status"] == "error"

    async def test_a_font_from_upload_to_delete(self, command_line: CommandLine) -> None:
        url = f"{command_line.v2}/fonts"
        font = await command_line.call(
            "POST",
            url,
            201,
            files={"font": ("Rarissima-Regular.ttf", a_font(), "application/octet-stream")},
            data={"familyName": "Rarissima"},
        )
        assert (font["familyName"], font["fileName"]) == ("Rarissima", "Rarissima-Regular.ttf")
        assert await command_line.call("GET", url, 200) == [font]
        await command_line.call("GET", f"{url}/{font['id']}", 200)
        await command_line.call("DELETE", f"{url}/{font['id']}", 204)

    async def test_secrets(self, command_line: CommandLine) -> None:
        url = f"{command_line.v2}/secrets"
        body = {"name": "S3_KEY", "value": "abc"}
        secret = await command_line.call("PUT", url, 201, json=body)
        assert [found["name"] for found in await command_line.call("GET", url, 200)] == ["S3_KEY"]
        await command_line.call("DELETE", f"{url}/{secret['id']}", 200)
        assert await command_line.call("GET", url, 200) == []


class Scripts:
    """Calls like those of the shell scripts: curl with --fail-with-body, accepting */*."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base = base_url
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "curl/8.5.0"}

    async def call(self, method: str, path: str, **options: Any) -> Any:
        base = self._base.removesuffix("/v2") if path.startswith("/v3/") else self._base
        async with httpx.AsyncClient(headers=self._headers, timeout=60, trust_env=False) as curl:
            response = await curl.request(method, base + path, **options)
        assert response.status_code < 400, response.text
        return response.json()


class TestScripts:
    async def test_from_a_template_and_a_font_to_a_preview(
        self, api: RunningApi, team: Team
    ) -> None:
        scripts = Scripts(f"{api.url}/api/v2", token_of(team))
        assert await scripts.call("GET", "/v3/templates") == []
        assert await scripts.call("GET", "/templates") == []

        body = {"type": "lottie", "displayName": "card"}
        created = await scripts.call("POST", "/templates", json=body)
        template_id = created.get("template", created)["id"]
        info = created.get("uploadInfo", {})
        await transfer("PUT", info.get("url") or created["uploadUrl"], a_card())

        async def template() -> Any:
            return await scripts.call("GET", f"/templates/{template_id}")

        uploaded = await polled(template, lambda found: found["status"] in ("uploaded", "error"))
        assert uploaded["status"] == "uploaded"

        font = {"font": ("rare.ttf", a_font())}
        await scripts.call("POST", "/fonts", files=font, data={"familyName": "Rarissima"})

        preview = {
            "template": {"id": template_id, "composition": "main"},
            "preview": True,
            "assets": [{"type": "text", "layerName": "title", "value": "A"}],
            "fonts": ["rare.ttf"],
        }
        job_id = (await scripts.call("POST", "/jobs", json=preview))["id"]

        async def job() -> Any:
            return await scripts.call("GET", f"/jobs/{job_id}")

        ended = await polled(job, lambda found: found["status"] in ("finished", "error"))
        assert (ended["status"], ended["progress"]) == ("finished", 100)
        assert await transfer("GET", ended["outputUrl"])


class Node:
    """Calls like those of the n8n node: it accepts JSON, and an empty response is a success."""

    def __init__(self, domain: str, token: str) -> None:
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=60,
            trust_env=False,
        )
        self._domain = domain

    async def call(self, method: str, path: str, **options: Any) -> Any:
        response = await self._http.request(method, self._domain + path, **options)
        if response.status_code >= 400:
            return f"HTTP {response.status_code}: {response.json()['error']}"
        return response.json() if response.content else {"success": True}

    async def close(self) -> None:
        await self._http.aclose()


@pytest_asyncio.fixture
async def node(api: RunningApi, team: Team) -> AsyncGenerator[Node]:
    client = Node(f"{api.url}/api/v2", token_of(team))
    yield client
    await client.close()


class TestNode:
    async def test_the_credentials_are_tested_by_a_list_without_parameters(
        self, node: Node
    ) -> None:
        assert await node.call("GET", "/jobs") == []

    async def test_a_job_is_created_and_polled(self, node: Node, team: Team) -> None:
        card = await team.upload_card()
        job_id = (await node.call("POST", "/jobs", json=a_still(card)))["id"]

        async def read() -> Any:
            return await node.call("GET", f"/jobs/{job_id}")

        ended = await polled(read, lambda job: job["status"] in ("finished", "error"))
        assert ended["status"] == "finished"

        async def read_list() -> Any:
            return await node.call("GET", "/jobs", params={"states": "finished", "limit": 10})

        assert [job["id"] for job in await polled(read_list, len)] == [job_id]

    async def test_templates_by_their_older_addresses(self, node: Node) -> None:
        body = {"type": "lottie", "displayName": "card"}
        template_id = (await node.call("POST", "/templates", json=body))["id"]
        path = f"/templates/{template_id}"
        info = await node.call("PUT", f"{path}/upload")
        await transfer("PUT", info["url"], a_card())
        assert (await node.call("GET", path))["status"] == "uploaded"
        assert [found["id"] for found in await node.call("GET", "/templates")] == [template_id]
        link = (await node.call("GET", f"{path}/upload"))["url"]
        assert await transfer("GET", link) == a_card()
        renamed = await node.call("PATCH", path, json={"displayName": "new"})
        assert renamed["displayName"] == "new"
        assert await node.call("DELETE", path) == {"success": True}

    async def test_fonts(self, node: Node, team: Team) -> None:
        uploaded = await team.http.post("/fonts", files={"font": ("rare.ttf", a_font())})
        font = uploaded.json()
        assert await node.call("GET", "/fonts") == [font]
        assert await node.call("GET", f"/fonts/{font['id']}") == font
        assert await node.call("DELETE", f"/fonts/{font['id']}") == {"success": True}

    async def test_a_font_upload_that_arrives_empty_is_the_clients_fault(self, node: Node) -> None:
        for headers in ({}, {"Content-Type": "multipart/form-data"}):
            response = await node.call("POST", "/fonts", headers=headers)
            assert response.startswith("HTTP 400: "), response

    async def test_secrets(self, node: Node) -> None:
        secret = await node.call("PUT", "/secrets", json={"name": "KEY", "value": "v"})
        assert [found["id"] for found in await node.call("GET", "/secrets")] == [secret["id"]]
        assert await node.call("DELETE", f"/secrets/{secret['id']}") == {"success": True}
        again = await node.call("DELETE", f"/secrets/{secret['id']}")
        assert again.startswith("HTTP 404: ")

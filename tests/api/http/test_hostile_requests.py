"""Requests that are too large, too slow, too deep or not HTTP are refused at little cost."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from obstore.store import ObjectStore
from temporalio.client import Client

from api.server import ApiServer
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from tests.api.routes import Endpoint
from tests.api.running_api import PATIENCE, RunningApi, Team, a_still, served

MEBIBYTE = 1024**2
BEYOND_ALL_LIMITS = 5 * MEBIBYTE  # the largest of the tests' API is 4 MiB

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BOMBS = {
    "deep objects": DEEP,
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "open lists": b"[" * 100_000,
    "quotes in an open string": b'{"jobs":' + b"[" * 1_100 + b'"' + b'\\"' * 400_000,
    "a little too deep": b'{"a":' * 65 + b"1" + b"}" * 65,
    "many digits": b'{"a":' + b"9" * 100_000 + b"}",
    "an infinite number": b'{"a": 1e999}',
    "minus infinity": b'{"a": -Infinity}',
    "half a character": b'{"a": "\xff"}',
}


@dataclass(frozen=True)
class Target:
    """An endpoint that reads a body, with a valid URL."""

    endpoint: Endpoint
    url: str
    headers: dict[str, str]
    accepts_json: bool

    async def send(self, **content: Any) -> httpx.Response:
        headers = self.headers | content.pop("headers", {})
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            return await http.request(self.endpoint.method, self.url, headers=headers, **content)

    async def connect(self, *headers: str) -> "Connection":
        host, path = self.url.removeprefix("http://").split("/", 1)
        lines = [f"{self.endpoint.method} /{path} HTTP/1.1", f"Host: {host}", *headers]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        connection = await Connection.to(self.url)
        connection.write("\r\n".join([*lines, "", ""]).encode())
        return connection


class Connection:
    """A client that can send any bytes at any time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, url: str) -> "Connection":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    def write(self, content: bytes) -> None:
        self._writer.write(content)

    async def everything(self) -> bytes:
        """Everything that the server sends until it closes the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""
            finally:
                self._writer.close()

    async def response(self) -> tuple[int, Any]:
        """The status and the JSON of one response."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            body = await self._reader.readexactly(int(headers["content-length"]))
            self._writer.close()
            return int(status.split()[1]), json.loads(body)


async def targets_of(api: RunningApi, team: Team) -> list[Target]:
    """Every endpoint with a body in the OpenAPI document."""
    created = (
        await team.http.post("/templates", json={"type": "lottie", "displayName": "x"})
    ).json()
    document = (await team.public.get(f"{api.url}/openapi.json")).json()
    token = {"Authorization": team.http.headers["Authorization"]}
    targets: list[Target] = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if not content:
                continue
            url = api.url + path.replace("{template_id}", created["id"])
            if path.startswith("/uploads/"):
                url = created["uploadUrl"]
            if path.endswith("/uploads"):
                url += "?name=photo.png"
            assert "{" not in url, f"{method} {path}: what is its address?"
            form = "multipart/form-data" in content
            kind = "multipart/form-data; boundary=x" if form else "application/json"
            targets.append(
                Target(
                    Endpoint(method.upper(), path),
                    url,
                    token | {"Content-Type": kind},
                    accepts_json="application/json" in content,
                )
            )
    assert len(targets) >= 8
    return targets


@pytest_asyncio.fixture(scope="module")
async def targets(api: RunningApi) -> AsyncGenerator[list[Target]]:
    async with api.new_team() as team:
        yield await targets_of(api, team)


@pytest_asyncio.fixture(scope="module")
async def hasty_api(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    async with served(settings.model_copy(update={"body_timeout": 0.5}), client, store) as api:
        yield api


@pytest_asyncio.fixture(scope="module")
async def hasty_team(hasty_api: RunningApi) -> AsyncGenerator[Team]:
    async with hasty_api.new_team() as team:
        yield team


async def pieces(size: int) -> AsyncGenerator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


async def test_a_body_that_is_declared_too_large_is_refused_unread(
    targets: list[Target], subtests: pytest.Subtests
) -> None:
    for target in targets:
        with subtests.test(str(target.endpoint)):
            connection = await target.connect(f"Content-Length: {10**15}")
            status, body = await connection.response()
            assert (status, body["errorCode"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_turns_out_too_large_is_refused(
    targets: list[Target], subtests: pytest.Subtests
) -> None:
    for target in targets:
        with subtests.test(str(target.endpoint)):
            response = await target.send(content=pieces(BEYOND_ALL_LIMITS))
            expected = {413} if target.accepts_json or "upload" in target.url else {400, 413}
            assert response.status_code in expected, "a form of blanks alone may be refused sooner"


async def test_a_small_body_that_expands_to_a_large_one_is_refused(
    targets: list[Target], subtests: pytest.Subtests
) -> None:
    bomb = gzip.compress(b" " * 64 * MEBIBYTE)
    assert len(bomb) < MEBIBYTE / 8
    for target in targets:
        if target.accepts_json:
            with subtests.test(str(target.endpoint)):
                response = await target.send(content=bomb, headers={"Content-Encoding": "gzip"})
                assert response.status_code == 413


@pytest.mark.parametrize("bomb", BOMBS)
async def test_json_that_cannot_be_processed_is_a_400(
    targets: list[Target], subtests: pytest.Subtests, bomb: str
) -> None:
    for target in targets:
        if target.accepts_json:
            with subtests.test(str(target.endpoint)):
                response = await target.send(content=BOMBS[bomb])
                if target.endpoint.method == "PATCH" and response.status_code == 200:
                    assert "a" not in response.json()  # the field was read and ignored
                    continue
                assert response.status_code == 400
                assert response.json()["errorCode"] in ("INVALID_JSON", "VALIDATION_ERROR")
                assert "sys." not in response.text


async def test_a_job_that_cannot_be_processed_does_not_affect_others(
    card_team: Team, card: str, subtests: pytest.Subtests
) -> None:
    for name in ("a little too deep", "an infinite number", "open lists"):
        with subtests.test(name):
            response = await card_team.http.post(
                "/batches?dryRun=true",
                content=BOMBS[name][:50_000] + b"\n" + json.dumps(a_still(card)).encode(),
                headers={"Content-Type": "application/x-ndjson"},
            )
            assert response.status_code == 200, response.text
            assert [error["index"] for error in response.json()["errors"]] == [0]


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\\udc00x"])
async def test_odd_characters_never_cause_a_server_error(
    card_team: Team, card: str, text: str, subtests: pytest.Subtests
) -> None:
    for place in ("title", "tags", "layer", "id", "extra", "webhook", "codec", "function"):
        job = a_still(card, title="ODD" if place == "title" else "A")
        if place == "tags":
            job["tags"] = ["ODD"]
        if place == "layer":
            job["assets"][0]["layerName"] = "ODD"
        if place == "id":
            job["template"]["id"] = "ODD"
        if place == "extra":
            job["ODD"] = "ODD"
        if place == "webhook":
            job["webhook"] = {
                "url": "http://127.0.0.1:1/",
                "headers": {"X-A": "ODD"},
                "data": "ODD",
            }
        if place == "codec":
            job["settings"]["codec"] = "ODD"
        if place == "function":
            job["assets"].append({"type": "function", "name": "ODD", "layerName": "title"})
        with subtests.test(place):
            for path, body in (("/batches", {"jobs": [job]}), ("/jobs", job)):
                content = json.dumps(body).replace("ODD", text)
                response = await card_team.http.post(path, content=content)
                assert response.status_code < 500, response.text


async def test_a_body_that_does_not_arrive_in_time_is_a_408(
    hasty_api: RunningApi, hasty_team: Team, subtests: pytest.Subtests
) -> None:
    for target in await targets_of(hasty_api, hasty_team):
        with subtests.test(str(target.endpoint)):
            connection = await target.connect("Content-Length: 1000")
            connection.write(b"--x\r\n")
            status, body = await connection.response()
            assert (status, body["errorCode"]) == (408, "BODY_TOO_SLOW")


async def test_an_upload_that_does_not_arrive_in_time_leaves_nothing(
    hasty_api: RunningApi, hasty_team: Team
) -> None:
    targets = await targets_of(hasty_api, hasty_team)
    [upload] = [target for target in targets if target.endpoint.path.startswith("/uploads/")]
    connection = await upload.connect("Transfer-Encoding: chunked")
    connection.write(b"5\r\n{    \r\n")
    assert (await connection.response())[0] == 408
    template_id = upload.url.split("/")[-3]
    left = await names_in(hasty_api.store, keys.template(hasty_team.name, template_id))
    assert left == ["template.json"]


async def test_a_request_that_never_ends_is_cut_off(
    hasty_api: RunningApi, subtests: pytest.Subtests
) -> None:
    declaring = b"POST /api/v2/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    starts = {
        "silence": b"",
        "half a request line": b"GET /heal",
        "headers without an end": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
        "a body that nobody reads": declaring,
        "a second request without an end": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal",
    }
    for name, start in starts.items():
        with subtests.test(name):
            connection = await Connection.to(hasty_api.url)
            connection.write(start)
            said = await connection.everything()
            if name == "silence":
                assert said == b"", "a client would read it as the response to a later request"
            if name in ("half a request line", "headers without an end"):
                assert said.startswith(b"HTTP/1.1 408 ")
            if name == "a second request without an end":
                assert said.startswith(b"HTTP/1.1 200 ")


async def test_a_connection_can_be_reused_many_times(hasty_api: RunningApi) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(20):
            assert (await http.get(f"{hasty_api.url}/healthz")).status_code == 200
            await http.post(f"{hasty_api.url}/api/v2/jobs", content=b"x" * 200_000)


def test_clients_close_idle_connections_before_the_server_does(settings: Settings) -> None:
    """Otherwise both might do it at the same moment, and a request would be lost."""
    client_expiry = httpx.Limits().keepalive_expiry
    assert client_expiry is not None
    assert ApiServer(FastAPI(), settings).config.timeout_keep_alive > client_expiry


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 100_000,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 10_000,
        b"GET /" + b"a" * 100_000,
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /api/v2/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["a large header", "many headers", "a long address", "nonsense", "two hosts", "no length"],
)
async def test_unreadable_requests_get_a_normal_error_response(
    api: RunningApi, request_head: bytes
) -> None:
    connection = await Connection.to(api.url)
    connection.write(request_head)
    head, _, body = (await connection.everything()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"nosniff" in head
    assert json.loads(body)["errorCode"] == "VALIDATION_ERROR"

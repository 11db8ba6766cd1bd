"""The rights and the lifetime of tokens, and the limit on guessing them."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import httpx
import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from api import authentication
from api.app import create_app
from reelbatch.models.wire.tokens import Scope
from reelbatch.settings import Settings
from reelbatch.storage.tokens import create_token, revoke_token
from tests.api.documents import a_film
from tests.api.routes import Endpoint, team_endpoints
from tests.api.running_api import RunningApi, Team, a_video, served, until

UNKNOWN_ID = "01JD8Z4V7QW5R8T2Y6N3M1B0CD"
NARROW = sorted(set(Scope) - {Scope.ADMIN})

# Writing to these needs templates:write; all endpoints that read need jobs:read.
TEMPLATE_PATHS = ("/templates", "/fonts", "/secrets")


async def token_for(api: RunningApi, *scopes: Scope) -> str:
    token, _ = await create_token(api.store, "scoped", "test", scopes)
    return token


def expected_scope(endpoint: Endpoint) -> Scope:
    if "/tokens" in endpoint.path:
        return Scope.ADMIN
    if endpoint.method in ("GET", "HEAD") and not endpoint.path.endswith("/webhooks/secret"):
        return Scope.JOBS_READ
    path = endpoint.path.removeprefix("/api/v2").removeprefix("/api/v3")
    return Scope.TEMPLATES_WRITE if path.startswith(TEMPLATE_PATHS) else Scope.JOBS_WRITE


def address_of(endpoint: Endpoint) -> str:
    filled = endpoint.path
    for thing in ("batch", "job", "template", "font", "secret", "upload", "schedule", "token"):
        filled = filled.replace(f"{{{thing}_id}}", UNKNOWN_ID)
    assert "{" not in filled, f"{endpoint}: which id is that?"
    return filled


async def test_every_endpoint_accepts_tokens_with_its_scope_and_no_others(
    api: RunningApi, subtests: pytest.Subtests
) -> None:
    endpoints = team_endpoints(create_app(api.settings, api.client, api.store))
    assert len(endpoints) > 30
    tokens = {scope: await token_for(api, scope) for scope in Scope}
    for endpoint in endpoints:
        with subtests.test(str(endpoint)):
            responses: dict[Scope, httpx.Response] = {}
            for scope, token in tokens.items():
                async with api.client_of(token) as http:
                    url = f"{api.url}{address_of(endpoint)}"
                    responses[scope] = await http.request(endpoint.method, url)
            refused = {
                scope for scope, response in responses.items() if response.status_code == 403
            }
            assert refused == set(NARROW) - {expected_scope(endpoint)}
            for scope in refused:
                assert responses[scope].json()["errorCode"] == "FORBIDDEN"
                missing = f"does not have the scope {expected_scope(endpoint)}"
                assert missing in responses[scope].json()["error"]


async def test_every_endpoint_refuses_requests_without_a_token(
    api: RunningApi, subtests: pytest.Subtests
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for endpoint in team_endpoints(create_app(api.settings, api.client, api.store)):
            with subtests.test(str(endpoint)):
                response = await http.request(endpoint.method, f"{api.url}{address_of(endpoint)}")
                assert response.status_code == 401


async def test_the_description_of_the_api_names_the_scopes(api: RunningApi) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        document = (await http.get(f"{api.url}/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/"):
                scope = expected_scope(Endpoint(method.upper(), path))
                assert operation["security"] == [{"HTTPBearer": [scope]}]
                assert f"`{scope}`" in operation["description"]
                assert "FORBIDDEN" in operation["responses"]["403"]["description"]


async def test_an_expired_token_is_refused(api: RunningApi) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    token, _ = await create_token(api.store, "someone", "test", expires_at=over)
    async with api.client_of(token) as http:
        refused = await http.get("/fonts")
    assert (refused.status_code, refused.json()["errorCode"]) == (401, "UNAUTHORIZED")


async def test_a_token_in_use_stops_working_when_it_expires(api: RunningApi) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    token, _ = await create_token(api.store, "someone", "test", expires_at=soon)
    async with api.client_of(token) as http:
        assert (await http.get("/fonts")).status_code == 200

        async def refused() -> bool | None:
            return (await http.get("/fonts")).status_code == 401 or None

        await until(refused, "refusal")
        assert datetime.now(UTC) >= soon


async def test_a_token_in_use_stops_working_when_it_is_revoked(api: RunningApi) -> None:
    token, record = await create_token(api.store, "someone", "test")
    async with api.client_of(token) as http:
        assert (await http.get("/fonts")).status_code == 200
        await revoke_token(api.store, record.id)

        async def refused() -> bool | None:
            return (await http.get("/fonts")).status_code == 401 or None

        await until(refused, "refusal")


@pytest.mark.parametrize("path", ["/batches", "/jobs", "/templates", "/fonts"])
async def test_a_token_that_is_revoked_while_a_body_arrives_is_refused(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(authentication, "_CACHE_SECONDS", 0)
    token, record = await create_token(api.store, "someone", "test")

    form = b'--x\r\nContent-Disposition: form-data; name="font"; filename="a.ttf"\r\n\r\n'
    beginning, end = (form, b"abc\r\n--x--\r\n") if "fonts" in path else (b"{", b"}")

    async def body() -> AsyncGenerator[bytes]:
        yield beginning
        await revoke_token(api.store, record.id)
        yield end

    async with api.client_of(token) as http:
        headers = {"Content-Type": "multipart/form-data; boundary=x"} if "fonts" in path else {}
        response = await http.post(path, content=body(), headers=headers)
    assert (response.status_code, response.json()["errorCode"]) == (401, "UNAUTHORIZED")


async def test_a_stream_ends_when_its_token_is_revoked(
    api: RunningApi, team: Team, store: ObjectStore
) -> None:
    film = await team.upload(a_film())
    batch_id = (await team.create_batch(a_video(film)))["batchId"]
    token, record = await create_token(store, team.name, "test")
    async with (
        api.client_of(token) as http,
        http.stream("GET", f"/batches/{batch_id}/events") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines)
        await revoke_token(store, record.id)
        rest = [line async for line in lines]
    assert "event: end" not in rest
    assert (await team.get(f"/batches/{batch_id}"))["stats"]["pending"] == 1


class Guesser:
    """Sends wrong tokens, a different one each time."""

    def __init__(self, api: RunningApi, **headers: str) -> None:
        self._url = f"{api.url}/api/v2/fonts"
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._number = 0

    async def guess(self) -> httpx.Response:
        self._number += 1
        return await self.send(f"rb_wrong-{self._number}")

    async def send(self, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **self._headers}
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.get(self._url, headers=headers)


@pytest_asyncio.fixture
async def strict_api(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    strict = settings.model_copy(update={"wrong_tokens_per_minute": 3})
    async with served(strict, client, store) as api:
        yield api


@pytest_asyncio.fixture
async def proxied_api(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    changes = {"wrong_tokens_per_minute": 3, "trusted_proxies": [ip_network("127.0.0.0/8")]}
    async with served(settings.model_copy(update=changes), client, store) as api:
        yield api


async def test_clients_that_guess_too_often_must_wait(strict_api: RunningApi) -> None:
    guesser = Guesser(strict_api)
    assert [(await guesser.guess()).status_code for _ in range(3)] == [401] * 3
    refused = await guesser.guess()
    assert (refused.status_code, refused.json()["errorCode"]) == (429, "TOO_MANY_REQUESTS")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert "wrong tokens" in refused.json()["error"]


async def test_guessing_does_not_lock_out_tokens_that_are_in_use(
    strict_api: RunningApi,
) -> None:
    guesser = Guesser(strict_api)
    token, record = await create_token(strict_api.store, "someone", "test")
    for _ in range(10):
        assert (await guesser.send(token)).status_code == 200
    for _ in range(4):
        await guesser.guess()
    assert (await guesser.send(token)).status_code == 200
    new, _ = await create_token(strict_api.store, "someone", "test")
    assert (await guesser.send(new)).status_code == 429
    await revoke_token(strict_api.store, record.id)

    async def refused() -> bool | None:
        return (await guesser.send(token)).status_code in (401, 429) or None

    await until(refused, "refusal")


async def test_the_address_of_a_client_does_not_come_from_its_headers(
    strict_api: RunningApi,
) -> None:
    statuses = [
        (await Guesser(strict_api, X_Forwarded_For=f"192.0.2.{host}").guess()).status_code
        for host in range(4)
    ]
    assert statuses == [401, 401, 401, 429]


async def test_clients_behind_a_trusted_proxy_are_distinguished(proxied_api: RunningApi) -> None:
    one = Guesser(proxied_api, X_Forwarded_For="192.0.2.1")
    other = Guesser(proxied_api, X_Forwarded_For="192.0.2.2")
    assert [(await one.guess()).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert (await other.guess()).status_code == 401
    # The header begins with what the client itself has sent; the proxy appends the real address.
    forging = Guesser(proxied_api, X_Forwarded_For="198.51.100.7, 192.0.2.1")
    assert (await forging.guess()).status_code == 429


async def test_an_ipv6_network_counts_as_one_client(proxied_api: RunningApi) -> None:
    statuses = [
        (await Guesser(proxied_api, X_Forwarded_For=f"2001:db8::{host}").guess()).status_code
        for host in range(1, 5)
    ]
    assert statuses == [401, 401, 401, 429]
    elsewhere = Guesser(proxied_api, X_Forwarded_For="2001:db8:0:1::1")
    assert (await elsewhere.guess()).status_code == 401


async def test_requests_without_a_token_are_not_guesses(strict_api: RunningApi) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(5):
            assert (await http.get(f"{strict_api.url}/api/v2/fonts")).status_code == 401


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
async def test_links_do_not_follow_forged_headers(api: RunningApi, header: str) -> None:
    token = await token_for(api, Scope.TEMPLATES_WRITE)
    async with api.client_of(token) as http:
        forged = {header: "evil.example", "X-Forwarded-Proto": "https"}
        body = {"type": "lottie", "displayName": "card"}
        created = await http.post("/templates", json=body, headers=forged)
    assert created.json()["uploadInfo"]["url"].startswith(f"{api.url}/uploads/")


async def test_links_start_with_the_public_url(
    settings: Settings, client: Client, store: ObjectStore
) -> None:
    public = settings.model_copy(update={"public_url": "https://render.example.com/"})
    async with served(public, client, store) as api:
        token = await token_for(api, Scope.TEMPLATES_WRITE)
        async with api.client_of(token) as http:
            created = await http.post("/templates", json={"type": "lottie", "displayName": "card"})
    url = created.json()["uploadInfo"]["url"]
    assert url.startswith("https://render.example.com/uploads/")

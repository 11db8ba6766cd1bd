"""Headers for browsers, and what pages from other origins may do."""

import re
from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from pydantic import ValidationError
from temporalio.client import Client

from api.app import create_app
from reelbatch.models.wire.codecs import CODECS
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.signing import open_signer
from tests.api.routes import endpoints
from tests.api.running_api import RunningApi, Team, a_still, served

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}
SMUGGLED = b"<!DOCTYPE html><script>alert(1)</script>"


async def output_url(api: RunningApi, team: Team, extension: str, content: bytes) -> str:
    """The URL of an output with this content, as if a hostile template had drawn it."""
    job_id = "01JD8Z4V7QW5R8T2Y6N3M1B0CD"
    await api.store.put_async(keys.output(team.name, job_id, extension), content)
    signature = (await open_signer(api.store, None)).sign("output", team.name, job_id)
    return f"{api.url}/outputs/{team.name}/{job_id}/{signature}/{job_id}.{extension}"


async def test_every_response_has_the_security_headers(
    api: RunningApi, team: Team, subtests: pytest.Subtests
) -> None:
    app = create_app(api.settings, api.client, api.store)
    responses = [
        (str(endpoint), await team.http.request(endpoint.method, api.url + endpoint.path))
        for endpoint in endpoints(app)
        if endpoint.path not in ("/", "/codec/", "/docs")  # web pages with their own policies
    ]
    responses.append(("no token", await team.public.get(f"{api.url}/api/v2/jobs")))
    responses.append(("unknown", await team.public.get(f"{api.url}/nowhere")))
    responses.append(("method", await team.public.delete(f"{api.url}/healthz")))
    for place, response in responses:
        with subtests.test(place):
            assert response.headers.items() >= EVERYWHERE.items()
            assert "strict-transport-security" not in response.headers
            assert "server" not in response.headers
            assert "access-control-allow-origin" not in response.headers


async def test_an_unexpected_error_has_the_headers_and_reveals_nothing(
    api: RunningApi, team: Team
) -> None:
    template_id = await team.upload_card()
    broken = b'{"id": "a-piece-of-a-record"}'
    await api.store.put_async(keys.template_record(team.name, template_id), broken)
    response = await team.http.get(f"/templates/{template_id}")
    assert (response.status_code, response.json()["errorCode"]) == (500, "INTERNAL_ERROR")
    assert set(response.json()) == {"error", "errorCode"}
    assert response.headers["x-request-id"]
    assert response.headers.items() >= EVERYWHERE.items()
    assert not re.search("piece|record|Traceback|pydantic", response.text)


@pytest.mark.parametrize("extension", sorted({codec.extension for codec in CODECS.values()}))
async def test_an_output_that_is_really_html_is_not_shown_as_a_web_page(
    api: RunningApi, team: Team, extension: str
) -> None:
    response = await team.public.get(await output_url(api, team, extension, SMUGGLED))
    assert response.content == SMUGGLED
    assert response.headers["content-type"].startswith(("image/", "video/"))
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = response.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "sandbox"} <= set(policy)
    assert "script" not in response.headers["content-security-policy"]


async def test_an_output_only_has_the_media_type_of_its_codec(api: RunningApi, team: Team) -> None:
    url = await output_url(api, team, "html", SMUGGLED)
    assert (await team.public.get(url)).status_code == 404


async def test_pages_of_other_sites_may_show_outputs(team: Team) -> None:
    card = await team.upload_card()
    job = (await team.http.post("/jobs", json=a_still(card))).json()
    await team.end_of_job(job["id"])
    response = await team.public.get(job["outputUrl"])
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "frame-ancestors" not in response.headers["content-security-policy"]


async def test_the_reference_loads_nothing_from_elsewhere(api: RunningApi) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
        page = await http.get("/docs")
        loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert len(loaded) == 4
        for path in loaded:
            file = await http.get(path)
            assert path.startswith("/docs/")
            assert file.status_code == 200
            assert file.headers.items() >= EVERYWHERE.items()
    assert not re.search(r"<script>|<style|\son\w+=", page.text), "the policy forbids these"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    for other in ("/redoc", "/docs/oauth2-redirect"):
        async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
            assert (await http.get(other)).status_code == 404


async def test_https_is_enforced_if_the_public_url_uses_it(
    settings: Settings, client: Client, store: ObjectStore
) -> None:
    public = settings.model_copy(update={"public_url": "https://render.example.com"})
    async with served(public, client, store) as api, httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{api.url}/healthz")
    assert response.headers["strict-transport-security"] == "max-age=31536000"


APP = "https://app.example.com"


@pytest_asyncio.fixture(scope="module")
async def shared_api(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    async with served(settings.model_copy(update={"cors_origins": [APP]}), client, store) as api:
        yield api


async def preflight(api: RunningApi, origin: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.options(
            f"{api.url}/api/v2/batches",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
            },
        )


async def test_pages_of_a_named_origin_may_use_the_api(shared_api: RunningApi) -> None:
    asked = await preflight(shared_api, APP)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == APP
    assert "access-control-allow-credentials" not in asked.headers
    async with shared_api.new_team() as team:
        response = await team.http.get("/fonts", headers={"Origin": APP})
        assert response.headers["access-control-allow-origin"] == APP
        assert "X-Request-Id" in response.headers["access-control-expose-headers"]
        error = await team.http.get("/batches/nonsense", headers={"Origin": APP})
        assert (error.status_code, error.headers["access-control-allow-origin"]) == (400, APP)


def test_origins_and_proxies_are_comma_separated_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELBATCH_CORS_ORIGINS", f"{APP}, http://localhost:3000")
    monkeypatch.setenv("REELBATCH_TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1")
    settings = Settings()
    assert settings.cors_origins == [APP, "http://localhost:3000"]
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]
    monkeypatch.setenv("REELBATCH_TRUSTED_PROXIES", "")
    assert Settings().trusted_proxies == []


async def test_pages_of_other_origins_may_not_use_the_api(
    api: RunningApi, shared_api: RunningApi
) -> None:
    other = await preflight(shared_api, "https://evil.example")
    assert other.status_code == 400
    assert "access-control-allow-origin" not in other.headers
    off = await preflight(api, APP)
    assert "access-control-allow-origin" not in off.headers


@pytest.mark.parametrize("origin", ["app.example.com", "https://app.example.com/", "https://a b"])
def test_an_invalid_origin_is_not_accepted_as_a_setting(origin: str) -> None:
    with pytest.raises(ValidationError, match="cors_origins"):
        Settings(cors_origins=[origin])

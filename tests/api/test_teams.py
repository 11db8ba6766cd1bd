"""Another team's things look exactly like things that do not exist, at every endpoint."""

import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from reelbatch.models.ids import new_id
from tests.api.documents import a_card_in_a_rare_font, a_film
from tests.api.fonts import a_font
from tests.api.routes import Endpoint, endpoints, team_endpoints
from tests.api.running_api import RunningApi, Team, a_still, a_video, until

# Names of secrets, which have the same length, as ids do.
OWNED_SECRET, UNKNOWN_SECRET = "KEY_OF_OWNER", "KEY_OF_NOONE"

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
DIGEST = re.compile(r"[0-9a-f]{64}")
SIGNATURE = re.compile(r"[A-Za-z0-9_-]{32}(?=/|\")")


@dataclass(frozen=True)
class Names:
    """The ids and names that requests can contain, whether they exist or not."""

    template_id: str
    batch_id: str
    job_id: str
    single_job_id: str
    font_id: str
    secret_id: str
    upload_id: str
    schedule_id: str
    token_id: str
    secret: str

    def fill(self, path: str) -> str:
        filled = path.format_map(vars(self) | {"team": "{team}"})
        assert "{" not in filled, f"{path}: what does it name?"
        return filled


@dataclass(frozen=True)
class Naming:
    """A request whose body or query names something other than the sender's own templates."""

    of: Callable[[Names, "Sender"], dict[str, Any]]
    statuses: tuple[int, ...]


@dataclass(frozen=True)
class Sender:
    """The other team, which has its own templates and a job."""

    templates: "SenderTemplates"
    own_job: str

    @property
    def team(self) -> Team:
        return self.templates.team

    @property
    def card(self) -> str:
        return self.templates.card


@dataclass(frozen=True)
class SenderTemplates:
    team: Team
    card: str
    film: str
    rare: str  # in a font that only the owner has


@dataclass(frozen=True)
class Estate:
    """The team that has one of everything."""

    team: Team
    names: Names
    output_url: str
    upload_url: str
    download_url: str
    share_url: str


def unknown_names(owned: Names) -> Names:
    """Ids with the same times and kinds as the existing ones, but of nothing that exists."""

    def other(owned_id: str) -> str:
        return owned_id[:10] + new_id()[10:-2] + owned_id[-2:]

    return Names(
        **{
            name: other(owned_id)
            for name, owned_id in vars(owned).items()
            if name not in ("secret", "upload_id")
        },
        upload_id=f"{sha256(new_id().encode()).hexdigest()}.png",
        secret=UNKNOWN_SECRET,
    )


@pytest_asyncio.fixture(scope="module")
async def sender_templates(api: RunningApi) -> AsyncGenerator[SenderTemplates]:
    async with api.new_team() as team:
        yield SenderTemplates(
            team,
            card=await team.upload_card(),
            film=await team.upload(a_film()),
            rare=await team.upload(a_card_in_a_rare_font()),
        )


@pytest_asyncio.fixture(scope="module")
async def estate(
    api: RunningApi,
    sender_templates: SenderTemplates,  # inspected before a film keeps the worker busy
) -> AsyncGenerator[Estate]:
    del sender_templates
    async with api.new_team() as team:
        card, film = await team.upload_card(), await team.upload(a_film())
        secret = await team.http.put("/secrets", json={"name": OWNED_SECRET, "value": "hush"})
        font = await team.http.post("/fonts", files={"font": ("rare.ttf", a_font())})
        upload = await team.http.post("/uploads?name=own.png", content=b"picture")
        schedule = await team.http.post("/schedules", json=a_schedule(card))
        webhook = {"url": "http://127.0.0.1:9/"}
        failing = a_still(card)
        failing["assets"] = [
            {"type": "image", "layerName": "background", "src": f"{api.url}/nothing.png"}
        ]
        body = {"jobs": [a_still(card, webhook=webhook, tags=["owned"]), failing]}
        created = (await team.http.post("/batches", json=body | {"webhook": webhook})).json()
        batch = await team.end_of_batch(created["batchId"])
        single = (await team.http.post("/jobs", json=a_video(film))).json()
        renewed = (await team.http.put(f"/templates/{card}/upload")).json()
        download = await team.get(f"/templates/{card}/download")
        names = Names(
            template_id=card,
            batch_id=batch["batchId"],
            job_id=batch["jobs"][0]["id"],
            single_job_id=single["id"],
            font_id=font.json()["id"],
            secret_id=secret.json()["id"],
            upload_id=upload.json()["id"],
            schedule_id=schedule.json()["id"],
            token_id=(await team.get("/team"))["token"]["id"],
            secret=OWNED_SECRET,
        )
        output_url = batch["jobs"][0]["outputUrl"]
        share = await team.http.post(f"/batches/{names.batch_id}/share")
        yield Estate(
            team,
            names,
            output_url=output_url,
            upload_url=renewed["url"],
            download_url=download["url"],
            share_url=share.json()["url"],
        )
        await team.cancel_everything()


@pytest_asyncio.fixture(scope="module")
async def sender(estate: Estate, sender_templates: SenderTemplates) -> AsyncGenerator[Sender]:
    assert estate.output_url, "rendered before a film keeps the worker busy"
    team = sender_templates.team
    own = (await team.http.post("/jobs", json=a_video(sender_templates.film))).json()
    yield Sender(sender_templates, own["id"])
    await team.cancel_everything()


def comparable(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """The whole response, except for what differs between any two responses."""
    headers = dict(answer.headers)
    for changing in ("date", "x-request-id"):
        headers.pop(changing, None)
    text = answer.text
    for pattern in (ULID, MOMENT, DIGEST, SIGNATURE):
        text = pattern.sub("…", text)
    for secret in (OWNED_SECRET, UNKNOWN_SECRET):
        text = text.replace(secret, "SECRET")
    return answer.status_code, headers, text


BODIES: dict[str, Any] = {"PATCH /api/v2/templates/{template_id}": {"displayName": "mine"}}


async def test_an_id_of_another_team_is_like_one_that_does_not_exist(
    api: RunningApi, estate: Estate, sender: Sender, subtests: pytest.Subtests
) -> None:
    app = create_app(api.settings, api.client, api.store)
    naming = [endpoint for endpoint in team_endpoints(app) if "{" in endpoint.path]
    assert len(naming) > 20
    for endpoint in naming:
        with subtests.test(str(endpoint)):
            foreign, unknown = [
                await sender.team.http.request(
                    endpoint.method,
                    api.url + names.fill(endpoint.path),
                    json=BODIES.get(str(endpoint)),
                )
                for names in (estate.names, unknown_names(estate.names))
            ]
            own = await estate.team.http.get(f"/batches/{estate.names.batch_id}")
            assert own.status_code == 200, "there is something to find"
            assert foreign.status_code == 404, "if the endpoint needs a body, add one to BODIES"
            assert comparable(foreign) == comparable(unknown)


def job(template_id: str, **fields: Any) -> dict[str, Any]:
    return a_still(template_id, **fields)


def a_schedule(template_id: str, url: str = "https://example.com/rows.csv") -> dict[str, Any]:
    return {"name": "yearly", "cron": "@yearly", "url": url, "template": template_id}


def secret_text(names: Names) -> str:
    return f"${{secrets.{names.secret}}}"


def secret_webhook(names: Names) -> dict[str, Any]:
    return {"url": "http://127.0.0.1:9/", "headers": {"X-Key": secret_text(names)}}


def nested_job(template_id: str) -> dict[str, Any]:
    return {"type": "job", "template": {"id": template_id, "composition": "main"}}


def uploaded(names: Names) -> dict[str, Any]:
    return {"type": "image", "layerName": "background", "src": f"upload:{names.upload_id}"}


def secret_clip(names: Names) -> dict[str, Any]:
    return {"type": "video", "src": f"https://example.com/clip.mp4?key={secret_text(names)}"}


OF_BATCHES: list[Naming] = [
    Naming(lambda names, _: {"json": {"jobs": [job(names.template_id)]}}, (400,)),
    Naming(
        lambda names, _: {
            "json": {"jobs": [{}], "defaults": {"template": {"id": names.template_id}}}
        },
        (400,),
    ),
    Naming(
        lambda names, by: {"json": {"jobs": [job(by.card, title=secret_text(names))]}},
        (400,),
    ),
    Naming(
        lambda names, by: {
            "json": {"jobs": [job(by.card)], "webhook": secret_webhook(names)},
        },
        (400,),
    ),
    Naming(
        lambda names, _: {
            "params": {"template": names.template_id},
            "headers": {"Content-Type": "text/csv"},
            "content": "title\nA\n",
        },
        (400,),
    ),
    Naming(
        lambda names, _: {
            "headers": {"Content-Type": "application/x-ndjson"},
            "content": json.dumps(job(names.template_id)),
        },
        (400,),
    ),
]

# Every request that names things outside its path. Each endpoint without an id in its path is
# listed, even if it cannot name anything.
NAMING: dict[str, list[Naming]] = {
    "POST /api/v2/jobs": [
        Naming(lambda names, by: {"json": job(by.card, assets=[uploaded(names)])}, (400,)),
        Naming(lambda names, _: {"json": job(names.template_id)}, (404,)),
        Naming(lambda names, by: {"json": job(by.card, title=secret_text(names))}, (400,)),
        Naming(lambda names, by: {"json": job(by.card, webhook=secret_webhook(names))}, (400,)),
        Naming(
            lambda names, by: {
                "json": {
                    "template": {"id": by.card},
                    "assets": [{**nested_job(names.template_id), "layerName": "background"}],
                }
            },
            (404,),
        ),
    ],
    "POST /api/v2/uploads": [],
    "GET /api/v2/schedules": [],
    "POST /api/v2/schedules": [
        Naming(lambda names, _: {"json": a_schedule(names.template_id)}, (404,)),
        Naming(
            lambda names, by: {
                "json": a_schedule(by.card, f"https://example.com/{secret_text(names)}")
            },
            (400,),
        ),
    ],
    "POST /api/v2/jobs/join": [
        Naming(lambda names, _: {"json": {"assets": [nested_job(names.template_id)]}}, (404,)),
        Naming(lambda names, _: {"json": {"assets": [secret_clip(names)]}}, (400,)),
    ],
    "POST /api/v2/batches": OF_BATCHES,
    "POST /api/v2/previews": OF_BATCHES,
    "POST /api/v2/jobs/cancel": [
        Naming(lambda names, _: {"json": {"jobs": [names.single_job_id]}}, (404,)),
        Naming(lambda names, by: {"json": {"jobs": [by.own_job, names.single_job_id]}}, (404,)),
        Naming(lambda names, by: {"json": {"jobs": [names.job_id, by.own_job]}}, (404,)),
    ],
    "PUT /api/v2/secrets": [
        Naming(lambda names, _: {"json": {"name": names.secret, "value": "mine"}}, (201,)),
    ],
    "GET /api/v2/batches": [
        Naming(lambda names, _: {"params": {"cursor": names.batch_id}}, (200,)),
        Naming(lambda names, _: {"params": {"schedule": names.schedule_id}}, (200,)),
    ],
    "GET /api/v2/jobs": [Naming(lambda _names, _by: {"params": {"tags": "owned"}}, (200,))],
    "GET /api/v2/fonts": [],
    "GET /api/v2/secrets": [],
    "GET /api/v2/team": [],
    "GET /api/v2/templates": [],
    "GET /api/v2/tokens": [],
    "POST /api/v2/tokens": [],
    "GET /api/v2/webhooks/secret": [],
    "GET /api/v3/templates": [],
    "POST /api/v2/fonts": [],
    "POST /api/v2/templates": [],
}


async def test_naming_another_teams_things_is_like_naming_missing_ones(
    api: RunningApi, estate: Estate, sender: Sender, subtests: pytest.Subtests
) -> None:
    app = create_app(api.settings, api.client, api.store)
    assert {str(found) for found in team_endpoints(app) if "{" not in found.path} == set(NAMING)
    for place, requests in NAMING.items():
        method, path = place.split()
        for number, naming in enumerate(requests):
            with subtests.test(f"{place} {number}"):
                foreign, unknown = [
                    await sender.team.http.request(
                        method, api.url + path, **naming.of(names, sender)
                    )
                    for names in (estate.names, unknown_names(estate.names))
                ]
                assert foreign.status_code in naming.statuses, foreign.text
                assert comparable(foreign) == comparable(unknown)


async def test_lists_show_nothing_of_other_teams(
    api: RunningApi, estate: Estate, other_team: Team, subtests: pytest.Subtests
) -> None:
    app = create_app(api.settings, api.client, api.store)
    others_token = (await other_team.get("/team"))["token"]["id"]
    owned = {value for name, value in vars(estate.names).items() if name != "secret"}
    for endpoint in team_endpoints(app):
        is_list = "{" not in endpoint.path and endpoint.path != "/api/v2/webhooks/secret"
        if endpoint.method == "GET" and is_list:
            with subtests.test(str(endpoint)):
                url = api.url + endpoint.path

                async def has_something(url: str = url) -> bool | None:
                    listed = await estate.team.http.get(url)
                    return any(name in listed.text for name in owned) or None

                await until(has_something, "something to show")
                shown = await other_team.http.get(url)
                assert shown.status_code == 200
                assert not ULID.search(shown.text.replace(others_token, ""))
                assert OWNED_SECRET not in shown.text


async def test_cancelling_own_and_foreign_jobs_together_cancels_none(
    estate: Estate, sender: Sender
) -> None:
    created = await sender.team.http.post("/jobs", json=a_video(sender.templates.film))
    own = created.json()["id"]
    for foreign in (estate.names.single_job_id, estate.names.job_id):
        for jobs in ([own, foreign], [foreign, own]):
            refused = await sender.team.http.post("/jobs/cancel", json={"jobs": jobs})
            assert (refused.status_code, refused.json()["errorCode"]) == (404, "JOB_NOT_FOUND")
    for owner, job_id in ((sender.team, own), (estate.team, estate.names.single_job_id)):
        assert (await owner.get(f"/jobs/{job_id}"))["status"] != "manually_cancelled"


async def test_a_font_of_another_team_is_missing(estate: Estate, sender: Sender) -> None:
    assert (await estate.team.get("/fonts"))[0]["familyName"] == "Rarissima"
    body = {"jobs": [a_still(sender.templates.rare, fonts=["rare.ttf"])]}
    checked = (await sender.team.http.post("/batches?dryRun=true", json=body)).json()
    missing = checked["jobs"][0]["missingFonts"]
    assert {"Rarissima (Regular)", "rare.ttf"} == set(missing)


async def test_an_idempotency_key_of_another_team_is_a_new_one(
    estate: Estate, sender: Sender
) -> None:
    body = {"type": "image", "frames": 0}
    job_ids: list[str] = []
    for team, card in ((estate.team, estate.names.template_id), (sender.team, sender.card)):
        response = await team.http.post(
            "/jobs", json=a_still(card, settings=body), headers={"Idempotency-Key": "the-same"}
        )
        assert response.status_code == 201
        assert "idempotency-replayed" not in response.headers
        job_ids.append(response.json()["id"])
    assert job_ids[0] != job_ids[1]


def parts_of(url: str) -> list[str]:
    return url.split("/")[3:]


async def test_signed_links_of_a_team_open_nothing_else(
    api: RunningApi, estate: Estate, sender: Sender, subtests: pytest.Subtests
) -> None:
    app = create_app(api.settings, api.client, api.store)
    public = {
        str(endpoint): endpoint
        for endpoint in endpoints(app)
        if "{" in endpoint.path
        and not endpoint.path.startswith(("/api/", "/page/"))  # the page's files are everybody's
    }
    links = {
        "outputs": estate.output_url,
        "uploads": estate.upload_url,
        "downloads": estate.download_url,
        "shared": estate.share_url,
    }
    assert {endpoint.path.split("/")[1] for endpoint in public.values()} == set(links)
    for place, endpoint in public.items():
        good = links[endpoint.path.split("/")[1]]
        team, known = estate.team.name, parts_of(good)[2]
        unknown = new_id()
        forged = good.replace(known, unknown)
        elsewhere = good.replace(f"/{team}/", f"/{sender.team.name}/")
        [signature] = [part for part in parts_of(good) if len(part) == 32]
        guessed = good.replace(signature, "A" * 32)
        with subtests.test(place):
            responses = [
                comparable(await send(endpoint, url, estate))
                for url in (guessed, elsewhere, forged, guessed.replace(known, unknown))
            ]
            assert responses[0][0] in (403, 404)
            assert all(response == responses[0] for response in responses)
    assert (await estate.team.public.get(estate.output_url)).status_code == 200
    assert (await estate.team.public.get(estate.download_url)).status_code == 200
    assert (await estate.team.public.get(estate.share_url)).status_code == 200
    put = await estate.team.public.put(estate.upload_url, content=a_film())
    assert put.status_code == 200, "the link itself was valid all along"


async def send(endpoint: Endpoint, url: str, estate: Estate) -> httpx.Response:
    content = a_film() if endpoint.method == "PUT" else None
    return await estate.team.public.request(endpoint.method, url, content=content)


async def test_nothing_of_the_team_was_changed_by_others(estate: Estate) -> None:
    """Runs last, because the requests of the tests above were real."""
    assert [font["id"] for font in await estate.team.get("/fonts")] == [estate.names.font_id]
    assert len(await estate.team.get("/secrets")) == 1
    template = await estate.team.get(f"/templates/{estate.names.template_id}")
    assert template["displayName"] == "card"
    assert await estate.team.batch_ids() == [estate.names.batch_id]

"""The choice of a template's renderer: the template's own, or the one that a job requests."""

import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from PIL import Image
from temporalio.client import Client

from reelbatch.engines.lottie_web.player import SETTING
from reelbatch.settings import Settings
from tests.api.other_engines import team_of
from tests.api.running_api import Team
from tests.lottie_web import installed_player
from tests.origin import running_origin
from tests.reelbatch.projects.made import RED, Stage, a_project

STILL = {"type": "image", "codec": "image_png", "frames": 0}
A_VIDEO = {"type": "video", "layerName": "Square", "src": "https://example.com/film.mp4"}
TRANSFORM = {
    "ty": "tr",
    **{key: {"a": 0, "k": 0} for key in ("r", "sk", "sa")},
    **{key: {"a": 0, "k": [0, 0]} for key in ("p", "a")},
    "o": {"a": 0, "k": 100},
    "s": {"a": 0, "k": [100, 100]},
}


def a_luminous_card() -> bytes:
    """A green square over a red one, blended by luminosity."""

    def square(color: list[float]) -> Any:
        place = {"a": 0, "k": [20, 20]}
        outline = {"ty": "rc", "p": place, "s": {"a": 0, "k": [40, 40]}, "r": {"a": 0, "k": 0}}
        fill = {"ty": "fl", "c": {"a": 0, "k": [*color, 1]}, "o": {"a": 0, "k": 100}}
        return {"ty": "gr", "nm": "Group", "it": [outline, fill, TRANSFORM]}

    top, bottom = square([0, 1, 0]), square([1, 0, 0])
    top["it"][1]["bm"] = 15
    layer: Any = {"ty": 4, "nm": "Square", "ks": {}, "ip": 0, "op": 2, "st": 0, "ind": 1}
    document = {"v": "5.7.0", "nm": "main", "fr": 10, "ip": 0, "op": 2, "w": 40, "h": 40}
    return json.dumps(
        {**document, "assets": [], "layers": [{**layer, "shapes": [top, bottom]}]}
    ).encode()


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(installed_player(tmp_path_factory.mktemp("player")))


@pytest_asyncio.fixture(scope="module")
async def web_team(
    settings: Settings, client: Client, store: ObjectStore, player: str
) -> AsyncGenerator[Team]:
    """A team on an API and a worker that have lottie-web."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(SETTING, player)
        async with team_of(["lottie", "lottie-web"], settings, client, store) as team:
            yield team


def a_job(template_id: str, renderer: str | None = None, **fields: Any) -> Any:
    return {"template": {"id": template_id, "renderer": renderer}, "settings": STILL, **fields}


async def test_an_error_about_a_missing_renderer_lists_the_available_ones(team: Team) -> None:
    template_id = await team.upload_card()
    template = await team.get(f"/templates/{template_id}")
    assert (template["renderer"], template["renderers"]) == ("auto", ["auto", "lottie"])
    created = await team.create_batch(a_job(template_id), a_job(template_id, "lottie-web"))
    [error] = created["errors"]
    assert (error["index"], error["errorCode"]) == (1, "NOT_SUPPORTED")
    assert error["error"] == (
        "template.renderer: This server has no renderer lottie-web for templates of the engine "
        "lottie. Its renderers: auto, lottie."
    )


async def test_a_template_is_refused_a_renderer_that_its_type_can_never_use(team: Team) -> None:
    asked = {"type": "lottie", "displayName": "card", "renderer": "after-effects"}
    refused = await team.http.post("/templates", json=asked)
    accepted = await team.http.post("/templates", json={**asked, "type": "zip"})
    changed = await team.http.patch(
        f"/templates/{await team.upload_card()}", json={"renderer": "after-effects"}
    )
    assert accepted.json()["renderer"] == "after-effects", "a zip may turn out to be a project"
    for response in (refused, changed):
        assert (response.status_code, response.json()["errorCode"]) == (400, "NOT_SUPPORTED")
        assert response.json()["error"] == (
            "renderer: A template of the type lottie cannot be drawn by after-effects. Its "
            "renderers: auto, lottie, lottie-web."
        )


async def test_a_template_says_which_renderer_draws_what_is_missing(web_team: Team) -> None:
    template_id = await web_team.upload(a_luminous_card())
    template = await web_team.get(f"/templates/{template_id}")
    assert template["renderers"] == ["auto", "lottie", "lottie-web"]
    assert template["suggestedRenderer"] == "lottie-web"
    assert [each["code"] for each in template["warnings"]] == ["BLEND_MODE_WEAK"]
    changed = await web_team.http.patch(
        f"/templates/{template_id}", json={"renderer": "lottie-web"}
    )
    template = changed.json()
    assert template["renderer"] == "lottie-web"
    assert "suggestedRenderer" not in template
    assert "warnings" not in template


async def test_jobs_are_drawn_by_the_templates_renderer_or_their_own(web_team: Team) -> None:
    template_id = await web_team.upload(a_luminous_card())
    await web_team.http.patch(f"/templates/{template_id}", json={"renderer": "lottie-web"})
    preview = {"template": {"id": template_id}, "preview": True}
    with_video = a_job(template_id, assets=[A_VIDEO])
    jobs = (a_job(template_id), a_job(template_id, "lottie"), preview, with_video)
    created = await web_team.create_batch(*jobs)
    [error] = created["errors"]
    assert (error["index"], error["errorCode"]) == (3, "NOT_SUPPORTED")
    ended = await web_team.end_of_batch(created["batchId"])
    results = await web_team.get(f"/batches/{ended['batchId']}/results")
    assert [job["status"] for job in ended["jobs"]] == ["finished"] * 3
    light, dark = [await _pixel(web_team, job["outputUrl"]) for job in ended["jobs"][:2]]
    assert (light[0], light[1] > 100) == (255, True)  # red, as light as green
    assert dark != light
    assert [len(job["warnings"] or []) for job in results] == [0, 1, 0, 0]


async def test_a_project_is_drawn_by_lottie_web_too(web_team: Team) -> None:
    def red(stage: Stage) -> None:
        stage.solid(RED)

    template_id = await web_team.upload(a_project(red), "aep")
    created = await web_team.create_batch(a_job(template_id, "lottie-web"))
    ended = await web_team.end_of_batch(created["batchId"])
    assert await _pixel(web_team, ended["jobs"][0]["outputUrl"]) == (255, 0, 0)


async def test_a_template_from_a_url_is_drawn_by_the_jobs_renderer(web_team: Team) -> None:
    async with running_origin() as origin:
        job = a_job("card", "lottie-web")
        job["template"]["src"] = origin.answer("/card.json", a_luminous_card())
        created = await web_team.create_batch(job)
        ended = await web_team.end_of_batch(created["batchId"])
    assert (await _pixel(web_team, ended["jobs"][0]["outputUrl"]))[1] > 100


async def _pixel(team: Team, url: str) -> tuple[int, ...]:
    response = await team.public.get(url)
    assert response.status_code == 200
    picture = Image.open(io.BytesIO(response.content)).convert("RGB")
    found = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    return found

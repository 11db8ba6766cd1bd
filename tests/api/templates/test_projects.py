"""After Effects projects as templates: uploaded as they are, inspected, refused or drawn."""

import io
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from tests.api.documents import a_card
from tests.api.running_api import Team, until
from tests.origin import Origin, running_origin
from tests.reelbatch.projects.made import RED, Stage, a_project, a_zip

STILL = {"type": "image", "codec": "image_png", "frames": 0}


def _plain(stage: Stage) -> None:
    stage.solid(RED)
    stage.main.add_text("Hello").name = "Title"


def _twisted(stage: Stage) -> None:
    effect = stage.solid(RED).effects.add_property("ADBE Geometry2")
    effect["ADBE Geometry2-0006"].value = 45.0
    other = stage.composition("Other")
    other.add_solid(RED, "Red", 80, 60)


PLAIN, TWISTED = a_project(_plain), a_project(_twisted)


def a_job(template_id: str, composition: str = "Main", **choice: Any) -> Any:
    template = {"id": template_id, "composition": composition, **choice}
    return {"template": template, "settings": STILL}


@pytest.mark.parametrize(
    ("template_type", "content"),
    [
        pytest.param("aep", PLAIN, id="aep"),
        pytest.param("zip", a_zip({"promo/promo.aep": PLAIN}), id="zip"),
        pytest.param(
            "mogrt",
            a_zip({"definition.json": b"{}", "project.aegraphic": a_zip({"promo.aep": PLAIN})}),
            id="mogrt",
        ),
    ],
)
async def test_a_project_is_inspected_and_drawn(
    team: Team, template_type: str, content: bytes
) -> None:
    template_id = await team.upload(content, template_type)
    template = await team.get(f"/templates/{template_id}")
    assert template["compositions"] == ["Main"]
    assert template["layers"] == ["Title", "Solid"]
    assert template["fonts"] == ["MyriadPro (Regular)"]
    assert (template["renderer"], template["lossy"]) == ("auto", False)
    created = await team.create_batch(a_job(template_id))
    batch = await team.end_of_batch(created["batchId"])
    assert batch["status"] == "finished"
    pixels = await _pixels(team, batch["jobs"][0])
    assert pixels.size == (80, 60)
    assert pixels.getpixel((2, 2)) == (255, 0, 0)


async def test_projects_that_would_be_drawn_wrong_are_refused_with_reasons(team: Team) -> None:
    template_id = await team.upload(TWISTED, "aep")
    refused = await team.create_batch(a_job(template_id), a_job(template_id, "Other"))
    [error] = refused["errors"]
    assert error["index"] == 0
    assert "The effect 'Transform' is not drawn" in error["error"]
    assert "`lossy`" in error["error"]


def _detailed(stage: Stage) -> None:
    _promo(stage)
    effect = stage.solid(RED).effects.add_property("ADBE Geometry2")
    effect.enabled = False
    stage.main.layers[0].transform["ADBE Opacity"].expression = "time * 50"


async def test_effects_expressions_and_footage_of_a_project_are_listed(team: Team) -> None:
    template_id = await team.upload(a_project(_detailed), "aep")
    project = (await team.get(f"/templates/{template_id}"))["project"]
    [effect], [expression], [footage] = (project[key] for key in sorted(project))
    assert (effect["matchName"], effect["enabled"]) == ("ADBE Geometry2", False)
    assert (expression["property"], expression["composition"]) == ("Opacity", "Main")
    assert footage == {"name": "photo.png", "file": "", "missing": True}
    third = f"{str(team.http.base_url).replace('v2', 'v3')}templates/{template_id}"
    assert (await team.http.get(third)).json()["project"] == project
    assert "project" not in (await team.get("/templates"))[0]


async def test_lossy_jobs_are_drawn_anyway_with_warnings(team: Team) -> None:
    template_id = await team.upload(TWISTED, "aep")
    by_job = await team.create_batch(a_job(template_id, lossy=True))
    assert [one["code"] for one in by_job["jobs"][0]["warnings"]] == ["EFFECT_NOT_DRAWN"]
    changed = await team.http.patch(f"/templates/{template_id}", json={"lossy": True})
    assert changed.json()["lossy"] is True
    by_template = await team.create_batch(a_job(template_id))
    assert by_template.get("errors", []) == []
    strict = await team.create_batch(a_job(template_id, lossy=False), a_job(template_id))
    assert len(strict["errors"]) == 1


async def test_a_damaged_project_ends_in_an_error_about_the_project(team: Team) -> None:
    body = {"type": "aep", "displayName": "broken"}
    template = (await team.http.post("/templates", json=body)).json()
    await team.http.put(template["uploadInfo"]["url"], content=PLAIN[: len(PLAIN) // 2])
    damaged = await team.get(f"/templates/{template['id']}")
    assert damaged["status"] == "error"
    assert "The project is truncated" in damaged["error"]


def _controlled(stage: Stage) -> None:
    stage.composition("Other").add_solid(RED, "Red", 80, 60)
    title = stage.main.add_text("Hello")
    title.name = "Title"
    title.text["ADBE Text Document"].add_to_motion_graphics_template_as(stage.main, "Headline")
    shapes = stage.rectangle(40, 30)
    paint = shapes.add_property("ADBE Vector Graphic - Fill")["ADBE Vector Fill Color"]
    paint.value = [0.0, 0.0, 1.0, 1.0]
    paint.add_to_motion_graphics_template_as(stage.main, "Tint")
    opacity = stage.solid(RED).transform["ADBE Opacity"]
    opacity.value = 100
    opacity.add_to_motion_graphics_template_as(stage.main, "Strength")


def a_motion_graphic() -> bytes:
    graphic = a_zip({"promo.aep": a_project(_controlled)})
    definition = b'{"capsuleName": "Promo"}'
    return a_zip({"definition.json": definition, "project.aegraphic": graphic})


async def test_controls_of_a_motion_graphics_template_are_listed_and_set(team: Team) -> None:
    template_id = await team.upload(a_motion_graphic(), "mogrt")
    template = await team.get(f"/templates/{template_id}")
    controls = {one["name"]: one for one in template["mogrt"]["controls"]}
    assert controls["Headline"]["type"] == "text"
    assert controls["Headline"]["value"] == "Hello"
    assert (controls["Strength"]["value"], controls["Strength"]["layer"]) == (100, "Solid")
    third = await team.http.get(
        f"{str(team.http.base_url).replace('v2', 'v3')}templates/{template_id}"
    )
    assert third.json()["mogrt"] == template["mogrt"]
    off = {"type": "essential", "layerName": "Strength", "value": 0}
    green = {"type": "essential", "layerName": "Tint", "value": "#00ff00"}
    wrong = {"type": "essential", "layerName": "Strenght", "value": 0}
    job = {"template": {"id": template_id}, "settings": STILL}
    created = await team.create_batch({**job, "assets": [off, green]}, {**job, "assets": [wrong]})
    assert "Did you mean Strength?" in created["errors"][0]["error"]
    batch = await team.end_of_batch(created["batchId"])
    pixels = await _pixels(team, batch["jobs"][0])
    assert (pixels.getpixel((70, 2)), pixels.getpixel((40, 30))) == ((0, 0, 0), (0, 255, 0))


async def test_controls_are_columns_of_tables_like_other_fields(team: Team) -> None:
    template_id = await team.upload(a_motion_graphic(), "mogrt")
    fields = await team.get(f"/templates/{template_id}/fields")
    assert [(each["column"], each.get("control"), each.get("words")) for each in fields] == [
        ("control:Strength", "slider", "100"),
        ("control:Tint", "color", "#0000ff"),
        ("control:Headline", "text", "Hello"),
    ], "a layer that a control sets is not another field"
    example = await team.http.get(f"/templates/{template_id}/fields?format=csv")
    assert example.text == (
        "control:Strength,control:Tint,control:Headline\r\n100,#0000ff,Hello\r\n"
    )

    query = {"template": template_id, "codec": "image_png", "strict": "true"}
    csv = {"Content-Type": "text/csv"}
    rows = "control:Headline,strength,tint\nHello,100,#0000ff\n007,0,\n"
    sent = await team.http.post("/batches", params=query, content=rows, headers=csv)
    batch = await team.end_of_batch(sent.json()["batchId"])
    shown, hidden = [await _pixels(team, job) for job in batch["jobs"]]
    assert (shown.getpixel((70, 2)), hidden.getpixel((70, 2))) == ((255, 0, 0), (0, 0, 0))
    assert hidden.getbbox(), "the new text is drawn"
    wrong = await team.http.post(
        "/batches", params=query, content="control:Strenght\n1\n", headers=csv
    )
    assert "Did you mean Strength?" in wrong.json()["error"]


async def _pixels(team: Team, job: Any) -> Image.Image:
    assert job["status"] == "finished", job
    picture = await team.http.get(job["outputUrl"])
    return Image.open(io.BytesIO(picture.content)).convert("RGB")


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("promo.aep", PLAIN, id="aep"),
        pytest.param("promo.zip", a_zip({"promo/promo.aep": PLAIN}), id="zip"),
        pytest.param(
            "promo.mogrt",
            a_zip({"definition.json": b"{}", "project.aegraphic": a_zip({"promo.aep": PLAIN})}),
            id="mogrt",
        ),
    ],
)
async def test_a_project_at_a_url_is_a_template_and_is_drawn_in_a_job(
    team: Team, origin: Origin, name: str, content: bytes
) -> None:
    src = origin.answer(f"/{name}", content)
    body = {"type": name.partition(".")[2], "displayName": "promo", "src": src}
    created = await team.http.post("/templates", json=body)

    async def look() -> Any:
        template = await team.get(f"/templates/{created.json()['id']}")
        return template if template["status"] in ("uploaded", "error") else None

    template = await until(look, "end of the download")
    assert (template["status"], template["compositions"]) == ("uploaded", ["Main"])
    by_url = {"template": {"id": "PLACEHOLDER", "src": src, "composition": "Main"}}
    batch = await team.create_batch(a_job(template["id"]), {**by_url, "settings": STILL})
    ended = await team.end_of_batch(batch["batchId"])
    for job in ended["jobs"]:
        assert (await _pixels(team, job)).getpixel((2, 2)) == (255, 0, 0)


def _promo(stage: Stage) -> None:
    title = stage.main.add_text("Hello")
    title.name = "Title"
    title.transform["ADBE Position"].value = [0, 40, 0]
    photo = stage.project.import_placeholder("photo.png", 40, 60, 10.0, 1.0)
    stage.main.add(photo).transform["ADBE Position"].value = [20, 30, 0]


PROMO = a_project(_promo)


@pytest.mark.parametrize(
    ("template_type", "content"),
    [
        pytest.param("aep", PROMO, id="aep"),
        pytest.param("zip", a_zip({"promo/promo.aep": PROMO, "__MACOSX/._a": b""}), id="zip"),
        pytest.param(
            "mogrt",
            a_zip({"definition.json": b"{}", "project.aegraphic": a_zip({"promo.aep": PROMO})}),
            id="mogrt",
        ),
    ],
)
async def test_the_steps_of_the_official_command_line_work(
    team: Team, origin: Origin, template_type: str, content: bytes
) -> None:
    """`template upload`, `compositions`, `layers`, then `batch submit`, `wait` and a download."""
    template_id = await team.upload(content, template_type)
    third = f"{str(team.http.base_url).replace('v2', 'v3')}templates/{template_id}"
    [composition] = (await team.http.get(f"{third}/compositions")).json()
    assert (composition["name"], composition["width"], composition["frame_rate"]) == (
        "Main",
        80,
        10,
    )
    assert [one["code"] for one in composition["data"]["reasons"]] == ["MISSING_PICTURE"]
    layers = (await team.http.get(f"{third}/layers")).json()
    assert [layer["name"] for layer in layers] == ["photo.png", "Title"]
    assert {layer["composition_id"] for layer in layers} == {int(composition["aeid"])}

    blue = io.BytesIO()
    Image.new("RGB", (40, 60), "blue").save(blue, "PNG")
    src = origin.answer("/photo.png", blue.getvalue())
    words = {"type": "text", "layerName": "Title", "value": "MMMMMMMM"}
    photo = {"type": "image", "layerName": "photo.png", "src": src}
    refused = {**a_job(template_id), "assets": [words]}
    wrong = {**a_job(template_id), "assets": [{**words, "layerName": "Titel"}, photo]}
    batch = await team.create_batch(
        {**a_job(template_id), "assets": [words, photo]}, refused, wrong
    )
    assert batch["status"] == "partial"
    assert "photo.png" in batch["errors"][0]["error"]
    assert "Did you mean Title?" in batch["errors"][1]["error"]
    [job] = (await team.end_of_batch(batch["batchId"]))["jobs"]
    picture = await _pixels(team, job)
    assert picture.getpixel((10, 10)) == (0, 0, 255)
    right = picture.crop((42, 0, 80, 60))
    assert right.convert("L").getbbox() is not None, "the words reach across"


def _replaceable(stage: Stage) -> None:
    photo = stage.project.import_placeholder("photo.png", 40, 60, 10.0, 1.0)
    layer = stage.main.add(photo)
    layer.transform["ADBE Position"].value = [40, 30, 0]
    layer.transform["ADBE Scale"].value = [200, 200, 100]
    layer.add_to_motion_graphics_template_as(stage.main, "Photo of the day")


async def test_a_picture_replaces_footage_as_in_after_effects(team: Team, origin: Origin) -> None:
    """The layer keeps its position and scale, and the picture has its own size."""
    template_id = await team.upload(a_project(_replaceable), "aep")
    [control] = (await team.get(f"/templates/{template_id}"))["mogrt"]["controls"]
    assert (control["name"], control["type"]) == ("Photo of the day", "media")
    blue = io.BytesIO()
    Image.new("RGB", (20, 10), "blue").save(blue, "PNG")
    src = origin.answer("/blue.png", blue.getvalue())
    by_layer = {"type": "image", "layerName": "photo.png", "src": src}
    by_control = {**by_layer, "layerName": "Photo of the day"}
    wrong = {"type": "essential", "layerName": "Photo of the day", "value": "blue"}
    jobs = [{**a_job(template_id), "assets": [each]} for each in (by_layer, by_control, wrong)]
    batch = await team.create_batch(*jobs)
    assert "of type image or video" in batch["errors"][0]["error"]
    [field] = await team.get(f"/templates/{template_id}/fields")
    assert field["column"] == "image:Photo of the day"
    dry_run = await team.http.post(
        "/batches",
        params={"template": template_id, "strict": "true", "dryRun": "true"},
        content=f"photo of the day\n{src}\n",
        headers={"Content-Type": "text/csv"},
    )
    checked = dry_run.json()
    assert [each["means"] for each in checked["columns"]] == ["image:Photo of the day"]
    assert checked["successCount"] == 1, checked
    for job in (await team.end_of_batch(batch["batchId"]))["jobs"]:
        picture = await _pixels(team, job)
        changed = ImageChops.difference(picture, Image.new("RGB", picture.size))
        assert changed.getbbox() == (20, 20, 60, 40)


async def test_a_project_at_a_url_is_refused_for_the_same_reasons(
    team: Team, origin: Origin
) -> None:
    src = origin.answer("/promo.aep", TWISTED)
    template = {"id": "PLACEHOLDER", "src": src, "composition": "Main"}
    jobs = [
        {"template": {**template, "lossy": lossy}, "settings": STILL} for lossy in (True, False)
    ]
    batch = await team.create_batch(*jobs)
    lossy, strict = (await team.end_of_batch(batch["batchId"]))["jobs"]
    assert (lossy["status"], strict["status"]) == ("finished", "error")
    failed = await team.get(f"/jobs/{strict['id']}")
    assert "The effect 'Transform' is not drawn" in failed["stats"]["error"]


async def test_an_export_next_to_its_project_is_the_template(team: Team) -> None:
    archive = a_zip({"data.json": a_card(), "source.aep": PLAIN})
    template = await team.get(f"/templates/{await team.upload(archive, 'zip')}")
    assert "title" in template["layers"]

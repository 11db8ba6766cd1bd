"""Projects that After Effects draws: which machine gets a job, and what happens there.

After Effects and its tool are stubs: see `tests/reelbatch/engines/after_effects_stub`.
"""

import asyncio
import base64
import io
import json
import os
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

import worker
from reelbatch.pollers import is_engine_served
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.files import find_file
from reelbatch.storage.tokens import create_token
from tests.api.running_api import RunningApi, Team, served, until
from tests.api.temporal import STUDIO_NAMESPACE, connected
from tests.reelbatch.projects.made import RED, Stage, a_project, turned

STUBS = Path(__file__).parents[2] / "reelbatch" / "engines" / "after_effects_stub"
FILM = {"type": "video", "codec": "video_h264_vbr_1mbps", "frames": [2, 7]}


def _twisted(stage: Stage) -> None:
    effect = stage.solid(RED).effects.add_property("ADBE Geometry2")
    effect["ADBE Geometry2-0006"].value = 45.0
    other = stage.composition("Other")
    other.add_solid(RED, "Red", 80, 60)


TWISTED = a_project(_twisted)


def a_job(template_id: str, composition: str = "Main", **choice: Any) -> Any:
    template = {"id": template_id, "composition": composition, **choice}
    return {"template": template, "settings": FILM}


@pytest_asyncio.fixture
async def hasty(
    settings: Settings, client: Client, store: ObjectStore, team: Team
) -> AsyncGenerator[Team]:
    """The same team on an API whose jobs wait less than a second for After Effects."""
    soon = settings.model_copy(update={"unserved_timeout": 0.4})
    async with served(soon, client, store) as api:
        token, _ = await create_token(store, team.name, "test")
        async with api.client_of(token) as http:
            yield Team(team.name, http, team.public)


async def test_a_job_without_a_machine_for_it_fails_with_the_reason(hasty: Team) -> None:
    template_id = await hasty.upload(TWISTED, "aep")
    created = await hasty.create_batch(
        a_job(template_id, renderer="after-effects"), a_job(template_id, "Other")
    )
    assert [job["renderer"] for job in created["jobs"]] == ["after-effects", "lottie"]
    lost, drawn = (await hasty.end_of_batch(created["batchId"]))["jobs"]
    assert (lost["status"], lost["errorCode"]) == ("error", "ENGINE_NOT_SERVED")
    assert "nexrender" in lost["error"]
    assert (drawn["status"], drawn["renderer"]) == ("finished", "lottie")


async def test_a_job_that_waits_for_a_machine_can_be_cancelled(team: Team) -> None:
    template_id = await team.upload(TWISTED, "aep")
    created = await team.create_batch(a_job(template_id, renderer="after-effects"))
    await team.http.post(f"/batches/{created['batchId']}/cancel")
    [job] = (await team.end_of_batch(created["batchId"]))["jobs"]
    assert job["status"] == "manually_cancelled"


async def test_after_effects_is_refused_for_templates_that_are_not_projects(team: Team) -> None:
    card = await team.upload_card()
    refused = await team.create_batch(a_job(card, "main", renderer="after-effects"), status=400)
    [error] = refused["errors"]
    assert error["errorCode"] == "NOT_SUPPORTED"
    assert error["details"][0]["field"] == "template.renderer"


async def test_scripts_that_no_worker_could_fetch_are_refused(team: Team) -> None:
    template_id = await team.upload(TWISTED, "aep")
    sources = "s3://bucket/setup.jsx", f"upload:{'0' * 64}.png"
    job = a_job(template_id, renderer="after-effects")
    scripts = [{"type": "script", "src": src} for src in sources]
    [error] = (await team.create_batch({**job, "assets": scripts}, status=400))["errors"]
    details = {detail["field"]: detail["message"] for detail in error["details"]}
    assert set(details) == {"assets.0.src", "assets.1.src"}
    assert "s3" in details["assets.0.src"]
    assert "no uploaded file" in details["assets.1.src"]


async def test_an_accepted_job_notes_the_use_of_its_uploaded_scripts(
    team: Team, store: ObjectStore
) -> None:
    sent = await team.http.post(
        "/uploads", content=b"app.beep()", headers={"Content-Type": "image/png"}
    )
    used = keys.upload_use(team.name, sent.json()["id"])
    before = await find_file(store, used)
    job = a_job(await team.upload(TWISTED, "aep"), renderer="after-effects")
    scripts = [{"type": "script", "src": sent.json()["src"]}]
    created = await team.create_batch({**job, "assets": scripts})
    await team.http.post(f"/batches/{created['batchId']}/cancel")
    after = await find_file(store, used)
    assert before
    assert after
    assert after.last_modified > before.last_modified


@pytest_asyncio.fixture(scope="module")
async def studio(settings: Settings, store: ObjectStore) -> AsyncGenerator[RunningApi]:
    """An API and a worker with After Effects, in a separate namespace."""
    own = settings.model_copy(
        update={
            "temporal_namespace": STUDIO_NAMESPACE,
            "readable_paths": [STUBS],
            "engines": ["lottie", "nexrender"],
            "render_processes": 2,
            "unserved_timeout": 0.4,  # less than a render takes, or than a job waits for its turn
        }
    )
    client = await connected(own, store)
    stop = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(STUBS), os.environ["PATH"]]))
        running = asyncio.create_task(worker.run(own, stop))

        async def look() -> bool | None:
            return await is_engine_served(client, "nexrender") or None

        await until(look, "machine with After Effects")
        usual = own.model_copy(update={"engines": []})
        async with served(usual, client, store) as api:
            yield api
        stop.set()
        await running


@pytest_asyncio.fixture
async def artists(studio: RunningApi) -> AsyncGenerator[Team]:
    async with studio.new_team() as team:
        yield team


async def test_a_composition_goes_to_after_effects_only_if_it_must(artists: Team) -> None:
    template_id = await artists.upload(TWISTED, "aep")
    created = await artists.create_batch(
        a_job(template_id),
        a_job(template_id, "Other"),
        a_job(template_id, renderer="lottie"),
        *[a_job(template_id)] * 2,
    )
    assert "EFFECT_NOT_DRAWN" not in str(created["jobs"])
    [refused] = created["errors"]
    assert (refused["index"], refused["errorCode"]) == (2, "NOT_SUPPORTED")
    jobs = (await artists.end_of_batch(created["batchId"]))["jobs"]
    assert [job["status"] for job in jobs] == ["finished"] * 4
    by_after_effects, converted = jobs[:2]
    assert (by_after_effects["renderer"], converted["renderer"]) == ("after-effects", "lottie")
    assert by_after_effects.get("warnings", []) == []
    read = await artists.get(f"/jobs/{by_after_effects['id']}")
    assert (read["renderer"], read["progress"]) == ("after-effects", 100)
    # The bar in the stub's film, which is 64 pixels wide, is at its position for frame 2.
    film = (await artists.public.get(by_after_effects["outputUrl"])).content
    with av.open(io.BytesIO(film), "r") as container:
        frames = [
            np.asarray(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)
        ]
    assert len(frames) == 5
    assert int((frames[0][30] > 128).argmax()) == 12 * 80 // 64


async def test_a_templates_renderer_applies_to_its_jobs(artists: Team) -> None:
    template_id = await artists.upload(TWISTED, "aep")
    warned = await artists.get(f"/templates/{template_id}")
    assert "EFFECT_NOT_DRAWN" in str(warned["warnings"])
    changed = await artists.http.patch(
        f"/templates/{template_id}", json={"renderer": "after-effects"}
    )
    assert "warnings" not in changed.json(), "they are only about the conversion"
    created = await artists.create_batch(
        a_job(template_id, "Other"), a_job(template_id, "Other", renderer="lottie")
    )
    assert [job["renderer"] for job in created["jobs"]] == ["after-effects", "lottie"]
    await artists.http.post(f"/batches/{created['batchId']}/cancel")


def _data(content: bytes) -> str:
    return f"data:;base64,{base64.b64encode(content).decode()}"


async def test_a_project_comes_back_with_what_the_job_puts_into_it(artists: Team) -> None:
    template_id = await artists.upload(a_project(turned), "aep")
    hidden = {"layerName": "Solid", "state": "hidden"}
    assets = [
        {"type": "text", "layerName": "Title", "value": "Good day"},
        {"type": "essential", "layerName": "Strength", "value": 50},
        {"type": "function", "name": "nx:layer-state-set", "params": hidden},
        {"type": "script", "src": _data(b"app.beep()")},
        {"type": "static", "name": "notes.txt", "src": _data(b"for the editor")},
    ]
    job = {"template": {"id": template_id}, "assets": assets, "settings": {"type": "aep"}}
    created = await artists.create_batch(job)
    [ended] = (await artists.end_of_batch(created["batchId"]))["jobs"]
    assert (ended["status"], ended["renderer"]) == ("finished", "after-effects"), ended["error"]
    response = await artists.public.get(ended["outputUrl"])
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.read("notes.txt") == b"for the editor"
        assert archive.read("project.aep").startswith(b"RIFX")
        sent = json.loads(archive.read("sent.json"))  # the stub adds this file
    does = [one["do"] for one in sent["operations"]]
    assert does == ["relink", "essential", "nx:layer-state-set", "save"]


@pytest.mark.parametrize(
    ("template", "output", "field"),
    [
        ({"renderer": "lottie", "lossy": True}, {"type": "aep"}, "settings.type"),
        ({}, {"type": "aep", "codec": "video_prores_422"}, "settings.codec"),
        ({}, {"type": "video", "codec": "aep"}, "settings.codec"),
    ],
)
async def test_only_after_effects_can_output_projects(
    artists: Team, template: dict[str, Any], output: dict[str, Any], field: str
) -> None:
    template_id = await artists.upload(TWISTED, "aep")
    job = {"template": {"id": template_id, "composition": "Main", **template}, "settings": output}
    refused = await artists.create_batch(job, status=400)
    assert refused["errors"][0]["details"][0]["field"] == field

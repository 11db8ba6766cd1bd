"""Long renders in segments: clients get the same result as from a single render."""

import asyncio
import base64
import io
import os
import re
import signal
import wave
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import numpy.typing as npt
import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from PIL import Image
from temporalio.client import Client, WorkflowHandle

import worker
from activities.renders import segments
from activities.renders.slots import OPEN_JOBS, SlotActivities
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.models.orchestration.segments import SlotsQuestion
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.files import download
from reelbatch.storage.listing import delete_folder
from tests.api.documents import a_film, a_small_film, a_small_film_with_scripts
from tests.api.running_api import RunningApi, Team, a_video, served, until
from tests.child_processes import children_of_command
from tests.reelbatch.engines.html.pages import needs_browser

SLOTS = 3  # the session's worker has one
SEGMENT_FRAMES = 50  # minimum per segment
LONG = 30_000  # frames, which take long enough to observe the render


@pytest_asyncio.fixture(scope="module")
async def splitting(
    settings: Settings, api: RunningApi, store: ObjectStore, client: Client
) -> AsyncGenerator[RunningApi]:
    """Another API of the same service, whose jobs may be split, and a second worker."""
    stop = asyncio.Event()
    more = settings.model_copy(update={"render_processes": SLOTS - 1})
    running = asyncio.create_task(worker.run(more, stop))
    least = {"segment_pixels": SEGMENT_FRAMES * 32 * 18}
    async with served(api.settings.model_copy(update=least), client, store) as second:
        yield second
    stop.set()
    await running


@pytest_asyncio.fixture
async def split_http(
    team: Team, splitting: RunningApi, client: Client
) -> AsyncGenerator[httpx.AsyncClient]:
    """The team's client of the API that splits jobs, while nothing else renders."""
    await all_slots_are_free(client)
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    async with splitting.client_of(token) as http:
        yield http


def a_tone() -> str:
    """Three seconds of sound as a data URL."""
    samples = np.sin(np.arange(3 * 48_000) / 20) * 20_000
    packed = io.BytesIO()
    with wave.open(packed, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(samples[::6].astype("<i2").tobytes())
    return f"data:audio/wav;base64,{base64.b64encode(packed.getvalue()).decode()}"


async def all_slots_are_free(client: Client) -> None:
    """Open jobs share the slots, and Temporal's list of them lags a moment behind."""
    slots = SlotActivities(client)

    async def look() -> bool | None:
        open_jobs = await client.count_workflows(OPEN_JOBS)
        free = await slots.find_free_slots(SlotsQuestion(engine="lottie"))
        return (open_jobs.count, free) == (0, SLOTS) or None

    await until(look, f"{SLOTS} free slots")


async def post(http: httpx.AsyncClient, job: Any) -> str:
    response = await http.post("/jobs", json=job)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def workflow_of(client: Client, team: Team, job_id: str) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(job_workflow_id(team.name, job_id))


async def pending(handle: WorkflowHandle[Any, Any]) -> list[str]:
    activities = (await handle.describe()).raw_description.pending_activities
    return sorted(activity.activity_type.name for activity in activities)


async def wait_for_segments(client: Client, team: Team, job_id: str) -> None:
    handle = workflow_of(client, team, job_id)

    async def look() -> bool | None:
        return await pending(handle) == ["render_segment"] * SLOTS or None

    await until(look, f"{SLOTS} segments")


async def until_all_render(handle: WorkflowHandle[Any, Any]) -> None:
    async def look() -> bool | None:
        activities = (await handle.describe()).raw_description.pending_activities
        return all(activity.heartbeat_details.payloads for activity in activities) or None

    await until(look, "heartbeat of each segment")


async def segments_left(store: ObjectStore, team: Team) -> list[str]:
    listing = store.list(keys.segments(team.name))  # pyright: ignore[reportUnknownMemberType]  obstore's other overload is for arrow
    return [found["path"] async for chunk in listing for found in chunk]


def timestamps(content: bytes) -> list[int]:
    """The times at which pictures are shown, in the container's ticks."""
    with av.open(io.BytesIO(content), "r") as film:
        packets = film.demux(film.streams.video[0])
        return sorted(packet.pts for packet in packets if packet.pts is not None)


def pictures(content: bytes) -> list[npt.NDArray[np.int16]]:
    with av.open(io.BytesIO(content), "r") as film:
        frames = film.decode(film.streams.video[0])
        return [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in frames]


def sound(content: bytes) -> npt.NDArray[np.float32]:
    with av.open(io.BytesIO(content), "r") as film:
        parts = [np.asarray(part.to_ndarray(), np.float32) for part in film.decode(audio=0)]
    return np.concatenate(parts, axis=1)


async def test_a_film_in_segments_equals_one_that_is_rendered_whole(
    team: Team, split_http: httpx.AsyncClient, client: Client, store: ObjectStore
) -> None:
    job = a_video(await team.upload(a_small_film()), frames=[20, 320], poster=6)
    job["assets"] = [{"type": "audio", "layerName": "background", "src": a_tone()}]
    split_id = await post(split_http, job)
    split = await team.end_of_job(split_id)
    await delete_folder(store, keys.cached_renders(team.name))  # so that the other one is rendered
    whole_id = await post(team.http, job)
    whole = await team.end_of_job(whole_id)

    assert (split["status"], split["progress"]) == ("finished", 100)
    one, other = [(await team.public.get(end["outputUrl"])).content for end in (split, whole)]
    assert timestamps(one) == timestamps(other)
    assert np.array_equal(sound(one), sound(other))
    shown, expected = pictures(one), pictures(other)
    assert len(shown) == len(expected) == 300
    differences = [np.abs(a - b).mean() for a, b in zip(shown, expected, strict=True)]
    assert max(differences) < 4
    for end in (split, whole):
        with Image.open(io.BytesIO((await team.public.get(end["posterUrl"])).content)) as poster:
            picture = np.asarray(poster.convert("RGB"), np.int16)
        assert np.abs(picture - expected[150]).mean() < 4

    log = (await team.http.get(f"/jobs/{split_id}/logs")).text
    outputs = [line.split(" ", 1)[1] for line in log.splitlines() if " OUTPUT: " in line]
    codec = "video_h264_vbr_1mbps"
    assert outputs == [
        f"OUTPUT: {codec}, segment 1 of 3: frames 20-119",
        f"OUTPUT: {codec}, segment 2 of 3: frames 120-219",
        f"OUTPUT: {codec}, segment 3 of 3: frames 220-319",
        f"OUTPUT: {codec}, 3 segments joined",
    ]
    assert len(re.findall("RENDERED: 32 x 18 pixels, 100 frames", log)) == 3
    assert "RENDERED: 32 x 18 pixels, 300 frames" in log.splitlines()[-1]
    assert "segments joined" not in (await team.http.get(f"/jobs/{whole_id}/logs")).text
    assert await segments_left(store, team) == []
    assert await workflow_of(client, team, split_id).result()


async def test_a_joined_film_is_reused_for_equal_jobs(
    team: Team, split_http: httpx.AsyncClient
) -> None:
    job = a_video(await team.upload(a_small_film()), frames=[0, 300])
    first_id = await post(split_http, job)
    first = await team.end_of_job(first_id)
    assert "segments joined" in (await team.http.get(f"/jobs/{first_id}/logs")).text

    for http in (split_http, team.http):  # whether or not the next one may be split
        again_id = await post(http, job)
        again = await team.end_of_job(again_id)
        log = (await team.http.get(f"/jobs/{again_id}/logs")).text
        assert f"REUSED: the render of job {first_id}" in log
        assert "segment" not in log
        one, other = [await team.public.get(end["outputUrl"]) for end in (first, again)]
        assert one.content == other.content


async def test_all_frames_of_a_film_have_expressions_or_none(
    team: Team, split_http: httpx.AsyncClient
) -> None:
    """The third segment of the longer film hangs."""
    template = await team.upload(a_small_film_with_scripts())
    seen: list[tuple[list[str], bool, bool]] = []
    for frames in (150, 300):
        job_id = await post(split_http, a_video(template, frames=[0, frames]))
        job = await team.end_of_job(job_id)
        content = (await team.public.get(job["outputUrl"])).content
        is_blue = [picture[12, 28, 0] < 100 for picture in pictures(content)]
        assert len(is_blue) == frames
        codes = [warning["code"] for warning in job["warnings"]]
        seen.append((codes, any(is_blue), all(is_blue)))
    assert seen[0] == (["EXPRESSION_FAILED"], False, False)
    assert seen[1] == (["EXPRESSIONS_STOPPED"], True, True)


async def test_a_film_with_a_lost_segment_is_rendered_whole(
    team: Team, split_http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    async def lose(store: ObjectStore, key: str, file: Path) -> None:
        lost.append(key)
        await store.delete_async(key)
        await download(store, key, file)

    monkeypatch.setattr(segments, "download", lose)
    job_id = await post(split_http, a_video(await team.upload(a_small_film()), frames=[0, 300]))
    job = await team.end_of_job(job_id)
    assert job["status"] == "finished", job
    log = (await team.http.get(f"/jobs/{job_id}/logs")).text
    assert log.count("RENDERED: 32 x 18 pixels, 300 frames") == 1
    assert len(lost) == 1, "the join is not tried again"


def a_page_with_a_late_character() -> bytes:
    """Its script writes U+10FFFD in the last 10 of 150 frames."""
    return b"""<!doctype html><script type="application/json" id="reelbatch">
        {"width": 32, "height": 18, "frameRate": 50, "seconds": 3}</script><p></p><script>
        setTimeout(() => { document.querySelector("p").textContent = "\\u{10fffd}" }, 2800)
        </script>"""


@needs_browser
async def test_a_character_of_the_last_segment_is_missing_in_the_film(
    team: Team, split_http: httpx.AsyncClient
) -> None:
    page = await team.upload(a_page_with_a_late_character(), "html")
    film = {
        "template": {"id": page, "composition": "index"},
        "settings": {"type": "video", "codec": "video_h264_vbr_15mbps"},
    }
    job_id = await post(split_http, film)
    job = await team.end_of_job(job_id)
    assert (job["status"], job["missingGlyphs"]) == ("finished", ["\U0010fffd"]), job
    assert [each["code"] for each in job["warnings"]] == ["MISSING_GLYPHS"]
    assert "segments joined" in (await team.http.get(f"/jobs/{job_id}/logs")).text


async def test_progress_ascends_while_segments_are_rendered_and_joined(
    team: Team, split_http: httpx.AsyncClient
) -> None:
    job_id = await post(split_http, a_video(await team.upload(a_small_film()), frames=[0, LONG]))
    seen: list[tuple[str, float, str | None]] = []

    async def look() -> Any:
        job = await team.get(f"/jobs/{job_id}")
        seen.append((job["status"], job["progress"], job["stats"]["startedAt"]))
        return job if job["status"] == "finished" else None

    job = await until(look, "finished job")
    progress = [percent for _, percent, _ in seen]
    assert progress == sorted(progress)
    assert any(0 < percent < 95 for percent in progress)
    statuses = [status for status, _, _ in seen]
    first = statuses.index("render:dorender")
    assert set(statuses[:first]) <= {"queued"}
    assert set(statuses[first:]) <= {"render:dorender", "finished"}
    content = (await team.public.get(job["outputUrl"])).content
    assert len(timestamps(content)) == LONG


async def test_a_cancellation_stops_all_segments_and_leaves_none(
    team: Team, split_http: httpx.AsyncClient, client: Client, store: ObjectStore
) -> None:
    job_id = await post(split_http, a_video(await team.upload(a_film())))
    await wait_for_segments(client, team, job_id)
    handle = workflow_of(client, team, job_id)
    await until_all_render(handle)
    await team.http.patch(f"/jobs/{job_id}/cancel")
    job = await team.end_of_job(job_id)
    assert job["status"] == "manually_cancelled"
    assert await pending(handle) == []
    assert await segments_left(store, team) == []
    assert (await team.public.get(job["outputUrl"])).status_code == 404
    log = (await team.http.get(f"/jobs/{job_id}/logs")).text
    assert len(re.findall(" CANCELLED$", log, re.MULTILINE)) == SLOTS


async def test_a_segment_whose_process_is_killed_is_rendered_again(
    team: Team, split_http: httpx.AsyncClient, client: Client
) -> None:
    job_id = await post(split_http, a_video(await team.upload(a_small_film()), frames=[0, LONG]))
    await wait_for_segments(client, team, job_id)
    await until_all_render(workflow_of(client, team, job_id))
    at_work = children_of_command('"engine":"lottie"')
    assert len(at_work) == SLOTS
    os.kill(at_work.pop(), signal.SIGKILL)
    job = await team.end_of_job(job_id)
    assert job["status"] == "finished", job
    content = (await team.public.get(job["outputUrl"])).content
    assert len(timestamps(content)) == LONG
    log = (await team.http.get(f"/jobs/{job_id}/logs")).text
    assert "ERROR: RENDERER_INTERRUPTED" in log
    assert "ATTEMPT: 2 " in log


async def test_a_long_job_next_to_others_is_rendered_whole(
    team: Team, split_http: httpx.AsyncClient, client: Client
) -> None:
    film = await team.upload(a_film())
    alone = await post(split_http, a_video(film))
    await wait_for_segments(client, team, alone)
    second = workflow_of(client, team, await post(split_http, a_video(film)))

    async def look() -> list[str] | None:
        found = await pending(second)
        return found if found and found != ["find_free_slots"] else None

    assert await until(look, "render") == ["render"]

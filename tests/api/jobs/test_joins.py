"""POST /jobs/join: joins clips into one video."""

import base64
import io
from typing import Any

import av
import numpy as np
import pytest

from tests.api.documents import a_film
from tests.api.receiver import listening
from tests.api.running_api import Team
from tests.reelbatch.engines.html.pages import needs_browser

COLOURS = {"red": [1, 0, 0], "green": [0, 1, 0]}
AWAY_FROM_TEXT = (30, 2)  # x and y in the card


def a_clip(card: str, colour: str, **settings: Any) -> Any:
    """Ten frames of one colour at 25 frames a second."""
    return {
        "type": "job",
        "template": {"id": card, "composition": "main"},
        "assets": [
            {
                "type": "data",
                "layerName": "background",
                "property": "Color",
                "value": COLOURS[colour],
            }
        ],
        "settings": {"codec": "video_h264_vbr_15mbps", **settings},
    }


def data_url(content: bytes) -> str:
    return f"data:video/mp4;base64,{base64.b64encode(content).decode()}"


def a_video_file(frames: int) -> bytes:
    """A blue video at 25 frames a second."""
    packed = io.BytesIO()
    film: Any = av.open(packed, "w", format="mp4")
    with film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 18, "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame(32, 18, "rgb24")
            pixels = bytes([0, 0, 255]) * (picture.planes[0].line_size * 18 // 3)
            picture.planes[0].update(pixels)
            picture = picture.reformat(format="yuv420p")
            picture.pts = number
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
    return packed.getvalue()


def colours(content: bytes) -> list[str]:
    """The strongest colour of each frame, where the card has no text."""
    x, y = AWAY_FROM_TEXT
    with av.open(io.BytesIO(content), "r") as film:
        pixels = [frame.to_ndarray(format="rgb24")[y, x] for frame in film.decode(video=0)]
    return [("red", "green", "blue")[int(pixel.argmax())] for pixel in pixels]


async def join(team: Team, *assets: Any, status: int = 201, **fields: Any) -> Any:
    response = await team.http.post("/jobs/join", json={"assets": assets, **fields})
    assert response.status_code == status, response.text
    return response.json()


async def test_videos_and_nested_jobs_are_joined_in_order(team: Team) -> None:
    card = await team.upload_card()
    video = {"type": "video", "src": data_url(a_video_file(7))}
    created = await join(
        team,
        a_clip(card, "red"),
        video,
        a_clip(card, "green", frames=[0, 4]),
        settings={"preset": "mp4"},
        tags=["reel"],
    )
    assert created["status"] == "pending"
    assert len(created["children"]) == 2
    assert created["outputUrl"].endswith(".mp4")

    job = await team.end_of_job(created["id"])

    assert job["status"] == "finished", job
    assert (job["templateId"], job["stats"]["totalAssets"], job["tags"]) == (None, 3, ["reel"])
    assert job["childIds"] == [child["id"] for child in created["children"]]
    content = (await team.public.get(job["outputUrl"])).content
    assert colours(content) == ["red"] * 10 + ["blue"] * 7 + ["green"] * 4
    log = (await team.http.get(f"/jobs/{job['id']}/logs")).text
    assert "JOIN: 3 clips joined" in log


async def test_a_join_without_nested_jobs_is_queued_and_calls_its_webhook(team: Team) -> None:
    async with listening() as receiver:
        video = {"type": "video", "src": data_url(a_video_file(3))}
        created = await join(team, video, webhook={"url": receiver.url})
        assert (created["status"], "children" in created) == ("queued", False)
        job = await team.end_of_job(created["id"])
        assert job["status"] == "finished", job
        [received] = await receiver.bodies(1)
    assert received == received | {"id": job["id"], "templateId": None, "state": "finished"}


async def test_a_broken_clip_is_named_by_its_position(team: Team) -> None:
    good = {"type": "video", "src": data_url(a_video_file(3))}
    created = await join(team, good, {"type": "video", "src": data_url(b"no video")})
    job = await team.end_of_job(created["id"])
    assert (job["status"], job["errorCode"]) == ("error", "ASSET_INVALID")
    assert job["error"].startswith("assets.1: The file is not a video")


async def test_a_failed_nested_job_is_named_with_its_position(team: Team) -> None:
    clip = a_clip(await team.upload_card(), "red")
    src = "data:image/png;base64,AA"
    clip["assets"] = [{"type": "image", "layerName": "background", "src": src}]
    created = await join(team, {"type": "video", "src": data_url(a_video_file(3))}, clip)
    job = await team.end_of_job(created["id"])
    child_id = created["children"][0]["id"]
    assert job["errorCode"] == "CHILD_FAILED"
    assert job["error"].startswith(f"The nested job {child_id} (assets.1) failed: ")


async def test_a_join_is_cancelled_with_its_nested_jobs(team: Team) -> None:
    film = await team.upload(a_film())
    created = await join(team, a_clip(film, "red"))
    child_id = created["children"][0]["id"]
    cancelled = (await team.http.patch(f"/jobs/{child_id}/cancel")).json()
    assert [job["id"] for job in cancelled] == [child_id, created["id"]]
    assert {job["status"] for job in cancelled} == {"manually_cancelled"}


async def test_a_repeated_join_is_one_job(team: Team) -> None:
    body = {"assets": [a_clip(await team.upload_card(), "red")]}
    key = {"Idempotency-Key": "reel-1"}
    responses = [await team.http.post("/jobs/join", json=body, headers=key) for _ in range(2)]
    assert responses[0].content == responses[1].content
    assert responses[1].headers["idempotency-replayed"] == "true"


SRC = {"type": "video", "src": "https://example.com/a.mp4"}
REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"assets": []}, 400, "VALIDATION_ERROR", "assets"),
    ({}, 400, "VALIDATION_ERROR", "assets"),
    ({"assets": [SRC] * 101}, 400, "VALIDATION_ERROR", "assets"),
    ({"assets": [{"type": "image", "src": SRC["src"]}]}, 400, "VALIDATION_ERROR", "assets.0"),
    ({"assets": [SRC, {"type": "video"}]}, 400, "VALIDATION_ERROR", "assets.1.src"),
    ({"assets": [SRC | {"src": "file:///a"}]}, 400, "VALIDATION_ERROR", "assets.0.src"),
    ({"assets": [SRC | {"src": "${secrets.NO}"}]}, 400, "SECRET_NOT_FOUND", "assets.0.src"),
    ({"assets": [SRC], "settings": {"preset": "mov"}}, 400, "VALIDATION_ERROR", "settings.preset"),
]


@pytest.mark.parametrize(("body", "status", "code", "field"), REFUSED)
async def test_clips_that_cannot_be_joined_are_refused(
    card_team: Team, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    response = await card_team.http.post("/jobs/join", json=body)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)
    assert response.json()["details"][0]["field"] == field


async def test_a_clip_cannot_be_a_still(card_team: Team, card: str) -> None:
    still = a_clip(card, "red", type="image", frames=0, codec="image_png")
    refused = await join(card_team, SRC, still, status=400)
    assert refused["errorCode"] == "NOT_SUPPORTED"
    assert refused["details"][0]["field"] == "assets.1.settings.type"


async def test_an_unknown_template_of_a_clip_is_a_404(card_team: Team) -> None:
    clip = a_clip("01JAAAAAAAAAAAAAAAAAAAAAAA", "red")
    refused = await join(card_team, SRC, clip, status=404)
    assert refused["errorCode"] == "TEMPLATE_NOT_FOUND"
    assert refused["details"][0]["field"] == "assets.1.template.id"


async def test_templates_cannot_have_the_type_of_joins(card_team: Team) -> None:
    body = {"type": "join", "displayName": "x"}
    response = await card_team.http.post("/templates", json=body)
    assert response.status_code == 400
    assert "lottie" in response.json()["error"]


def a_sounding_page(tone: int) -> bytes:
    """A page that lasts half a second and plays a tone of this frequency, in Hz."""
    return f"""<!doctype html><script type="application/json" id="reelbatch">
        {{"width": 32, "height": 18, "frameRate": 20, "seconds": 0.5}}</script>
        <style>body {{ background: #0000ff }}</style><script>
        const context = new AudioContext(), tone = context.createOscillator();
        tone.frequency.value = {tone}; tone.connect(context.destination); tone.start()
        </script>""".encode()


@needs_browser
async def test_films_of_pages_are_joined_with_their_sound(team: Team) -> None:
    pages = [await team.upload(a_sounding_page(tone), "html") for tone in (1000, 3000)]
    settings = {"codec": "video_h264_vbr_15mbps"}
    templates = [{"id": page, "composition": "index"} for page in pages]
    clips = [{"type": "job", "template": each, "settings": settings} for each in templates]
    created = await join(team, *clips, settings={"preset": "mp4"})
    job = await team.end_of_job(created["id"])
    assert job["status"] == "finished", job
    content = (await team.public.get(job["outputUrl"])).content
    assert colours(content) == ["blue"] * 20
    assert pitches(content) == [1000] * 4 + [3000] * 4


def pitches(content: bytes) -> list[int]:
    """The loudest tone in each tenth of a second, in Hz, except where clips meet."""
    plain = av.AudioResampler("fltp", "mono", 48_000)
    with av.open(io.BytesIO(content), "r") as film:
        parts = [
            part.to_ndarray()[0] for frame in film.decode(audio=0) for part in plain.resample(frame)
        ]
    tenths = np.concatenate(parts)[:48_000].reshape(10, 4800)
    loudest = np.abs(np.fft.rfft(tenths)).argmax(axis=1) * 10
    return [int(tone) for tone in (*loudest[:4], *loudest[6:])]

"""The client on a real service, as programs use it for batches, jobs and their files."""

import asyncio
import inspect
import json
import time
import zipfile
from contextlib import aclosing
from pathlib import Path

import pytest

from reelbatch import client as public
from reelbatch.client import (
    AsyncReelbatch,
    Conflict,
    DownloadedOutput,
    JobStatus,
    NotFound,
    Reelbatch,
    StatsChanged,
    TemplateUnusable,
    WaitTimedOut,
)
from reelbatch.models.wire.jobs import JobCreation, TemplateChoice
from tests.api.client.conftest import token_of
from tests.api.client.faults import BrokenNetwork
from tests.api.documents import a_card, a_film
from tests.api.fonts import a_font
from tests.api.receiver import listening
from tests.api.running_api import RunningApi, Team, a_still, a_video, until


def a_file(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("[!.]*"))


def from_before(outputs: list[DownloadedOutput]) -> list[bool]:
    return [output.was_there for output in outputs]


async def test_a_program_can_use_the_blocking_client(
    api: RunningApi, team: Team, tmp_path: Path
) -> None:
    def program() -> None:
        with Reelbatch(api.url, token_of(team)) as client:
            template = client.templates.push(a_file(tmp_path / "card.json", a_card()), name="card")
            batch = client.batches.create(
                [
                    {"assets": [{"type": "text", "layerName": "title", "value": name}]}
                    for name in "AB"
                ],
                defaults={
                    "template": {"id": template.id, "composition": "main"},
                    "settings": {"type": "image", "frames": 0},
                },
                concurrency=2,
            )
            assert [job.index for job in batch.creation.jobs] == [0, 1]
            assert batch.wait(timeout=60).stats.finished == 2
            assert isinstance(next(batch.events()), StatsChanged)
            assert [result.frames for result in batch.results()] == [1, 1]
            assert from_before(batch.download(tmp_path / "out")) == [False, False]
            assert names_in(tmp_path / "out") == ["000.png", "001.png"]
            with zipfile.ZipFile(batch.archive(tmp_path / "all.zip")) as archive:
                assert len(archive.namelist()) == 3
            with pytest.raises(Conflict):
                batch.retry()
            while not (listed := list(client.jobs.list(page_size=1))):
                time.sleep(0.05)  # the list lags a moment behind
            assert {found.index for found in listed} == {0, 1}
            assert [found.batch_id for found in client.batches.list()] == [batch.id]

    await asyncio.to_thread(program)


async def test_a_batch_is_followed_cancelled_and_rendered_again(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team
) -> None:
    film = await team.upload(a_film())
    batch = await reelbatch.batches.create([a_video(film), a_video(film)])
    with pytest.raises(WaitTimedOut, match="pending jobs: 2"):
        await batch.wait(timeout=0)
    with pytest.raises(WaitTimedOut):
        await batch.wait(timeout=1)
    assert network.requests[-1].url.params["wait"] == "1"
    async with aclosing(batch.events()) as events:
        first = await anext(events)
        assert isinstance(first, StatsChanged)
        assert first.stats.pending == 2

    assert (await batch.cancel()).cancelled_count == 2
    state = await batch.wait()
    assert {job.status for job in state.jobs} == {JobStatus.CANCELLED}
    again = await batch.retry("cancelled")
    assert again.creation.retry_of == batch.id
    assert (await reelbatch.batches.of(again.id).cancel()).cancelled_count == 2


async def test_only_what_is_new_is_downloaded(
    reelbatch: AsyncReelbatch, network: BrokenNetwork, team: Team, tmp_path: Path
) -> None:
    card = await team.upload_card()
    jobs = [a_still(card, "A"), a_still(card, "B"), a_video(card, poster=True)]
    batch = await reelbatch.batches.create(jobs)
    await batch.wait()
    assert from_before(await batch.download(tmp_path)) == [False] * 3
    a_file(tmp_path / "001.png", b"somebody has damaged it")
    (tmp_path / "002.jpg").unlink()

    *stills, film = await batch.download(tmp_path)
    assert from_before([*stills, film]) == [True, False, False]
    assert (film.file, film.poster) == (tmp_path / "002.mp4", tmp_path / "002.jpg")
    assert (tmp_path / "002.jpg").read_bytes().startswith(b"\xff\xd8")
    assert from_before(await batch.download(tmp_path)) == [True] * 3
    other = await reelbatch.batches.create([a_still(card, "C")])
    await other.wait()
    assert from_before(await other.download(tmp_path)) == [False], "another job's file"

    fetched = [sent for sent in network.requests if sent.url.path.endswith(".png")]
    assert len(fetched) == 4
    assert all("authorization" not in sent.headers for sent in fetched)


async def test_jobs_may_be_models_and_are_checked_without_being_made(
    reelbatch: AsyncReelbatch, team: Team
) -> None:
    film = await team.upload(a_film())
    job = JobCreation(template=TemplateChoice(id=film, composition="main"), tags=["night"])
    checked = await reelbatch.batches.check([job, {"template": {"id": film}, "preview": "so"}])
    assert [error.index for error in checked.errors or []] == [1]
    assert (await reelbatch.batches.check([{}])).status == "error"
    table = await reelbatch.batches.check_table("Title\nA\n", template=film, quality="draft")
    assert [column.name for column in table.columns] == ["Title"]
    assert [found async for found in reelbatch.batches.list()] == []
    created = await reelbatch.jobs.create(job)

    async def listed() -> list[str] | None:
        return [found.id async for found in reelbatch.jobs.list(tags=["night"])] or None

    assert await until(listed, "job in the list") == [created.id]
    [cancelled] = await reelbatch.jobs.cancel_all([created.id])
    assert cancelled.status is JobStatus.CANCELLED


async def test_rows_and_lines_become_jobs(reelbatch: AsyncReelbatch, team: Team) -> None:
    card = await team.upload_card()
    rows = await reelbatch.batches.create_from_csv(
        "title\nA\nB\n", template=card, codec="image_png", frame=0
    )
    lines = await reelbatch.batches.create_from_json_lines(json.dumps(a_still(card)))
    whole = await reelbatch.batches.create_from_json(json.dumps({"jobs": [a_still(card)]}))
    assert [made.creation.success_count for made in (rows, lines, whole)] == [2, 1, 1]
    await rows.wait()
    assert (await rows.export_results("csv")).count("finished") == 2


async def test_a_single_job_is_waited_for_and_its_log_and_output_fetched(
    reelbatch: AsyncReelbatch, team: Team, tmp_path: Path
) -> None:
    created = await reelbatch.jobs.create(a_still(await team.upload_card()))
    assert (await reelbatch.jobs.wait(created.id, timeout=60)).status is JobStatus.FINISHED
    assert "attempt" in (await reelbatch.jobs.logs(created.id)).lower()
    file = await reelbatch.jobs.download(created.id, tmp_path / "deep" / "a.png")
    assert names_in(file.parent) == ["a.png"]
    with pytest.raises(Conflict):
        await reelbatch.jobs.cancel(created.id)
    with pytest.raises(NotFound):
        await reelbatch.webhooks.of_job(created.id)


async def test_a_webhook_log_is_read_and_the_webhook_sent_again(
    reelbatch: AsyncReelbatch, team: Team
) -> None:
    job = a_still(await team.upload_card())

    async with listening() as receiver:
        batch = await reelbatch.batches.create([job], webhook={"url": receiver.url})

        async def delivered() -> bool | None:
            return (await reelbatch.webhooks.of_batch(batch.id)).state == "delivered" or None

        async def sent_again() -> bool | None:
            try:
                return bool(await reelbatch.webhooks.redeliver_of_batch(batch.id))
            except Conflict:  # the first delivery has not ended yet
                return None

        await until(delivered, "delivery")
        await until(sent_again, "second delivery")
        assert (await reelbatch.webhooks.secret()).startswith("whsec_")
        first, second = await receiver.bodies(2)
    assert first == second


async def test_templates_are_pushed_renamed_fetched_and_deleted(
    reelbatch: AsyncReelbatch, tmp_path: Path
) -> None:
    file = a_file(tmp_path / "card.json", a_card())
    template = await reelbatch.templates.push(file)
    assert (template.display_name, template.compositions[0]) == ("card", "main")
    renamed = await reelbatch.templates.rename(template.id, "poster")
    assert [found.display_name for found in await reelbatch.templates.list()] == ["poster"]
    fetched = await reelbatch.templates.download(renamed.id, tmp_path / "fetched.json")
    assert fetched.read_bytes() == a_card()
    await reelbatch.templates.delete(template.id)
    with pytest.raises(NotFound):
        await reelbatch.templates.get(template.id)
    with pytest.raises(TemplateUnusable, match="broken"):
        await reelbatch.templates.push(a_file(tmp_path / "broken.json", b"{}"))
    with pytest.raises(ValueError, match="give aep, html, lottie"):
        await reelbatch.templates.push(tmp_path / "card.psd")


async def test_fonts_and_secrets_are_stored_listed_and_deleted(
    reelbatch: AsyncReelbatch, tmp_path: Path
) -> None:
    font = await reelbatch.fonts.add(a_file(tmp_path / "f.ttf", a_font()), family_name="House")
    assert (font.family_name, font.file_name) == ("House", "f.ttf")
    assert await reelbatch.fonts.get(font.id) == font
    await reelbatch.fonts.delete(font.id)
    assert await reelbatch.fonts.list() == []

    secret = await reelbatch.secrets.create("KEY", "hush")
    with pytest.raises(Conflict):
        await reelbatch.secrets.create("KEY", "other")
    assert await reelbatch.secrets.list() == [secret]
    await reelbatch.secrets.delete(secret.id)
    assert await reelbatch.secrets.list() == []


async def test_programs_may_stop_reading_a_stream(reelbatch: AsyncReelbatch, team: Team) -> None:
    batch = await reelbatch.batches.create([a_video(await team.upload(a_film()))])

    for _ in range(3):
        async for _event in batch.events():
            break
    assert (await batch.cancel()).cancelled_count == 1


def test_both_clients_have_the_same_methods_with_descriptions() -> None:
    def methods(part: object) -> dict[str, list[str]]:
        return {
            name: [*inspect.signature(method).parameters]
            for name, method in inspect.getmembers(part, callable)
            if not name.startswith("_") and name not in ("driver", "subject")
        }

    blocking, awaiting = Reelbatch("http://x", "x"), AsyncReelbatch("http://x", "x")
    for name in ("batches", "jobs", "templates", "fonts", "secrets", "webhooks"):
        assert methods(getattr(blocking, name)) == methods(getattr(awaiting, name))
    assert methods(public.Batch) == methods(public.AsyncBatch)
    assert [*public.__all__] == sorted(public.__all__)

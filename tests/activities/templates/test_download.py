"""The download of a template, which Temporal may run twice or too late."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.assets.download import Downloader
from activities.public_network import http_client
from activities.scratch import Scratch
from activities.templates.download import DownloadActivities
from reelbatch.models.orchestration.templates import TemplateDownloadJob, TemplateFailure
from reelbatch.models.stored.templates import TemplateDownload, TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.settings import ByteLimit
from reelbatch.storage.objects import open_store
from reelbatch.storage.templates import read_template, write_template
from tests.origin import Origin

JOB = TemplateDownloadJob(team="team", template_id="T", engine="lottie", download="D")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Bench:
    def __init__(self, folder: Path, activities: DownloadActivities, store: ObjectStore) -> None:
        self.folder = folder
        self.activities = activities
        self.store = store

    async def register(self, src: str, **fields: object) -> None:
        record = TemplateRecord(
            id="T",
            team="team",
            type="lottie",
            display_name="card",
            engine="lottie",
            status=TemplateStatus.DOWNLOADING,
            created_at=NOW,
            updated_at=NOW,
            upload_nonce="n",
            download=TemplateDownload(id="D", src=src),
        )
        await write_template(self.store, record.model_copy(update=fields))

    async def download(self) -> str | None:
        found = await ActivityEnvironment().run(self.activities.download_template, JOB)
        return found.source

    async def fail(self, **fields: str) -> None:
        failure = TemplateFailure(team="team", template_id="T", reason="why", **fields)
        await ActivityEnvironment().run(self.activities.fail_template, failure)

    async def record(self) -> TemplateRecord:
        record = await read_template(self.store, "team", "T")
        assert record is not None
        return record


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    store = open_store(str(tmp_path / "store"))
    schemes = frozenset({"http"})
    async with http_client(allow_private_networks=True) as client:
        with Scratch(tmp_path / "scratch") as scratch:
            downloader = Downloader(client, 60.0)
            activities = DownloadActivities(
                store=store,
                downloader=downloader,
                scratch=scratch,
                limit=ByteLimit(1000),
                schemes=schemes,
            )
            yield Bench(tmp_path, activities, store)


async def test_a_second_attempt_after_a_complete_one_downloads_nothing(
    origin: Origin, bench: Bench
) -> None:
    await bench.register(origin.answer("/card.json", b"{}"))
    source = await bench.download()
    assert source is not None
    assert await bench.download() == source
    assert origin.requests == ["/card.json"]
    record = await bench.record()
    assert (record.status, record.source, record.size) == (TemplateStatus.PROCESSING, source, 2)
    assert record.download is None, "the URL is no longer needed"


async def test_a_template_with_a_newer_download_is_left_alone(origin: Origin, bench: Bench) -> None:
    newer = TemplateDownload(id="E", src=origin.answer("/card.json", b"{}"))
    await bench.register(newer.src, download=newer)
    assert await bench.download() is None
    await bench.fail(download="D")
    assert origin.requests == []
    assert (await bench.record()).status is TemplateStatus.DOWNLOADING


async def test_a_failed_download_leaves_no_file(origin: Origin, bench: Bench) -> None:
    await bench.register(origin.answer("/card.json", b"x" * 1001))
    with pytest.raises(ApplicationError, match="larger than the 1000 bytes") as error:
        await bench.download()
    assert error.value.non_retryable
    files = [file for file in bench.folder.rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"template.json", "lock"}


async def test_redirects_are_followed_only_to_allowed_schemes(origin: Origin, bench: Bench) -> None:
    headers = "Location: https://127.0.0.1/card.json\r\n"
    await bench.register(origin.answer("/card.json", status="302 Found", headers=headers))
    with pytest.raises(ApplicationError, match="redirected to https, but only http is followed"):
        await bench.download()


async def test_a_failure_is_recorded_only_for_its_own_file(bench: Bench) -> None:
    about: dict[str, object] = {"status": TemplateStatus.PROCESSING, "download": None}
    await bench.register("", source="new", **about)
    await bench.fail(source="old")
    await bench.fail(download="D")
    assert (await bench.record()).status is TemplateStatus.PROCESSING
    await bench.fail(source="new")
    record = await bench.record()
    assert (record.status, record.error) == (TemplateStatus.ERROR, "why")


async def test_an_archive_goes_to_the_engine_that_claims_it(origin: Origin, bench: Bench) -> None:
    await bench.register(origin.answer("/a.zip", b"PK reelbatch.json"), type="zip")
    job = JOB.model_copy(update={"claims": {"reelbatch.json": "nexrender"}})
    for _ in range(2):  # Temporal may run it twice
        found = await ActivityEnvironment().run(bench.activities.download_template, job)
        assert found.engine == "nexrender"
    assert (await bench.record()).engine == "nexrender"

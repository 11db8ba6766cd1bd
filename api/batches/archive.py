"""GET /batches/{id}/archive: all outputs of a batch in one ZIP file."""

from collections.abc import AsyncGenerator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from obstore.store import ObjectStore

from api.batches.results import results_of
from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.zip_stream import ZipEntry, zip_stream
from api.openapi.document import content_response
from api.resources import MayReadJobs, RequestUrls, Shared
from api.snapshots import jobs_of
from api.urls import Urls
from reelbatch.models.errors import BatchNotFound, RequestError
from reelbatch.models.file_names import file_stems
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.storage import keys
from reelbatch.storage.batches import read_batch_table
from reelbatch.storage.files import find_file, read_chunks

_DIGITS = 5  # of a job's index, which names the file of a job without a name

router = APIRouter(tags=["batches"])


@router.get(
    "/batches/{batch_id}/archive",
    response_class=StreamingResponse,
    responses={
        **documented(RequestError, BatchNotFound),
        200: content_response("The archive.", "application/zip"),
    },
)
async def get_batch_archive(
    batch_id: UlidPath, resources: Shared, team: MayReadJobs, urls: RequestUrls
) -> Response:
    """Download the outputs of a batch as one ZIP file.

    It contains the outputs and posters that exist so far, and `results.json`. Files are named after
    their jobs, or numbered by index if a job has no name.
    """
    snapshot = await resources.batches.read(team, batch_id)
    return StreamingResponse(
        zip_stream(_entries(resources.store, snapshot, urls)),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{batch_id}.zip"'},
    )


async def _entries(
    store: ObjectStore, snapshot: BatchSnapshot, urls: Urls
) -> AsyncGenerator[ZipEntry]:
    table = await read_batch_table(store, snapshot.team, snapshot.id)
    yield _results_entry(snapshot, urls, table)
    jobs = jobs_of(snapshot)
    stems = file_stems({job.index: job.summary.name for job in jobs}, _DIGITS)
    key_of = keys.preview if snapshot.preview else keys.output
    for job in jobs:
        if job.state.status is not JobStatus.FINISHED:
            continue
        for extension in job.summary.extensions:
            file = await find_file(store, key_of(snapshot.team, job.id, extension))
            if file is None:  # it went to the client's own bucket, or was deleted
                continue
            yield ZipEntry(
                name=f"{stems[job.index]}.{extension}",
                size=file.size,
                modified_at=file.last_modified,
                content=read_chunks(store, file.key, 0, file.size),
            )


def _results_entry(snapshot: BatchSnapshot, urls: Urls, table: BatchTable | None) -> ZipEntry:
    results = results_of(snapshot, urls, table)
    lines = [result.model_dump_json(by_alias=True) for result in results]
    text = ",\n".join(lines)
    content = f"[\n{text}\n]\n".encode()

    async def whole() -> AsyncGenerator[bytes]:
        yield content

    return ZipEntry(
        name="results.json",
        size=len(content),
        modified_at=snapshot.closed_at or snapshot.created_at,
        content=whole(),
    )

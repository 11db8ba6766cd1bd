"""Temporary links to a gallery of a batch's outputs, for people without a token.

The gallery has no scripts and grants no rights: it shows the pictures and films of one batch with
their names, and links to download them.
"""

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.responses import respond
from api.resources import MayWriteJobs, RequestUrls, Shared
from api.snapshots import jobs_of
from api.urls import Urls, check_share_url
from reelbatch.models.errors import BatchNotFound, Forbidden, Gone, RequestError
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.wire.batches import BatchShare
from reelbatch.models.wire.jobs import JobStatus
from workflows.job_states import BatchJobSnapshot

router = APIRouter(tags=["batches"])
public = APIRouter(tags=["batches"])

_MAX_DAYS = 90
_FILMS = ("mp4", "webm")
_PICTURES = ("png", "jpg", "webp", "gif")
_MANY = 100  # films; with more than this, first frames are only loaded on demand
_ROOT = "../../../.."  # relative to a gallery, which a proxy may serve below a path
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
}

Days = Annotated[int, Query(ge=1, le=_MAX_DAYS, description="How many days the link works.")]


@router.post(
    "/batches/{batch_id}/share",
    status_code=201,
    response_model=BatchShare,
    responses=documented(RequestError, BatchNotFound),
)
async def share_batch(
    batch_id: UlidPath, resources: Shared, team: MayWriteJobs, urls: RequestUrls, days: Days = 7
) -> Response:
    """Create a link to a gallery of the batch's outputs that works without a token."""
    await resources.batches.read(team, batch_id)
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    url = urls.share(team, batch_id, int(expires.timestamp()))
    return respond(BatchShare(url=url, expires_at=expires), 201)


@public.get(
    "/shared/{team}/{batch_id}/{expires}/{signature}",
    response_class=Response,
    responses={
        **documented(RequestError, Forbidden, Gone, BatchNotFound),
        200: {"content": {"text/html": {}}, "description": "The gallery."},
    },
)
async def get_shared_batch(
    team: str, batch_id: str, expires: int, signature: str, resources: Shared, urls: RequestUrls
) -> Response:
    """Show the outputs of a shared batch as a web page."""
    check_share_url(resources.signer, team, batch_id, expires, signature)
    snapshot = await resources.batches.read(team, batch_id)
    end = datetime.fromtimestamp(expires, UTC)
    return Response(_gallery(snapshot, urls, end), media_type="text/html", headers=_HEADERS)


def _gallery(snapshot: BatchSnapshot, urls: Urls, end: datetime) -> str:
    finished = [job for job in jobs_of(snapshot) if job.state.status is JobStatus.FINISHED]
    films = sum(job.summary.extension in _FILMS for job in finished)
    title = escape(snapshot.name or "Shared files")
    items = "\n".join(_item(snapshot.team, job, urls, films > _MANY) for job in finished)
    note = f"{len(finished)} of {snapshot.stats.total} files. Available until {end:%d %B %Y}."
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{_ROOT}/page/shared/gallery.css">
</head>
<body>
<main>
<h1>{title}</h1>
<p>{note}</p>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""


def _item(team: str, job: BatchJobSnapshot, urls: Urls, with_many: bool) -> str:
    """`with_many` says that the gallery has too many films to load all their first frames."""
    summary = job.summary
    url = urls.of_job(team, job.id, summary)
    address = escape(url) if summary.bucket_url else _address(url, urls)
    name = escape(summary.name or f"{job.index:05d}")
    shown = ""
    if summary.bucket_url is None and summary.extension in _PICTURES:
        shown = f'<img src="{address}" alt="{name}" loading="lazy" decoding="async">'
    elif summary.bucket_url is None and summary.extension in _FILMS:
        preload = "none" if with_many else "metadata"
        poster = summary.poster_url(url)
        still = f'poster="{_address(poster, urls)}" ' if poster else ""
        shown = (
            f'<video src="{address}" {still}aria-label="{name}" controls playsinline '
            f'preload="{preload}"></video>'
        )
    link = f'<a href="{address}" download>Download<span class="unseen"> {name}</span></a>'
    return f"<li>{shown}<p>{name}</p>{link}</li>"


def _address(url: str, urls: Urls) -> str:
    """A relative URL, escaped for an attribute; it works however the server is reached."""
    return escape(f"{_ROOT}{url.removeprefix(urls.base)}")

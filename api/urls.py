"""The URLs in responses, and their signatures."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from reelbatch.models.errors import Forbidden, Gone
from reelbatch.models.orchestration.jobs import JobSummary, RenderJob
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.storage.signing import Signer

LINK_LIFETIME = timedelta(hours=1)  # of upload and download links

_OUTPUT, _UPLOAD, _DOWNLOAD, _SHARE = "output", "upload", "download", "share"


@dataclass(frozen=True)
class Urls:
    """Makes URLs below `base`, which has no trailing slash."""

    base: str
    signer: Signer

    def of_job(self, team: str, job_id: str, summary: JobSummary) -> str:
        """The URL of a job's output, on this server or in the client's own bucket.

        It is known before the output exists.
        """
        return summary.bucket_url or self.output(team, job_id, summary.extension, summary.name)

    def of_new_job(self, job: RenderJob) -> str:
        return job.bucket_url or self.output(job.team, job.id, job.output.extension, job.name)

    def output(self, team: str, job_id: str, extension: str, name: str | None = None) -> str:
        """The URL of a job's output, which works without a token and does not expire.

        `name` is the name under which browsers save the file.
        """
        signature = self.signer.sign(_OUTPUT, team, job_id)
        query = f"?name={quote(name, safe='')}" if name else ""
        return f"{self.base}/outputs/{team}/{job_id}/{signature}/{job_id}.{extension}{query}"

    def upload(self, template: TemplateRecord) -> str:
        expires = _expiry()
        signature = self.signer.sign(_UPLOAD, *_upload_parts(template, expires))
        return f"{self.base}/uploads/{template.team}/{template.id}/{expires}/{signature}"

    def download(self, template: TemplateRecord) -> str:
        expires = _expiry()
        signature = self.signer.sign(_DOWNLOAD, template.team, template.id, str(expires))
        return f"{self.base}/downloads/{template.team}/{template.id}/{expires}/{signature}"

    def share(self, team: str, batch_id: str, expires: int) -> str:
        """The URL of a batch's gallery, without a token. `expires` is in seconds since 1970."""
        signature = self.signer.sign(_SHARE, team, batch_id, str(expires))
        return f"{self.base}/shared/{team}/{batch_id}/{expires}/{signature}"


def output_url_is_signed(signer: Signer, team: str, job_id: str, signature: str) -> bool:
    return signer.verify(signature, _OUTPUT, team, job_id)


def checked_upload(
    signer: Signer, template: TemplateRecord | None, expires: int, signature: str
) -> TemplateRecord:
    """The template that the link is for.

    Raises Gone for an expired link, and Forbidden for a forged or replaced one. A link to a missing
    template is Forbidden too, so that it does not reveal which ids exist.
    """
    if template is None or not signer.verify(signature, _UPLOAD, *_upload_parts(template, expires)):
        raise Forbidden(
            "This upload link is not valid, or a newer one has replaced it: "
            "get a new one with PUT /templates/{id}/upload."
        )
    _check_expiry(expires, "PUT /templates/{id}/upload")
    return template


def check_download_url(
    signer: Signer, team: str, template_id: str, expires: int, signature: str
) -> None:
    """Raises Forbidden for a forged link, and Gone for an expired one."""
    if not signer.verify(signature, _DOWNLOAD, team, template_id, str(expires)):
        raise Forbidden(
            "This download link is not valid: get a new one with GET /templates/{id}/download."
        )
    _check_expiry(expires, "GET /templates/{id}/download")


def check_share_url(signer: Signer, team: str, batch_id: str, expires: int, signature: str) -> None:
    """Raises Forbidden for a forged link, and Gone for an expired one."""
    if not signer.verify(signature, _SHARE, team, batch_id, str(expires)):
        raise Forbidden("This link is not valid: ask for a new one.")
    _check_expiry(expires, "POST /batches/{id}/share")


def _upload_parts(template: TemplateRecord, expires: int) -> tuple[str, ...]:
    return template.team, template.id, template.upload_nonce, str(expires)


def _expiry() -> int:
    """Seconds since 1970."""
    return int((datetime.now(UTC) + LINK_LIFETIME).timestamp())


def _check_expiry(expires: int, way_out: str) -> None:
    if datetime.now(UTC).timestamp() > expires:
        raise Gone(f"This link has expired: get a new one with {way_out}.")

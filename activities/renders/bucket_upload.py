"""Uploading outputs to clients' own buckets."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from activities.public_network import beginning_of, is_transient, reason_of
from activities.s3 import ERROR_LENGTH, Credentials, error_code, signed_headers
from activities.secret_references import ResolvedSecrets
from reelbatch.models.errors import AssetInvalid, UploadFailed, UploadInterrupted
from reelbatch.models.wire.uploads import Upload, UploadParams

UPLOAD_TIME = 1800.0
"""Seconds that an upload may take in total, including the endpoint's response."""

_CHUNK = 256 * 1024  # bytes


class BucketUploader:
    """Uploads files. `client` refuses private networks, as it does for downloads."""

    def __init__(self, client: httpx.AsyncClient, seconds: float = UPLOAD_TIME) -> None:
        self._client = client
        self._seconds = seconds

    async def upload(
        self, upload: Upload, file: Path, file_name: str, media_type: str, secrets: ResolvedSecrets
    ) -> None:
        """Upload `file` to the bucket.

        Raises UploadFailed, or UploadInterrupted if another try may help.
        """
        params = await _resolved(upload.params, secrets)
        key = upload.object_key(file_name)
        url = f"{params.endpoint}/{quote(params.bucket, safe='')}/{quote(key, safe='/~')}"
        place = f"{key} could not be uploaded to the bucket {upload.params.bucket}"
        try:
            headers = await asyncio.to_thread(_headers, url, params, file, media_type)
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(
                    "PUT", url, headers=headers, content=_read(file), follow_redirects=False
                ) as response,
            ):
                if not response.is_success:
                    raise _refusal(response, await beginning_of(response, ERROR_LENGTH), place)
        except TimeoutError as error:
            raise UploadInterrupted(
                f"{place}: the upload was not complete after {self._seconds:.0f} seconds."
            ) from error
        except AssetInvalid as error:
            raise UploadFailed(f"{place}: {error.message}") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise UploadFailed(f"{place}: the endpoint is not a valid URL.") from error
        except httpx.HTTPError as error:
            raise UploadInterrupted(f"{place}: {reason_of(error)}.") from error


async def _resolved(params: UploadParams, secrets: ResolvedSecrets) -> UploadParams:
    fields = await secrets.resolve_json(params.model_dump(by_alias=True))
    try:
        return UploadParams.model_validate(fields)
    except ValidationError as error:  # its text may contain a part of a secret
        field = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise UploadFailed(
            f"The secret in upload.params.{field} is not a valid value for it."
        ) from None


def _headers(url: str, params: UploadParams, file: Path, media_type: str) -> dict[str, str]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    headers = {"content-type": media_type, "content-length": str(file.stat().st_size)}
    if params.acl:
        headers["x-amz-acl"] = params.acl
    credentials = Credentials(
        key_id=params.access_key_id, secret=params.access_key_secret, region=params.region
    )
    return signed_headers("PUT", url, credentials, headers=headers, digest=digest)


async def _read(file: Path) -> AsyncGenerator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            yield chunk


def _refusal(response: httpx.Response, body: bytes, place: str) -> UploadFailed:
    status = response.status_code
    reason = f"{place}: status {status}{error_code(body)}"
    if is_transient(status):
        return UploadInterrupted(f"{reason}.")
    if response.is_redirect:
        return UploadFailed(f"{reason}; set the endpoint of the bucket's own region.")
    return UploadFailed(f"{reason}; check the bucket, its region and the credentials.")

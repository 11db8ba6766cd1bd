"""Uploading a job's output to the client's own bucket instead of this server (contract 3.5)."""

import re
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, field_validator, model_validator

from reelbatch.models.wire.base import Absent, WireModel
from reelbatch.models.wire.secrets import begins_with_reference, has_reference
from reelbatch.models.wire.urls import is_http_url

DEFAULT_ENDPOINT = "https://s3.amazonaws.com"


def checked_endpoint(endpoint: str) -> str:
    """Return `endpoint` without a slash at its end. Raises ValueError if it is not a URL."""
    usable = is_http_url(endpoint) and not urlsplit(endpoint).query
    if not usable and not begins_with_reference(endpoint):
        raise ValueError("must be an http or https URL")
    return endpoint.rstrip("/")


def checked_bucket(bucket: str) -> str:
    """Return `bucket` if it is a single, harmless step of a path. Raises ValueError otherwise."""
    if bucket in (".", "..") or re.search(r"[\x00-\x1f\x7f/\\]", bucket):
        raise ValueError("must be the name of a bucket")
    return bucket


class UploadParams(WireModel):
    """The bucket and its credentials, which should be references to secrets."""

    endpoint: str = Field(default=DEFAULT_ENDPOINT, min_length=1, max_length=2048)
    region: str = Field(min_length=1, max_length=128)
    bucket: str = Field(min_length=1, max_length=255)
    acl: Absent[str] = Field(default=None, max_length=128)
    access_key_id: str = Field(min_length=1, max_length=1024)
    access_key_secret: str = Field(min_length=1, max_length=1024, repr=False)

    @field_validator("endpoint")
    @classmethod
    def _is_http(cls, endpoint: str) -> str:
        return checked_endpoint(endpoint)

    @field_validator("bucket")
    @classmethod
    def _is_a_bucket(cls, bucket: str) -> str:
        return checked_bucket(bucket)


class Upload(WireModel):
    """An upload to a bucket. `prefix` is a folder in it, `outputUrl` the public URL of its root."""

    provider: Literal["s3"] = "s3"
    prefix: str = Field(default="", max_length=512)
    output_url: Absent[str] = Field(default=None, min_length=1, max_length=2048)
    params: UploadParams

    @field_validator("prefix")
    @classmethod
    def _is_a_folder(cls, prefix: str) -> str:
        folders = prefix.strip("/").split("/")
        if re.search(r"[\x00-\x1f\x7f]", prefix) or {".", ".."}.intersection(folders):
            raise ValueError("must be the path of a folder, such as renders/2026")
        return prefix

    @field_validator("output_url")
    @classmethod
    def _is_an_address(cls, output_url: str | None) -> str | None:
        if output_url is not None and (not is_http_url(output_url) or re.search(r"\s", output_url)):
            raise ValueError("must be an http or https URL")
        return output_url

    @model_validator(mode="after")
    def _address_is_known(self) -> "Upload":
        public = (self.params.endpoint, self.params.bucket)
        if self.output_url is None and any(has_reference(part) for part in public):
            raise ValueError("needs outputUrl, because the endpoint or the bucket is a secret")
        return self

    def object_key(self, file_name: str) -> str:
        folder = self.prefix.strip("/")
        return f"{folder}/{file_name}" if folder else file_name

    def url_of(self, file_name: str) -> str:
        """The URL that the file will have."""
        base = self.output_url or f"{self.params.endpoint}/{quote(self.params.bucket)}"
        return f"{base.rstrip('/')}/{quote(self.object_key(file_name))}"

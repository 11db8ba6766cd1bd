"""Sources of files in S3 buckets, given by an s3 URL and the `params` of its asset."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from reelbatch.models.wire.base import OpenWireModel
from reelbatch.models.wire.uploads import DEFAULT_ENDPOINT, checked_bucket, checked_endpoint

_S3_SCHEME = "s3://"


class BucketParams(OpenWireModel):
    """The `params` of an asset with an s3 URL as `src`; without keys, requests are unsigned."""

    endpoint: str = Field(default=DEFAULT_ENDPOINT, min_length=1, max_length=2048)
    region: str = Field(default="us-east-1", min_length=1, max_length=128)
    access_key_id: str | None = Field(default=None, min_length=1, max_length=1024)
    access_key_secret: str | None = Field(default=None, min_length=1, max_length=1024, repr=False)

    @field_validator("endpoint")
    @classmethod
    def _is_http(cls, endpoint: str) -> str:
        return checked_endpoint(endpoint)

    @model_validator(mode="after")
    def _keys_come_in_pairs(self) -> Self:
        if (self.access_key_id is None) != (self.access_key_secret is None):
            raise ValueError("must set both accessKeyId and accessKeySecret, or neither")
        return self


def is_s3_url(src: str) -> bool:
    return src[: len(_S3_SCHEME)].lower() == _S3_SCHEME


def bucket_and_key(src: str) -> tuple[str, str]:
    """Return the bucket and the key of an s3 URL; `?`, `#` and `%` are part of the key.

    Raises ValueError if one of them is missing or would lead elsewhere.
    """
    bucket, _, key = src[len(_S3_SCHEME) :].partition("/")
    if not bucket or not key or {".", ".."}.intersection(key.split("/")):
        raise ValueError("an s3 URL must have the form s3://BUCKET/KEY")
    return checked_bucket(bucket), key

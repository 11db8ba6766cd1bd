"""Will a worker be able to fetch what an asset's `src` names?"""

from collections.abc import Iterator

from pydantic import ValidationError

from api.http.requests import field_errors
from api.submission.schema import Problem
from reelbatch.models.errors import RequestError
from reelbatch.models.wire.assets import MediaAsset, ScriptAsset, StaticAsset
from reelbatch.models.wire.secrets import begins_with_reference
from reelbatch.models.wire.sources import BucketParams, bucket_and_key, is_http_url, is_s3_url


def source_problems(asset: MediaAsset | StaticAsset | ScriptAsset, field: str) -> Iterator[Problem]:
    if not _is_fetchable(asset.src):
        message = "The src has to be an http, https or data URL, or s3://BUCKET/KEY."
        yield Problem(RequestError, f"{field}.src", message)
        return
    if isinstance(asset, ScriptAsset) or not is_s3_url(asset.src):
        return
    try:
        BucketParams.model_validate(asset.params)
    except ValidationError as error:
        for detail in field_errors(error, asset.params):
            path = f"{field}.params.{detail.field}".removesuffix(".")
            yield Problem(RequestError, path, detail.message)


def _is_fetchable(src: str) -> bool:
    """Whether a worker will try to fetch it; what only a secret tells shows there."""
    if begins_with_reference(src):
        return True
    if not is_s3_url(src):
        return src[:5].lower() == "data:" or is_http_url(src)
    try:
        bucket_and_key(src)
    except ValueError:
        return False
    return True

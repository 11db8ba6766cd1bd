"""Will a worker be able to fetch what an asset's `src` names?"""

from collections.abc import Iterator

from pydantic import ValidationError

from api.http.requests import field_errors
from api.submission.schema import Problem
from reelbatch.models.assets import MediaAsset, ScriptAsset, StaticAsset
from reelbatch.models.errors import RequestError
from reelbatch.models.sources import BucketParams, is_fetchable, is_s3_url


def source_problems(asset: MediaAsset | StaticAsset | ScriptAsset, field: str) -> Iterator[Problem]:
    if not is_fetchable(asset.src):
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

"""The sources of files, from the `src` and `params` of assets."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from pydantic import JsonValue, ValidationError

from activities.s3 import Credentials
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.sources import BucketParams, bucket_and_key, is_s3_url


@dataclass(frozen=True, kw_only=True)
class Source:
    """The source of a file."""

    url: str  # with the values of secrets
    name: str  # for messages, without secrets
    schemes: frozenset[str] = frozenset({"http", "https"})
    is_in_bucket: bool = False
    credentials: Credentials | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        try:
            return urlsplit(self.url).path
        except ValueError:  # the HTTP client reports the problem more clearly
            return ""


def source_of(src: str, params: dict[str, JsonValue], name: str) -> Source:
    """The source that `src` and `params` describe; messages call it `name`. Raises AssetInvalid."""
    if is_s3_url(src):
        return _in_bucket(src, params, name)
    if src.partition(":")[0].lower() in ("http", "https"):
        return Source(url=src, name=name)
    raise AssetInvalid(f"{name} is not an http, https, s3 or data URL, or an uploaded file.")


def _in_bucket(src: str, params: dict[str, JsonValue], name: str) -> Source:
    try:
        bucket, key = bucket_and_key(src)
        place = BucketParams.model_validate(params)
    except ValidationError as error:  # its text may contain a part of a secret
        field = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise AssetInvalid(
            f"The value of params{f'.{field}' if field else ''} for {name} is invalid."
        ) from None
    except ValueError as error:
        raise AssetInvalid(f"{name} cannot be fetched: {error}.") from None
    credentials = None
    if place.access_key_id and place.access_key_secret:
        credentials = Credentials(
            key_id=place.access_key_id, secret=place.access_key_secret, region=place.region
        )
    return Source(
        url=f"{place.endpoint}/{quote(bucket, safe='')}/{quote(key, safe='/~')}",
        name=name,
        is_in_bucket=True,
        credentials=credentials,
    )

"""What the endpoints share, and how they get it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from obstore.store import ObjectStore
from temporalio.client import Client

from api.authentication import TokenCache, bearer_token
from api.batch_reading import BatchReader
from api.batch_watch import BatchWatches
from api.rate_limits import RateLimits
from api.urls import Urls
from engines.base import RenderEngine
from models.errors import Unauthorized
from settings import Settings
from storage.payload_encryption import EncryptingCodec
from storage.secrets import SecretVault
from storage.signing import Signer


@dataclass(frozen=True)
class Resources:
    """One a process."""

    settings: Settings
    client: Client
    store: ObjectStore
    engines: Mapping[str, type[RenderEngine]]
    signer: Signer
    secrets: SecretVault
    tokens: TokenCache
    batches: BatchReader
    watches: BatchWatches
    payload_codec: EncryptingCodec
    rate_limits: RateLimits | None  # None: nobody is held back


def _resources(request: Request) -> Resources:
    return request.app.state.resources


# For the OpenAPI document alone: its own errors are not the contract's.
_bearer = HTTPBearer(auto_error=False, description="A team's token: `reelbatch tokens create`.")


async def _team(
    request: Request,
    shared: "Shared",
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> str:
    record = await shared.tokens.find(bearer_token(request.headers))
    if record is None:
        raise Unauthorized("The token is unknown or was revoked.")
    if shared.rate_limits is not None:
        request.state.quota = quota = shared.rate_limits.take(record.id)
        quota.check()
    return record.team


def _urls(request: Request, shared: "Shared") -> Urls:
    base = shared.settings.public_url or str(request.base_url)
    return Urls(base.rstrip("/"), shared.signer)


Shared = Annotated[Resources, Depends(_resources)]
Team = Annotated[str, Depends(_team)]
RequestUrls = Annotated[Urls, Depends(_urls)]

"""What the endpoints share, and how they get it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from obstore.store import ObjectStore
from temporalio.client import Client

from api.authentication import Authenticator, RateLimits, bearer_token, client_address
from api.metrics import ApiMetrics
from api.quotas import Quotas
from api.snapshots import BatchReader
from api.urls import Urls
from api.visibility import TeamWorkflows
from api.workbooks import WorkbookReader
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import Forbidden
from reelbatch.models.wire.tokens import Scope
from reelbatch.pollers import ServedEngines
from reelbatch.settings import Settings
from reelbatch.storage.payload_encryption import EncryptingCodec
from reelbatch.storage.secrets import SecretVault
from reelbatch.storage.signing import Signer
from reelbatch.storage.webhook_signatures import WebhookSigner


@dataclass(frozen=True)
class Resources:
    """One a process."""

    settings: Settings
    client: Client
    store: ObjectStore
    engines: Mapping[str, type[RenderEngine]]
    signer: Signer
    webhook_signer: WebhookSigner
    secrets: SecretVault
    authenticator: Authenticator
    batches: BatchReader
    workflows: TeamWorkflows
    payload_codec: EncryptingCodec
    quotas: Quotas
    served_engines: ServedEngines
    rate_limits: RateLimits | None  # None: nobody is held back
    metrics: ApiMetrics
    uploading: set[str]  # the upload links at which a file is arriving, by their nonces
    previews: dict[str, str]  # each team's last batch of previews
    previewing: set[str]  # the teams whose previews are being started
    workbooks: WorkbookReader
    parsing: asyncio.Semaphore  # of batches, whose memory is a multiple of their bytes


# These and other dependencies are `async`: FastAPI runs plain functions in a thread, one by one.
async def _resources(request: Request) -> Resources:
    return request.app.state.resources


# For the OpenAPI document alone: its own errors are not the contract's.
_bearer = HTTPBearer(auto_error=False, description="A team's token: `reelbatch tokens create`.")


async def _team(
    request: Request,
    shared: "Shared",
    needed: SecurityScopes,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> str:
    """The team whose token it is. Raises Unauthorized, TooManyRequests or Forbidden."""
    token = bearer_token(request.headers)
    record = await shared.authenticator.record_of(token, client_address(request))
    if shared.rate_limits is not None:
        request.state.quota = quota = shared.rate_limits.take(record.id)
        quota.check()
    for scope in map(Scope, needed.scopes):
        if not record.allows(scope):
            raise Forbidden(
                f"This token lacks the scope {scope}: ask whoever runs this server for one that "
                "has it."
            )
    request.state.token = record
    request.state.after_body = await _recheck(request, shared)
    return record.team


async def _recheck(request: Request, shared: "Shared") -> Callable[[], Awaitable[None]]:
    async def recheck() -> None:
        """Raises Unauthorized if the token was revoked or has expired since the request began."""
        token = bearer_token(request.headers)
        await shared.authenticator.record_of(token, client_address(request))

    return recheck


async def _urls(request: Request, shared: "Shared") -> Urls:
    return urls_of(shared, request.scope.get("server"))


def urls_of(resources: Resources, server: tuple[str, int | None] | None = None) -> Urls:
    """The URLs that responses hand out; `server` is where the request's connection has arrived."""
    settings = resources.settings
    base = settings.public_url or _own_origin(server, settings)
    return Urls(base.rstrip("/"), resources.signer)


def _own_origin(server: tuple[str, int | None] | None, settings: Settings) -> str:
    """Where the connection has arrived. What the request says of it, in Host or X-Forwarded-Host,
    is anybody's to choose, and ends up in responses, webhooks and what is stored of them.
    """
    host, port = server or (settings.api_host, settings.api_port)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


Shared = Annotated[Resources, Depends(_resources)]

# The team of the request's token. An endpoint declares its scope by which of these it takes.
MayReadJobs = Annotated[str, Security(_team, scopes=[Scope.JOBS_READ])]
MayWriteJobs = Annotated[str, Security(_team, scopes=[Scope.JOBS_WRITE])]
MayWriteTemplates = Annotated[str, Security(_team, scopes=[Scope.TEMPLATES_WRITE])]

MayManageTeam = Annotated[str, Security(_team, scopes=[Scope.ADMIN])]

Recheck = Annotated[Callable[[], Awaitable[None]], Depends(_recheck)]
"""For responses that take long: whether the token still holds."""

RequestUrls = Annotated[Urls, Depends(_urls)]

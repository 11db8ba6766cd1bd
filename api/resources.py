"""The resources that endpoints share, as FastAPI dependencies."""

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
    """Everything that the endpoints share; one instance per process."""

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
    rate_limits: RateLimits | None  # None: unlimited
    metrics: ApiMetrics
    uploading: set[str]  # nonces of the upload links that are receiving a file
    previews: dict[str, str]  # the id of each team's last batch of previews
    previewing: set[str]  # teams whose previews are being started
    workbooks: WorkbookReader
    parsing: asyncio.Semaphore  # for batches, which need a multiple of their bytes in memory


# All dependencies are `async`, since FastAPI would run each plain function in a thread.
async def _resources(request: Request) -> Resources:
    return request.app.state.resources


# Only for the OpenAPI document: its own errors differ from the contract's.
_bearer = HTTPBearer(
    auto_error=False, description="A team's token, from `reelbatch tokens create`."
)


async def _team(
    request: Request,
    shared: "Shared",
    needed: SecurityScopes,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> str:
    """The team of the request's token. Raises Unauthorized, TooManyRequests or Forbidden."""
    token = bearer_token(request.headers)
    record = await shared.authenticator.authenticate(token, client_address(request))
    if shared.rate_limits is not None:
        request.state.quota = quota = shared.rate_limits.take(record.id)
        quota.check()
    for scope in map(Scope, needed.scopes):
        if not record.allows(scope):
            raise Forbidden(
                f"This token does not have the scope {scope}: ask whoever runs this server for "
                "one that does."
            )
    request.state.token = record
    request.state.after_body = await _recheck(request, shared)
    return record.team


async def _recheck(request: Request, shared: "Shared") -> Callable[[], Awaitable[None]]:
    async def recheck() -> None:
        """Raises Unauthorized if the token was revoked or has expired since the request began."""
        token = bearer_token(request.headers)
        await shared.authenticator.authenticate(token, client_address(request))

    return recheck


async def _urls(request: Request, shared: "Shared") -> Urls:
    return urls_of(shared, request.scope.get("server"))


def urls_of(resources: Resources, server: tuple[str, int | None] | None = None) -> Urls:
    """The URLs for responses; `server` is the address at which the connection has arrived."""
    settings = resources.settings
    base = settings.public_url or _own_origin(server, settings)
    return Urls(base.rstrip("/"), resources.signer)


def _own_origin(server: tuple[str, int | None] | None, settings: Settings) -> str:
    """The origin at which the connection has arrived.

    Host and X-Forwarded-Host are not used: clients can choose them freely, and the URLs end up in
    responses, webhooks and stored records.
    """
    host, port = server or (settings.api_host, settings.api_port)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


Shared = Annotated[Resources, Depends(_resources)]

# The team of the request's token. Endpoints declare the required scope by using one of these.
MayReadJobs = Annotated[str, Security(_team, scopes=[Scope.JOBS_READ])]
MayWriteJobs = Annotated[str, Security(_team, scopes=[Scope.JOBS_WRITE])]
MayWriteTemplates = Annotated[str, Security(_team, scopes=[Scope.TEMPLATES_WRITE])]

MayManageTeam = Annotated[str, Security(_team, scopes=[Scope.ADMIN])]

Recheck = Annotated[Callable[[], Awaitable[None]], Depends(_recheck)]
"""For long responses: raises Unauthorized if the token is no longer valid."""

RequestUrls = Annotated[Urls, Depends(_urls)]

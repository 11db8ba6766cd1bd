"""GET /team and the team's tokens. A token is only shown once, when it is created."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.http.errors import documented
from api.http.requests import read_model
from api.http.responses import respond, respond_all
from api.openapi.inputs import CREATE_TOKEN
from api.resources import MayManageTeam, MayReadJobs, Shared
from reelbatch.models.errors import (
    BodyTooLarge,
    InvalidJson,
    QuotaExceeded,
    RequestError,
    TokenNotFound,
)
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.wire.tokens import MAX_TOKENS, CreatedToken, Team, Token, TokenCreation
from reelbatch.storage.tokens import create_token, list_tokens, revoke_token
from reelbatch.version import VERSION

router = APIRouter(tags=["team"])


@router.get("/team", response_model=Team, responses=documented())
async def get_team(request: Request, team: MayReadJobs) -> Response:
    """Get the team and the token of this request, and the server's version."""
    return respond(Team(name=team, version=VERSION, token=request.state.token.wire))


@router.get("/tokens", response_model=list[Token], responses=documented())
async def list_team_tokens(resources: Shared, team: MayManageTeam) -> Response:
    """List the team's tokens, including expired ones, oldest first."""
    return respond_all([record.wire for record in await list_tokens(resources.store, team)])


@router.post(
    "/tokens",
    status_code=201,
    response_model=CreatedToken,
    responses=documented(RequestError, InvalidJson, BodyTooLarge, QuotaExceeded),
    openapi_extra=CREATE_TOKEN,
)
async def create_team_token(request: Request, resources: Shared, team: MayManageTeam) -> Response:
    """Create a token for the team.

    No other response will ever show the token itself.
    """
    creation = await read_model(request, TokenCreation)
    if creation.expires_at and creation.expires_at <= datetime.now(UTC):
        raise error_of([Problem(RequestError, "expiresAt", "must be in the future")])
    if len(await list_tokens(resources.store, team)) >= MAX_TOKENS:
        raise QuotaExceeded(f"The team has {MAX_TOKENS} tokens, the maximum: revoke one.")
    token, record = await create_token(
        resources.store, team, creation.name, creation.scopes, creation.expires_at
    )
    return respond(CreatedToken(**record.wire.model_dump(), token=token), 201)


@router.delete(
    "/tokens/{token_id}",
    status_code=200,
    response_class=Response,
    responses=documented(TokenNotFound),
)
async def revoke_team_token(token_id: str, resources: Shared, team: MayManageTeam) -> Response:
    """Revoke a token permanently.

    It stops working within ten seconds.
    """
    if not await revoke_token(resources.store, token_id, team):
        raise TokenNotFound
    return Response(status_code=200)

"""The endpoints of secrets. No response ever contains a secret's value."""

from fastapi import APIRouter, Request, Response

from api.http.errors import documented
from api.http.requests import id_or_not_found, read_model
from api.http.responses import respond, respond_all
from api.openapi.inputs import CREATE_SECRET
from api.resources import MayReadJobs, MayWriteTemplates, Shared
from reelbatch.models.errors import (
    BodyTooLarge,
    InvalidJson,
    RequestError,
    SecretAlreadyExists,
    SecretNotFound,
    SecretsNotConfigured,
)
from reelbatch.models.stored.secrets import SecretRecord
from reelbatch.models.wire.secrets import Secret, SecretCreation

router = APIRouter(tags=["secrets"])


@router.put(
    "/secrets",
    status_code=201,
    response_model=Secret,
    responses=documented(
        RequestError, InvalidJson, BodyTooLarge, SecretAlreadyExists, SecretsNotConfigured
    ),
    openapi_extra=CREATE_SECRET,
)
async def create_or_update_secret(
    request: Request, resources: Shared, team: MayWriteTemplates
) -> Response:
    """Store a secret, to which jobs refer as `${secrets.NAME}`.

    To replace a secret, delete it first.
    """
    creation = await read_model(request, SecretCreation)
    record = await resources.secrets.create(team, creation.name, creation.value)
    return respond(_secret(record), 201)


@router.get("/secrets", response_model=list[Secret], responses=documented(SecretsNotConfigured))
async def list_secrets(resources: Shared, team: MayReadJobs) -> Response:
    """List the team's secrets, oldest first, without their values."""
    return respond_all([_secret(record) for record in await resources.secrets.list(team)])


@router.delete(
    "/secrets/{secret_id}",
    status_code=200,
    response_class=Response,
    responses=documented(SecretNotFound, SecretsNotConfigured),
)
async def delete_secret(secret_id: str, resources: Shared, team: MayWriteTemplates) -> Response:
    """Delete a secret.

    Jobs that still need it will fail.
    """
    if not await resources.secrets.delete(team, id_or_not_found(secret_id, SecretNotFound)):
        raise SecretNotFound
    return Response(status_code=200)


def _secret(record: SecretRecord) -> Secret:
    return Secret(id=record.id, name=record.name, created_at=record.created_at)

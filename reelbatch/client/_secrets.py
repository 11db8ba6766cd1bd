"""Operations on the team's secrets, whose values cannot be read again."""

from dataclasses import replace

from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Steps
from reelbatch.models.wire.secrets import Secret


def create_secret(session: Session, name: str, value: str) -> Steps[Secret]:
    """Store a secret, which jobs refer to as `${secrets.NAME}`.

    Raises:
        Conflict: There is a secret with this name. Delete it first.
    """
    body = {"name": name, "value": value}
    request = replace(session.request("PUT", "secrets", body=body), is_repeatable=False)
    return read_model(Secret, (yield from session.send(request)))


def list_secrets(session: Session) -> Steps[list[Secret]]:
    """List the team's secrets without their values, oldest first."""
    return read_models(Secret, (yield from session.send(session.request("GET", "secrets"))))


def delete_secret(session: Session, secret_id: str) -> Steps[None]:
    """Delete a secret. Jobs that still need it will fail."""
    yield from session.send(session.request("DELETE", "secrets", secret_id))

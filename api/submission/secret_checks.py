"""Does the team have the secrets that a job refers to?"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.submission.schema import Problem
from reelbatch.models.errors import SecretsNotConfigured, SecretUnknown
from reelbatch.models.wire.assets import secret_fields
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.joins import JoinCreation
from reelbatch.models.wire.secrets import referenced_secrets
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.storage.secrets import SecretVault


@dataclass(frozen=True)
class KnownSecrets:
    """The names of the team's secrets; None where the server keeps none."""

    names: frozenset[str] | None
    are_needed: bool = True  # by any of the request's jobs


async def known_secrets(
    vault: SecretVault, team: str, jobs: Sequence[JobCreation | JoinCreation]
) -> KnownSecrets:
    """One listing at most, whatever the number of jobs."""
    if not await asyncio.to_thread(lambda: any(True for job in jobs for _ in _references(job))):
        return KnownSecrets(frozenset(), are_needed=False)
    try:
        return KnownSecrets(await vault.names(team))
    except SecretsNotConfigured:
        return KnownSecrets(None)


def secret_problems(job: JobCreation | JoinCreation, known: KnownSecrets) -> Iterator[Problem]:
    for field, name in _references(job) if known.are_needed else ():
        if known.names is None:
            yield Problem(SecretsNotConfigured, field, (SecretsNotConfigured.__doc__ or "").strip())
        elif name not in known.names:
            yield Problem(SecretUnknown, field, _unknown(name))


async def check_webhook_secrets(vault: SecretVault, team: str, webhook: Webhook | None) -> None:
    """For a batch's own webhook. Raises SecretUnknown or SecretsNotConfigured."""
    wanted = webhook.model_dump(mode="json") if webhook else None
    references = list(referenced_secrets(wanted, "webhook"))
    if not references:
        return
    names = await vault.names(team)
    for field, name in references:
        if name not in names:
            detail = FieldError(field=field, message=_unknown(name))
            raise SecretUnknown(f"{field}: {detail.message}", details=[detail])


def _unknown(name: str) -> str:
    return f"There is no secret named {name[:128]}: store it with PUT /secrets first."


def _references(job: JobCreation | JoinCreation) -> Iterator[tuple[str, str]]:
    """Each reference of the job itself, as its field's path and the secret's name; nested jobs are
    looked at on their own.
    """
    if isinstance(job, JobCreation):
        yield from referenced_secrets(job.template.src, "template.src")
    assets = job.clips if isinstance(job, JoinCreation) else job.assets
    for position, asset in enumerate(assets):
        for field, value in secret_fields(asset).items():
            yield from referenced_secrets(value, f"assets.{position}.{field}")
    if job.upload is not None:
        params = job.upload.params.model_dump(mode="json", by_alias=True)
        yield from referenced_secrets(params, "upload.params")
    if job.webhook is not None:
        yield from referenced_secrets(job.webhook.model_dump(mode="json"), "webhook")

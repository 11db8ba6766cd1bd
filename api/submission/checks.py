"""Checks a job's assets and secrets against its template, its engine and its team."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from obstore.store import ObjectStore
from pydantic import JsonValue, ValidationError

from api.http.requests import field_errors
from api.submission.plan import ReadyTemplate
from reelbatch.checks.addresses import not_public, private_host
from reelbatch.checks.template import layer_problems, listed
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import (
    NotSupported,
    RequestError,
    SecretsNotConfigured,
    SecretUnknown,
    UploadUnknown,
)
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.wire.assets import (
    MAX_NESTED_JOBS,
    Asset,
    FunctionAsset,
    MediaAsset,
    NestedJobAsset,
    ScriptAsset,
    StaticAsset,
    secret_fields,
)
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.joins import JoinCreation
from reelbatch.models.wire.secrets import begins_with_reference, referenced_secrets
from reelbatch.models.wire.sources import BucketParams, bucket_and_key, is_s3_url
from reelbatch.models.wire.uploaded_files import upload_id_in
from reelbatch.models.wire.urls import is_http_url
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.spelling import did_you_mean
from reelbatch.storage.secrets import SecretVault
from reelbatch.storage.uploaded_files import missing_files


def number_problems(assets: Sequence[Asset]) -> Iterator[Problem]:
    """The number of nested jobs in a job is limited, because they start together."""
    number = sum(isinstance(asset, NestedJobAsset) for asset in assets)
    if number > MAX_NESTED_JOBS:
        message = f"A job may have at most {MAX_NESTED_JOBS} nested jobs, not {number}."
        yield Problem(RequestError, "assets", message)


def assets_problems(
    job: JobCreation, engine: type[RenderEngine], template: ReadyTemplate | None = None
) -> Iterator[Problem]:
    """Problems with the job's assets; without a template, only those that no template could fix."""
    composition = template.composition_named(job.template.composition) if template else None
    for position, asset in enumerate(job.assets):
        field = f"assets.{position}"
        yield from asset_problems(asset, field, engine)
        if template is not None:
            yield from layer_problems(asset, field, template, composition)


def asset_problems(asset: Asset, field: str, engine: type[RenderEngine]) -> Iterator[Problem]:
    """The problems that the engine has with the asset; a nested job counts as its output."""
    kind = asset.media_type if isinstance(asset, NestedJobAsset) else asset.type
    if kind not in engine.asset_types:
        message = f"The engine {engine.name} does not support assets of the type {kind}."
        yield Problem(
            NotSupported, f"{field}.type", f"{message} {listed('types', engine.asset_types)}"
        )
    if isinstance(asset, FunctionAsset) and asset.name not in engine.functions:
        hint = did_you_mean(asset.name, engine.functions)
        message = f"The engine {engine.name} has no function {asset.name}.{hint}"
        yield Problem(
            NotSupported, f"{field}.name", f"{message} {listed('functions', engine.functions)}"
        )
    if isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)):
        yield from _source_problems(asset, field)


def _source_problems(
    asset: MediaAsset | StaticAsset | ScriptAsset, field: str
) -> Iterator[Problem]:
    """Problems with fetching what the asset's `src` names."""
    if not _is_fetchable(asset.src):
        message = (
            "The src must be an http, https or data URL, s3://BUCKET/KEY, or the upload:ID of a "
            "file that was sent to POST /uploads."
        )
        yield Problem(RequestError, f"{field}.src", message)
        return
    if not is_s3_url(asset.src):
        return
    if isinstance(asset, ScriptAsset):
        message = (
            "A script has no `params`, which s3 needs: use an http or https URL, such as a "
            "presigned one, or a data URL."
        )
        yield Problem(NotSupported, f"{field}.src", message)
        return
    try:
        BucketParams.model_validate(asset.params)
    except ValidationError as error:
        for detail in field_errors(error, asset.params):
            path = f"{field}.params.{detail.field}".removesuffix(".")
            yield Problem(RequestError, path, detail.message)


def _is_fetchable(src: str) -> bool:
    """Return whether workers will try to fetch it. They also check URLs that contain secrets."""
    if begins_with_reference(src):
        return True
    if not is_s3_url(src):
        return src[:5].lower() == "data:" or is_http_url(src) or upload_id_in(src) is not None
    try:
        bucket_and_key(src)
    except ValueError:
        return False
    return True


def address_problems(job: JobCreation | JoinCreation) -> Iterator[Problem]:
    """URLs that evidently lead into a private network."""
    for field, url in _fetched_urls(job):
        if host := private_host(url):
            yield Problem(RequestError, field, not_public(host))


def check_public(webhook: Webhook | None) -> None:
    """Check a batch's own webhook. Raises RequestError."""
    if webhook and (host := private_host(webhook.url)):
        raise error_of([Problem(RequestError, "webhook.url", not_public(host))])


def _fetched_urls(job: JobCreation | JoinCreation) -> Iterator[tuple[str, str]]:
    """Each URL with its field's path. Nested jobs are checked separately."""
    if isinstance(job, JobCreation) and job.template.src is not None:
        yield "template.src", job.template.src
    for position, asset in enumerate(job.clips if isinstance(job, JoinCreation) else job.assets):
        if not isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)):
            continue
        if is_http_url(asset.src):
            yield f"assets.{position}.src", asset.src
        elif not isinstance(asset, ScriptAsset) and is_s3_url(asset.src):
            yield f"assets.{position}.params.endpoint", str(asset.params.get("endpoint", ""))
    if job.upload is not None:
        yield "upload.params.endpoint", job.upload.params.endpoint
    if job.webhook is not None:
        yield "webhook.url", job.webhook.url


async def missing_uploads(
    store: ObjectStore, team: str, jobs: Sequence[JobCreation | JoinCreation]
) -> frozenset[str]:
    """The ids of uploaded files that the jobs use but the team does not have."""
    ids = await asyncio.to_thread(lambda: {id_ for job in jobs for _, id_ in _uploads_of(job)})
    return await missing_files(store, team, ids)


def upload_problems(job: JobCreation | JoinCreation, missing: frozenset[str]) -> Iterator[Problem]:
    for field, id_ in _uploads_of(job) if missing else ():
        if id_ in missing:
            message = f"There is no uploaded file {id_}: send it with POST /uploads first."
            yield Problem(UploadUnknown, field, message)


def _uploads_of(job: JobCreation | JoinCreation) -> Iterator[tuple[str, str]]:
    """The field's path and the id of each uploaded file. Nested jobs are checked separately."""
    assets = job.clips if isinstance(job, JoinCreation) else job.assets
    for position, asset in enumerate(assets):
        if isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)) and (
            id_ := upload_id_in(asset.src)
        ):
            yield f"assets.{position}.src", id_


@dataclass(frozen=True)
class TeamSecrets:
    """The names of the team's secrets; None if the server stores no secrets."""

    names: frozenset[str] | None
    are_needed: bool = True  # by any of the request's jobs


async def team_secrets(
    vault: SecretVault, team: str, jobs: Sequence[JobCreation | JoinCreation]
) -> TeamSecrets:
    """The team's secrets, listed once at most, whatever the number of jobs."""
    if not await asyncio.to_thread(lambda: any(True for job in jobs for _ in _references(job))):
        return TeamSecrets(frozenset(), are_needed=False)
    try:
        return TeamSecrets(await vault.names(team))
    except SecretsNotConfigured:
        return TeamSecrets(None)


def secret_problems(job: JobCreation | JoinCreation, secrets: TeamSecrets) -> Iterator[Problem]:
    for field, name in _references(job) if secrets.are_needed else ():
        if secrets.names is None:
            yield Problem(SecretsNotConfigured, field, (SecretsNotConfigured.__doc__ or "").strip())
        elif name not in secrets.names:
            yield Problem(SecretUnknown, field, _unknown(name))


async def check_webhook_secrets(vault: SecretVault, team: str, webhook: Webhook | None) -> None:
    """Check a batch's own webhook. Raises SecretUnknown or SecretsNotConfigured."""
    sent = webhook.model_dump(mode="json") if webhook else None
    await _check_secrets(vault, team, "webhook", sent)


async def check_table_url(
    vault: SecretVault, team: str, url: str, *, private_networks: bool
) -> None:
    """Check the URL of a schedule's table; `private_networks` says if workers may reach them.

    Raises RequestError, SecretUnknown or SecretsNotConfigured.
    """
    host = None if private_networks else private_host(url)
    if not (is_http_url(url) or begins_with_reference(url)):
        raise error_of([Problem(RequestError, "url", "must be an http or https URL")])
    if host:
        raise error_of([Problem(RequestError, "url", not_public(host))])
    await _check_secrets(vault, team, "url", url)


async def _check_secrets(vault: SecretVault, team: str, name: str, sent: JsonValue) -> None:
    references = list(referenced_secrets(sent, name))
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
    """Each reference's field path and secret name. Nested jobs are checked separately."""
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

"""Checks what the API and workers need to start: a prepared namespace and a usable object store.

If something is missing, they say so in one line, with what to do.
"""

from datetime import timedelta

from obstore.exceptions import BaseError as ObjectStoreError
from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from reelbatch.models.orchestration import search_attributes
from reelbatch.storage import keys
from reelbatch.storage.objects import read_bytes

_PATIENCE = timedelta(seconds=3)
_HIDDEN = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)
_MARK = b"ready"


class Unprepared(RuntimeError):
    """The namespace or store must be changed before the service can work with it."""


async def check_namespace(client: Client) -> None:
    """Raises Unprepared, or RPCError if Temporal or its database does not respond."""
    missing = await missing_search_attributes(client)
    if missing:
        raise Unprepared(
            f"Temporal's namespace {client.namespace} is missing the search attributes "
            f"{', '.join(missing)}. Run `reelbatch prepare-temporal`."
        )


async def missing_search_attributes(client: Client) -> list[str]:
    """The names of the search attributes that the namespace is missing.

    Empty if the server does not list them. Raises the same errors as `check_namespace`.
    """
    await _find_namespace(client)
    try:
        response = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status in _HIDDEN:
            return []
        raise
    present = response.custom_attributes
    return [key.name for key in search_attributes.ALL if key.name not in present]


async def _find_namespace(client: Client) -> None:
    """Look up the namespace. Unlike most calls, this one reads Temporal's database."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Unprepared(
            f"Temporal has no namespace {client.namespace}. Run `temporal operator namespace "
            f"create --namespace {client.namespace} --retention 30d`, then `reelbatch "
            "prepare-temporal`."
        ) from error


async def check_store(store: ObjectStore) -> None:
    """Write and read an object. Raises Unprepared, or ObjectStoreError if there is no response."""
    try:
        await store.put_async(keys.READY_MARK, _MARK)
        found = await read_bytes(store, keys.READY_MARK)
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise Unprepared(in_words(error)) from error
    except FileNotFoundError as error:
        raise Unprepared(
            "The object store has no such bucket. Create it, or correct REELBATCH_OBJECT_STORE."
        ) from error
    if found is None:
        raise Unprepared("The object store does not return the content that was written.")


def in_words(error: RPCError | ObjectStoreError) -> str:
    """The error in one line for the operator of the service."""
    if isinstance(error, RPCError):
        return f"Temporal does not respond: {error.message}"
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return (
            "The object store denies access. Check its credentials, such as AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, and their permissions."
        )
    reason = str(error).strip().partition("\n")[0]
    return f"The object store does not respond: {reason}"


async def check_all(client: Client, store: ObjectStore) -> None:
    """Raises RuntimeError with one line that says what keeps the service from working."""
    try:
        await check_store(store)
        await check_namespace(client)
    except (RPCError, ObjectStoreError) as error:
        raise RuntimeError(in_words(error)) from error

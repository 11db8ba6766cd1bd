"""What the API and workers need before they can serve: a prepared namespace, and a store that takes
and returns objects. Whoever lacks it says so in one line, with the way out.
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
    """The service cannot work with this namespace or store, as long as nobody changes it."""


async def check_namespace(client: Client) -> None:
    """Raises Unprepared, or RPCError if Temporal or its database does not answer."""
    missing = await missing_search_attributes(client)
    if missing:
        raise Unprepared(
            f"Temporal's namespace {client.namespace} lacks the search attributes "
            f"{', '.join(missing)}: run `reelbatch prepare-temporal`."
        )


async def missing_search_attributes(client: Client) -> list[str]:
    """The names of those that the namespace lacks; none where the server does not tell.

    Raises as `check_namespace`.
    """
    await _find_namespace(client)
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status in _HIDDEN:
            return []
        raise
    present = answer.custom_attributes
    return [key.name for key in search_attributes.ALL if key.name not in present]


async def _find_namespace(client: Client) -> None:
    """Temporal's answer comes from its database; most others would come from memory."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Unprepared(
            f"Temporal has no namespace {client.namespace}: run `temporal operator namespace "
            f"create --namespace {client.namespace} --retention 30d`, then `reelbatch "
            "prepare-temporal`."
        ) from error


async def check_store(store: ObjectStore) -> None:
    """Write an object and read it. Raises Unprepared, or ObjectStoreError if it does not answer."""
    try:
        await store.put_async(keys.READY_MARK, _MARK)
        found = await read_bytes(store, keys.READY_MARK)
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise Unprepared(in_words(error)) from error
    except FileNotFoundError as error:
        raise Unprepared(
            "The object store has no such bucket: make it, or correct REELBATCH_OBJECT_STORE."
        ) from error
    if found is None:
        raise Unprepared("The object store does not return what it was given.")


def in_words(error: RPCError | ObjectStoreError) -> str:
    """One line for whoever runs the service."""
    if isinstance(error, RPCError):
        return f"Temporal does not answer: {error.message}"
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return (
            "The object store refuses to write or read: check its credentials, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they allow."
        )
    reason = str(error).strip().partition("\n")[0]
    return f"The object store does not answer: {reason}"


async def check_all(client: Client, store: ObjectStore) -> None:
    """Raises RuntimeError that says in a line what keeps the service from working."""
    try:
        await check_store(store)
        await check_namespace(client)
    except (RPCError, ObjectStoreError) as error:
        raise RuntimeError(in_words(error)) from error

"""Preparing a Temporal namespace: its search attributes and its retention."""

from collections.abc import Iterable
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from reelbatch.cli.console import CommandFailed
from reelbatch.connection import connect_without_payloads
from reelbatch.models.orchestration import search_attributes
from reelbatch.pollers import pollers_of
from reelbatch.preparation import Unprepared, missing_search_attributes
from reelbatch.settings import Settings

_SERVER_DEFAULT_RETENTION = timedelta(days=1)
_RETENTION = timedelta(days=30)  # how long ended batches are listed and shown in the Web UI


async def prepare_namespace(settings: Settings) -> None:
    """Add missing search attributes to the namespace in the settings. Raises CommandFailed."""
    try:
        client = await connect_without_payloads(settings)
        await add_missing_search_attributes(client)
    except Unprepared as problem:
        raise CommandFailed(str(problem)) from problem
    except (RuntimeError, RPCError, ValueError) as error:
        raise CommandFailed(f"Temporal cannot be prepared: {error}") from error


async def add_missing_search_attributes(client: Client) -> None:
    missing = await missing_search_attributes(client)
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type)
                    for key in search_attributes.ALL
                    if key.name in missing
                },
            )
        )


async def lengthen_retention(client: Client) -> None:
    """Retain ended workflows for longer than a day, unless somebody has changed the default."""
    description = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    retention = description.config.workflow_execution_retention_ttl.ToTimedelta()
    if retention != _SERVER_DEFAULT_RETENTION:
        return
    ttl = Duration()
    ttl.FromTimedelta(_RETENTION)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=ttl),
        )
    )


async def queues_without_worker(client: Client, queues: Iterable[str]) -> list[str]:
    """The `queues` that no worker polls for activities."""
    return [queue for queue in queues if not await pollers_of(client, queue)]

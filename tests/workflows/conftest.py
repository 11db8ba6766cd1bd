"""Fixtures for tests on Temporal's time-skipping server."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from reelbatch.models.orchestration import search_attributes
from tests.workflows.workbench import Workbench


@asynccontextmanager
async def time_skipping_server() -> AsyncGenerator[WorkflowEnvironment]:
    server = Path(sys.executable).with_name("temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=str(server)
    ) as started:
        await register_search_attributes(started.client)
        yield started


@pytest_asyncio.fixture(scope="session")
async def environment() -> AsyncGenerator[WorkflowEnvironment]:
    async with time_skipping_server() as started:
        yield started


async def register_search_attributes(client: Client) -> None:
    """Register the attributes; the server drops starts of child workflows with unknown ones."""
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace,
            search_attributes={
                key.name: IndexedValueType.ValueType(key.indexed_value_type)
                for key in search_attributes.ALL
            },
        )
    )


@pytest_asyncio.fixture
async def skipping_workbench() -> AsyncGenerator[Workbench]:
    """A workbench with its own server: after abandoned children, a server skips no more time."""
    async with time_skipping_server() as started:
        yield Workbench(started.client)


@pytest.fixture
def workbench(environment: WorkflowEnvironment) -> Workbench:
    return Workbench(environment.client)

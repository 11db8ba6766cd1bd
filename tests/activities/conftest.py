from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.origin import Origin, running_origin


@pytest_asyncio.fixture
async def origin() -> AsyncGenerator[Origin]:
    async with running_origin() as running:
        yield running

"""A browser for the tests of the page."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.api.page.browsing import ARGUMENTS, HOW_TO_GET_IT, Visit, find_chromium, visiting
from tests.api.running_api import RunningApi, Team


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip(HOW_TO_GET_IT)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        await running.close()


@pytest_asyncio.fixture
async def visit(browser: Browser, api: RunningApi, team: Team) -> AsyncGenerator[Visit]:
    """A tab in which a member of `team` is signed in."""
    async with visiting(browser, api, team) as tab:
        await tab.sign_in()
        yield tab

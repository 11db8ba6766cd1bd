"""Takes the tutorial's screenshots in `docs/pictures/`, using only the web page as its readers do.

python examples/tutorial_pictures.py reelbatch-home/connection.json
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from page_pictures import HERE, open_page, save
from playwright.async_api import Page, async_playwright

TEMPLATE = HERE / "templates" / "counter-badge.json"
TABLE = HERE / "tables" / "runners.csv"
RUNNERS = 300


async def upload_template(page: Page, url: str) -> None:
    await page.goto(f"{url}/#/templates")
    await page.locator("input[type=file]").set_input_files(TEMPLATE)
    await page.get_by_text("Ready").first.wait_for()


async def fill_in_batch(page: Page, url: str) -> None:
    await page.goto(f"{url}/#/new")
    await page.get_by_label("number, row 1").wait_for()
    await page.locator("input[type=file]").set_input_files(TABLE)
    await page.get_by_role("button", name=f"Start {RUNNERS} jobs").wait_for()
    await page.get_by_label("Batch name").fill("Runners")
    await page.get_by_label("File names").fill("{number} {label}")
    await page.get_by_label("Add a poster to each film").check()
    await page.get_by_label("Preview row 1", exact=True).click()
    await page.locator(".picture img").wait_for()
    await page.evaluate("scrollTo(0, 0)")


async def render(page: Page) -> None:
    """Start the batch, and wait until the visible posters have loaded."""
    await page.get_by_role("button", name=f"Start {RUNNERS} jobs").click()
    outputs = page.get_by_role("button", name="Show outputs")
    ended = page.get_by_text(f"{RUNNERS} of {RUNNERS} finished").first
    await ended.wait_for(timeout=600_000)
    if await outputs.get_attribute("aria-pressed") == "false":
        await outputs.click()
    await page.locator(".cell img").first.wait_for()
    await page.wait_for_function(
        """() => [...document.querySelectorAll(".cell img")]
             .filter((poster) => poster.getBoundingClientRect().top < innerHeight)
             .every((poster) => poster.complete)"""
    )


async def main(connection: Mapping[str, str]) -> None:
    url, token = connection["apiUrl"], connection["token"]
    desk: Any = {"viewport": {"width": 1180, "height": 960}}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await open_page(browser, url, token, **desk)
        await upload_template(page, url)
        await fill_in_batch(page, url)
        await save(page, "tutorial-new-batch")
        await render(page)
        await save(page, "tutorial-films")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))

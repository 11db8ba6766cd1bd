"""Takes the screenshots of the Temporal Web UI in `docs/pictures/`, on a running `reelbatch up`.

python examples/web_ui_pictures.py reelbatch-home/connection.json
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from page_pictures import push_templates, save, submit
from playwright.async_api import Page, async_playwright

from reelbatch.client import Reelbatch

NAMESPACE = "default"
JOB = 3  # the job in the batch whose workflow is shown


async def show(page: Page, url: str, path: str, waits_for: str) -> None:
    await page.goto(f"{url}/namespaces/{NAMESPACE}/{path}")
    await page.get_by_text(waits_for).first.wait_for()
    await page.wait_for_load_state("networkidle")


async def show_details(page: Page) -> None:
    """Open the tab with the workflow's details; their Markdown is in separate frames."""
    await page.get_by_text("User Metadata").first.click()
    counts = page.frame_locator("iframe[src*='jobs%20done']")
    await counts.get_by_text("jobs done").wait_for()


def render_batch(connection: Mapping[str, str]) -> tuple[str, str]:
    """Run a batch; returns its id and that of one of its jobs."""
    with Reelbatch(connection["apiUrl"], connection["token"]) as api:
        push_templates(api)
        batch = submit(api, "batch-mixed")
        return batch.id, batch.wait().jobs[JOB].id


async def main(connection: Mapping[str, str]) -> None:
    ui = connection["temporalUiUrl"]
    batch_id, job_id = await asyncio.to_thread(render_batch, connection)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1400, "height": 1150})
        query = quote(f'ReelbatchBatchId="{batch_id}" OR WorkflowType="Batch"', safe="")
        await show(page, ui, f"workflows?query={query}", batch_id)
        await save(page, "web-ui-list")
        await show(page, ui, f"workflows/{_workflow('batch', batch_id)}", f"{JOB:05d}")
        await save(page, "web-ui")
        await show_details(page)
        await save(page, "web-ui-details")
        await show(page, ui, f"workflows/{_workflow('job', job_id)}", f"{JOB:05d}")
        await save(page, "web-ui-job")
        await browser.close()


def _workflow(kind: str, id_: str) -> str:
    return quote(f"default/{kind}/{id_}", safe="")


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))

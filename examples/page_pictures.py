"""Takes screenshots of the web page for `docs/pictures/`, with the examples on a running service.

python examples/page_pictures.py reelbatch-home/connection.json
"""

import asyncio
import io
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from reelbatch.cli.request_files import submit_file
from reelbatch.client import Batch, Reelbatch, StatsChanged

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "pictures"
TEMPLATES = ("product-promo.zip", "counter-badge.json", "certificate.json")
PEOPLE = "recipient,course,date,job:priority\n" + "\n".join(
    (
        "Ada Lovelace,Foundations of Analytical Engines,15 June 2026,",
        "Grace Hopper,Compilers from First Principles,16 June 2026,high",
        "Katherine Johnson,Orbital Mechanics,17 June 2026,",
        "Mary Jackson,Supersonic Pressure Tunnels,18 June 2026,",
    )
)
UNREACHABLE = {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
LARGE = 600  # jobs in the batch that is shown while it runs
SHARE_DONE = 0.6  # of its jobs, when it is shown


def push_templates(api: Reelbatch) -> dict[str, str]:
    """Upload the templates; returns their ids by name."""
    files = [HERE / "templates" / name for name in TEMPLATES]
    return {file.stem: api.templates.push(file).id for file in files}


def submit(api: Reelbatch, name: str) -> Batch:
    """Submit a file of `requests/`, with the newest templates."""
    return submit_file(api, HERE / "requests" / f"{name}.json").batches[0]


def large_batch(badge: str) -> Any:
    """Return a batch of numbers, some of which cannot be rendered."""
    jobs = [
        {"assets": [{"type": "text", "layerName": "number", "value": str(number)}]}
        for number in range(LARGE)
    ]
    for number in range(40, LARGE, 97):
        jobs[number]["assets"].append(UNREACHABLE)
    settings = {"type": "image", "codec": "image_png", "frames": 20}
    return {"defaults": {"template": {"id": badge}, "settings": settings}, "jobs": jobs}


def follow(batch: Batch, share: float) -> None:
    """Wait until this share of the batch is done."""
    for event in batch.events():
        if (
            isinstance(event, StatsChanged)
            and event.stats.pending <= (1 - share) * event.stats.total
        ):
            return


async def save(page: Page, name: str) -> None:
    """Save a screenshot with a palette: a third of the size, with hardly a visible difference."""
    picture = Image.open(io.BytesIO(await page.screenshot()))
    colours = picture.convert("RGB")
    small = colours.quantize(palette=colours.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
    small.save(PICTURES / f"{name}.png", optimize=True)


async def open_page(browser: Browser, url: str, token: str, **options: Any) -> Page:
    page = await browser.new_page(**options)
    await page.goto(url)
    await page.get_by_label("Token").fill(token)
    await page.keyboard.press("Enter")
    await page.locator("table.batches tbody tr").first.wait_for()
    return page


async def show_outputs(page: Page, url: str, batch_id: str) -> None:
    await page.goto(f"{url}/#/batches/{batch_id}")
    await page.locator(".cell video, .cell img").first.wait_for()
    await page.wait_for_function(
        """() => [...document.querySelectorAll(".cell video, .cell img")].every((output) =>
             output.naturalWidth > 0 || (output.currentTime > 0 && !output.seeking))"""
    )


async def main(connection: Mapping[str, str]) -> None:
    url, token = connection["apiUrl"], connection["token"]
    program = shutil.which("chromium")
    with Reelbatch(url, token) as api:
        templates = push_templates(api)
        mixed = submit(api, "batch-mixed")
        submit(api, "certificates").wait()
        mixed.wait()
        desk: Any = {"viewport": {"width": 1180, "height": 760}}
        phone: Any = {"viewport": {"width": 360, "height": 720}, "device_scale_factor": 2}
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            page = await open_page(browser, url, token, **desk)
            await show_outputs(page, url, mixed.id)
            await save(page, "page-outputs")

            await page.goto(f"{url}/#/new?template={templates['certificate']}")
            await page.get_by_label("recipient, row 1").wait_for()
            await page.get_by_label("Output", exact=True).select_option("image_png")
            await page.locator("input[type=file]").set_input_files(
                {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
            )
            await page.locator(".row-problems").wait_for()
            await page.get_by_label("Preview row 1").click()
            await page.locator(".picture img").wait_for()
            await page.locator(".scroller").evaluate("(rows) => rows.scrollTo(0, 0)")
            await page.evaluate("scrollTo(0, 0)")
            await save(page, "page-new-batch")

            night = await open_page(browser, url, token, color_scheme="dark", **desk)
            large = api.batches.create(**large_batch(templates["counter-badge"]))
            await night.goto(f"{url}/#/batches/{large.id}")
            await asyncio.to_thread(follow, large, SHARE_DONE)
            await save(night, "page-live")
            hand = await open_page(browser, url, token, **phone)
            await hand.goto(f"{url}/#/batches/{large.id}")
            await hand.locator(".cell").first.wait_for()
            await save(hand, "page-phone")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))

"""The page works for everyone: by keyboard, with a screen reader, on a phone, in dark mode."""

from collections.abc import AsyncGenerator
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, expect

from tests.api.documents import a_film
from tests.api.page.browsing import PHONE, Visit, has_focus, visiting
from tests.api.running_api import RunningApi, Team, a_still, a_video

UNREADABLE = [{"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}]
# After a dialog's last control, Tab reaches the browser's own ones. The body has the focus then.
IS_INSIDE = """() => document.activeElement === document.body ||
  document.activeElement.closest("dialog") !== null"""
LONG_NAME = 33 * "Spring"
LEAST_CONTRAST = 3.0  # between a mark and its surroundings: WCAG 2.2, 1.4.11


@pytest_asyncio.fixture
async def batch_id(team: Team) -> str:
    """The id of a batch with jobs in every state. A second batch comes from a table."""
    card, film = await team.upload_card(), await team.upload(a_film())
    slow = a_video(film)
    unreadable = a_still(card, name=LONG_NAME) | {"assets": UNREADABLE}
    jobs: list[Any] = [a_still(card), unreadable, slow, slow, slow, {}]
    body = {"jobs": jobs, "concurrency": 1, "name": LONG_NAME}
    batch = (await team.http.post("/batches", json=body)).json()
    await team.http.post(
        "/batches",
        params={"template": card, "name": "From a table"},
        content=f"title,{LONG_NAME},job:priority\n{LONG_NAME},x,high\n",
        headers={"Content-Type": "text/csv"},
    )
    await team.http.patch(f"/jobs/{batch['jobs'][4]['id']}/cancel")
    table = "https://example.com/a.csv"
    schedule = {"name": LONG_NAME, "cron": "0 6 1 1 *", "url": table, "template": card}
    assert (await team.http.post("/schedules", json=schedule)).status_code == 201
    return batch["batchId"]


STATES = ["finished", "failed", "rendering", "queued", "cancelled", "rejected"]


async def see_everything(visit: Visit, batch_id: str) -> AsyncGenerator[str]:
    """Visit everything that the page shows, and name each place."""
    await visit.page.goto(visit.url)
    await expect(visit.page.get_by_label("Token")).to_be_visible()
    yield "signing in"
    await visit.sign_in()
    await expect(visit.page.get_by_role("link", name=batch_id)).to_be_visible()
    yield "the list"
    await visit.page.get_by_role("link", name="From a table").click()
    await visit.wait_for_state(0, "rejected")
    await visit.cell(0).click()
    await expect(visit.page.get_by_role("region", name="Row")).to_be_visible()
    yield "a row"
    await visit.page.keyboard.press("Escape")
    await visit.go(f"/batches/{batch_id}")
    for index, state in enumerate(STATES):
        await visit.wait_for_state(index, state)
    yield "a batch"
    await visit.cell(1).click()
    await visit.page.get_by_text("Log", exact=True).click()
    await visit.page.get_by_role("dialog").get_by_text("Webhook", exact=True).click()
    await expect(visit.page.get_by_text("It has no webhook.")).to_be_visible()
    yield "a job"
    await visit.page.keyboard.press("Escape")
    await visit.page.get_by_role("button", name="Cancel", exact=True).click()
    yield "a confirmation"
    await visit.page.keyboard.press("Escape")
    await visit.page.get_by_role("button", name="Share").click()
    link = await visit.page.get_by_label("Link").input_value()
    yield "sharing"
    await visit.page.goto(link)
    await expect(visit.page.get_by_role("img")).to_be_visible()
    yield "a gallery"
    await visit.go("/templates")
    await expect(visit.page.locator(".templates .card")).to_have_count(2)
    await visit.page.locator(".templates .card").last.scroll_into_view_if_needed()
    await expect(visit.page.locator(".template-fields table")).to_have_count(2)
    yield "templates"
    await visit.go("/settings")
    await expect(visit.page.get_by_text("No secrets yet")).to_be_visible()
    await visit.page.get_by_role("button", name="Show the signing key").click()
    await expect(visit.page.get_by_label("Signing key")).to_be_visible()
    yield "settings"
    tokens = visit.page.get_by_role("region", name="API tokens")
    await tokens.get_by_label("Name").fill(LONG_NAME)
    await tokens.get_by_role("button", name="Create token").click()
    await expect(visit.page.get_by_label("New token")).to_be_visible()
    yield "a new token"
    await visit.go("/schedules")
    await visit.page.get_by_text("New schedule").click()
    await expect(visit.page.get_by_text("It has not run yet.")).to_be_visible()
    yield "schedules"
    await visit.go("/help")
    await expect(visit.page.get_by_text("Reelbatch 0")).to_be_visible()
    yield "help"
    await visit.go("/new")
    table = b"Title,who,job:priority,data:background.Color\nA,B,high,#ff0000"
    file: FilePayload = {"name": "a.csv", "mimeType": "text/csv", "buffer": table}
    await visit.page.get_by_label("title, row 1").wait_for()
    await visit.page.locator("input[type=file]").set_input_files(file)
    await expect(visit.page.get_by_role("list", name="About the table")).to_be_visible()
    await expect(visit.page.locator(".row-problems")).to_be_visible()
    await visit.page.get_by_role("button", name="Add an output").click()
    await visit.page.get_by_label("File names").fill("{size}")
    await visit.page.get_by_role("button", name="Check rows").click()
    await expect(visit.page.get_by_text("The table has no column size.")).to_be_visible()
    yield "a new batch"
    await visit.page.get_by_label("File names").fill("")
    await visit.page.get_by_label("Remove row 1").click()
    await visit.page.get_by_label("title, row 1").fill("Ada")
    await visit.page.get_by_role("button", name="Preview the first 12 rows").click()
    await expect(visit.page.get_by_alt_text("Preview of row 1", exact=True)).to_be_visible()
    yield "the first rows"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_axe_finds_no_violation(
    browser: Browser,
    api: RunningApi,
    team: Team,
    batch_id: str,
    color_scheme: Literal["light", "dark"],
    subtests: pytest.Subtests,
) -> None:
    async with visiting(browser, api, team, color_scheme=color_scheme) as visit:
        async for place in see_everything(visit, batch_id):
            found = await Axe().run(visit.page)
            with subtests.test(place):
                assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_the_marks_of_all_states_can_be_seen_and_told_apart(
    browser: Browser,
    api: RunningApi,
    team: Team,
    batch_id: str,
    color_scheme: Literal["light", "dark"],
) -> None:
    async with visiting(browser, api, team, color_scheme=color_scheme) as visit:
        await visit.sign_in()
        await visit.go(f"/batches/{batch_id}")
        marks: list[tuple[str, str]] = []
        for index, state in enumerate(STATES):
            await visit.wait_for_state(index, state)
            colour, ground, symbol = await visit.cell(index).evaluate(
                """(cell) => [
                  getComputedStyle(cell).getPropertyValue("--colour"),
                  getComputedStyle(cell).getPropertyValue("--ground"),
                  getComputedStyle(cell, "::before").content,
                ]"""
            )
            assert contrast(colour, ground) >= LEAST_CONTRAST, state
            marks.append(
                (symbol, await visit.cell(index).evaluate("(c) => getComputedStyle(c).boxShadow"))
            )
        assert len(set(marks)) == len(STATES)  # without their colours


def contrast(one: str, other: str) -> float:
    """Compare two colours, given as #rrggbb. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour.strip()[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_nothing_is_wider_than_a_phone(
    browser: Browser, api: RunningApi, team: Team, batch_id: str, subtests: pytest.Subtests
) -> None:
    async with visiting(browser, api, team, width=PHONE) as visit:
        async for place in see_everything(visit, batch_id):
            with subtests.test(place):
                width = await visit.page.evaluate("document.documentElement.scrollWidth")
                assert width == PHONE


async def test_dark_mode_is_dark(browser: Browser, api: RunningApi, team: Team) -> None:
    shades: dict[str, float] = {}
    for scheme in ("light", "dark"):
        async with visiting(browser, api, team, color_scheme=scheme) as visit:
            await visit.sign_in()
            ground = await visit.page.evaluate(
                "getComputedStyle(document.body).getPropertyValue('--ground')"
            )
            shades[scheme] = luminance(ground)
    assert shades["light"] > 0.8
    assert shades["dark"] < 0.05


async def test_the_keyboard_leads_from_the_list_to_a_job_and_back(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    made = await team.create_batch(*[{}] * 5, status=400)
    async with visiting(browser, api, team) as visit:
        keyboard = visit.page.keyboard
        await visit.sign_in()
        await expect(visit.page.get_by_role("link", name=made["batchId"])).to_be_visible()
        await keyboard.press("Tab")  # from the top of the new page
        await has_focus(visit.page.get_by_role("link", name="New batch").last)
        await keyboard.press("Tab")
        await has_focus(visit.page.get_by_role("searchbox", name="Find batches by name"))
        await keyboard.press("Tab")
        await has_focus(visit.page.get_by_role("link", name=made["batchId"]))
        await keyboard.press("Enter")
        await visit.wait_for_state(4, "rejected")

        search = visit.page.get_by_role("searchbox")
        for _ in range(10):
            await keyboard.press("Tab")
            if await search.evaluate("(input) => input === document.activeElement"):
                break
        await keyboard.press("Tab")  # into the grid, which is a single tab stop
        await has_focus(visit.cell(0))
        await keyboard.press("ArrowRight")
        await keyboard.press("End")
        await has_focus(visit.cell(4))
        await keyboard.press("ArrowLeft")
        await has_focus(visit.cell(3))
        await keyboard.press("Enter")
        panel = visit.page.get_by_role("dialog")
        await expect(panel).to_contain_text("Job 3")
        for _ in range(6):  # around in the panel, but never out of it
            await keyboard.press("Tab")
            assert await visit.page.evaluate(IS_INSIDE)
        await keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        await has_focus(visit.cell(3))

        await keyboard.press("Home")
        await keyboard.press("Shift+Tab")
        await has_focus(search)
        await keyboard.press("Tab")
        await has_focus(visit.cell(0))  # where the focus left the grid


async def test_screen_readers_read_the_progress(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    film = await team.upload(a_film())
    made = await team.create_batch(a_video(film))
    async with visiting(browser, api, team) as visit:
        await visit.sign_in()
        await visit.go(f"/batches/{made['batchId']}")
        await visit.wait_for_state(0, "rendering")
        await team.http.post(f"/batches/{made['batchId']}/cancel")
        said = visit.page.locator("#announcements")
        await expect(said).to_have_text("The batch has ended: 0 of 1 finished, 1 cancelled")

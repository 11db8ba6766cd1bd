"""Signing in and out, and what stays in the browser."""

from playwright.async_api import Browser, expect

from tests.api.page.browsing import has_focus, visiting
from tests.api.running_api import RunningApi, Team

STORED = "() => [sessionStorage.length, localStorage.length]"


async def test_a_wrong_token_is_refused_and_the_right_one_opens_the_page(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    async with visiting(browser, api, team) as visit:
        page = visit.page
        await page.goto(visit.url)
        token = page.get_by_label("Token")
        await has_focus(token)
        await token.fill("rb_wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("UNAUTHORIZED")
        await expect(page.get_by_role("alert")).to_contain_text("request ")
        assert await page.evaluate(STORED) == [0, 0]

        await token.fill(visit.token)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="No batches yet")).to_be_visible()
        assert await page.evaluate(STORED) == [1, 0]

        await page.reload()
        await expect(page.get_by_role("heading", name="No batches yet")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(token).to_be_visible()
        assert await page.evaluate(STORED) == [0, 0]


async def test_a_device_remembers_a_token_only_if_asked_to(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    async with visiting(browser, api, team) as visit:
        await visit.page.goto(visit.url)
        await visit.page.get_by_label("Remember on this device").check()
        await visit.sign_in_here()
        second = await visit.page.context.new_page()
        await second.goto(visit.url)
        await expect(second.get_by_role("heading", name="No batches yet")).to_be_visible()

        await second.get_by_role("button", name="Sign out").click()
        assert await second.evaluate(STORED) == [0, 0]


async def test_a_token_that_is_refused_later_leads_back_to_signing_in(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    async with visiting(browser, api, team) as visit:
        await visit.sign_in()
        await visit.page.route(
            "**/api/v2/templates",
            lambda route: route.fulfill(
                status=401, json={"error": "no", "errorCode": "UNAUTHORIZED"}
            ),
        )
        await visit.page.get_by_role("link", name="Templates").click()
        await expect(visit.page.get_by_role("alert")).to_contain_text("no longer valid")
        assert await visit.page.evaluate(STORED) == [0, 0]

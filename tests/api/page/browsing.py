"""A browser that uses the page as a person does, and notes what goes wrong in it."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from tests.api.running_api import PATIENCE, RunningApi, Team

HOW_TO_GET_IT = "Chromium is missing. `make browser` installs it."
ARGUMENTS = [
    "--no-sandbox",  # the sandbox does not run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = 360  # pixels wide
DESK = 1280

expect.set_options(timeout=1000 * PATIENCE)

# Violations of the policy are not errors of a script. They have an event of their own.
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


async def has_focus(locator: Locator) -> None:
    await _expect(locator).to_be_focused()


async def has_attribute(locator: Locator, name: str, value: str) -> None:
    await _expect(locator).to_have_attribute(name, value)


async def has_property(locator: Locator, name: str, value: object) -> None:
    await _expect(locator).to_have_js_property(name, value)


async def is_in_view(locator: Locator) -> None:
    await _expect(locator).to_be_in_viewport(ratio=1)


def _expect(locator: Locator) -> Any:
    """Playwright does not type these expectations."""
    return cast("Any", expect(locator))


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Visit:
    """A tab with the page, and everything that a person or an operator would complain about."""

    page: Page
    url: str
    token: str
    complaints: list[str] = field(default_factory=list[str])

    def listen(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    async def sign_in(self) -> None:
        await self.page.goto(self.url)
        await self.sign_in_here()

    async def sign_in_here(self) -> None:
        await self.page.get_by_label("Token").fill(self.token)
        await self.page.keyboard.press("Enter")
        await expect(self.page.get_by_role("heading", name="Batches", exact=True)).to_be_visible()

    async def go(self, address: str) -> None:
        """Open a page by the part of its address after `#`."""
        await self.page.goto(f"{self.url}/#{address}")

    def cell(self, index: int) -> Locator:
        return self.page.locator(f'.cell[data-index="{index}"]')

    async def wait_for_state(self, index: int, state: str) -> None:
        await has_attribute(self.cell(index), "data-state", state)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser also logs each response of 400 or more; `_response` handles those.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if self.token in request.url:
            self.complaints.append(f"the token is in {request.url}")
        if not request.url.startswith((self.url, "blob:")):
            self.complaints.append(f"a third party: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and "/api/" not in response.url:
            self.complaints.append(f"{response.status} for {response.url}")


@asynccontextmanager
async def visiting(
    browser: Browser,
    api: RunningApi,
    team: Team,
    *,
    width: int = DESK,
    color_scheme: Literal["light", "dark"] = "light",
) -> AsyncGenerator[Visit]:
    """A tab that is not signed in yet. Fails at the end if anything went wrong in it."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=color_scheme,
        reduced_motion="reduce",  # axe would measure colours in the middle of a transition
        bypass_csp=False,
    )
    context.set_default_timeout(1000 * PATIENCE)
    await context.add_init_script(_REPORT_VIOLATIONS)
    visit = Visit(await context.new_page(), api.url, team.http.headers["Authorization"][7:])
    visit.listen()
    try:
        yield visit
        assert visit.complaints == []
    finally:
        await context.close()

"""The documentation as a site: every page is in it, no link is broken, and it works without a
server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.api.page.browsing import ARGUMENTS, HOW_TO_GET_IT, find_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_the_site_is_built_without_a_broken_link(site: Path) -> None:
    assert "/api/v2/batches/{batch_id}" in (site / "openapi.json").read_text()
    assert "reelbatch.engines.base.RenderEngine" in (site / "python.html").read_text()
    assert "0006-confinement.html" in (site / "decisions" / "index.html").read_text()


@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_GET_IT)
async def test_the_endpoints_and_the_search_index_can_be_read_without_a_server(site: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = await browser.new_page()
        await page.goto((site / "endpoints.html").as_uri())
        await expect(
            page.get_by_role("heading", name="POST /api/v2/batches", exact=False).first
        ).to_be_visible()
        await browser.close()
    # A page that is opened from a disk cannot fetch anything, so the search index is a script.
    assert "/api/v2/batches/{batch_id}/retry" in (site / "search" / "search_index.js").read_text()

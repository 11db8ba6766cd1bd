"""The walkthrough in docs/operating.md to a rendered batch, and the operators' view of it."""

import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import async_playwright, expect

from tests.api.page.browsing import ARGUMENTS, find_chromium
from tests.deployment.programs import search_path
from tests.deployment.topology import TEAM, Topology
from tests.deployment.whole_topology import PATIENCE
from tests.integration.service import ROOT

pytestmark = [pytest.mark.topology, pytest.mark.timeout(900)]

IN_CONTAINER = "docker compose run --rm api "
TRANSCRIPT = ROOT / "topology-output" / "walk.txt"


def test_the_walkthrough_in_the_documentation_ends_with_a_rendered_batch(
    whole: Topology, tmp_path: Path
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    guide = (ROOT / "docs" / "operating.md").read_text()
    walk = guide.split("## From nothing to a rendered batch\n")[1].split("\n## ")[0]
    commands = [
        line
        for block in re.findall(r"```sh\n(.*?)```", walk, re.DOTALL)
        for line in block.splitlines()
    ]
    variables = {"PATH": search_path(), "HOME": str(tmp_path)}
    transcript: list[str] = []
    for command in commands:
        if command.startswith(IN_CONTAINER):
            output = whole.containers["api-1"].run(*command.removeprefix(IN_CONTAINER).split())
            variables["REELBATCH_TOKEN"] = output.splitlines()[-1]
        elif command.startswith("export "):
            variables["REELBATCH_URL"] = whole.url
            output = ""
        elif command.startswith("reelbatch "):
            output = _run(command, tmp_path, variables)
        else:
            assert command.startswith(("cp .env.example", "docker compose up"))  # already done
            output = ""
        transcript += [f"$ {command}", output]
    TRANSCRIPT.parent.mkdir(exist_ok=True)
    TRANSCRIPT.write_text("\n".join(transcript).replace(variables["REELBATCH_TOKEN"], "rb_…"))
    [film] = (tmp_path / "badges").glob("*.mp4")
    assert b"moov" in film.read_bytes()


def _run(command: str, folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.skipif(find_chromium() is None, reason="There is no Chromium.")
async def test_the_web_ui_shows_the_jobs_of_a_batch_after_signing_in(
    whole: Topology, card: str
) -> None:
    with whole.http() as http:
        job = {"template": {"id": card}, "settings": {"type": "image", "frames": 0}}
        batch = http.post("/batches", json={"jobs": [job] * 4}).json()["batchId"]
    workflow = (
        f"{whole.web_ui}/namespaces/default/workflows/{quote(f'{TEAM}/batch/{batch}', safe='')}"
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = await browser.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        await page.goto(f"{whole.url}/codec/")
        await page.get_by_label("Token").fill(whole.token)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("You are signed in")).to_be_visible()
        await page.goto(workflow)
        # A job's summary, which is stored encrypted.
        await expect(page.get_by_text("00003").first).to_be_visible()
        await browser.close()

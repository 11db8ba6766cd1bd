"""The page's files over HTTP, without a browser."""

import re

import pytest

from tests.api.running_api import Team

IMPORT = re.compile(r'^(?:import|\}) .*from "\./(.+)";$', re.MULTILINE)


async def index_of(team: Team) -> tuple[str, str]:
    """The HTML of the page, and the address of its files."""
    response = await team.public.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    [script] = re.findall(r'src="(page/[0-9a-f]+/)app\.js"', response.text)
    return response.text, f"/{script}"


async def test_browsers_revalidate_the_page_and_cache_its_files(team: Team) -> None:
    text, files = await index_of(team)
    page = await team.public.get("/")
    assert page.headers["cache-control"] == "no-cache"
    again = await team.public.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await team.public.head("/")).status_code == 200
    for address in re.findall(r'(?:src|href)="(page/[^"]+)"', text):
        response = await team.public.get(f"/{address}")
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
    outdated = await team.public.get("/page/0123456789ab/app.js")
    assert outdated.headers["cache-control"] == "no-store"
    assert outdated.content == (await team.public.get(f"{files}app.js")).content


async def test_every_imported_module_is_served(team: Team) -> None:
    _, files = await index_of(team)
    unseen, seen = ["app.js"], set[str]()
    while unseen:
        name = unseen.pop()
        response = await team.public.get(files + name)
        assert response.status_code == 200, name
        assert response.headers["content-type"].startswith("text/javascript")
        seen.add(name)
        unseen += set(IMPORT.findall(response.text)) - seen
    assert "jobgrid.js" in seen


async def test_the_page_may_load_nothing_from_third_parties_and_run_nothing_inline(
    team: Team,
) -> None:
    policy = (await team.public.get("/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["trusted-types"] == "'none'"
    allowed = {word for rule in rules.values() for word in rule.split()}
    assert allowed == {"'none'", "'self'", "'script'"}


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "..%2Fapp.py", "%2e%2e%2fapp.py"])
async def test_no_other_file_is_served(team: Team, name: str) -> None:
    _, files = await index_of(team)
    assert (await team.public.get(files + name)).status_code == 404

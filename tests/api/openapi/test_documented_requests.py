"""Every request in the documentation and the examples is accepted."""

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from tests.api.running_api import Team

ROOT = Path(__file__).parents[3]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "examples" / "README.md",
]
BODIES = sorted((ROOT / "examples" / "requests").glob("*.json"))

# The mixed batch shows how invalid jobs are reported.
REJECTED_ON_PURPOSE = {"batch-mixed.json": [5, 11, 18]}

Request = dict[str, Any]


@pytest_asyncio.fixture(scope="module")
async def templates(card_team: Team) -> dict[str, str]:
    """The ids of the example templates, by name."""
    ids: dict[str, str] = {}
    for file in sorted((ROOT / "examples" / "templates").iterdir()):
        if file.suffix in (".json", ".lottie", ".zip"):
            kind = "zip" if file.suffix == ".zip" else "lottie"
            ids[file.stem] = await card_team.upload(file.read_bytes(), kind)
    for secret in ("S3_KEY_ID", "S3_KEY_SECRET"):
        await card_team.http.put("/secrets", json={"name": secret, "value": "hush-hush"})
    return ids


def requests_of(page: Path) -> list[Request]:
    """The JSON blocks in a document that are a batch or a job."""
    requests: list[Request] = []
    for block in re.findall(r"^```json\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        content = json.loads(block.replace("[…]", "[]").replace("{…}", "{}"))
        if isinstance(content, dict) and {"jobs", "template"} & content.keys():
            requests.append(cast("Request", content))
    return requests


def request_in(body: Path) -> Request:
    return json.loads(body.read_text())


def filled(request: Request, templates: dict[str, str]) -> Request:
    """The request with real ids instead of `{{name}}`; other placeholders get the product promo."""
    promo = templates["product-promo"]
    text = re.sub(
        r"\{\{([a-z-]+)\}\}",
        lambda match: templates.get(match[1], promo),
        json.dumps(request, ensure_ascii=False),
    )
    return json.loads(text.replace('"id": "…"', f'"id": "{promo}"'))


async def rejections(team: Team, request: Request) -> list[Any]:
    """The errors that the API reports for the jobs, without rendering them."""
    batch = request if "jobs" in request else {"jobs": [request]}
    response = await team.http.post("/batches?dryRun=true", json=batch)
    assert response.status_code in (200, 400), response.text
    assert "totalJobs" in response.json(), response.text
    return response.json().get("errors", [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_the_requests_in_a_document_are_accepted(
    page: Path, card_team: Team, templates: dict[str, str]
) -> None:
    for request in requests_of(page):
        assert await rejections(card_team, filled(request, templates)) == []


def test_documents_with_requests_are_found() -> None:
    assert sum(len(requests_of(page)) for page in PAGES) >= 2


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
async def test_the_example_bodies_are_accepted(
    body: Path, card_team: Team, templates: dict[str, str]
) -> None:
    found = await rejections(card_team, filled(request_in(body), templates))
    assert [error["index"] for error in found] == REJECTED_ON_PURPOSE.get(body.name, [])

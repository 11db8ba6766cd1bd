"""Downloading outputs: whole, in parts, conditionally, or not at all."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest_asyncio

from tests.api.documents import a_film
from tests.api.running_api import Team, a_still, a_video


@dataclass(frozen=True)
class Output:
    url: str
    content: bytes
    http: httpx.AsyncClient

    async def get(self, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get(self.url, headers=named)


@pytest_asyncio.fixture(scope="module")
async def output(card_team: Team, card: str) -> AsyncGenerator[Output]:
    created = (await card_team.http.post("/jobs", json=a_still(card))).json()
    await card_team.end_of_job(created["id"])
    content = (await card_team.public.get(created["outputUrl"])).content
    yield Output(created["outputUrl"], content, card_team.public)


async def test_the_whole_file_has_its_headers(output: Output) -> None:
    response = await output.get()
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-length"] == str(len(output.content))
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-disposition"].startswith("inline; filename=")
    assert response.headers["accept-ranges"] == "bytes"


async def test_head_responds_without_the_content(output: Output) -> None:
    response = await output.http.head(output.url)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(output.content))


async def test_a_different_version_than_the_expected_one_is_not_sent(output: Output) -> None:
    first = await output.get()
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for current in ({"If_Match": etag}, {"If_Match": "*"}, {"If_Unmodified_Since": modified}):
        assert (await output.get(**current)).status_code == 200
    old = "Mon, 01 Jan 2024 00:00:00 GMT"
    for outdated in ({"If_Match": '"other"'}, {"If_Unmodified_Since": old}):
        refused = await output.get(**outdated)
        assert refused.status_code == 412
        assert refused.json()["errorCode"] == "PRECONDITION_FAILED"


async def test_parts_of_a_file_can_be_requested(output: Output) -> None:
    size = len(output.content)
    for requested, part in {
        "bytes=0-9": output.content[:10],
        "bytes=10-": output.content[10:],
        "bytes=-5": output.content[-5:],
        f"bytes=5-{size + 100}": output.content[5:],
    }.items():
        response = await output.get(Range=requested)
        assert (response.status_code, response.content) == (206, part)
        start = output.content.index(part)
        assert response.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{size}"


async def test_a_part_outside_of_the_file_is_a_416(output: Output) -> None:
    response = await output.get(Range=f"bytes={len(output.content)}-")
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(output.content)}"


async def test_ranges_that_make_no_sense_give_the_whole_file(output: Output) -> None:
    for nonsense in ("bytes=9-5", "bytes=-", "lines=1-2", "bytes=0-1,3-4"):
        assert (await output.get(Range=nonsense)).status_code == 200


async def test_a_known_version_is_not_sent_again(output: Output) -> None:
    first = await output.get()
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert (await output.get(If_None_Match=f'"other", {etag}')).status_code == 304
    assert (await output.get(If_Modified_Since=modified)).status_code == 304
    assert (await output.get(If_None_Match='"other"')).status_code == 200
    no_year = "Fri, 31 Dec 99999999999 23:59:59 GMT"
    assert (await output.get(If_Modified_Since=no_year)).status_code == 200
    assert (await output.get(Range="bytes=0-1", If_Range=etag)).status_code == 206
    assert (await output.get(Range="bytes=0-1", If_Range='"other"')).status_code == 200


async def test_nobody_can_guess_an_address(output: Output) -> None:
    start, signature, name = output.url.rsplit("/", 2)
    for url in (
        f"{start}/{'A' * len(signature)}/{name}",
        f"{start}/{signature}/{name}.json",
        f"{start}/{signature}/other.png",
    ):
        response = await output.http.get(url)
        assert (response.status_code, response.json()["errorCode"]) == (404, "OUTPUT_NOT_FOUND")


async def test_an_output_that_does_not_exist_yet_is_a_404(team: Team) -> None:
    film = await team.upload(a_film())
    created = (await team.http.post("/jobs", json=a_video(film))).json()
    response = await team.public.get(created["outputUrl"])
    assert (response.status_code, response.json()["errorCode"]) == (404, "OUTPUT_NOT_FOUND")
    await team.http.patch(f"/jobs/{created['id']}/cancel")

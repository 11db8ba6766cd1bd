"""A gallery of a batch for people without a token."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from api.urls import Urls
from reelbatch.storage.signing import open_signer
from tests.api.running_api import RunningApi, Team, a_still, a_video


async def test_a_shared_batch_is_visible_without_a_token_until_the_link_expires(
    api: RunningApi, team: Team
) -> None:
    card = await team.upload_card()
    film = a_video(card, codec="vp9", poster=True) | {"name": "Eve & co"}
    jobs: list[Any] = [a_still(card, name="<Ada>"), {}, film, a_video(card, codec="vp9")]
    batch = (await team.http.post("/batches", json={"jobs": jobs, "name": "Spring & sale"})).json()
    await team.end_of_batch(batch["batchId"])
    share = await team.http.post(f"/batches/{batch['batchId']}/share?days=3")
    assert share.status_code == 201
    end = datetime.fromisoformat(share.json()["expiresAt"])
    assert timedelta(days=2.9) < end - datetime.now(UTC) <= timedelta(days=3)

    url = share.json()["url"]
    page = await team.public.get(url)
    assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "<h1>Spring &amp; sale</h1>" in page.text
    assert "<p>&lt;Ada&gt;</p>" in page.text
    [picture] = re.findall(r'<img src="../../../..([^"]+)"', page.text)
    assert (await team.public.get(picture)).headers["content-type"] == "image/png"
    assert page.text.count("<video ") == 2
    [poster] = re.findall(r'<video [^>]*poster="../../../..([^"]+)"', page.text)
    assert (await team.public.get(unescape(poster))).headers["content-type"] == "image/jpeg"
    [sheet] = re.findall(r'rel="stylesheet" href="../../../..([^"]+)"', page.text)
    assert (await team.public.get(sheet)).status_code == 200

    forged = re.sub(r"/\d{10}/", lambda found: f"/{int(found[0][1:-1]) + 1}/", url)
    assert (await team.public.get(forged)).status_code == 403
    signer = await open_signer(api.store, None)
    ended = Urls(api.url, signer).share(team.name, batch["batchId"], 1_700_000_000)
    assert (await team.public.get(ended)).json()["errorCode"] == "GONE"


async def test_a_team_can_only_share_its_own_batches(team: Team, other_team: Team) -> None:
    batch = await team.create_batch({}, status=400)
    refused = await other_team.http.post(f"/batches/{batch['batchId']}/share")
    assert refused.json()["errorCode"] == "BATCH_NOT_FOUND"
    too_long = await team.http.post(f"/batches/{batch['batchId']}/share?days=91")
    assert too_long.json()["details"][0]["field"] == "days"

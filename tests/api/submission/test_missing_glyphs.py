"""Characters that no font has are listed wherever a job is shown."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from reelbatch.settings import Settings
from reelbatch.storage.templates import read_template, write_template
from tests.api.documents import a_card
from tests.api.fonts import a_font
from tests.api.other_engines import install, team_of
from tests.api.receiver import listening
from tests.api.running_api import Team, a_still
from tests.origin import running_origin

ARABIC, CHINESE = "محمد", "Anna 王小明"
ARABIC_LETTERS, CHINESE_LETTERS = ["م", "ح", "د"], ["王", "小", "明"]


@pytest_asyncio.fixture
async def fontless(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Team]:
    """A team whose workers only have the bundled fonts."""
    install("fontless", "fontless_engine:FontlessEngine", tmp_path, monkeypatch)
    async with team_of(["fontless"], settings, client, store) as team:
        yield team


def messages(job: Any) -> str:
    return " ".join(warning["message"] for warning in job["warnings"])


async def test_missing_glyphs_are_named_from_submission_to_results(fontless: Team) -> None:
    card = await fontless.upload(a_card(), "fontless")
    jobs = [a_still(card, ARABIC), a_still(card, CHINESE), a_still(card, "Ada é")]

    dry = (await fontless.http.post("/batches?dryRun=true", json={"jobs": jobs})).json()
    created = await fontless.create_batch(*jobs)
    ended = await fontless.end_of_batch(created["batchId"])
    results = await fontless.get(f"/batches/{created['batchId']}/results")
    single = [await fontless.get(f"/jobs/{job['id']}") for job in created["jobs"]]

    for response in (dry["jobs"], created["jobs"], ended["jobs"], results, single):
        assert [job.get("missingGlyphs") or [] for job in response] == [
            ARABIC_LETTERS, CHINESE_LETTERS, []
        ]  # fmt: skip
        assert [each["code"] for each in response[0]["warnings"]] == ["MISSING_GLYPHS"]
        assert "王 (U+738B), 小 (U+5C0F), 明 (U+660E)" in messages(response[1])
        assert not response[2].get("warnings")
    assert [job["status"] for job in ended["jobs"]] == ["finished"] * 3
    log = (await fontless.http.get(f"/jobs/{single[0]['id']}/logs")).text
    assert "NOTE: No font has a glyph for م (U+0645)" in log


async def test_missing_glyphs_are_named_in_tables(fontless: Team) -> None:
    card = await fontless.upload(a_card(), "fontless")
    query = f"template={card}&composition=main&codec=image_png&frame=0"
    headers = {"Content-Type": "text/csv"}
    table = f"title\n{ARABIC}\nAda\n".encode()
    for dry in ("&dryRun=true", ""):
        created = await fontless.http.post(f"/batches?{query}{dry}", content=table, headers=headers)
        assert created.json()["jobs"][0]["missingGlyphs"] == ARABIC_LETTERS
        assert "missingGlyphs" not in created.json()["jobs"][1]
    batch = created.json()["batchId"]
    await fontless.end_of_batch(batch)
    text = (await fontless.http.get(f"/batches/{batch}/results?format=csv")).text
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert first["missingGlyphs"] == ",".join(ARABIC_LETTERS)
    assert "U+062F" in first["warnings"]
    assert (second["missingGlyphs"], second["warnings"]) == ("", "")


async def test_missing_glyphs_are_named_by_single_jobs_webhooks_and_children(
    fontless: Team,
) -> None:
    card = await fontless.upload(a_card(), "fontless")
    data = {"type": "data", "layerName": "title", "property": "Source Text", "value": CHINESE}
    child = {
        "type": "job",
        "layerName": "background",
        "template": {"id": card, "composition": "main"},
        "assets": [{"type": "text", "layerName": "title", "value": ARABIC}],
        "settings": {"type": "image", "frames": 0},
    }
    async with listening() as receiver:
        job = a_still(card, webhook={"url": receiver.url}) | {"assets": [data, child]}
        created = (await fontless.http.post("/jobs", json=job)).json()
        assert created["missingGlyphs"] == CHINESE_LETTERS
        assert created["children"][0]["missingGlyphs"] == ARABIC_LETTERS
        ended = await fontless.end_of_job(created["id"])
        assert (ended["status"], ended["missingGlyphs"]) == ("finished", CHINESE_LETTERS)
        [received] = await receiver.bodies(1)
    assert received["missingGlyphs"] == CHINESE_LETTERS
    assert received["warnings"] == ended["warnings"]


async def test_invisible_characters_are_not_missing_glyphs(fontless: Team) -> None:
    card = await fontless.upload(a_card(), "fontless")
    words = "a\u200db\u200cc\u00add\ufe0fe\tf\ng\u3000h\u2028i"
    created = (await fontless.http.post("/jobs", json=a_still(card, words))).json()
    assert "missingGlyphs" not in created


async def test_a_teams_font_provides_what_is_missing_from_the_others(fontless: Team) -> None:
    card = await fontless.upload(a_card(), "fontless")
    file = {"font": ("block.ttf", a_font(letter="م"), "font/ttf")}
    assert (await fontless.http.post("/fonts", files=file)).status_code == 201
    created = (await fontless.http.post("/jobs", json=a_still(card, ARABIC))).json()
    assert created["missingGlyphs"] == ["ح", "د"]


async def test_a_template_lists_the_missing_glyphs_of_its_own_text(fontless: Team) -> None:
    document = json.loads(a_card())
    document["layers"][0]["t"]["d"]["k"][0]["s"]["t"] = CHINESE
    template_id = await fontless.upload(json.dumps(document).encode(), "fontless")
    template = await fontless.get(f"/templates/{template_id}")
    assert template["missingGlyphs"] == CHINESE_LETTERS
    assert [each["code"] for each in template["warnings"]] == ["MISSING_GLYPHS"]
    replaced = (await fontless.http.post("/jobs", json=a_still(template_id, "Ada"))).json()
    assert "missingGlyphs" not in replaced
    job: dict[str, Any] = a_still(template_id) | {"assets": []}
    own = await fontless.end_of_job((await fontless.http.post("/jobs", json=job)).json()["id"])
    assert own["missingGlyphs"] == CHINESE_LETTERS


async def test_fonts_that_were_added_after_the_template_count(
    fontless: Team, store: ObjectStore
) -> None:
    """Also for templates from earlier versions, whose missing characters show after the render."""
    card = await fontless.upload(a_card(), "fontless")
    record = await read_template(store, fontless.name, card)
    assert record is not None
    assert record.inspection is not None
    for known, reported in (("", ARABIC_LETTERS), (None, [])):
        inspection = record.inspection.model_copy(update={"lent_characters": known})
        await write_template(store, record.model_copy(update={"inspection": inspection}))
        created = (await fontless.http.post("/jobs", json=a_still(card, f"{ARABIC} 9"))).json()
        assert created.get("missingGlyphs", []) == reported
        ended = await fontless.end_of_job(created["id"])
        assert ended["missingGlyphs"] == ARABIC_LETTERS


async def test_results_list_the_missing_glyphs_of_a_template_by_url(fontless: Team) -> None:
    async with running_origin() as origin:
        job = a_still("card", ARABIC)
        job["template"] |= {"src": origin.answer("/card.json", a_card()), "type": "fontless"}
        created = (await fontless.http.post("/jobs", json=job)).json()
        ended = await fontless.end_of_job(created["id"])
    assert (ended["status"], ended["missingGlyphs"]) == ("finished", ARABIC_LETTERS)
    assert [each["code"] for each in ended["warnings"]] == ["MISSING_GLYPHS"]

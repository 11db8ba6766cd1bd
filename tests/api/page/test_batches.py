"""The list of batches, and the page of a single batch."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.api.documents import a_film
from tests.api.page.browsing import Visit, has_attribute, has_focus, has_property
from tests.api.running_api import Team, a_still, a_video

UNREADABLE = [{"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}]


async def test_the_list_has_the_newest_batch_first_and_leads_to_older_ones(
    visit: Visit, team: Team
) -> None:
    made = [(await team.create_batch({}, status=400))["batchId"] for _ in range(26)]
    rows = visit.page.locator("table.batches tbody tr")
    await expect(rows).to_have_count(25)  # without a reload: the list refreshes itself
    await expect(rows.first).to_contain_text(made[-1])
    await expect(rows.first).to_contain_text("every job was rejected")
    await visit.page.get_by_role("link", name="Older").click()
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text(made[0])
    await visit.page.get_by_role("link", name="Newest").click()
    await expect(rows).to_have_count(25)


async def test_batches_are_found_by_name(visit: Visit, team: Team) -> None:
    made: dict[str, str] = {}
    for name in ("Spring", "Spring sale", "Autumn"):
        body: dict[str, Any] = {"jobs": [{}], "name": name}
        made[name] = (await team.http.post("/batches", json=body)).json()["batchId"]
    rows = visit.page.locator("table.batches tbody tr")
    await expect(rows).to_have_count(3)
    search = visit.page.get_by_role("searchbox", name="Find batches by name")
    await search.fill("sPRING")
    await expect(rows).to_have_count(2)
    await search.fill("Winter")
    await expect(visit.page.get_by_text("No batch on this page of the list")).to_be_visible()
    await search.press("Enter")
    await expect(visit.page.get_by_text("No batch is named “Winter”.")).to_be_visible()
    await has_focus(search)
    await visit.page.get_by_role("link", name="All batches").click()
    await visit.page.get_by_role("link", name=f"Autumn {made['Autumn']}").click()
    await expect(visit.page.get_by_role("heading", level=1)).to_have_text(
        f"Autumn {made['Autumn']}"
    )


async def test_enter_finds_the_batches_with_exactly_that_name(visit: Visit, team: Team) -> None:
    card = await team.upload_card()
    for name in ("Spring", "Spring sale"):
        body = {"jobs": [a_still(card)], "name": name}
        assert (await team.http.post("/batches", json=body)).status_code == 201
    search = visit.page.get_by_role("searchbox", name="Find batches by name")
    rows = visit.page.locator("table.batches tbody tr")
    await expect(rows).to_have_count(2)
    await search.fill("Spring")
    await expect(rows).to_have_count(2)
    await search.press("Enter")
    await expect(rows).to_have_count(1)  # once Temporal's search index has the batch
    await expect(rows).not_to_contain_text("sale")


async def test_a_named_job_shows_its_row_and_is_saved_under_its_name(
    visit: Visit, team: Team
) -> None:
    card = await team.upload_card()
    query = {"template": card, "codec": "image_png", "outputName": "{first} {No}"}
    table = "title,first,No,job:priority\nA,Zoë,7,\nB,Eve,8,high\n"
    headers = {"Content-Type": "text/csv"}
    response = await team.http.post("/batches", params=query, content=table, headers=headers)
    await visit.go(f"/batches/{response.json()['batchId']}")
    await visit.wait_for_state(0, "finished")
    await has_attribute(visit.cell(0), "aria-label", "Job 0, Zoë 7, finished")
    await visit.page.get_by_role("searchbox").fill("zoë")
    await expect(visit.page.locator(".cell")).to_have_count(1)

    await visit.cell(0).click()
    panel = visit.page.get_by_role("dialog")
    await expect(panel).to_contain_text("Zoë 7")
    row = panel.get_by_role("region", name="Row")
    await expect(row.get_by_role("term")).to_have_text(["title", "first", "No"])
    await expect(row.get_by_role("definition")).to_have_text(["A", "Zoë", "7"])
    async with visit.page.expect_download() as saved:
        await panel.get_by_role("link", name="Download").click()
    assert (await saved.value).suggested_filename == "Zoë 7.png"

    await visit.page.keyboard.press("Escape")
    await visit.page.get_by_role("searchbox").fill("")
    await visit.cell(1).click()
    await expect(row.get_by_role("definition")).to_have_text(["B", "Eve", "8", "high"])


async def test_a_batch_is_followed_live_and_cancelled(visit: Visit, team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {
        "jobs": [a_still(card), a_video(film), a_video(film)],
        "concurrency": 1,
    }
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]
    await visit.page.get_by_role("link", name=batch_id).click()

    await visit.wait_for_state(0, "finished")
    await visit.wait_for_state(1, "rendering")
    await visit.wait_for_state(2, "queued")
    await has_attribute(visit.cell(1), "aria-label", "Job 1, rendering")
    await expect(visit.page.get_by_text("live", exact=True)).to_be_visible()

    cancel = visit.page.get_by_role("button", name="Cancel", exact=True)
    await cancel.click()
    dialog = visit.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Cancel 2 jobs?")
    await visit.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await has_focus(cancel)

    await cancel.click()
    await visit.page.get_by_role("button", name="Cancel the batch").click()
    await visit.wait_for_state(1, "cancelled")
    await visit.wait_for_state(2, "cancelled")
    await expect(visit.page.locator(".counts")).to_have_text("1 of 3 finished, 2 cancelled")
    await expect(visit.page.get_by_role("button", name="Retry 2 cancelled")).to_be_visible()


async def test_failed_jobs_are_grouped_explained_and_rendered_again(
    visit: Visit, team: Team
) -> None:
    card = await team.upload_card()
    broken = a_still(card) | {"assets": UNREADABLE}
    made = await team.create_batch(a_still(card, tags="spring"), broken, broken)
    await visit.go(f"/batches/{made['batchId']}")
    await visit.wait_for_state(2, "failed")
    group = visit.page.get_by_role("button", name=re.compile("^2 . ASSET_INVALID"))
    await group.click()
    await expect(visit.page.locator(".cell")).to_have_count(2)
    await visit.page.get_by_role("searchbox").fill("spring")
    await expect(visit.page.locator(".cell")).to_have_count(1)
    await visit.page.get_by_role("searchbox").fill("")
    await visit.page.get_by_role("button", name="Failed 2", exact=True).click()
    await expect(visit.page.locator(".cell")).to_have_count(2)

    await visit.cell(1).click()
    panel = visit.page.get_by_role("dialog")
    await expect(panel).to_contain_text("ASSET_INVALID")
    await panel.get_by_text("Log", exact=True).click()
    await expect(panel.get_by_label("Log")).to_contain_text("ERROR: ASSET_INVALID")
    await visit.page.keyboard.press("Escape")

    await visit.page.get_by_role("button", name="Retry 2 failed").click()
    await expect(visit.page.get_by_role("heading", level=1)).not_to_contain_text(made["batchId"])
    await visit.wait_for_state(1, "failed")
    await expect(visit.page.locator(".cell")).to_have_count(2)


async def test_a_batch_shows_its_named_pictures_while_it_is_running(
    visit: Visit, team: Team
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    jobs = [a_still(card, name="Ada"), a_video(film), a_video(film), {}]
    made = (await team.http.post("/batches", json={"jobs": jobs, "concurrency": 1})).json()
    await visit.go(f"/batches/{made['batchId']}")
    await has_property(visit.cell(0).locator("img"), "naturalWidth", 32)
    await has_attribute(visit.cell(0), "data-caption", "0 Ada")
    await expect(visit.page.locator(".pace")).to_contain_text(re.compile("an? .*, about .* left"))

    panel = visit.page.get_by_role("dialog")
    for index, state in ((2, "queued"), (1, "rendering")):
        await visit.wait_for_state(index, state)
        await visit.cell(index).click()
        await panel.get_by_role("button", name="Cancel this job").click()
        await visit.wait_for_state(index, "cancelled")
        await visit.page.keyboard.press("Escape")
    await expect(visit.page.locator(".facts .pill")).to_have_text("Partly cancelled")
    await visit.page.get_by_role("link", name="Batches").click()
    listed = visit.page.locator("table.batches tbody tr")
    await expect(listed).to_contain_text("1 of 3 finished, 2 cancelled; 1 rejected")

    await visit.go(f"/batches/{made['batchId']}")
    await visit.cell(2).click()
    await panel.get_by_role("button", name="Retry this job").click()
    await expect(visit.page.get_by_role("heading", level=1)).not_to_contain_text(made["batchId"])
    await visit.wait_for_state(2, "rendering")
    await expect(visit.page.locator(".cell")).to_have_count(1)
    await visit.page.get_by_role("button", name="Cancel", exact=True).click()
    await visit.page.get_by_role("button", name="Cancel the batch").click()
    await expect(visit.page.locator(".facts .pill")).to_have_text("Cancelled")


async def test_outputs_are_shown_and_downloaded(visit: Visit, team: Team, tmp_path: Path) -> None:
    card = await team.upload_card()
    with_poster = a_video(card, codec="prores_422", poster=True)
    made = await team.create_batch(a_still(card, tags="spring"), a_video(card), {}, with_poster)
    await team.end_of_batch(made["batchId"])
    await visit.go(f"/batches/{made['batchId']}")
    await has_property(visit.cell(0).locator("img"), "naturalWidth", 32)
    await has_property(visit.cell(1).locator("video"), "videoWidth", 32)
    await has_property(visit.cell(3).locator("img"), "naturalWidth", 32)
    await visit.page.get_by_role("button", name="Show outputs").click()
    await expect(visit.page.locator(".cell img")).to_have_count(0)

    await visit.cell(0).click()
    panel = visit.page.get_by_role("dialog")
    await has_property(panel.get_by_alt_text("Output of job 0"), "naturalWidth", 32)
    await expect(panel).to_contain_text("spring")
    link = panel.get_by_role("link", name="Open the output")
    await has_attribute(link, "href", made["jobs"][0]["outputUrl"])
    await visit.page.keyboard.press("ArrowRight")
    await expect(panel.get_by_label("Output of job 1")).to_be_visible()
    for _ in range(2):
        await visit.page.keyboard.press("ArrowRight")
    await has_property(panel.get_by_alt_text("Poster of job 3"), "naturalWidth", 32)
    await has_attribute(
        panel.get_by_role("link", name="Open the poster"), "href", made["jobs"][2]["posterUrl"]
    )
    await visit.page.keyboard.press("Escape")
    await has_focus(visit.cell(3))

    async with visit.page.expect_download() as archive:
        await visit.page.get_by_role("button", name="Download all").click()
    saved = tmp_path / "outputs.zip"
    await (await archive.value).save_as(saved)
    assert {"00000.png", "00001.mp4", "00003.mov", "00003.jpg"} <= set(
        zipfile.ZipFile(saved).namelist()
    )

    async with visit.page.expect_download() as table:
        await visit.page.get_by_role("button", name="Results as CSV").click()
    await (await table.value).save_as(tmp_path / "results.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert [row["status"] for row in rows] == ["finished", "finished", "rejected", "finished"]


async def test_the_outputs_of_a_row_are_side_by_side(visit: Visit, team: Team) -> None:
    card = await team.upload_card()
    outputs = [
        {"composition": composition, "name": name, "settings": {"codec": "image_png"}}
        for composition, name in (("main", "wide"), ("badge", "badge"), ("main", "again"))
    ]
    jobs = [{"template": {"id": card}, "name": name} for name in ("Ada", "Eve", "Zoë")]
    response = await team.http.post("/batches", json={"jobs": jobs, "outputs": outputs})
    await team.end_of_batch(response.json()["batchId"])
    await visit.go(f"/batches/{response.json()['batchId']}")
    await has_property(visit.cell(8).locator("img"), "naturalWidth", 32)
    lines = visit.page.locator(".grid .row")
    await expect(lines).to_have_count(2)  # although seven columns would fit
    await expect(lines.first.locator(".cell")).to_have_count(6)
    await visit.cell(7).click()
    panel = visit.page.get_by_role("dialog")
    await expect(panel).to_contain_text("Zoë-badge")
    await expect(panel).to_contain_text("Row3, output 2")


async def test_the_results_of_all_parts_of_a_table_are_one_csv_file(
    visit: Visit, team: Team, tmp_path: Path
) -> None:
    good = {0: "", 500: "data:image/png;base64"}  # not a picture, so that this film fails
    rows = [f'"Row\n{at}",{1 if at in good else "high"},{good.get(at, "")}' for at in range(502)]
    film = {"composition": "main", "settings": {"codec": "video_gif", "poster": True}}
    still = {"composition": "badge", "settings": {"codec": "image_png"}}
    query = {"template": await team.upload_card(), "outputs": json.dumps([film, still])}
    table = "\n".join(["title,job:priority,image:background", *rows])
    batches: list[Any] = []
    for place in ({"firstRow": 0}, {"firstRow": 500}):
        submission = {"submission": batches[0]["batchId"]} if batches else {}
        headers = {"Content-Type": "text/csv"}
        params = {**query, **place, **submission}
        sent = await team.http.post("/batches", params=params, content=table, headers=headers)
        batches.append(await team.end_of_batch(sent.json()["batchId"]))
    first, second = (batch["batchId"] for batch in batches)
    await visit.go(f"/batches/{second}?table={first}")
    await has_attribute(visit.cell(1), "aria-label", "Job 1001, finished")
    async with visit.page.expect_download() as download:
        await visit.page.get_by_role("button", name="Results as CSV").click()
    await (await download.value).save_as(tmp_path / "results.csv")
    results = list(csv.DictReader((tmp_path / "results.csv").open(newline="")))
    assert [int(row["index"]) for row in results] == [*range(1004)]
    assert {(row["title"], row["row"]) for row in results} == {
        (f"Row\n{at}", str(at)) for at in range(502)
    }
    assert [at for at, row in enumerate(results) if row["posterUrl"]] == [0], "no other film"
    assert [row["status"] for row in results[1000:]] == ["error", "finished"] + ["rejected"] * 2


async def test_a_broken_event_stream_is_resumed(visit: Visit, team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {"jobs": [a_video(film), a_still(card)], "concurrency": 1}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]
    await visit.page.route("**/events", lambda route: route.abort())
    await visit.go(f"/batches/{batch_id}")
    await expect(visit.page.get_by_text("reconnecting")).to_be_visible()
    await expect(visit.page.get_by_role("alert")).to_contain_text("not responding")
    await team.http.post(f"/batches/{batch_id}/cancel")
    await visit.page.unroute("**/events")
    await visit.wait_for_state(0, "cancelled")
    await expect(visit.page.get_by_role("alert")).to_have_count(0)


async def test_being_offline_is_shown(visit: Visit) -> None:
    await visit.page.context.set_offline(True)
    await expect(visit.page.get_by_role("alert").first).to_contain_text("offline")
    await visit.page.context.set_offline(False)
    await expect(visit.page.get_by_role("alert")).to_have_count(0)


async def test_an_api_error_is_shown_with_its_request_id(visit: Visit) -> None:
    await visit.go("/batches/01J00000000000000000000000")
    await expect(visit.page.get_by_role("alert")).to_contain_text("BATCH_NOT_FOUND · request ")


async def test_text_from_jobs_is_never_parsed_as_markup(visit: Visit, team: Team) -> None:
    markup = "<img src=x onerror=alert(1)>"
    job = a_still(await team.upload_card())
    job["assets"][0]["layerName"] = markup
    made = await team.create_batch(job, status=400)
    await visit.go(f"/batches/{made['batchId']}")
    await expect(visit.page.locator(".example")).to_contain_text(markup)
    await expect(visit.page.locator("main img")).to_have_count(0)


async def test_a_thousand_cells_change_without_being_drawn_again(visit: Visit, team: Team) -> None:
    film = await team.upload(a_film())
    body = {"jobs": [a_video(film)] * 1000, "concurrency": 1}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]
    await visit.go(f"/batches/{batch_id}")
    await expect(visit.page.get_by_role("gridcell")).to_have_count(1000)
    await visit.page.evaluate(
        """() => {
          window.before = [...document.querySelectorAll(".cell")];
          window.added = 0;
          const count = (change) => (window.added += change.addedNodes.length);
          new MutationObserver((changes) => changes.forEach(count)).observe(
            document.querySelector(".grid"), { childList: true, subtree: true });
        }"""
    )
    await visit.cell(0).focus()
    await team.http.post(f"/batches/{batch_id}/cancel")
    await visit.wait_for_state(999, "cancelled")
    await visit.wait_for_state(0, "cancelled")
    await has_focus(visit.cell(0))
    assert await visit.page.evaluate(
        """() => {
          const now = [...document.querySelectorAll(".cell")];
          return now.every((cell, at) => cell === window.before[at]);
        }"""
    )
    assert await visit.page.evaluate("window.added") == 0

"""Making a batch: by typing, by pasting, and from a file."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from PIL import Image
from playwright.async_api import FilePayload, Locator, expect

from tests.api.documents import a_card, a_card_with_a_photo
from tests.api.page.browsing import (
    Visit,
    has_attribute,
    has_focus,
    has_property,
    is_in_view,
)
from tests.api.running_api import Team

LETTER = "\U0010fffd"  # for private use, so that no font has it
MISSING_GLYPH = f"No font has a glyph for {LETTER}"


def a_csv(*lines: str) -> FilePayload:
    return {"name": "people.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode()}


def a_workbook(*rows: list[Any]) -> FilePayload:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return {"name": "people.xlsx", "mimeType": "", "buffer": content.getvalue()}


async def paste(cell: Locator, text: str) -> None:
    await cell.evaluate(
        """(input, text) => {
          const clipboard = new DataTransfer();
          clipboard.setData("text/plain", text);
          const how = { clipboardData: clipboard, bubbles: true, cancelable: true };
          input.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


async def fill_in(visit: Visit, team: Team) -> Locator:
    """Open the form for the template `card`, with PNG output. Returns the input for files."""
    await team.upload_card()
    await visit.go("/new")
    await visit.page.get_by_label("Output", exact=True).select_option("image_png")
    return visit.page.locator("input[type=file]")


def cell_of(visit: Visit, column: str, row: int) -> Locator:
    return visit.page.get_by_label(f"{column}, row {row}", exact=True)


async def batches_of(team: Team) -> list[Any]:
    return (await team.get("/batches"))["batches"]


async def test_the_bad_rows_of_a_file_are_marked_before_anything_starts(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(
        a_csv("Title,job:priority,shoe size", "Ada,1,37", '"Grace ""Amazing""",high,38', "Mary,,")
    )
    notes = visit.page.get_by_role("list", name="About the table")
    await expect(notes).to_contain_text(
        "The column shoe size does not match any layer of main: left out."
    )
    await expect(visit.page.get_by_text("1 of 3 rows cannot be rendered.")).to_be_visible()
    bad = cell_of(visit, "priority", 2)
    await has_focus(bad)
    await has_attribute(bad, "aria-invalid", "true")
    await expect(visit.page.locator(".row-problems")).to_contain_text("priority: ")
    await expect(cell_of(visit, "title", 2)).to_have_value('Grace "Amazing"')
    assert await batches_of(team) == []

    await visit.page.get_by_role("button", name="Start the other 2").click()
    await visit.wait_for_state(0, "finished")
    await visit.wait_for_state(1, "rejected")
    await visit.wait_for_state(2, "finished")


async def test_rows_with_letters_that_no_font_has_get_a_warning_and_are_started(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", "Ada", f"Ada {LETTER}"))
    await expect(visit.page.get_by_text("All 2 rows can be rendered.")).to_be_visible()
    await expect(visit.page.locator(".row-warnings")).to_have_text(f"{MISSING_GLYPH} (U+10FFFD)")
    await visit.page.get_by_role("button", name="Start 2 jobs").click()
    await visit.wait_for_state(1, "finished")
    await has_attribute(visit.cell(1), "aria-label", f"Job 1, finished, no font has {LETTER}")
    await visit.cell(1).click()
    await expect(visit.page.get_by_label("Warnings")).to_contain_text(MISSING_GLYPH)


async def test_the_first_rows_are_previewed_before_anything_starts(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    rows = [f"Row {number},x" for number in range(3, 14)]
    await file.set_input_files(a_csv("title,label", "Ada,x", f"Ada {LETTER},", *rows))
    await visit.page.get_by_label("File names").fill("{label}")
    await expect(visit.page.locator(".row-warnings")).to_contain_text("label is empty")
    await visit.page.get_by_role("button", name="Preview the first 12 rows").click()
    shown = visit.page.get_by_role("region", name="The first rows").get_by_role("listitem")
    await expect(shown).to_have_count(12)
    await has_property(shown.nth(11).get_by_role("img"), "naturalWidth", 16)
    await expect(shown.nth(11)).to_contain_text("Row 12: x")
    await expect(shown.nth(1)).to_contain_text(MISSING_GLYPH)
    assert await batches_of(team) == []


async def test_leaving_the_page_cancels_a_preview_that_was_just_requested(
    visit: Visit, team: Team
) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")

    async def leave_meanwhile(route: Any) -> None:
        response = await route.fetch()
        await visit.go("/templates")
        await expect(visit.page.get_by_role("heading", name="Templates")).to_be_visible()
        await route.fulfill(response=response)

    await visit.page.route("**/previews?*", leave_meanwhile)
    async with visit.page.expect_request("**/batches/*/cancel"):
        await visit.page.get_by_role("button", name="Preview the first 12 rows").click()


async def test_the_warnings_of_a_template_are_shown(visit: Visit, team: Team) -> None:
    document = json.loads(a_card())
    document["layers"].append({"ty": 13, "nm": "Eye", "ip": 0, "op": 10, "ks": {}})
    await team.upload(json.dumps(document).encode())
    for address in ("/templates", "/new"):
        await visit.go(address)
        await expect(visit.page.get_by_label("Warnings")).to_contain_text(
            "The camera is ignored: all layers are drawn flat. (Eye of main)"
        )


async def test_a_row_that_was_corrected_is_started_with_the_others(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title;job:priority;tags", "Ada;high;fine", "Mary;;"))
    start = visit.page.get_by_role("button", name="Start 2 jobs")
    await expect(visit.page.locator(".row-problems")).to_be_visible()
    await start.click()
    await expect(visit.page.get_by_text("1 of 2 rows cannot be rendered.")).to_be_visible()
    assert await batches_of(team) == []
    await cell_of(visit, "priority", 1).fill("1")
    await start.click()
    await visit.wait_for_state(1, "finished")
    [batch_id] = await team.batch_ids()
    [first, _] = await team.get(f"/batches/{batch_id}/results")
    assert first["tags"] == ["fine"]


async def test_a_draft_survives_a_visit_to_another_page_and_is_gone_once_it_is_started(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("Who,title", "x,Ada"))
    await expect(cell_of(visit, "title", 1)).to_have_value("Ada")
    await visit.page.get_by_label("Batch name").fill("Spring")
    await cell_of(visit, "title", 1).fill("Zoë")
    await visit.page.get_by_role("link", name="Batches").click()
    await expect(visit.page.get_by_role("heading", name="No batches yet")).to_be_visible()
    await visit.page.get_by_role("link", name="New batch").first.click()
    await expect(cell_of(visit, "title", 1)).to_have_value("Zoë")
    await expect(visit.page.get_by_label("Field for Who")).to_be_visible()
    await expect(visit.page.get_by_label("Batch name")).to_have_value("Spring")
    await expect(visit.page.get_by_label("Output", exact=True)).to_have_value("image_png")

    await visit.page.get_by_role("button", name="Start 1 job").click()
    await visit.wait_for_state(0, "finished")
    await visit.page.get_by_role("link", name="New batch").first.click()
    await expect(cell_of(visit, "title", 1)).to_have_value("")


async def test_a_double_click_starts_one_batch(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")
    await visit.page.get_by_role("button", name="Start 1 job").dblclick()
    await visit.wait_for_state(0, "finished")
    assert len(await team.batch_ids()) == 1


async def test_a_start_whose_response_gets_lost_can_be_repeated(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")

    async def lose_the_response(route: Any) -> None:
        await route.fetch()
        await route.abort()

    submission = re.compile(r"/api/v2/batches\?(?!.*dryRun)")
    await visit.page.route(submission, lose_the_response, times=1)
    start = visit.page.get_by_role("button", name="Start 1 job")
    await start.click()
    await expect(visit.page.get_by_text("could not be reached")).to_be_visible()
    await start.click()
    await visit.wait_for_state(0, "finished")
    assert len(await team.batch_ids()) == 1


async def test_cells_of_a_spreadsheet_are_pasted(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await paste(cell_of(visit, "title", 1), "Ada, again\tfirst\nGrace\tsecond\n")
    await expect(cell_of(visit, "title", 1)).to_have_value("Ada, again")
    await expect(cell_of(visit, "title", 2)).to_have_value("Grace")
    await expect(cell_of(visit, "label", 2)).to_have_value("second")
    await expect(visit.page.get_by_role("button", name="Start 2 jobs")).to_be_visible()


async def test_pasted_cells_with_a_header_go_into_its_columns(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await paste(cell_of(visit, "title", 1), "LABEL\tTitle\n5, or so\tAda\n6\tGrace\n")
    await expect(cell_of(visit, "label", 1)).to_have_value("5, or so")
    await expect(cell_of(visit, "title", 2)).to_have_value("Grace")


async def test_a_workbook_s_columns_are_guessed_and_can_be_given_other_fields(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_workbook(["Who", "LABEL", "mail"], ["Ada", 5, "a@b.c"], ["Zoë"]))
    notes = visit.page.get_by_role("list", name="About the table")
    await expect(notes).to_contain_text(
        "The columns Who, mail do not match any layer of main: left out."
    )
    await expect(notes).to_contain_text("LABEL is empty in 1 row")
    who = visit.page.get_by_label("Field for Who")
    await expect(who.locator("option:checked")).to_have_text("Not used")
    await expect(visit.page.get_by_label("Field for LABEL").locator("option:checked")).to_have_text(
        "label (text)"
    )
    await who.select_option("title (text)")
    await expect(cell_of(visit, "title", 2)).to_have_value("Zoë")
    await expect(visit.page.get_by_text("All 2 rows can be rendered.")).to_be_visible()
    await visit.page.get_by_label("Field for LABEL").select_option("title (text)")
    await expect(who.locator("option:checked")).to_have_text("Not used")
    await who.select_option("title (text)")
    await visit.page.get_by_role("button", name="Start 2 jobs").click()
    await visit.wait_for_state(1, "finished")


async def test_a_batch_gets_a_name_and_its_files_are_named_by_columns(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await visit.page.get_by_label("Batch name").fill("Spring")
    names = visit.page.get_by_label("File names")
    await file.set_input_files(a_csv("Title,shoe size,nobody", "Ada,37,", "Grace,38,"))
    columns = visit.page.get_by_role("group", name="Insert a column")
    await columns.get_by_role("button", name="{Title}", exact=True).click()
    await has_focus(names)
    await visit.page.keyboard.type("-{size}")
    start = visit.page.get_by_role("button", name="Start 2 jobs")
    await start.click()
    await has_focus(names)
    await has_attribute(names, "aria-invalid", "true")
    await expect(visit.page.get_by_text("The table has no column size.")).to_be_visible()
    assert await batches_of(team) == []

    await names.fill("{Title}-")
    await columns.get_by_role("button", name="{shoe size}").click()
    await columns.get_by_role("button", name="{nobody}").click()
    await start.click()
    await has_attribute(visit.cell(1), "aria-label", "Job 1, Grace-38, finished")
    await expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Spring")
    await visit.cell(1).click()
    cells = visit.page.get_by_role("region", name="Row").get_by_role("definition")
    await expect(cells).to_have_text(["Grace", "38"])


async def test_rows_are_rendered_in_several_outputs_with_chosen_colours(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    bad = "Zoë,,high"
    await file.set_input_files(
        a_csv("title,data:background.Color,job:priority", "Ada,#00ff00,1", bad)
    )
    await visit.page.get_by_label("Choose background.Color, row 1").fill("#ff0000")
    await expect(cell_of(visit, "background.Color", 1)).to_have_value("#ff0000")
    await visit.page.get_by_label("Shrink texts that do not fit").check()
    await visit.page.get_by_role("button", name="Add an output").click()
    second = visit.page.get_by_role("group", name="Output 2")
    await second.get_by_label("Composition").select_option("badge")
    await second.get_by_label("Output", exact=True).select_option("image_jpeg")
    await second.get_by_label("File name suffix").fill("badge")
    await visit.page.get_by_label("File names").fill("{title}")
    await visit.page.get_by_role("link", name="Help").click()
    await visit.page.get_by_role("link", name="New batch").first.click()
    await visit.page.get_by_role("button", name="Start 4 jobs").click()
    await expect(visit.page.get_by_text("1 of 2 rows cannot be rendered.")).to_be_visible()
    await visit.page.get_by_role("button", name="Start the other 1").click()
    await has_attribute(visit.cell(0), "aria-label", "Job 0, Ada, finished")
    await has_attribute(visit.cell(1), "aria-label", "Job 1, Ada-badge, finished")
    await visit.wait_for_state(3, "rejected")
    [batch_id] = await team.batch_ids()
    red, badge, *_ = await team.get(f"/batches/{batch_id}/results")
    picture = Image.open(io.BytesIO((await team.public.get(red["outputUrl"])).content))
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert ".jpg" in badge["outputUrl"]


async def test_files_are_named_by_columns_that_are_typed(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await visit.page.get_by_role("button", name="{title}").click()
    await cell_of(visit, "title", 1).fill("Ada")
    poster = visit.page.get_by_label("Add a poster to each film")
    await expect(poster).to_be_hidden()  # pictures have none
    await visit.page.get_by_label("Output", exact=True).select_option("video_gif")
    await poster.check()
    await visit.page.get_by_role("button", name="Start 1 job").click()
    await has_attribute(visit.cell(0), "aria-label", "Job 0, Ada, finished")
    await visit.page.reload()  # a finished batch shows its outputs at once
    await has_property(visit.cell(0).locator("img"), "naturalWidth", 32)
    await expect(visit.cell(0).locator("img")).to_have_attribute("src", re.compile(r"\.jpg\?"))


async def test_the_example_csv_is_downloaded_and_accepted(visit: Visit, team: Team) -> None:
    file = await fill_in(visit, team)
    async with visit.page.expect_download() as saved:
        await visit.page.get_by_role("button", name="Download example CSV").click()
    await file.set_input_files(await (await saved.value).path())
    await expect(cell_of(visit, "title", 1)).to_have_value("A")
    await expect(visit.page.get_by_text("The row can be rendered.")).to_be_visible()


async def test_one_row_is_previewed(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")
    await visit.page.get_by_role("button", name="Preview row 1").click()
    picture = visit.page.get_by_alt_text("Row 1, frame 5")
    await has_property(picture, "naturalWidth", 16)  # half of the card's width
    assert await batches_of(team) == []


async def test_a_template_with_nothing_to_fill_in_is_previewed(visit: Visit, team: Team) -> None:
    card = json.loads(a_card())
    card["layers"] = [layer for layer in card["layers"] if layer["nm"] == "background"]
    await team.upload(json.dumps(card).encode())
    await visit.go("/new")
    await visit.page.get_by_role("button", name="Preview row 1").click()
    await has_property(visit.page.get_by_alt_text("Row 1, frame 5"), "naturalWidth", 16)


async def test_a_thousand_rows_are_a_batch_and_one_more_are_two(visit: Visit, team: Team) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", *(f"Number {n}" for n in range(1000))))
    await expect(visit.page.get_by_text("All 1,000 rows can be rendered.")).to_be_visible()
    await visit.page.get_by_role("button", name="Next").click()
    await expect(cell_of(visit, "title", 51)).to_have_value("Number 50")
    await file.set_input_files(a_csv("title", *(f"Number {n}" for n in range(1001))))
    outcome = visit.page.get_by_text("All 1,001 rows can be rendered. They become 2 batches")
    await expect(outcome).to_be_visible()
    await expect(visit.page.get_by_text("Rows 1 to 50 of 1,001")).to_be_visible()


async def test_a_file_that_is_not_a_table_is_refused_with_a_visible_reason(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", *(f"Number {n}" for n in range(50))))
    await expect(visit.page.get_by_text("All 50 rows can be rendered.")).to_be_visible()
    await visit.page.evaluate("scrollTo(0, 0)")
    await file.set_input_files(a_csv("title", '"never closed'))
    await expect(visit.page.get_by_role("alert")).to_contain_text("a quote is not closed")
    await is_in_view(visit.page.get_by_role("alert"))


async def test_a_team_without_templates_is_sent_to_the_templates_page(visit: Visit) -> None:
    await visit.go("/new")
    await visit.page.get_by_role("link", name="Upload a template").click()
    await expect(visit.page.get_by_role("heading", name="Templates")).to_be_visible()


async def drop(visit: Visit, *paths: Path) -> None:
    """Drop files or folders of this machine on the rows, as a file manager does."""
    box = await visit.page.locator("label.drop").bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session: Any = await visit.page.context.new_cdp_session(visit.page)
    dragged = {"items": [], "files": [*map(str, paths)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await session.send("Input.dispatchDragEvent", {"type": kind, "data": dragged, **place})


async def test_a_folder_with_a_table_and_its_pictures_is_dropped(
    visit: Visit, team: Team, tmp_path: Path
) -> None:
    await team.upload(a_card_with_a_photo())
    folder = tmp_path / "promo"
    (folder / "photos").mkdir(parents=True)
    for colour in ("red", "blue"):
        Image.new("RGB", (32, 18), colour).save(folder / "photos" / f"{colour}.png")
    (folder / "people.csv").write_text("photo\nphotos/red.png\nphotos\\blue.png\nlate.png\n")
    await visit.go("/new")
    await visit.page.get_by_label("Output", exact=True).select_option("image_png")

    await drop(visit, folder)

    await expect(visit.page.get_by_text("1 of 3 rows cannot be rendered.")).to_be_visible()
    await expect(visit.page.locator(".missing-files")).to_contain_text("late.png")
    await expect(cell_of(visit, "photo", 1)).to_have_value("photos/red.png")
    Image.new("RGB", (32, 18), "lime").save(tmp_path / "late.png")
    await drop(visit, tmp_path / "late.png")
    await expect(visit.page.get_by_text("All 3 rows can be rendered.")).to_be_visible()
    await expect(visit.page.locator(".missing-files")).to_be_hidden()
    assert await batches_of(team) == []

    await visit.page.get_by_role("button", name="Preview row 2").click()
    await expect(visit.page.get_by_alt_text("Row 2, frame")).to_be_visible()
    await visit.page.get_by_role("button", name="Start 3 jobs").click()
    await visit.wait_for_state(2, "finished")
    [batch_id] = await team.batch_ids()
    for job, colour in zip(
        await team.get(f"/batches/{batch_id}/results"),
        [(255, 0, 0), (0, 0, 255), (0, 255, 0)],
        strict=True,
    ):
        content = (await team.public.get(job["outputUrl"])).content
        assert Image.open(io.BytesIO(content)).convert("RGB").getpixel((16, 9)) == colour


async def test_a_table_of_more_than_a_thousand_rows_is_started_and_followed_as_one(
    visit: Visit, team: Team, tmp_path: Path
) -> None:
    file = await fill_in(visit, team)
    good = {0, 999, 1000, 1199}  # the others are rejected, so that nothing is rendered for them
    rows = [f"Row {at},{1 if at in good else 'high'}" for at in range(1200)]
    await file.set_input_files(a_csv("title,job:priority", *rows))
    await expect(visit.page.get_by_text("1,196 of 1,200 rows cannot be rendered.")).to_be_visible()
    await visit.page.get_by_label("Batch name").fill("Long")
    await visit.page.get_by_role("button", name="Start the other 4").click()

    whole = visit.page.get_by_role("region", name="The whole table")
    await expect(whole).to_contain_text("4 of 4 finished")
    async with visit.page.expect_download() as table:
        await visit.page.get_by_role("button", name="Results as CSV").click()
    await (await table.value).save_as(tmp_path / "results.csv")
    results = list(csv.DictReader((tmp_path / "results.csv").open(newline="")))
    assert [int(row["index"]) for row in results] == [*range(1200)]
    finished = [row["title"] for row in results if row["status"] == "finished"]
    assert finished == ["Row 0", "Row 999", "Row 1000", "Row 1199"]

    await whole.get_by_role("link", name="From row 1,001").click()
    await has_attribute(visit.cell(0), "aria-label", "Job 1000, finished")
    await expect(whole.locator("[aria-current]")).to_have_text("From row 1,001")
    await visit.page.get_by_role("link", name="Batches").click()
    listed = visit.page.locator("table.batches tbody tr")
    await expect(listed).to_have_count(1)
    await expect(listed).to_contain_text("4 of 4 finished")

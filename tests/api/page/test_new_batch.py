"""Making a batch: by typing, by pasting, and from a file."""

import json
from typing import Any

from playwright.async_api import FilePayload, Locator, expect

from tests.api.documents import a_card
from tests.api.page.browsing import Visit, has_attribute, has_focus, has_property
from tests.api.running_api import Team

LETTER = "\U0010fffd"  # for private use: no font has it
LACKING = f"No font has a glyph for {LETTER}"


def a_csv(*lines: str) -> FilePayload:
    return {"name": "people.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode()}


async def fill_in(visit: Visit, team: Team) -> Locator:
    """The form for the template `card`, with PNG for its output. Returns the field for a file."""
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
    await expect(visit.page.get_by_text("has no such layer: shoe size")).to_be_visible()
    await expect(visit.page.get_by_text("1 row of 3 cannot be rendered.")).to_be_visible()
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


async def test_rows_with_letters_that_no_font_has_say_so_and_are_started(
    visit: Visit, team: Team
) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", "Ada", f"Ada {LETTER}"))
    await expect(visit.page.get_by_text("All 2 rows can be rendered.")).to_be_visible()
    await expect(visit.page.locator(".row-warnings")).to_have_text(f"{LACKING} (U+10FFFD)")
    await visit.page.get_by_role("button", name="Start 2 jobs").click()
    await visit.wait_for_state(1, "finished")
    await has_attribute(visit.cell(1), "aria-label", f"Job 1, finished, no font has {LETTER}")
    await visit.cell(1).click()
    await expect(visit.page.get_by_label("Warnings")).to_contain_text(LACKING)


async def test_what_of_a_template_will_not_look_as_designed_is_shown(
    visit: Visit, team: Team
) -> None:
    document = json.loads(a_card())
    document["layers"].append({"ty": 13, "nm": "Eye", "ip": 0, "op": 10, "ks": {}})
    await team.upload(json.dumps(document).encode())
    for address in ("/templates", "/new"):
        await visit.go(address)
        await expect(visit.page.get_by_label("Warnings")).to_contain_text(
            "The camera is ignored: all layers are seen flat (Eye of main)"
        )


async def test_a_row_that_is_put_right_is_started_with_the_others(visit: Visit, team: Team) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title;job:priority;tags", "Ada;high;fine", "Mary;;"))
    start = visit.page.get_by_role("button", name="Start 2 jobs")
    await expect(visit.page.locator(".row-problems")).to_be_visible()
    await start.click()
    await expect(visit.page.get_by_text("1 row of 2 cannot be rendered.")).to_be_visible()
    assert await batches_of(team) == []
    await cell_of(visit, "priority", 1).fill("1")
    await start.click()
    await visit.wait_for_state(1, "finished")
    [batch_id] = await team.batch_ids()
    [first, _] = await team.get(f"/batches/{batch_id}/results")
    assert first["tags"] == ["fine"]


async def test_a_double_click_starts_one_batch(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")
    await visit.page.get_by_role("button", name="Start 1 job").dblclick()
    await visit.wait_for_state(0, "finished")
    assert len(await team.batch_ids()) == 1


async def test_a_start_whose_answer_gets_lost_can_be_repeated(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")

    async def lose_the_answer(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await visit.page.route("**/api/v2/batches", lose_the_answer, times=1)
    start = visit.page.get_by_role("button", name="Start 1 job")
    await start.click()
    await expect(visit.page.get_by_text("could not be reached")).to_be_visible()
    await start.click()
    await visit.wait_for_state(0, "finished")
    assert len(await team.batch_ids()) == 1


async def test_cells_of_a_spreadsheet_are_pasted(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).evaluate(
        """(input) => {
          const clipboard = new DataTransfer();
          clipboard.setData("text/plain", "Ada\\tfirst\\nGrace\\tsecond\\n");
          const how = { clipboardData: clipboard, bubbles: true, cancelable: true };
          input.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )
    await expect(cell_of(visit, "title", 2)).to_have_value("Grace")
    await expect(cell_of(visit, "tags", 2)).to_have_value("second")
    await expect(visit.page.get_by_role("button", name="Start 2 jobs")).to_be_visible()


async def test_one_row_is_previewed(visit: Visit, team: Team) -> None:
    await fill_in(visit, team)
    await cell_of(visit, "title", 1).fill("Ada")
    await visit.page.get_by_role("button", name="Preview row 1").click()
    picture = visit.page.get_by_alt_text("Row 1, frame 5")
    await has_property(picture, "naturalWidth", 16)  # half of the card's
    assert await batches_of(team) == []


async def test_a_thousand_rows_are_taken_and_one_more_is_refused(visit: Visit, team: Team) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", *(f"Number {n}" for n in range(1000))))
    await expect(visit.page.get_by_text("All 1,000 rows can be rendered.")).to_be_visible()
    await visit.page.get_by_role("button", name="Next").click()
    await expect(cell_of(visit, "title", 51)).to_have_value("Number 50")
    await file.set_input_files(a_csv("title", *(f"Number {n}" for n in range(1001))))
    await expect(visit.page.get_by_role("alert")).to_contain_text("BATCH_SIZE_INVALID")


async def test_a_file_that_is_no_table_is_refused_with_a_reason(visit: Visit, team: Team) -> None:
    file = await fill_in(visit, team)
    await file.set_input_files(a_csv("title", '"never closed'))
    await expect(visit.page.get_by_role("alert")).to_contain_text("quotation mark")


async def test_a_team_without_templates_is_led_to_them(visit: Visit) -> None:
    await visit.go("/new")
    await visit.page.get_by_role("link", name="Upload a template").click()
    await expect(visit.page.get_by_role("heading", name="Templates")).to_be_visible()

"""Templates: uploaded by dropping a file, read, and deleted."""

from playwright.async_api import expect

from tests.api.documents import a_card
from tests.api.page.browsing import Visit

DROP = """(element, content) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([content], "my card.json"));
  const how = { dataTransfer: dropped, bubbles: true, cancelable: true };
  element.dispatchEvent(new DragEvent("drop", how));
}"""


async def test_a_dropped_template_is_ready_for_a_batch_and_can_be_deleted(visit: Visit) -> None:
    await visit.go("/templates")
    await visit.page.locator(".drop").evaluate(DROP, a_card().decode())
    card = visit.page.locator(".templates .card")
    await expect(card).to_contain_text("my card")
    await expect(card).to_contain_text("Ready")
    await expect(card).to_contain_text("title, inner, background")
    await card.get_by_role("link", name="New batch of my card").click()
    await expect(visit.page.get_by_label("title, row 1")).to_be_visible()

    await visit.go("/templates")
    await card.get_by_role("button", name="Delete my card").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(visit.page.get_by_text("No templates yet.")).to_be_visible()


async def test_a_template_that_cannot_be_read_says_why(visit: Visit) -> None:
    await visit.go("/templates")
    await visit.page.locator("input[type=file]").set_input_files(
        [
            {"name": "broken.json", "mimeType": "application/json", "buffer": b"{}"},
            {"name": "card.aep", "mimeType": "application/octet-stream", "buffer": b"RIFX"},
        ]
    )
    uploads = visit.page.get_by_role("list", name="Uploads")
    await expect(uploads).to_contain_text("A template is a .json, .lottie or .zip file.")
    await expect(uploads.get_by_role("alert")).to_have_count(2)
    card = visit.page.locator(".templates .card")
    await expect(card).to_contain_text("broken")
    await expect(card.locator(".bad")).not_to_be_empty()

"""Templates: uploaded by dropping a file, read, and deleted."""

from playwright.async_api import FilePayload, Request, expect

from tests.api.documents import a_card
from tests.api.page.browsing import Visit, has_property
from tests.api.running_api import Team
from tests.reelbatch.projects.made import a_project, a_zip, turned

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
    fields = card.get_by_role("table", name="Fields of my card").get_by_role("row")
    await expect(fields.nth(1)).to_contain_text("titletextA")
    await expect(fields.nth(2)).to_contain_text("badge")
    await card.get_by_role("link", name="New batch from my card").click()
    await expect(visit.page.get_by_label("title, row 1")).to_be_visible()

    await visit.go("/templates")
    await card.get_by_role("button", name="Delete my card").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(visit.page.get_by_text("No templates yet.")).to_be_visible()


async def test_only_visible_cards_request_their_fields(visit: Visit, team: Team) -> None:
    oldest, *_ = [await team.upload_card() for _ in range(4)]
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    await visit.page.set_viewport_size({"width": 1280, "height": 300})
    await visit.go("/templates")
    cards = visit.page.locator(".templates .card")
    await expect(cards.first.get_by_role("table")).to_be_visible()
    assert not any(url.endswith(f"/templates/{oldest}") for url in asked)
    await cards.last.scroll_into_view_if_needed()
    await expect(cards.last.get_by_role("table")).to_be_visible()


async def test_a_template_that_cannot_be_read_says_why(visit: Visit) -> None:
    await visit.go("/templates")
    await visit.page.locator("input[type=file]").set_input_files(
        [
            {"name": "broken.json", "mimeType": "application/json", "buffer": b"{}"},
            {"name": "card.psd", "mimeType": "application/octet-stream", "buffer": b"8BPS"},
        ]
    )
    uploads = visit.page.get_by_role("list", name="Uploads")
    await expect(uploads).to_contain_text(
        "A template must be a .json, .lottie, .zip, .aep, .mogrt or .html file."
    )
    await expect(uploads.get_by_role("alert")).to_have_count(2)
    card = visit.page.locator(".templates .card")
    await expect(card).to_contain_text("broken")
    await expect(card.locator(".bad")).not_to_be_empty()


async def test_a_renderer_can_be_changed_if_there_are_several_or_it_is_missing(
    visit: Visit, team: Team
) -> None:
    template_id = await team.upload_card()
    await visit.go("/templates")
    card = visit.page.locator(".templates .card")
    await expect(card).to_contain_text("Ready")
    await expect(card.get_by_label("Renderer")).to_have_count(0)
    await team.http.patch(f"/templates/{template_id}", json={"renderer": "lottie-web"})
    await visit.page.reload()
    await expect(card).to_contain_text("not on this server")
    await card.get_by_label("Renderer").select_option("auto")
    await expect(card.get_by_label("Renderer")).to_have_count(0)
    assert (await team.get(f"/templates/{template_id}"))["renderer"] == "auto"


async def test_a_project_shows_its_warnings_its_controls_and_a_picture(visit: Visit) -> None:
    await visit.go("/templates")
    graphics = a_zip({"project.aegraphic": a_zip({"a.aep": a_project(turned)})})
    file: FilePayload = {"name": "promo.mogrt", "mimeType": "", "buffer": graphics}
    await visit.page.locator("input[type=file]").set_input_files([file])
    card = visit.page.locator(".templates .card")
    await expect(card).to_contain_text("Ready")
    await expect(card).to_contain_text("The effect 'Transform' is not drawn")
    await expect(card).to_contain_text("Strength (slider)")
    await expect(card).to_contain_text("MyriadPro (Regular) (missing)")
    await card.get_by_label("Draw it even though it will not look as designed").check()
    await expect(card.get_by_label("Draw it even though")).to_be_checked()
    await has_property(card.get_by_label("Renderer"), "value", "auto")
    await expect(card.get_by_role("img", name="promo, Main")).to_be_visible()


async def test_a_zip_is_sent_as_html_or_as_lottie_according_to_its_files(visit: Visit) -> None:
    await visit.go("/templates")
    zips = {
        "html": a_zip({"index.html": b"<p>", "data.json": b"{}"}),
        "zip": a_zip({"data.json": a_card(), "demo.html": b"<p>"}),
    }
    for kind, content in zips.items():
        file: FilePayload = {"name": "pages.zip", "mimeType": "", "buffer": content}
        async with visit.page.expect_request(_creates_a_template) as sent:
            await visit.page.locator("input[type=file]").set_input_files([file])
        assert f'"type":"{kind}"' in str((await sent.value).post_data)
    await expect(visit.page.locator(".templates .card").filter(has_text="Ready")).to_be_visible()


def _creates_a_template(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/templates")

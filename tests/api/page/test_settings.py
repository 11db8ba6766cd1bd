"""What a team has beside templates and batches."""

from playwright.async_api import FilePayload, expect

from tests.api.fonts import a_font
from tests.api.page.browsing import Visit
from tests.api.running_api import Team


async def test_fonts_and_secrets_are_added_and_deleted(visit: Visit, team: Team) -> None:
    await visit.page.get_by_role("link", name="Settings").click()
    fonts = visit.page.get_by_role("region", name="Fonts")
    files: list[FilePayload] = [
        {"name": "rare.ttf", "mimeType": "font/ttf", "buffer": a_font()},
        {"name": "broken.ttf", "mimeType": "font/ttf", "buffer": b"no font"},
    ]
    await fonts.locator("input[type=file]").set_input_files(files)
    await expect(fonts.get_by_role("alert")).to_contain_text("FONT_INVALID")
    [known] = await team.get("/fonts")
    await expect(fonts.get_by_role("listitem")).to_contain_text(known["familyName"])

    secrets = visit.page.get_by_role("region", name="Secrets")
    await secrets.get_by_label("Name").fill("S3_KEY")
    await secrets.get_by_label("Value").fill("hidden words")
    await secrets.get_by_role("button", name="Add the secret").click()
    await expect(secrets.get_by_role("listitem")).to_contain_text("S3_KEY")
    await expect(secrets.get_by_label("Value")).to_have_value("")

    for region, name in ((fonts, known["familyName"]), (secrets, "S3_KEY")):
        await region.get_by_role("button", name=f"Delete {name}").click()
        dialog = visit.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Delete").click()
        await expect(region.get_by_text("yet: ")).to_be_visible()
    assert (await team.get("/fonts"), await team.get("/secrets")) == ([], [])


async def test_the_key_that_webhooks_are_signed_with_is_shown_once_it_is_asked_for(
    visit: Visit, team: Team
) -> None:
    await visit.go("/settings")
    await visit.page.get_by_role("button", name="Show the signing key").click()
    key = visit.page.get_by_label("Signing key")
    await expect(key).to_have_value((await team.get("/webhooks/secret"))["secret"])

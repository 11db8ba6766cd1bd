"""The settings page (fonts, secrets, tokens, signing key) and the help page."""

from playwright.async_api import Browser, FilePayload, expect

from reelbatch.version import VERSION
from tests.api.fonts import a_font
from tests.api.page.browsing import Visit, visiting
from tests.api.running_api import RunningApi, Team


async def test_fonts_and_secrets_are_added_and_deleted(visit: Visit, team: Team) -> None:
    await visit.page.get_by_role("link", name="Settings").click()
    fonts = visit.page.get_by_role("region", name="Fonts")
    files: list[FilePayload] = [
        {"name": "rare.ttf", "mimeType": "font/ttf", "buffer": a_font()},
        {"name": "broken.ttf", "mimeType": "font/ttf", "buffer": b"no font"},
    ]
    await fonts.locator("input[type=file]").set_input_files(files)
    await expect(fonts.get_by_role("alert")).to_contain_text("FONT_INVALID")
    [font] = await team.get("/fonts")
    await expect(fonts.get_by_role("listitem")).to_contain_text(font["familyName"])

    secrets = visit.page.get_by_role("region", name="Secrets")
    await secrets.get_by_label("Name").fill("S3_KEY")
    await secrets.get_by_label("Value").fill("hidden words")
    await secrets.get_by_role("button", name="Add secret").click()
    await expect(secrets.get_by_role("listitem")).to_contain_text("S3_KEY")
    await expect(secrets.get_by_label("Value")).to_have_value("")

    for region, name in ((fonts, font["familyName"]), (secrets, "S3_KEY")):
        await region.get_by_role("button", name=f"Delete {name}").click()
        dialog = visit.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Delete").click()
        await expect(region.get_by_text("yet: ")).to_be_visible()
    assert (await team.get("/fonts"), await team.get("/secrets")) == ([], [])


async def test_a_token_is_made_shown_once_and_revoked(
    visit: Visit, team: Team, api: RunningApi
) -> None:
    await visit.go("/settings")
    tokens = visit.page.get_by_role("region", name="API tokens")
    await expect(tokens.get_by_role("listitem")).to_contain_text("in use here")
    await tokens.get_by_label("Name").fill("Dashboard")
    for scope in ("Start, cancel and retry", "Change templates, fonts and secrets"):
        await tokens.get_by_label(scope).uncheck()
    await tokens.get_by_label("Expires").select_option("In 90 days")
    await tokens.get_by_role("button", name="Create token").click()
    made = tokens.get_by_role("listitem").nth(1)
    await expect(made).to_contain_text("Dashboardjobs:read · expires ")
    async with api.client_of(await tokens.get_by_label("New token").input_value()) as http:
        assert (await http.get("/team")).json()["token"]["scopes"] == ["jobs:read"]
    await visit.page.reload()
    await expect(made).to_be_visible()
    await expect(tokens.get_by_label("New token")).to_be_hidden()

    await made.get_by_role("button", name="Revoke Dashboard").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(made).to_have_count(0)
    assert len(await team.get("/tokens")) == 1


async def test_a_token_that_may_not_create_others_is_explained(
    browser: Browser, api: RunningApi, team: Team
) -> None:
    narrow = (await team.http.post("/tokens", json={"name": "narrow"})).json()["token"]
    async with visiting(browser, api, team) as visit:
        visit.token = narrow
        await visit.sign_in()
        await visit.go("/settings")
        tokens = visit.page.get_by_role("region", name="API tokens")
        await expect(tokens).to_contain_text("does not have the scope admin")
        await expect(tokens.get_by_role("button")).to_have_count(0)


async def test_help_names_the_team_and_version_and_links_to_the_reference(
    visit: Visit, team: Team
) -> None:
    await expect(visit.page.locator("header")).to_contain_text(f"Team {team.name}")
    await visit.page.get_by_role("link", name="Help").click()
    await expect(visit.page.get_by_text(f"Reelbatch {VERSION} · team {team.name}")).to_be_visible()
    reference = visit.page.get_by_role("link", name="API reference")
    address = await reference.evaluate("(link) => link.href")
    assert (await team.public.get(address)).status_code == 200


async def test_the_signing_key_of_webhooks_is_shown_on_request(visit: Visit, team: Team) -> None:
    await visit.go("/settings")
    await visit.page.get_by_role("button", name="Show the signing key").click()
    key = visit.page.get_by_label("Signing key")
    await expect(key).to_have_value((await team.get("/webhooks/secret"))["secret"])

"""Schedules on the page: made, run, paused and deleted."""

from playwright.async_api import expect

from tests.api.page.browsing import Visit, has_attribute
from tests.api.running_api import Team
from tests.origin import running_origin
from tests.reelbatch.projects.made import RATE, SECONDS, Stage, a_project


async def test_a_schedule_is_made_run_paused_and_deleted(visit: Visit, team: Team) -> None:
    await team.upload_card()
    await visit.page.get_by_role("link", name="Schedules").click()
    await expect(visit.page.get_by_text("No schedules yet.")).to_be_visible()
    await visit.page.get_by_text("New schedule").click()
    form = visit.page.locator("form")
    await form.get_by_label("Name", exact=True).fill("Offers")
    await form.get_by_label("Output").select_option("image_png")
    await form.get_by_label("File names").fill("{title}")
    await form.get_by_label("When").select_option("Custom cron expression")
    await form.get_by_label("Cron expression").fill("never")
    await form.get_by_label("Time zone").select_option("Europe/Berlin")
    create = form.get_by_role("button", name="Create schedule")
    async with running_origin() as origin:
        await form.get_by_label("Address of the table").fill(
            origin.answer("/offers.csv", b"title\nAda\nZoe\n")
        )
        await create.click()
        await expect(visit.page.get_by_role("alert")).to_contain_text("cron: ")
        await form.get_by_label("Cron expression").fill("0 6 1 1 *")
        await create.click()
        card = visit.page.locator(".schedules .card")
        await expect(card).to_contain_text("0 6 1 1 * (Europe/Berlin), next ")
        await expect(card).to_contain_text("It has not run yet.")
        await card.get_by_role("button", name="Run now: Offers").click()
        await expect(card.get_by_role("list", name="Runs of Offers")).to_contain_text("2 jobs")

    await card.get_by_role("button", name="Pause: Offers").click()
    await expect(card).to_contain_text("Paused")
    await card.get_by_role("button", name="Resume: Offers").click()
    await expect(card).to_contain_text("next ")
    await card.get_by_role("link", name="All its batches").click()
    await expect(visit.page.get_by_role("heading", name="Batches of a schedule")).to_be_visible()
    await visit.page.get_by_role("link", name="Offers").click()
    await expect(visit.cell(1)).to_have_attribute("aria-label", "Job 1, Zoe, finished")
    await visit.page.get_by_role("link", name="Schedules").click()
    await card.get_by_role("button", name="Delete Offers").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(visit.page.get_by_text("No schedules yet.")).to_be_visible()


def _add_a_shorter_composition(stage: Stage) -> None:
    stage.project.root_folder.add_comp("Short", 80, 60, 1.0, SECONDS / 2, RATE)


async def test_the_frame_of_a_still_is_within_the_chosen_composition(
    visit: Visit, team: Team
) -> None:
    await team.upload(a_project(_add_a_shorter_composition), "aep")
    await visit.go("/schedules")
    await visit.page.get_by_text("New schedule").click()
    form = visit.page.locator("form")
    await form.get_by_label("Output").select_option("image_png")
    frame = form.get_by_label("Frame")
    for composition, last_frame in (("Main", "19"), ("Short", "9")):
        await form.get_by_label("Composition").select_option(composition)
        await has_attribute(frame, "max", last_frame)


async def test_an_error_of_a_refresh_disappears_after_the_next_success(visit: Visit) -> None:
    busy = {"error": "Busy just now.", "errorCode": "UNAVAILABLE"}
    await visit.page.route(
        "**/api/v2/schedules", lambda route: route.fulfill(status=503, json=busy), times=1
    )
    await visit.go("/schedules")
    await expect(visit.page.get_by_text("Busy just now.")).to_be_visible()
    await expect(visit.page.get_by_text("No schedules yet.")).to_be_visible()
    await expect(visit.page.get_by_text("Busy just now.")).to_have_count(0)

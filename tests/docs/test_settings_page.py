"""docs/settings.md is made from the descriptions of the settings."""

from docs.settings_page import PAGE, settings_page


def test_the_settings_page_is_what_the_descriptions_make() -> None:
    command = ".venv/bin/python docs/settings_page.py"
    assert PAGE.read_text() == settings_page(), f"write the page again: {command}"

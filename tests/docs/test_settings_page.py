"""docs/settings.md and the settings class name the same variables."""

import re
from pathlib import Path

from reelbatch.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"^\| `REELBATCH_(\w+)`", PAGE.read_text(), re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}

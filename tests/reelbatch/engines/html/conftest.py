from pathlib import Path

import pytest

from tests.reelbatch.engines.html.pages import Film


@pytest.fixture
def film(tmp_path: Path) -> Film:
    return Film(tmp_path)

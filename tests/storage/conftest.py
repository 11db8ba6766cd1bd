from pathlib import Path

import pytest
from obstore.store import ObjectStore

from storage.objects import open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(folder: Path) -> ObjectStore:
    return open_store(str(folder))

from pathlib import Path
from uuid import uuid4

import pytest
from obstore.store import ObjectStore

from reelbatch.storage.objects import open_store
from tests.s3_server import S3Server


@pytest.fixture(params=["folder", "s3"])
def location(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The location of an empty store, as in the setting. Both kinds must behave alike."""
    if request.param == "folder":
        return str(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("s3_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", server.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    return f"s3://reelbatch/{uuid4().hex}"


@pytest.fixture
def store(location: str) -> ObjectStore:
    return open_store(location)

"""Pictures, sound and video of one's own, for jobs to use."""

import hashlib
from pathlib import Path

from reelbatch.client._errors import NotFound
from reelbatch.client._session import Session, read_model
from reelbatch.client._steps import Steps, do
from reelbatch.models.wire.uploaded_files import UploadedFile, media_ending


def add_upload(session: Session, file: str | Path) -> Steps[UploadedFile]:
    """Upload a file, unless the service has it already. Its `src` goes into assets.

    Raises OSError, and ValueError for a file whose name is not that of a picture, a sound or a
    video.
    """
    path = Path(file)
    ending = media_ending(path.name)
    if ending is None:
        raise ValueError(f"{path} is not a picture, a sound or a video by its name")
    content = yield from do(path.read_bytes)
    id_ = f"{hashlib.sha256(content).hexdigest()}{ending}"
    try:
        response = yield from session.send(session.request("GET", "uploads", id_))
    except NotFound:
        request = session.request(
            "POST",
            "uploads",
            query={"name": path.name},
            headers={"Content-Type": "application/octet-stream"},
            body=content,
        )
        response = yield from session.send(request)
    return read_model(UploadedFile, response)

"""Operations on uploaded files: pictures, sounds and videos for jobs to use."""

import hashlib
from pathlib import Path

from reelbatch.client._errors import NotFound
from reelbatch.client._session import Session, read_model
from reelbatch.client._steps import Steps, do
from reelbatch.models.wire.uploaded_files import UploadedFile, media_ending


def add_upload(session: Session, file: str | Path) -> Steps[UploadedFile]:
    """Upload a picture, a sound or a video, unless the service has it already.

    Returns:
        The uploaded file. Use its `src` as the `src` of assets.

    Raises:
        ValueError: The extension of the file is not that of a picture, a sound or a video.
        OSError: The file cannot be read on this machine.

    Examples:
        ```python
        photo = client.uploads.add("photo.png")
        asset = {"type": "image", "layerName": "photo", "src": photo.src}
        ```
    """
    path = Path(file)
    ending = media_ending(path.name)
    if ending is None:
        raise ValueError(f"{path} does not have the extension of a picture, a sound or a video")
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

"""Files that a team has uploaded for its jobs; a file's id is derived from its content."""

import mimetypes
import re
from posixpath import splitext

from reelbatch.models.wire.base import WireModel

SCHEME = "upload:"

_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_ID = re.compile(rf"[0-9a-f]{{64}}{_ENDING.pattern}")
_MEDIA = ("image", "video", "audio")


class UploadedFile(WireModel):
    """A file that the team's jobs can use as the `src` of an asset."""

    id: str  # the SHA-256 of the content, and the extension of its kind
    src: str
    size: int  # bytes


def uploaded_file(id_: str, size: int) -> UploadedFile:
    return UploadedFile(id=id_, src=f"{SCHEME}{id_}", size=size)


def is_upload_id(id_: str) -> bool:
    return _ID.fullmatch(id_) is not None


def upload_id_in(src: str) -> str | None:
    """The id of the uploaded file that `src` names; None if it names something else."""
    id_ = src.removeprefix(SCHEME)
    return id_ if src.startswith(SCHEME) and is_upload_id(id_) else None


def media_ending(name: str, media_type: str = "") -> str | None:
    """The extension for a file with this name and type; None for other kinds than media."""
    suffix = splitext(name)[1].lower()
    guessed = mimetypes.guess_type(f"file{suffix}", strict=False)[0] or ""
    if guessed.partition("/")[0] not in _MEDIA:
        media_type = media_type.partition(";")[0].strip().lower()
        if media_type.partition("/")[0] not in _MEDIA:
            return None
        suffix = mimetypes.guess_extension(media_type, strict=False) or ""
    return suffix if _ENDING.fullmatch(suffix) else None

"""Reading a template that is a zip, or a plain file, within the limits.

Archives are read in memory and nothing is unpacked to a disk, so that an entry's path is only ever
a name.
"""

import io
import unicodedata
import zipfile
import zlib
from codecs import BOM_UTF8
from pathlib import Path, PurePosixPath

from reelbatch.engines.base import RenderLimits
from reelbatch.models.errors import LimitExceeded, TemplateInvalid

MAX_ENTRIES = 5000
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that Python lacks
    RuntimeError,  # an encrypted entry
    ValueError,
    OSError,
)


def read_bounded(path: Path, limits: RenderLimits) -> bytes:
    """The template's file. Raises LimitExceeded where it is too large."""
    if path.stat().st_size > limits.template_size:
        raise _too_large(limits)
    return path.read_bytes()


def is_archive(content: bytes) -> bool:
    return content.startswith(_ZIP_SIGNATURES)


def may_be_json(start: bytes) -> bool:
    """Whether a file of any type begins as a JSON object."""
    return start.removeprefix(BOM_UTF8).lstrip().startswith(b"{")


def unpack(content: bytes, limits: RenderLimits) -> dict[PurePosixPath, bytes]:
    """The files of a zip by their paths, without those that lead out of it.

    Raises TemplateInvalid, or LimitExceeded where it has too many files or is too large unpacked.
    """
    try:
        return _read(content, limits)
    except _UNREADABLE as error:
        reason = "it is damaged"
        if isinstance(error, NotImplementedError):
            reason = "its compression is not known here"
        elif isinstance(error, RuntimeError):
            reason = "it is encrypted"
        raise TemplateInvalid(f"The template's archive cannot be read: {reason}.") from error


def plain_path(name: str) -> PurePosixPath | None:
    """A path inside of an archive, or None for one that leads out of it."""
    path = PurePosixPath(name.replace("\\", "/").lstrip("/"))
    return None if ".." in path.parts or not path.parts else path


def comparable(path: PurePosixPath) -> PurePosixPath:
    """The path in NFC: macOS writes é in a name as e and an accent, and exporters do not."""
    return PurePosixPath(unicodedata.normalize("NFC", str(path)))


def _read(content: bytes, limits: RenderLimits) -> dict[PurePosixPath, bytes]:
    files: dict[PurePosixPath, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise LimitExceeded(f"The template's archive has more than {MAX_ENTRIES} entries.")
        # A reader never gets more out of an entry than the size that it states.
        if sum(entry.file_size for entry in entries) > limits.template_size:
            raise _too_large(limits)
        for entry in entries:
            path = plain_path(entry.filename)
            if path is None or entry.is_dir() or _is_of_macos(path):
                continue
            files.setdefault(path, archive.read(entry))
    return files


def _too_large(limits: RenderLimits) -> LimitExceeded:
    return LimitExceeded(
        f"The template is larger than the {limits.template_size} bytes, unpacked, "
        "that this server takes (REELBATCH_MAX_TEMPLATE_BYTES)."
    )


def _is_of_macos(path: PurePosixPath) -> bool:
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")

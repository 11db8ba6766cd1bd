"""Reading a template, which is a zip or a plain file, within the limits.

Archives are read in memory. Nothing is unpacked to disk, so an entry's path is never more than a
name.
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
    NotImplementedError,  # a compression method that Python doesn't support
    RuntimeError,  # an encrypted entry
    ValueError,
    OSError,
)


def read_bounded(path: Path, limits: RenderLimits) -> bytes:
    """Return the template's content. Raises LimitExceeded if it is too large."""
    if path.stat().st_size > limits.template_size:
        raise _too_large(limits)
    return path.read_bytes()


def is_archive(content: bytes) -> bool:
    return content.startswith(_ZIP_SIGNATURES)


def may_be_json(start: bytes) -> bool:
    """Whether a file begins like a JSON object."""
    return start.removeprefix(BOM_UTF8).lstrip().startswith(b"{")


def unpack(content: bytes, limits: RenderLimits) -> dict[PurePosixPath, bytes]:
    """Return the files of a zip by path. Entries whose path leads out of the zip are left out.

    Raises TemplateInvalid, or LimitExceeded if the zip has too many entries or unpacks to too
    many bytes.
    """
    try:
        return _read(content, limits)
    except _UNREADABLE as error:
        reason = "it is damaged"
        if isinstance(error, NotImplementedError):
            reason = "its compression method is not supported"
        elif isinstance(error, RuntimeError):
            reason = "it is encrypted"
        raise TemplateInvalid(f"The template's archive cannot be read: {reason}.") from error


def plain_path(name: str) -> PurePosixPath | None:
    """Return an entry's path inside its archive, or None if it leads out of the archive."""
    path = PurePosixPath(name.replace("\\", "/").lstrip("/"))
    return None if ".." in path.parts or not path.parts else path


def comparable(path: PurePosixPath) -> PurePosixPath:
    """Return the path in NFC: macOS writes é in a name as e and an accent, exporters as one."""
    return PurePosixPath(unicodedata.normalize("NFC", str(path)))


def _read(content: bytes, limits: RenderLimits) -> dict[PurePosixPath, bytes]:
    files: dict[PurePosixPath, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise LimitExceeded(f"The template's archive has more than {MAX_ENTRIES} entries.")
        # zipfile never reads more from an entry than the size that the entry states.
        if sum(entry.file_size for entry in entries) > limits.template_size:
            raise _too_large(limits)
        for entry in entries:
            path = plain_path(entry.filename)
            if path is None or entry.is_dir() or _is_macos_metadata(path):
                continue
            files.setdefault(path, archive.read(entry))
    return files


def _too_large(limits: RenderLimits) -> LimitExceeded:
    return LimitExceeded(
        f"The template is larger than the {limits.template_size} bytes, unpacked, "
        "that this server accepts (REELBATCH_MAX_TEMPLATE_BYTES)."
    )


def _is_macos_metadata(path: PurePosixPath) -> bool:
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")

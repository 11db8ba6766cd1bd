"""The machine's fonts, found where fontconfig, Windows or macOS would look for them.

Fontconfig's programs need not be installed: its configuration is read here.
"""

import hashlib
import os
import re
import sys
from functools import cache
from pathlib import Path

_CONFIGURATION = Path("/etc/fonts")
if sys.platform == "win32":
    _USUAL_FOLDERS = (
        os.path.expandvars(r"%WINDIR%\Fonts"),
        os.path.expandvars(r"%LOCALAPPDATA%\Microsoft\Windows\Fonts"),
    )
elif sys.platform == "darwin":
    _USUAL_FOLDERS = ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts")
else:
    _USUAL_FOLDERS = (
        *("/usr/share/fonts", "/usr/local/share/fonts"),
        *("~/.local/share/fonts", "~/.fonts"),
    )
_FOLDER = re.compile(r'<dir(?:\s++prefix="(\w++)")?[^<>]*+>([^<]++)</dir>')
_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_HEADER_SIZE = 16 * 1024  # bytes; they include the checksums of all tables of a font
_MAX_FILES = 10_000


def font_folders() -> tuple[Path, ...]:
    """Return the folders that fontconfig's configuration names, and the usual ones."""
    named = [
        _folder(prefix, path.strip())
        for file in (_CONFIGURATION / "fonts.conf", *sorted(_CONFIGURATION.glob("conf.d/*.conf")))
        for prefix, path in _FOLDER.findall(_text(file))
    ]
    usual = [Path(folder).expanduser() for folder in _USUAL_FOLDERS]
    return tuple(dict.fromkeys([*named, *usual]))


@cache
def font_files() -> tuple[Path, ...]:
    """Return the machine's font files in a fixed order, as they were at the first call."""
    found: dict[Path, None] = {}
    for folder in font_folders():
        for root, folders, names in os.walk(folder):
            folders.sort()
            paths = (Path(root, name) for name in sorted(names))
            found.update(dict.fromkeys(p for p in paths if p.suffix.lower() in _SUFFIXES))
    return tuple(found)[:_MAX_FILES]


@cache
def fonts_digest() -> str:
    """Return a hex digest over each font's file name, size and the checksums of its tables."""
    digest = hashlib.sha256()
    for path in font_files():
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER_SIZE)
            size = path.stat().st_size
        except OSError:
            continue
        digest.update(f"{path.name}\0{size}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(header).digest())
    return digest.hexdigest()


def _folder(prefix: str, path: str) -> Path:
    if prefix == "xdg":
        home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return (Path(home) / path).expanduser()
    return Path(path).expanduser()


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""

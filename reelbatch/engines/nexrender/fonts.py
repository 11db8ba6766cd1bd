"""The fonts of a job, installed for the worker's user as long as After Effects renders.

macOS finds a font as soon as its file is in the user's folder. Windows wants it in the registry of
the user, too (https://learn.microsoft.com/windows/win32/gdi/font-installation-and-deletion).
"""

import os
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfile
from uuid import uuid4

if sys.platform == "win32":
    import ctypes
    import winreg

_PREFIX = "reelbatch-"
_LEFT_BEHIND = 24 * 3600.0  # seconds: no render lasts that long, so its worker was killed
_COLLECTIONS = {b"OTTO": ".otf", b"ttcf": ".ttc"}
_REGISTRY = r"Software\Microsoft\Windows NT\CurrentVersion\Fonts"
_EVERY_WINDOW, _FONTS_CHANGED, _UNLESS_HUNG = 0xFFFF, 0x001D, 0x0002  # winuser.h


@contextmanager
def installed(fonts: Sequence[Path], elsewhere: Path) -> Generator[None]:
    """While the context lasts, each render with files of its own: others may use the same fonts.

    `elsewhere` takes their place on systems that After Effects does not run on. Raises OSError.
    """
    folder = _folder() or elsewhere
    placed: list[Path] = []
    try:
        if fonts:
            folder.mkdir(parents=True, exist_ok=True)
            _tidy(folder)
        for font in fonts:
            placed.append(folder / f"{_PREFIX}{uuid4().hex}{_suffix(font)}")
            copyfile(font, placed[-1])
        _announce(placed)
        yield
    finally:
        _withdraw(placed)
        for file in placed:
            with suppress(OSError):  # Windows keeps a file that is still read; it goes a day later
                file.unlink(missing_ok=True)


def _folder() -> Path | None:
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"]) / "Microsoft" / "Windows" / "Fonts"
    return Path.home() / "Library" / "Fonts" if sys.platform == "darwin" else None


def _suffix(font: Path) -> str:
    with font.open("rb") as content:
        return _COLLECTIONS.get(content.read(4), ".ttf")


def _tidy(folder: Path) -> None:
    """Remove what killed workers have left."""
    old = time.time() - _LEFT_BEHIND
    left = [file for file in folder.glob(f"{_PREFIX}*") if file.stat().st_mtime < old]
    _withdraw(left)
    for file in left:
        with suppress(OSError):
            file.unlink()


def _announce(fonts: Sequence[Path]) -> None:
    if sys.platform == "win32" and fonts:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _REGISTRY) as key:
            for file in fonts:
                winreg.SetValueEx(key, file.stem, 0, winreg.REG_SZ, str(file))
        for file in fonts:
            ctypes.windll.gdi32.AddFontResourceW(str(file))
        _tell_windows()


def _withdraw(fonts: Sequence[Path]) -> None:
    if sys.platform == "win32" and fonts:
        for file in fonts:
            ctypes.windll.gdi32.RemoveFontResourceW(str(file))
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _REGISTRY) as key:
            for file in fonts:
                with suppress(OSError):
                    winreg.DeleteValue(key, file.stem)
        _tell_windows()


def _tell_windows() -> None:
    if sys.platform == "win32":
        ctypes.windll.user32.SendMessageTimeoutW(
            _EVERY_WINDOW, _FONTS_CHANGED, 0, 0, _UNLESS_HUNG, 1000, None
        )

"""A job's fonts, installed for the worker's user while After Effects renders.

macOS finds a font as soon as its file is in the user's folder. Windows also needs an entry in the
user's registry (https://learn.microsoft.com/windows/win32/gdi/font-installation-and-deletion).
"""

import os
import re
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfile
from uuid import uuid4

import psutil

if sys.platform == "win32":
    import ctypes
    import winreg

_OURS = re.compile(r"reelbatch-(\d+)-[0-9a-f]{32}\.\w+")  # the number is our process id
_COLLECTIONS = {b"OTTO": ".otf", b"ttcf": ".ttc"}
_REGISTRY = r"Software\Microsoft\Windows NT\CurrentVersion\Fonts"
_EVERY_WINDOW, _FONTS_CHANGED, _UNLESS_HUNG = 0xFFFF, 0x001D, 0x0002  # winuser.h


@contextmanager
def installed(fonts: Sequence[Path], elsewhere: Path) -> Generator[None]:
    """Install fonts during the context. Each render has its own copies of the files.

    On systems without After Effects, they are copied to the folder `elsewhere`. Raises OSError.
    """
    tidy()
    folder = _folder() or elsewhere
    placed: list[Path] = []
    try:
        if fonts:
            folder.mkdir(parents=True, exist_ok=True)
        for font in fonts:
            placed.append(folder / f"reelbatch-{os.getpid()}-{uuid4().hex}{_suffix(font)}")
            copyfile(font, placed[-1])
        _register(placed)
        yield
    finally:
        _remove(placed)


def tidy() -> None:
    """Remove fonts that killed render processes have left behind, as cancelled renders do."""
    if folder := _folder():
        _remove([file for file in folder.glob("reelbatch-*") if _is_left_behind(file)])


def _is_left_behind(file: Path) -> bool:
    """Whether the process that placed the file has ended; a newer one may have its number."""
    name = _OURS.fullmatch(file.name)
    if name is None:
        return False
    try:
        return psutil.Process(int(name[1])).create_time() > file.stat().st_mtime
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OSError):  # another user's process, or a file that has just gone
        return False


def _folder() -> Path | None:
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"]) / "Microsoft" / "Windows" / "Fonts"
    return Path.home() / "Library" / "Fonts" if sys.platform == "darwin" else None


def _suffix(font: Path) -> str:
    with font.open("rb") as content:
        return _COLLECTIONS.get(content.read(4), ".ttf")


def _remove(fonts: Sequence[Path]) -> None:
    _unregister(fonts)
    for file in fonts:
        with suppress(OSError):  # Windows locks a file that is in use; it is removed later
            file.unlink()


def _register(fonts: Sequence[Path]) -> None:
    if sys.platform == "win32" and fonts:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _REGISTRY) as key:
            for file in fonts:
                winreg.SetValueEx(key, file.stem, 0, winreg.REG_SZ, str(file))
        for file in fonts:
            ctypes.windll.gdi32.AddFontResourceW(str(file))
        _notify_windows()


def _unregister(fonts: Sequence[Path]) -> None:
    if sys.platform == "win32" and fonts:
        for file in fonts:
            ctypes.windll.gdi32.RemoveFontResourceW(str(file))
            with suppress(OSError), winreg.CreateKey(winreg.HKEY_CURRENT_USER, _REGISTRY) as key:
                winreg.DeleteValue(key, file.stem)
        _notify_windows()


def _notify_windows() -> None:
    if sys.platform == "win32":
        ctypes.windll.user32.SendMessageTimeoutW(
            _EVERY_WINDOW, _FONTS_CHANGED, 0, 0, _UNLESS_HUNG, 1000, None
        )

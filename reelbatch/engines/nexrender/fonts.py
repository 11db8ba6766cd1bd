"""The fonts of a job, installed for the worker's user as long as After Effects renders.

macOS finds a font as soon as its file is in the user's folder. Windows wants it in the registry of
the user, too (https://learn.microsoft.com/windows/win32/gdi/font-installation-and-deletion).
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

_OURS = re.compile(r"reelbatch-(\d+)-[0-9a-f]{32}\.\w+")  # with the process that placed it
_COLLECTIONS = {b"OTTO": ".otf", b"ttcf": ".ttc"}
_REGISTRY = r"Software\Microsoft\Windows NT\CurrentVersion\Fonts"
_EVERY_WINDOW, _FONTS_CHANGED, _UNLESS_HUNG = 0xFFFF, 0x001D, 0x0002  # winuser.h


@contextmanager
def installed(fonts: Sequence[Path], elsewhere: Path) -> Generator[None]:
    """While the context lasts, each render with files of its own: others may use the same fonts.

    `elsewhere` takes their place on systems that After Effects does not run on. Raises OSError.
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
        _announce(placed)
        yield
    finally:
        _remove(placed)


def tidy() -> None:
    """Remove what render processes have left that were killed, as cancelled renders are."""
    if folder := _folder():
        _remove([file for file in folder.glob("reelbatch-*") if _is_left_behind(file)])


def _is_left_behind(file: Path) -> bool:
    """Whether its process is gone. One that is younger than the file only has the number."""
    name = _OURS.fullmatch(file.name)
    if name is None:
        return False
    try:
        return psutil.Process(int(name[1])).create_time() > file.stat().st_mtime
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OSError):  # a process of somebody else; a file that has just gone
        return False


def _folder() -> Path | None:
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"]) / "Microsoft" / "Windows" / "Fonts"
    return Path.home() / "Library" / "Fonts" if sys.platform == "darwin" else None


def _suffix(font: Path) -> str:
    with font.open("rb") as content:
        return _COLLECTIONS.get(content.read(4), ".ttf")


def _remove(fonts: Sequence[Path]) -> None:
    _withdraw(fonts)
    for file in fonts:
        with suppress(OSError):  # Windows keeps a file that is still read; it goes another time
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
            with suppress(OSError), winreg.CreateKey(winreg.HKEY_CURRENT_USER, _REGISTRY) as key:
                winreg.DeleteValue(key, file.stem)
        _tell_windows()


def _tell_windows() -> None:
    if sys.platform == "win32":
        ctypes.windll.user32.SendMessageTimeoutW(
            _EVERY_WINDOW, _FONTS_CHANGED, 0, 0, _UNLESS_HUNG, 1000, None
        )

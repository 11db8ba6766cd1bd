"""Virtual environments with the wheel, as `pip install 'reelbatch[EXTRAS]'` creates them.

The wheel's requirements are copied from the environment of the tests, so nothing is downloaded.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def build(target: str, source: Path, folder: Path) -> Path:
    """Build the `wheel` or the `sdist` of the folder `source`."""
    command = (sys.executable, "-m", "hatchling", "build", f"--target={target}")
    subprocess.run(
        [*command, f"--directory={folder}"], cwd=source, check=True, stdout=subprocess.DEVNULL
    )
    [made] = folder.iterdir()
    return made


class Installation:
    """A new virtual environment with `reelbatch[EXTRAS]`, and with a user's `others`."""

    def __init__(
        self, folder: Path, wheel: Path, extras: Sequence[str] = (), others: Sequence[str] = ()
    ) -> None:
        venv.create(folder, symlinks=True)
        self.programs = folder / "bin"
        [self.site] = folder.glob("lib/python*/site-packages")
        python = f"--python={self.programs / 'python'}"
        subprocess.run(
            [*PIP, python, "install", "--no-deps", "--no-index", "--no-compile", wheel], check=True
        )
        [ours] = Distribution.discover(name="reelbatch", path=[str(self.site)])
        self.distributions = {"reelbatch": ours}
        for requirement in (*_required(ours, extras), *map(Requirement, others)):
            self._install(requirement)

    def run(
        self, program: str, *arguments: object, folder: Path, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs in `folder`, with only these variables as settings."""
        return subprocess.run(
            [self.programs / program, *map(str, arguments)],
            cwd=folder,
            env=clean_environment() | variables,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def _install(self, requirement: Requirement) -> None:
        name = canonicalize_name(requirement.name)
        if name in self.distributions and not requirement.extras:
            return
        if name not in self.distributions:
            self.distributions[name] = distribution(name)
            _copy(self.distributions[name], self.site)
        for further in _required(self.distributions[name], [*requirement.extras]):
            self._install(further)


def clean_environment() -> dict[str, str]:
    ours = ("REELBATCH_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _required(found: Distribution, extras: Sequence[str]) -> Iterator[Requirement]:
    for requirement in map(Requirement, found.requires or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or [""]):
            yield requirement


def _copy(found: Distribution, site: Path) -> None:
    """Copy its files, with their compiled versions, to the same places."""
    for file in found.files or ():
        source, target = Path(str(found.locate_file(file))), site / file
        compiled = cache_from_source(str(file)) if file.suffix == ".py" else ""
        _link(source, target)
        if compiled:
            _link(Path(str(found.locate_file(compiled))), site / compiled)


def _link(source: Path, target: Path) -> None:
    if not source.exists() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:  # on another disk
        shutil.copy2(source, target)

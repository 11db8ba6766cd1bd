"""The programs in the images of docker-compose.yml, and where this machine has them.

`python -m tests.deployment.programs` builds Temporal's programs, in the file's versions, in the
user's cache folder.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deployment.compose_file import compose

_BUILD_SECONDS = 1200  # for all programs; two processors need ten minutes
_SERVER, _WEB_UI = "go.temporal.io/server", "github.com/temporalio/ui-server/v2"
# The first four come with Debian's packages, the others with requirements-dev.lock.
_PACKAGED = ("initdb", "postgres", "pg_isready", "prometheus", "temporal", "weed")


@dataclass(frozen=True)
class GoProgram:
    name: str  # in its image
    module: str
    command: str  # its folder in the module
    version: str
    files: str = ""  # a folder of the module that the image also contains

    @property
    def file(self) -> Path:
        return cache() / f"{self.name}-{self.version}" / self.name

    def build(self, deadline: float) -> None:
        """Build the program by `deadline`, a time of time.monotonic().

        Raises CalledProcessError, TimeoutExpired or OSError.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.file.parent) as folder:
            package = f"{self.module}/{self.command}@v{self.version}"
            self._go(deadline, "install", package, GOBIN=folder)
            [built] = Path(folder).iterdir()
            if self.files:
                module = f"{self.module}@v{self.version}"
                downloaded = self._go(deadline, "mod", "download", "-json", module)
                source = Path(json.loads(downloaded)["Dir"]) / self.files
                copy = ["cp", "--recursive", "--no-preserve=mode", source, self.file.parent]
                subprocess.run(copy, check=True)
            built.rename(self.file)  # last, as a sign that the build is complete

    @staticmethod
    def _go(deadline: float, *arguments: str, **variables: str) -> str:
        return subprocess.run(
            ["go", *arguments],  # noqa: S607  any installed Go will do
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
            timeout=deadline - time.monotonic(),
            check=True,
        ).stdout.strip()


def go_programs() -> list[GoProgram]:
    server, web_ui = (
        compose()["services"][service]["image"].rpartition(":")[2]
        for service in ("temporal", "temporal-ui")
    )
    return [
        GoProgram("temporal-server", _SERVER, "cmd/server", server),
        GoProgram("temporal-sql-tool", _SERVER, "cmd/tools/sql", server, "schema"),
        GoProgram("temporal-ui-server", _WEB_UI, "cmd/server", web_ui, "config"),
    ]


def search_path() -> str:
    """The value of PATH with which the programs are found."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    built = [program.file.parent for program in go_programs()]
    places = [Path(sys.executable).parent, *built, *debian, os.environ["PATH"]]
    return os.pathsep.join(map(str, places))


def find(name: str) -> str:
    """The path of a program. Raises FileNotFoundError if this machine does not have it."""
    found = shutil.which(name, path=search_path())
    if found is None:
        raise FileNotFoundError(name)
    return found


def configuration(name: str) -> Path:
    """The folder of files that belongs to a built program."""
    [program] = [program for program in go_programs() if program.name == name]
    return program.file.parent / program.files


def missing() -> str | None:
    """A line that says what to install; None if nothing is missing."""
    needed = [*(program.name for program in go_programs()), *_PACKAGED]
    if os.geteuid() == 0:
        needed.append("setpriv")
    absent = [name for name in needed if shutil.which(name, path=search_path()) is None]
    if os.geteuid() == 0 and "postgres" not in {user.pw_name for user in pwd.getpwall()}:
        absent.append("the user postgres")
    if not absent:
        return None
    return (
        f"{', '.join(absent)}: not found. `make topology-tools` installs them "
        "(on Debian, as root, with Go 1.26)."
    )


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "reelbatch"


def main() -> None:
    deadline = time.monotonic() + _BUILD_SECONDS
    for program in go_programs():
        if not program.file.exists():
            sys.stderr.write(f"Building {program.name} {program.version} …\n")
            program.build(deadline)


if __name__ == "__main__":
    main()

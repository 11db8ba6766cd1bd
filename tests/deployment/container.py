"""A service of docker-compose.yml as a process on this machine.

Names of services become loopback addresses, and paths in the container become paths in a folder.
"""

import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.part import Part
from tests.deployment import images
from tests.deployment.compose_file import image_command, image_environment
from tests.deployment.network import Network
from tests.deployment.programs import find, search_path
from tests.integration.service import ROOT, until


class Container:
    """A container, named as Compose does: `worker-2`. Variables in `given` are not translated."""

    def __init__(
        self, name: str, compose: Any, network: Network, *, home: Path, given: Mapping[str, str]
    ) -> None:
        self.name = name
        self.service = name.rpartition("-")[0]
        self.address = network.address(name)
        self.folder = home / name
        self.log = home / f"{name}.log"
        self.spec: Any = compose["services"][self.service]
        self._network = network
        self._is_ours = self.spec["image"].startswith("reelbatch:")
        self._mounts = self._mount(compose["configs"])
        self.environment = self._environment(given)
        self._part: Part | None = None

    @property
    def part(self) -> Part:
        if self._part is None:
            folder = self.path(images.WORK_FOLDERS.get(self.service, "/"))
            folder.mkdir(parents=True, exist_ok=True)
            self._part = Part(self.name, self.command(), self.environment, self.log, folder=folder)
        return self._part

    def path(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")

    def command(self) -> list[str]:
        """The command of its image, with the arguments from the file."""
        stated = self.spec.get("command", image_command() if self._is_ours else [])
        arguments = shlex.split(stated) if isinstance(stated, str) else stated
        if self._is_ours:
            words = arguments
        elif "entrypoint" in self.spec:
            words = [*self.spec["entrypoint"], *arguments]
        else:
            words = [*images.entry_point(self.service, self.folder, self.address), *arguments]
        program, *rest = map(self._translate, words)
        return [find(program), *rest]

    def run(self, *command: str) -> str:
        """Run another command to its end. Returns its output."""
        done = self._run([find(command[0]), *command[1:]])
        assert done.returncode == 0, f"{self.name}: {done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def finish(self) -> None:
        """Run the service to its end, with as many retries as its `restart` allows."""
        policy, _, most = self.spec["restart"].partition(":")
        assert policy == "on-failure"
        tries = 0
        while (done := self._run(self.command())).returncode:
            assert tries < int(most), f"{self.name}: {done.stdout}\n{done.stderr}"
            time.sleep(0.1 * 2**tries)  # as Docker waits
            tries += 1

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    def discard(self) -> None:
        if self._part is not None:
            self._part.discard()

    def wait_until_healthy(self) -> None:
        """Wait until the service's own health check passes."""
        if check := self.spec.get("healthcheck"):
            _, *command = map(self._translate, check["test"])
            until(lambda: self._passes(*command), f"healthy {self.name}")

    def _passes(self, program: str, *arguments: str) -> bool | None:
        assert self.part.is_running, self.log.read_text()
        if program == "nc":
            return listens(arguments[-2], int(arguments[-1]))
        if program == "wget":
            return _responds(arguments[-1])
        done = subprocess.run(
            [find(program), *arguments],
            env={**self.environment, "PGHOST": self.address},
            check=False,
            capture_output=True,
        )
        return done.returncode == 0 or None

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        ours = image_environment() if self._is_ours else {}
        named = {**ours, **self.spec.get("environment", {})}
        environment = {
            name: self._network.of_service(value)
            if name.endswith(("_HOST", "_SEEDS")) and value in self._network.services
            else self._translate("" if value is None else str(value))
            for name, value in named.items()
        }
        if self._is_ours:
            environment |= given
        return {"PATH": search_path(), "HOME": str(self.folder), **environment}

    def _translate(self, text: str) -> str:
        inside = "|".join(sorted(map(re.escape, self._mounts), key=len, reverse=True))
        if inside:
            path = re.compile(rf"(?<![\w/.])(?:{inside})(?!\w)")
            text = path.sub(lambda found: str(self.path(found[0])), text)
        return self._network.translate(text, self.name)

    def _mount(self, configs: Any) -> list[str]:
        """Create the files and folders of the image and the file. Returns the container's paths."""
        mounts = [*images.FILES.get(self.service, ())]
        for config in self.spec.get("configs", ()):
            file = self.path(config["target"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(configs[config["source"]]["content"])
            mounts.append(config["target"])
        for volume in self.spec.get("volumes", ()):
            source, target, *_ = volume.split(":")
            if source.startswith("./"):
                shutil.copytree(ROOT / source, self.path(target), dirs_exist_ok=True)
            mounts.append(target)
        self.folder.mkdir(exist_ok=True)
        images.unpack(self.service, self.folder, self.spec.get("environment", {}), self.address)
        for path in map(self.path, mounts):
            if not path.exists():
                path.mkdir(parents=True)
        return mounts


def listens(host: str, port: int) -> bool | None:
    with suppress(OSError), socket.create_connection((host, port), timeout=5):
        return True
    return None


def _responds(url: str) -> bool | None:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=5, trust_env=False).is_success or None
    return None

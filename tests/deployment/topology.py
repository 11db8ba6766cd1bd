"""The services of docker-compose.yml as plain processes, with its commands and settings.

Instead of containers' host names, they use addresses of this machine. As in production, there are
also a proxy and a second API process.
"""

import sys
from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from reelbatch.cli.stack.temporal_server import find_temporal, server_command
from reelbatch.storage.secrets import new_secrets_key
from tests.api.temporal import free_port
from tests.chaos.part import Part
from tests.deployment.compose_file import compose, environment
from tests.deployment.container import Container, listens
from tests.deployment.images import WEB_UI_PORT
from tests.deployment.network import Network
from tests.deployment.round_robin import round_robin
from tests.integration.service import until
from tests.s3_server import running_s3_server

METRICS = {"api": "REELBATCH_API_METRICS_ADDRESS", "worker": "REELBATCH_WORKER_METRICS_ADDRESS"}
HEALTH = "REELBATCH_WORKER_HEALTH_ADDRESS"
TEAM = "my-team"
API_PORT = 8080
APIS, WORKERS = ("api-1", "api-2"), ("worker-1", "worker-2")


class Topology:
    """The containers, with the addresses and the token for clients.

    Args:
        home: The folder for the containers' files.
        given: Variables for Reelbatch's containers that are not translated.
        elsewhere: Services that are not started.
        small: Whether there are only one API and one worker.
    """

    def __init__(
        self,
        home: Path,
        given: Mapping[str, str],
        elsewhere: Collection[str] = (),
        *,
        small: bool = False,
    ) -> None:
        self.network = Network(compose()["services"])
        self.url = f"http://{self.network.machine}:{API_PORT}"
        self.web_ui = f"http://{self.network.machine}:{WEB_UI_PORT}"
        self.token = ""
        self.apis, self.workers = (names[:1] if small else names for names in (APIS, WORKERS))
        self.containers: dict[str, Container] = {}
        self._home = home
        self._given = {"REELBATCH_TRUSTED_PROXIES": "127.0.0.1", **given}
        self._elsewhere = elsewhere
        self._up: set[str] = set()
        self._compose: Any = compose(  # the values that people must set in .env.example
            REELBATCH_PUBLIC_URL=self.url,
            REELBATCH_WEB_UI_ORIGIN=self.web_ui,
            REELBATCH_SECRETS_KEY=new_secrets_key(),
            REELBATCH_PAYLOAD_KEYS=f"2026:{new_secrets_key()}",
        )

    def container(self, name: str) -> Container:
        """The container with this name; a new one is not started yet."""
        if name not in self.containers:
            self.containers[name] = Container(
                name, self._compose, self.network, home=self._home, given=self._given
            )
        return self.containers[name]

    def up(self, name: str) -> Container:
        """Start it after the services it depends on. If it ends by itself, wait for its end."""
        container = self.container(name)
        if name in self._up:
            return container
        self._up.add(name)
        for needed in container.spec.get("depends_on", ()):
            if needed not in self._elsewhere:
                self.up(f"{needed}-1")
        if container.spec["restart"] == "unless-stopped":
            container.part.start()
            container.wait_until_healthy()
        else:
            container.finish()
        return container

    def discard(self) -> None:
        """End all containers in reverse order, even if ending one raises an error."""
        with ExitStack() as parts:
            for container in self.containers.values():
                parts.callback(container.discard)

    def show_logs(self) -> None:
        """Write the last lines of each log to standard error."""
        for name, container in self.containers.items():
            if container.log.exists():
                lines = container.log.read_text(errors="replace").splitlines()[-30:]
                sys.stderr.write("\n".join([f"--- {name}", *lines, ""]))

    def api_addresses(self) -> list[str]:
        return [f"http://{self.containers[name].address}:{API_PORT}" for name in self.apis]

    def metrics_addresses(self) -> list[str]:
        named = [self.containers[name] for name in (*APIS, *WORKERS)]
        return [each.environment[METRICS[each.service]] for each in named]

    def http(self, url: str | None = None) -> httpx.Client:
        """A client that goes through the proxy, or to one of the API processes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        base = f"{url or self.url}/api/v2"
        return httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False)

    @contextmanager
    def serving(self) -> Generator[None]:
        """Run the APIs and workers, and the proxy in front of the APIs."""
        self.token = self.up("api-1").run("reelbatch", "tokens", "create", TEAM)
        for name in (*self.apis, *self.workers):
            self.up(name)
        with round_robin(self.api_addresses(), self.network.machine, API_PORT):
            yield


@contextmanager
def running_topology(
    home: Path,
    given: Mapping[str, str],
    given_to_apis: Mapping[str, str] | None = None,
    *,
    small: bool = False,
) -> Generator[Topology]:
    """Run the services with Temporal's development server and the tests' own object store."""
    example = environment()
    with ExitStack() as resources:
        s3 = resources.enter_context(
            running_s3_server(home / "s3", example["S3_ACCESS_KEY"], example["S3_SECRET_KEY"])
        )
        port = free_port()
        stores = {
            "REELBATCH_TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "AWS_ENDPOINT_URL": s3.endpoint,
        }
        command = server_command(find_temporal(None), home / "temporal.db", port, free_port())
        temporal = Part("temporal", [*command, *_dynamic_config()], {}, home / "temporal.log")
        resources.callback(temporal.discard)
        temporal.start()
        until(lambda: listens("127.0.0.1", port), "Temporal server")
        elsewhere = ("namespace", "bucket")
        topology = Topology(home, {**stores, **given}, elsewhere, small=small)
        resources.callback(topology.discard)
        for name in topology.apis:
            topology.container(name).environment.update(given_to_apis or {})
        resources.enter_context(topology.serving())
        yield topology


def _dynamic_config() -> list[str]:
    """The server's dynamic configuration in docker-compose.yml as command-line options."""
    config: dict[str, Any] = yaml.safe_load(compose()["configs"]["temporal"]["content"])
    return [
        part
        for name, [entry] in config.items()
        for part in ("--dynamic-config-value", f"{name}={str(entry['value']).lower()}")
    ]

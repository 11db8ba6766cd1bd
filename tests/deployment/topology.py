"""The services of docker-compose.yml as plain processes, with the settings that stand there.

What differs is what containers bring along: names of hosts become addresses and ports of this
machine, and PostgreSQL becomes a SQLite file. The proxy and the second API process are what a
production adds.
"""

import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from reelbatch.cli.stack.temporal_server import find_temporal, server_command
from reelbatch.storage.secrets import new_secrets_key
from tests.api.temporal import free_port
from tests.chaos.part import Part
from tests.deployment.collector import Collector, running_collector
from tests.deployment.compose_file import (
    compose,
    environment,
    image_command,
    image_environment,
)
from tests.deployment.round_robin import round_robin
from tests.integration.service import ROOT, until
from tests.s3_server import running_s3_server

METRICS = {"api": "REELBATCH_API_METRICS_ADDRESS", "worker": "REELBATCH_WORKER_METRICS_ADDRESS"}
HEALTH = "REELBATCH_WORKER_HEALTH_ADDRESS"
TEAM = "my-team"


class Topology:
    """Two API processes behind a proxy, and two workers."""

    def __init__(self, home: Path, url: str, shared: dict[str, str], collector: Collector) -> None:
        self.url = url
        self.collector = collector
        self.token = ""
        self.environments: dict[str, dict[str, str]] = {}
        self._home = home
        self._shared = shared
        self._parts: dict[str, Part] = {}

    def environment(self, service: str, number: int = 1) -> dict[str, str]:
        """The service's, as a container has it, at addresses of this machine."""
        named = compose()["services"][service]["environment"]
        environment = {**image_environment(), **{key: str(named[key]) for key in named}}
        environment |= self._shared
        environment["REELBATCH_API_HOST"] = "127.0.0.1"
        environment["REELBATCH_API_PORT"] = str(free_port())
        environment["REELBATCH_SCRATCH"] = str(self._home / f"scratch-{service}-{number}")
        for name in (*METRICS.values(), HEALTH):
            environment[name] = f"127.0.0.1:{free_port()}"
        return environment

    def command(self, service: str) -> list[str]:
        program, *arguments = compose()["services"][service].get("command", image_command())
        assert program == "reelbatch"
        return [sys.executable, "-m", "reelbatch", *arguments]

    def run(self, service: str, *command: str) -> str:
        """Run a service to its end, or another command in its place. Returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "reelbatch", *command] if command else self.command(service),
            env=self.environment(service),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, service: str, number: int) -> None:
        environment = self.environments[f"{service}-{number}"]
        name = f"{service}-{number}"
        part = Part(name, self.command(service), environment, self._home / f"{name}.log")
        self._parts[name] = part
        part.start()

    def wait_until_healthy(self, name: str) -> None:
        """Until the service's own health check passes."""
        service, environment = name.rpartition("-")[0], self.environments[name]
        _, program, *arguments = compose()["services"][service]["healthcheck"]["test"]
        assert program == "python"
        ports = {"8080": environment["REELBATCH_API_PORT"], "8081": environment[HEALTH][10:]}
        for inside, outside in ports.items():
            arguments[-1] = arguments[-1].replace(f":{inside}/", f":{outside}/")

        def look() -> bool | None:
            assert self._parts[name].is_running, self._parts[name].log.read_text()
            check = subprocess.run([sys.executable, *arguments], check=False, capture_output=True)
            return check.returncode == 0 or None

        until(look, f"healthy {name}")

    def stop(self, name: str) -> int:
        return self._parts[name].terminate()

    def log(self, name: str) -> str:
        return self._parts[name].log.read_text()

    def discard(self) -> None:
        for part in reversed(self._parts.values()):
            part.discard()

    def metrics_addresses(self) -> list[str]:
        return [
            environment[METRICS[name.rpartition("-")[0]]]
            for name, environment in self.environments.items()
        ]

    def http(self) -> httpx.Client:
        """A client that goes through the proxy."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}/api/v2"
        return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


@contextmanager
def running_topology(home: Path) -> Generator[Topology]:
    services, example = compose()["services"], environment()
    with ExitStack() as resources:
        s3 = resources.enter_context(
            running_s3_server(home / "s3", example["S3_ACCESS_KEY"], example["S3_SECRET_KEY"])
        )
        collector = resources.enter_context(running_collector())
        temporal_port, proxy_port = free_port(), free_port()
        shared = {
            "REELBATCH_TEMPORAL_ADDRESS": f"127.0.0.1:{temporal_port}",
            "AWS_ENDPOINT_URL": s3.endpoint,
            # What .env.example leaves to people to fill in:
            "REELBATCH_PUBLIC_URL": f"http://127.0.0.1:{proxy_port}",
            "REELBATCH_TRUSTED_PROXIES": "127.0.0.1",
            "REELBATCH_SECRETS_KEY": new_secrets_key(),
            "REELBATCH_PAYLOAD_KEYS": f"2026:{new_secrets_key()}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        topology = Topology(home, f"http://127.0.0.1:{proxy_port}", shared, collector)
        resources.callback(topology.discard)
        command = server_command(
            find_temporal(None), home / "temporal.db", temporal_port, free_port()
        )
        temporal = Part("temporal", [*command, *_dynamic_config()], {}, home / "temporal.log")
        resources.callback(temporal.discard)
        temporal.start()
        until(lambda: _listens(temporal_port), "Temporal server")
        topology.run("search-attributes")
        topology.token = topology.run("api", "tokens", "create", TEAM)
        names = ["api-1", "api-2", "worker-1", "worker-2"]
        for name in names:
            service, _, number = name.rpartition("-")
            assert service in services
            topology.environments[name] = topology.environment(service, int(number))
            topology.start(service, int(number))
        for name in names:
            topology.wait_until_healthy(name)
        ports = [topology.environments[name]["REELBATCH_API_PORT"] for name in names[:2]]
        upstreams = [f"http://127.0.0.1:{port}" for port in ports]
        resources.enter_context(round_robin(upstreams, proxy_port))
        yield topology


def _dynamic_config() -> list[str]:
    """What docker-compose.yml gives the server, for the development server's command line."""
    config: dict[str, Any] = yaml.safe_load(compose()["configs"]["temporal"]["content"])
    return [
        part
        for name, [entry] in config.items()
        for part in ("--dynamic-config-value", f"{name}={str(entry['value']).lower()}")
    ]


def _listens(port: int) -> bool | None:
    import socket

    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return None

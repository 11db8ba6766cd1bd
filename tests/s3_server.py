"""A real S3 server on loopback: SeaweedFS."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from obstore.store import S3Store

_PATIENCE = 60.0  # seconds; starting takes three


@dataclass(frozen=True)
class S3Server:
    """A server with the bucket `reelbatch`. It creates others when they are first written to."""

    endpoint: str
    key_id: str = "OWNER"
    secret: str = "owner-7d0c5e"
    reader_key_id: str = "READER"
    reader_secret: str = "reader-1b2f9a"
    region: str = "us-east-1"

    def store(self, bucket: str, prefix: str | None = None) -> S3Store:
        return S3Store(
            bucket,
            prefix=prefix,
            endpoint=self.endpoint,
            region=self.region,
            access_key_id=self.key_id,
            secret_access_key=self.secret,
            client_options={"allow_http": True},
        )


@contextmanager
def running_s3_server(
    folder: Path, key_id: str = S3Server.key_id, secret: str = S3Server.secret
) -> Generator[S3Server]:
    folder.mkdir(exist_ok=True)
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", key_id, secret)
    identities = folder / "identities.json"
    identities.write_text(json.dumps(_identities(server)))
    (folder / "data").mkdir()
    command = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        *(f"-{name}={port}" for name, port in ports.items()),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"),
        *("-filer", "-s3", f"-s3.config={identities}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=16", "-volume.max=64"),
    ]
    environment = {**os.environ, "GOMEMLIMIT": "256MiB", "GOMAXPROCS": "1"}
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        _wait(server, process)
        yield server
    finally:
        process.kill()  # SIGTERM takes half a minute
        process.wait()


_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)


def _wait(server: S3Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.endpoint}/healthz", trust_env=False).is_success:
                server.store("reelbatch").put("ready", b"")
                return
        except (httpx.TransportError, OSError):
            time.sleep(0.1)
    raise AssertionError("the S3 server did not start")


def _identities(server: S3Server) -> object:
    owner = {"accessKey": server.key_id, "secretKey": server.secret}
    reader = {"accessKey": server.reader_key_id, "secretKey": server.reader_secret}
    everything = ["Admin", "Read", "List", "Tagging", "Write"]
    return {
        "identities": [
            {"name": "owner", "credentials": [owner], "actions": everything},
            {"name": "reader", "credentials": [reader], "actions": ["Read", "List"]},
            {"name": "anonymous", "actions": ["Read:outputs"]},
        ]
    }


def _free_ports(count: int) -> list[int]:
    with ExitStack() as probes:
        found: list[int] = []
        for _ in range(count):
            probe = probes.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found.append(probe.getsockname()[1])
        return found

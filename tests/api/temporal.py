"""A Temporal development server for the tests."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from obstore.store import ObjectStore
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import Client

from reelbatch.cli.stack.temporal_server import find_temporal, server_command
from reelbatch.connection import connect
from reelbatch.models.orchestration import search_attributes
from reelbatch.settings import Settings

IDLE_NAMESPACE = "idle"  # in addition to `default`; it has no workers
STUDIO_NAMESPACE = "studio"  # for workers with After Effects

_ATTRIBUTE_TYPES = {
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "Keyword",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "KeywordList",
    IndexedValueType.INDEXED_VALUE_TYPE_INT: "Int",
}


_STARTS = 5  # the server picks some ports itself, and ends if another program takes one first


@asynccontextmanager
async def temporal_server(folder: Path, *options: str) -> AsyncGenerator[str]:
    """Run the server with these options while the context lasts. Yields its address."""
    with (folder / "temporal.log").open("wb") as log:
        for _ in range(_STARTS):
            port = free_port()
            process = await asyncio.create_subprocess_exec(
                *_command(folder, port), *options, stdout=log, stderr=log
            )
            if await _responds(process, f"127.0.0.1:{port}"):
                break
        else:
            raise RuntimeError(f"the Temporal server does not start; see {log.name}")
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


def _command(folder: Path, port: int) -> list[str]:
    command = [
        *server_command(find_temporal(None), folder / "temporal.db", port, free_port()),
        *(
            "--headless",
            "--log-level",
            "error",
            "--namespace",
            IDLE_NAMESPACE,
            "--namespace",
            STUDIO_NAMESPACE,
        ),
        # Deletions wait for these intervals, which are half a minute by default.
        *("--dynamic-config-value", 'history.transferProcessorUpdateAckInterval="1s"'),
        *("--dynamic-config-value", 'history.visibilityProcessorUpdateAckInterval="1s"'),
    ]
    for key in search_attributes.ALL:
        kind = _ATTRIBUTE_TYPES[IndexedValueType.ValueType(key.indexed_value_type)]
        command += ["--search-attribute", f"{key.name}={kind}"]
    return command


async def _responds(process: asyncio.subprocess.Process, address: str) -> bool:
    """Wait for the server. Returns False if it has ended before it was up."""
    while process.returncode is None:
        try:
            await Client.connect(address)
        except RuntimeError:
            await asyncio.sleep(0.1)
        else:
            return True
    return False


async def connected(settings: Settings, store: ObjectStore) -> Client:
    """A client, once the server is up."""
    while True:
        try:
            return await connect(settings, store)
        except RuntimeError:
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

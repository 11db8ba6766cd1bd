"""Health checks of a worker, including requests that it may not expect."""

import asyncio

import httpx
import pytest
from temporalio.service import RPCError, RPCStatusCode

from reelbatch.worker_health import WorkerHealth
from tests.api.temporal import free_port


async def ask(address: str, path: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://{address}{path}")).status_code


async def temporal_is_there() -> None:
    """Temporal responds."""


async def temporal_is_gone() -> None:
    raise RPCError("tcp connect error", RPCStatusCode.UNAVAILABLE, b"")


async def test_a_worker_is_not_ready_while_temporal_is_gone() -> None:
    health, address = WorkerHealth(temporal_is_gone), f"127.0.0.1:{free_port()}"
    async with health.served(address):
        health.is_ready = True
        assert await ask(address, "/readyz") == 503
        assert await ask(address, "/healthz") == 200


async def test_a_worker_is_only_ready_while_it_accepts_work() -> None:
    health, address = WorkerHealth(temporal_is_there), f"127.0.0.1:{free_port()}"
    async with health.served(address):
        assert await ask(address, "/readyz") == 503
        health.is_ready = True
        assert await ask(address, "/readyz") == 200
        health.is_ready = False
        assert await ask(address, "/readyz") == 503
        assert await ask(address, "/healthz") == 200


async def test_endless_lines_and_disconnecting_clients_do_not_disturb_a_worker() -> None:
    health, address = WorkerHealth(temporal_is_there), f"127.0.0.1:{free_port()}"
    async with health.served(address):
        host, port = address.split(":")
        for sent in (b"x" * 100_000, b"", b"\x00\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            if not sent:
                writer.close()
            await _read(reader)
        assert await ask(address, "/healthz") == 200


async def test_a_taken_address_is_an_error_that_names_it() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with WorkerHealth(temporal_is_there).served(address):
        with pytest.raises(OSError, match=address.split(":")[1]):
            async with WorkerHealth(temporal_is_there).served(address):
                pass


async def _read(reader: asyncio.StreamReader) -> None:
    try:
        await reader.read()
    except ConnectionError:
        return

"""Checks whether the service that runs in a home is healthy."""

from functools import partial

import httpx
from temporalio.client import Client

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.doctor.check import Check
from reelbatch.cli.stack.connection_file import Connection, read_connection
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.settings import current_settings
from reelbatch.cli.stack.task_queues import all_queues
from reelbatch.cli.stack.temporal_namespace import queues_without_worker
from reelbatch.cli.stack.temporal_server import NAMESPACE
from reelbatch.client import AsyncReelbatch
from reelbatch.preparation import missing_search_attributes


def service_checks(home: Home) -> list[Check]:
    return [
        Check("connection.json", partial(_connection_file, home)),
        Check("API", partial(_api, home)),
        Check("token", partial(_token, home)),
        Check("Temporal", partial(_temporal, home)),
        Check("search attributes", partial(_search_attributes, home)),
        Check("workers", partial(_workers, home)),
    ]


def _connection(home: Home) -> Connection:
    connection = read_connection(home.connection_file)
    if connection is None:
        raise CommandFailed(f"{home.connection_file} is missing. The stack may still be starting.")
    return connection


async def _connection_file(home: Home) -> str:
    _connection(home)
    return str(home.connection_file)


async def _api(home: Home) -> str:
    url = f"{_connection(home).api_url}/readyz"
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            response = await http.get(url)
    except httpx.TransportError as error:
        raise CommandFailed(
            f"{url} does not respond ({error}). See {home.logs}/api.log."
        ) from error
    if response.is_error:
        raise CommandFailed(f"{url} responds with {response.status_code}: {response.text.strip()}")
    return f"{_connection(home).api_url} is ready"


async def _token(home: Home) -> str:
    connection = _connection(home)
    async with AsyncReelbatch(connection.api_url, connection.token, max_retries=0) as client:
        await anext(client.jobs.list(page_size=1), None)
    return "accepted"


async def _temporal(home: Home) -> str:
    await _connect(home)
    connection = _connection(home)
    return f"{connection.temporal_address} responds, Web UI {connection.temporal_ui_url}"


async def _search_attributes(home: Home) -> str:
    missing = await missing_search_attributes(await _connect(home))
    if missing:
        raise CommandFailed(f"{', '.join(missing)} are missing. Restart `reelbatch up`.")
    return "all registered"


async def _workers(home: Home) -> str:
    queues = all_queues(current_settings().engines)
    unserved = await queues_without_worker(await _connect(home), queues)
    if unserved:
        raise CommandFailed(f"No worker polls {', '.join(unserved)}. See {home.logs}/worker.log.")
    return f"polling {', '.join(queues)}"


async def _connect(home: Home) -> Client:
    address = _connection(home).temporal_address
    try:
        return await Client.connect(address, namespace=NAMESPACE)
    except RuntimeError as error:
        raise CommandFailed(f"{address} does not respond. See {home.logs}/temporal.log.") from error

"""The embedded stack: Temporal's development server, one worker and the API, kept running."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Self, TypeVar

import httpx
from obstore.store import ObjectStore
from temporalio.client import Client

from reelbatch.cli.application import command_of
from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.connection_file import Connection, read_connection, write_connection
from reelbatch.cli.stack.home import Home, locked
from reelbatch.cli.stack.process import StackProcess
from reelbatch.cli.stack.secrets_key import secrets_environment
from reelbatch.cli.stack.settings import (
    StackOptions,
    api_url,
    choose_ports,
    current_settings,
    decided_settings,
    environment_of,
)
from reelbatch.cli.stack.task_queues import all_queues
from reelbatch.cli.stack.temporal_namespace import (
    add_missing_search_attributes,
    lengthen_retention,
    queues_without_worker,
)
from reelbatch.cli.stack.temporal_server import LOCALHOST, find_temporal, server_command
from reelbatch.connection import connect
from reelbatch.models.wire.tokens import Scope
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.tokens import create_token, find_token

FIRST_TEAM = "default"

T = TypeVar("T")

_START_TIME = 90.0  # seconds; a start takes three, unless the machine is overloaded
_CHECK_INTERVAL = 0.05  # seconds between checks for something to become ready
_TEMPORAL_STARTS = 3
_PORT_LOST = "address already in use"
_SERVER_GRACE = 10.0  # seconds that Temporal and the API get to end
_KILL_GRACE = 5.0  # seconds that a worker gets in addition to its drain timeout
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a process is started again
_STABLE_TIME = 60.0  # seconds of running after which the pause is short again


class EmbeddedStack(AbstractAsyncContextManager["EmbeddedStack"]):
    """A context manager that locks its home; leaving it stops every process.

    It calls `say` with one-line messages for people. Use it on the main thread.
    """

    def __init__(self, home: Home, options: StackOptions, say: Callable[[str], None]) -> None:
        self._home = home
        self._options = options
        self._say = say
        self._lock = locked(home)
        self._processes: list[StackProcess] = []

    async def __aenter__(self) -> Self:
        self._home.prepare()
        self._lock.__enter__()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        try:
            await self._stop()
        finally:
            self._lock.__exit__(None, None, None)

    async def start(self) -> Connection:
        """Start everything and write `connection.json`. Raises CommandFailed."""
        options = self._options
        program = find_temporal(options.temporal_binary)
        settings = current_settings()
        ports = choose_ports(options, settings.api_host)
        decided = decided_settings(self._home, options, ports)
        settings = settings.model_copy(update=decided)
        temporal, worker, api = self._processes = self._make_processes(
            server_command(
                program,
                self._home.temporal_database,
                ports.temporal,
                ports.ui,
                codec=f"{api_url(settings)}/codec",
            ),
            environment_of(decided) | secrets_environment(self._home, settings),
            settings.drain_timeout + _KILL_GRACE,
        )
        store = open_store(settings.object_store)

        client = await self._start_temporal(temporal, settings, store)
        await add_missing_search_attributes(client)
        await lengthen_retention(client)
        await worker.start()
        await api.start()
        connection = Connection(
            api_url=api_url(settings),
            token=await self._token(store),
            temporal_address=f"{LOCALHOST}:{ports.temporal}",
            temporal_ui_url=f"http://{LOCALHOST}:{ports.ui}",
        )
        await self._until(lambda: _api_is_ready(connection.api_url))
        await self._until(lambda: _all_queues_served(client, settings))
        write_connection(self._home.connection_file, connection)
        return connection

    async def _start_temporal(
        self, temporal: StackProcess, settings: Settings, store: ObjectStore
    ) -> Client:
        """Start Temporal, again if it lost a port that it had chosen to another program."""
        starts = 0
        while True:
            await temporal.start()
            starts += 1
            try:
                return await self._until(lambda: _try_to_connect(settings, store))
            except CommandFailed:
                has_lost = not temporal.running and _PORT_LOST in "\n".join(temporal.last_lines())
                if not has_lost or starts == _TEMPORAL_STARTS:
                    raise

    async def supervise(self) -> None:
        """Restart processes that end by themselves, until cancelled."""
        await asyncio.gather(*(self._keep_running(process) for process in self._processes))

    def kill(self) -> None:
        """Kill all processes immediately."""
        for process in self._processes:
            process.kill()

    async def _stop(self) -> None:
        for process in reversed(self._processes):
            await process.stop()

    def _make_processes(
        self, temporal_command: list[str], environment: dict[str, str], worker_grace: float
    ) -> list[StackProcess]:
        """The processes in the order in which they start; they stop in the opposite order."""
        return [
            StackProcess(
                name=name,
                program=command,
                environment=environment,
                log=self._home.logs / f"{name}.log",
                grace=grace,
            )
            for name, command, grace in (
                ("temporal", temporal_command, _SERVER_GRACE),
                ("worker", command_of("worker"), worker_grace),
                ("api", command_of("api"), _SERVER_GRACE),
            )
        ]

    async def _keep_running(self, process: StackProcess) -> None:
        pause = _FIRST_PAUSE
        while True:
            started = time.monotonic()
            code = await process.wait()
            if time.monotonic() - started > _STABLE_TIME:
                pause = _FIRST_PAUSE
            log = "".join(f"\n    {line}" for line in process.last_lines())
            self._say(
                f"{process.name} ended with code {code} and starts again in {pause:.0f} s. "
                f"The last lines of {process.log}:{log}"
            )
            await asyncio.sleep(pause)
            await process.start()
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _token(self, store: ObjectStore) -> str:
        """The token of the last run if it is still valid, else a new one for the first team."""
        earlier = read_connection(self._home.connection_file)
        if earlier and await find_token(store, earlier.token):
            return earlier.token
        token, _ = await create_token(store, FIRST_TEAM, "reelbatch up", Scope)
        return token

    async def _until(self, attempt: Callable[[], Awaitable[T | None]]) -> T:
        """Repeat `attempt` until it succeeds. Raises CommandFailed if a process ends first."""
        deadline = time.monotonic() + _START_TIME
        while not (result := await attempt()):
            for process in self._processes:
                if process.started and not process.running:
                    raise CommandFailed(_ended_early(process))
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"The stack was not ready after {_START_TIME:.0f} seconds. "
                    f"See the logs in {self._home.logs}."
                )
            await asyncio.sleep(_CHECK_INTERVAL)
        return result


async def _try_to_connect(settings: Settings, store: ObjectStore) -> Client | None:
    try:
        return await connect(settings, store)
    except RuntimeError:
        return None
    except ValueError as error:
        raise CommandFailed(str(error)) from error


async def _api_is_ready(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(f"{url}/readyz")).is_success
        except httpx.TransportError:
            return False


async def _all_queues_served(client: Client, settings: Settings) -> bool:
    return not await queues_without_worker(client, all_queues(settings.engines))


def _ended_early(process: StackProcess) -> str:
    reason = " ".join(process.last_lines(1)) or "it wrote nothing"
    return f"{process.name} ended while the stack was starting: {reason} (log: {process.log})"

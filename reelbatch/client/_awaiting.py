"""The client for asyncio."""

from asyncio import sleep, to_thread
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
)
from contextlib import AsyncExitStack
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

import httpx

from reelbatch.client import (
    _batches,
    _downloads,
    _events,
    _fonts,
    _jobs,
    _schedules,
    _secrets,
    _templates,
    _uploads,
    _webhooks,
)
from reelbatch.client._batches import BatchRef
from reelbatch.client._configuration import resolve
from reelbatch.client._downloads import DownloadedOutput
from reelbatch.client._driving import describe, http_request
from reelbatch.client._session import Session, Subject
from reelbatch.client._steps import Close, Do, Emit, Flow, Pause, Read, Send, Step, Steps
from reelbatch.models.wire.batches import BatchCreationResponse

P = ParamSpec("P")
S = TypeVar("S", bound=Subject)
T = TypeVar("T")


class _Driver:
    """Performs steps in an event loop."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def run(self, steps: Steps[T]) -> T:
        result: list[T] = []

        def collect() -> Flow[T]:
            result.append((yield from steps))

        async for _ in self.iterate(collect()):
            pass
        return result[0]

    async def iterate(self, steps: Flow[T]) -> AsyncGenerator[T]:
        async with AsyncExitStack() as opened:
            reading: dict[httpx.Response, AsyncIterator[bytes]] = {}
            sent: Any = None
            try:
                while True:
                    step = steps.send(sent)
                    while not isinstance(step, Emit):
                        try:
                            sent = await self._perform(step, opened, reading)
                        except Exception as error:
                            step = steps.throw(error)
                        else:
                            step = steps.send(sent)
                    yield step.value
                    sent = None
            except StopIteration:
                return
            finally:
                steps.close()

    async def _perform(
        self,
        step: Step,
        opened: AsyncExitStack,
        reading: dict[httpx.Response, AsyncIterator[bytes]],
    ) -> Any:
        match step:
            case Send(request, opens):
                response = await self.http.send(
                    http_request(self.http, request),
                    stream=opens,
                    follow_redirects=request.follows_redirects,
                )
                if opens:
                    opened.push_async_callback(response.aclose)
                    if not response.is_success:
                        await response.aread()
                    reading[response] = response.aiter_bytes()
                return response
            case Read(response):
                return await anext(reading[response], None)
            case Close(response):
                return await response.aclose()
            case Pause(seconds):
                return await sleep(seconds)
            case Do(work):
                return await to_thread(work)


class _Part(Generic[S]):
    """A part of the client: operations on one subject."""

    def __init__(self, driver: _Driver, subject: S) -> None:
        self.driver = driver
        self.subject = subject


def _awaited(
    operation: Callable[Concatenate[S, P], Steps[T]],
) -> Callable[Concatenate[_Part[S], P], Coroutine[Any, Any, T]]:
    @wraps(operation)
    async def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.driver.run(operation(self.subject, *args, **kwargs))

    describe(method, operation)
    return method


def _iterating(
    operation: Callable[Concatenate[S, P], Flow[T]],
) -> Callable[Concatenate[_Part[S], P], AsyncGenerator[T]]:
    @wraps(operation)
    def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T]:
        return self.driver.iterate(operation(self.subject, *args, **kwargs))

    describe(method, operation, kind=AsyncIterator)
    return method


def _submitting(
    operation: Callable[Concatenate[S, P], Steps[BatchCreationResponse]],
) -> Callable[Concatenate[_Part[S], P], Coroutine[Any, Any, "AsyncSubmittedBatch"]]:
    @wraps(operation)
    async def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> "AsyncSubmittedBatch":
        creation = await self.driver.run(operation(self.subject, *args, **kwargs))
        return AsyncSubmittedBatch(self.driver, self.subject.session, creation)

    describe(method, operation, returned="AsyncSubmittedBatch")
    return method


class AsyncBatch(_Part[BatchRef]):
    """A batch. Nothing is read until a method is called."""

    @property
    def id(self) -> str:
        return self.subject.id

    read = _awaited(_batches.read_batch)
    wait = _awaited(_batches.wait_for_batch)
    events = _iterating(_events.events)
    results = _awaited(_batches.read_results)
    export_results = _awaited(_batches.export_results)
    downloads = _iterating(_downloads.downloads)
    archive = _awaited(_downloads.archive)
    cancel = _awaited(_batches.cancel_batch)
    retry = _submitting(_batches.retry_batch)

    async def download(self, folder: str | Path) -> list[DownloadedOutput]:
        """Download all outputs that are finished by now. See `downloads`."""
        return [output async for output in self.downloads(folder)]


class AsyncSubmittedBatch(AsyncBatch):
    """A batch that was just submitted.

    Attributes:
        creation (BatchCreationResponse): The response, with the accepted and the rejected jobs.
    """

    def __init__(self, driver: _Driver, session: Session, creation: BatchCreationResponse) -> None:
        super().__init__(driver, BatchRef(session, creation.batch_id))
        self.creation = creation


class AsyncBatches(_Part[Session]):
    """`client.batches`: batches: submit, check, preview and list them."""

    list = _iterating(_batches.list_batches)

    def of(self, batch_id: str) -> AsyncBatch:
        """Return an existing batch by its id, without sending a request."""
        return AsyncBatch(self.driver, BatchRef(self.subject, batch_id))

    create = _submitting(_batches.create_batch)
    create_from_json = _submitting(_batches.create_from_json)
    create_from_json_lines = _submitting(_batches.create_from_json_lines)
    create_from_table = _submitting(_batches.create_from_table)
    create_from_csv = _submitting(_batches.create_from_table)
    preview_table = _submitting(_batches.preview_table)
    check = _awaited(_batches.check_batch)
    check_json = _awaited(_batches.check_json)
    check_json_lines = _awaited(_batches.check_json_lines)
    check_table = _awaited(_batches.check_table)


class AsyncJobs(_Part[Session]):
    """`client.jobs`: jobs, whether they belong to a batch or not."""

    create = _awaited(_jobs.create_job)
    join = _awaited(_jobs.join_clips)
    get = _awaited(_jobs.read_job)
    list = _iterating(_jobs.list_jobs)
    wait = _awaited(_jobs.wait_for_job)
    cancel = _awaited(_jobs.cancel_job)
    cancel_all = _awaited(_jobs.cancel_jobs)
    logs = _awaited(_jobs.read_log)
    download = _awaited(_downloads.download_output)


class AsyncTemplates(_Part[Session]):
    """`client.templates`: the team's templates."""

    push = _awaited(_templates.push_template)
    create = _awaited(_templates.create_template)
    wait = _awaited(_templates.wait_for_template)
    list = _awaited(_templates.list_templates)
    get = _awaited(_templates.read_template)
    example_table = _awaited(_templates.example_table)
    picture = _awaited(_templates.picture_of_template)
    rename = _awaited(_templates.rename_template)
    change = _awaited(_templates.change_template)
    delete = _awaited(_templates.delete_template)
    download = _awaited(_templates.download_template)


class AsyncFonts(_Part[Session]):
    """`client.fonts`: the team's fonts."""

    add = _awaited(_fonts.add_font)
    list = _awaited(_fonts.list_fonts)
    get = _awaited(_fonts.read_font)
    delete = _awaited(_fonts.delete_font)


class AsyncUploads(_Part[Session]):
    """`client.uploads`: pictures, sounds and videos that the team has uploaded."""

    add = _awaited(_uploads.add_upload)


class AsyncSchedules(_Part[Session]):
    """`client.schedules`: the team's schedules."""

    create = _awaited(_schedules.create_schedule)
    list = _awaited(_schedules.list_schedules)
    get = _awaited(_schedules.read_schedule)
    pause = _awaited(_schedules.pause_schedule)
    resume = _awaited(_schedules.resume_schedule)
    trigger = _awaited(_schedules.trigger_schedule)
    delete = _awaited(_schedules.delete_schedule)


class AsyncSecrets(_Part[Session]):
    """`client.secrets`: the team's secrets."""

    create = _awaited(_secrets.create_secret)
    list = _awaited(_secrets.list_secrets)
    delete = _awaited(_secrets.delete_secret)


class AsyncWebhooks(_Part[Session]):
    """`client.webhooks`: the logs of webhooks, and the key that signs them."""

    of_job = _awaited(_webhooks.read_job_webhook)
    of_batch = _awaited(_webhooks.read_batch_webhook)
    redeliver_of_job = _awaited(_webhooks.redeliver_job_webhook)
    redeliver_of_batch = _awaited(_webhooks.redeliver_batch_webhook)
    secret = _awaited(_webhooks.read_webhook_secret)


class AsyncReelbatch:
    """A client of a Reelbatch service for asyncio; tasks may share it.

    Args:
        url: The address of the service. By default it comes from the environment, a profile, or
            the service that `reelbatch up` runs in `home`.
        token: The API token. By default it is the one that is stored for that service.
        profile: The name of a profile in `~/.config/reelbatch/profiles.toml`.
        home: The folder of a service that `reelbatch up` runs; by default `REELBATCH_HOME`, or
            `./reelbatch-home`.
        timeout: Seconds that a connection may be silent.
        max_retries: How often a request is sent again after a temporary failure.
        http_client: An httpx client of your own, for proxies and certificates. You close it
            yourself.

    Raises:
        NotConfigured: No service was found, or no token for it.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        profile: str | None = None,
        home: str | Path | None = None,
        timeout: float = 60.0,
        max_retries: int = 3,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        found = resolve(url, token, profile, home)
        session = Session(
            url=found.url, token=found.token, max_retries=max_retries, timeout=timeout
        )
        self._owns_http = http_client is None
        self._http = httpx.AsyncClient() if http_client is None else http_client
        driver = _Driver(self._http)
        self.url = session.origin
        self.batches = AsyncBatches(driver, session)
        self.jobs = AsyncJobs(driver, session)
        self.templates = AsyncTemplates(driver, session)
        self.fonts = AsyncFonts(driver, session)
        self.uploads = AsyncUploads(driver, session)
        self.schedules = AsyncSchedules(driver, session)
        self.secrets = AsyncSecrets(driver, session)
        self.webhooks = AsyncWebhooks(driver, session)

    async def close(self) -> None:
        """Close all connections."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

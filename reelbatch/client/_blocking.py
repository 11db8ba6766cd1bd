"""The client for threads."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from time import sleep
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
    """Performs steps with a blocking HTTP client."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def run(self, steps: Steps[T]) -> T:
        drive = self._drive(steps)
        while True:
            try:
                next(drive)
            except StopIteration as end:
                return end.value

    def iterate(self, steps: Flow[T]) -> Generator[T]:
        yield from self._drive(steps)

    def _drive(self, steps: Generator[Step | Emit[Any], Any, T]) -> Generator[Any, None, T]:
        with ExitStack() as opened:
            reading: dict[httpx.Response, Iterator[bytes]] = {}
            sent: Any = None
            try:
                while True:
                    step = steps.send(sent)
                    while not isinstance(step, Emit):
                        try:
                            sent = self._perform(step, opened, reading)
                        except Exception as error:
                            step = steps.throw(error)
                        else:
                            step = steps.send(sent)
                    yield step.value
                    sent = None
            except StopIteration as end:
                return end.value
            finally:
                steps.close()

    def _perform(
        self, step: Step, opened: ExitStack, reading: dict[httpx.Response, Iterator[bytes]]
    ) -> Any:
        match step:
            case Send(request, opens):
                response = self.http.send(
                    http_request(self.http, request),
                    stream=opens,
                    follow_redirects=request.follows_redirects,
                )
                if opens:
                    opened.callback(response.close)
                    if not response.is_success:
                        response.read()
                    reading[response] = response.iter_bytes()
                return response
            case Read(response):
                return next(reading[response], None)
            case Close(response):
                return response.close()
            case Pause(seconds):
                return sleep(seconds)
            case Do(work):
                return work()


class _Part(Generic[S]):
    """A part of the client: operations on one subject."""

    def __init__(self, driver: _Driver, subject: S) -> None:
        self.driver = driver
        self.subject = subject


def _blocking(
    operation: Callable[Concatenate[S, P], Steps[T]],
) -> Callable[Concatenate[_Part[S], P], T]:
    @wraps(operation)
    def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.driver.run(operation(self.subject, *args, **kwargs))

    describe(method, operation)
    return method


def _iterating(
    operation: Callable[Concatenate[S, P], Flow[T]],
) -> Callable[Concatenate[_Part[S], P], Generator[T]]:
    @wraps(operation)
    def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> Generator[T]:
        return self.driver.iterate(operation(self.subject, *args, **kwargs))

    describe(method, operation, kind=Iterator)
    return method


def _submitting(
    operation: Callable[Concatenate[S, P], Steps[BatchCreationResponse]],
) -> Callable[Concatenate[_Part[S], P], "SubmittedBatch"]:
    @wraps(operation)
    def method(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> "SubmittedBatch":
        creation = self.driver.run(operation(self.subject, *args, **kwargs))
        return SubmittedBatch(self.driver, self.subject.session, creation)

    describe(method, operation, returned="SubmittedBatch")
    return method


class Batch(_Part[BatchRef]):
    """A batch. Nothing is read until a method is called."""

    @property
    def id(self) -> str:
        return self.subject.id

    read = _blocking(_batches.read_batch)
    wait = _blocking(_batches.wait_for_batch)
    events = _iterating(_events.events)
    results = _blocking(_batches.read_results)
    export_results = _blocking(_batches.export_results)
    downloads = _iterating(_downloads.downloads)
    archive = _blocking(_downloads.archive)
    cancel = _blocking(_batches.cancel_batch)
    retry = _submitting(_batches.retry_batch)

    def download(self, folder: str | Path) -> list[DownloadedOutput]:
        """Download all outputs that are finished by now. See `downloads`."""
        return list(self.downloads(folder))


class SubmittedBatch(Batch):
    """A batch that was just submitted.

    Attributes:
        creation (BatchCreationResponse): The response, with the accepted and the rejected jobs.
    """

    def __init__(self, driver: _Driver, session: Session, creation: BatchCreationResponse) -> None:
        super().__init__(driver, BatchRef(session, creation.batch_id))
        self.creation = creation


class Batches(_Part[Session]):
    """`client.batches`: batches: submit, check, preview and list them."""

    list = _iterating(_batches.list_batches)

    def of(self, batch_id: str) -> Batch:
        """Return an existing batch by its id, without sending a request."""
        return Batch(self.driver, BatchRef(self.subject, batch_id))

    create = _submitting(_batches.create_batch)
    create_from_json = _submitting(_batches.create_from_json)
    create_from_json_lines = _submitting(_batches.create_from_json_lines)
    create_from_table = _submitting(_batches.create_from_table)
    create_from_csv = _submitting(_batches.create_from_table)
    preview_table = _submitting(_batches.preview_table)
    check = _blocking(_batches.check_batch)
    check_json = _blocking(_batches.check_json)
    check_json_lines = _blocking(_batches.check_json_lines)
    check_table = _blocking(_batches.check_table)


class Jobs(_Part[Session]):
    """`client.jobs`: jobs, whether they belong to a batch or not."""

    create = _blocking(_jobs.create_job)
    join = _blocking(_jobs.join_clips)
    get = _blocking(_jobs.read_job)
    list = _iterating(_jobs.list_jobs)
    wait = _blocking(_jobs.wait_for_job)
    cancel = _blocking(_jobs.cancel_job)
    cancel_all = _blocking(_jobs.cancel_jobs)
    logs = _blocking(_jobs.read_log)
    download = _blocking(_downloads.download_output)


class Templates(_Part[Session]):
    """`client.templates`: the team's templates."""

    push = _blocking(_templates.push_template)
    create = _blocking(_templates.create_template)
    wait = _blocking(_templates.wait_for_template)
    list = _blocking(_templates.list_templates)
    get = _blocking(_templates.read_template)
    example_table = _blocking(_templates.example_table)
    picture = _blocking(_templates.picture_of_template)
    rename = _blocking(_templates.rename_template)
    change = _blocking(_templates.change_template)
    delete = _blocking(_templates.delete_template)
    download = _blocking(_templates.download_template)


class Fonts(_Part[Session]):
    """`client.fonts`: the team's fonts."""

    add = _blocking(_fonts.add_font)
    list = _blocking(_fonts.list_fonts)
    get = _blocking(_fonts.read_font)
    delete = _blocking(_fonts.delete_font)


class Uploads(_Part[Session]):
    """`client.uploads`: pictures, sounds and videos that the team has uploaded."""

    add = _blocking(_uploads.add_upload)


class Schedules(_Part[Session]):
    """`client.schedules`: the team's schedules."""

    create = _blocking(_schedules.create_schedule)
    list = _blocking(_schedules.list_schedules)
    get = _blocking(_schedules.read_schedule)
    pause = _blocking(_schedules.pause_schedule)
    resume = _blocking(_schedules.resume_schedule)
    trigger = _blocking(_schedules.trigger_schedule)
    delete = _blocking(_schedules.delete_schedule)


class Secrets(_Part[Session]):
    """`client.secrets`: the team's secrets."""

    create = _blocking(_secrets.create_secret)
    list = _blocking(_secrets.list_secrets)
    delete = _blocking(_secrets.delete_secret)


class Webhooks(_Part[Session]):
    """`client.webhooks`: the logs of webhooks, and the key that signs them."""

    of_job = _blocking(_webhooks.read_job_webhook)
    of_batch = _blocking(_webhooks.read_batch_webhook)
    redeliver_of_job = _blocking(_webhooks.redeliver_job_webhook)
    redeliver_of_batch = _blocking(_webhooks.redeliver_batch_webhook)
    secret = _blocking(_webhooks.read_webhook_secret)


class Reelbatch:
    """A client of a Reelbatch service for ordinary code; threads may share it.

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
        http_client: httpx.Client | None = None,
    ) -> None:
        found = resolve(url, token, profile, home)
        session = Session(
            url=found.url, token=found.token, max_retries=max_retries, timeout=timeout
        )
        self._owns_http = http_client is None
        self._http = httpx.Client() if http_client is None else http_client
        driver = _Driver(self._http)
        self.url = session.origin
        self.batches = Batches(driver, session)
        self.jobs = Jobs(driver, session)
        self.templates = Templates(driver, session)
        self.fonts = Fonts(driver, session)
        self.uploads = Uploads(driver, session)
        self.schedules = Schedules(driver, session)
        self.secrets = Secrets(driver, session)
        self.webhooks = Webhooks(driver, session)

    def close(self) -> None:
        """Close all connections."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

"""Files from the service: whole or not there, taken up where they broke off, and fetched once."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from reelbatch.client._batches import BatchRef, read_batch
from reelbatch.client._errors import APIError, NotFound
from reelbatch.client._session import Session, read_model
from reelbatch.client._steps import Close, Emit, Flow, Pause, Request, Steps, do, read
from reelbatch.models.file_names import file_stems
from reelbatch.models.wire.batches import BatchJob
from reelbatch.models.wire.jobs import Job, JobStatus

_DIGITS = 3  # of a job's index, which names its file where it has no name
_RECORD = ".reelbatch-files"  # in the folder: which output of which job each file is
_PART = ".part"
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416
_LONGEST_TAG = 80  # characters; a file's name may have 255 bytes


@dataclass(frozen=True)
class DownloadedOutput:
    """The output of a job as a file."""

    job: BatchJob
    file: Path
    was_there: bool  # from an earlier download into the folder
    poster: Path | None = None  # the still beside a film


def downloads(
    batch: BatchRef, folder: str | Path, *, names: Mapping[int, str] | None = None
) -> Flow[DownloadedOutput]:
    """Each output that is finished by now, as a file named as its job, else `007.mp4`, and the
    poster of a film beside it.

    `names` are other names of the files by their jobs' indexes, without endings. What an earlier
    download of the same jobs has left in `folder` is not fetched again.
    """
    target = Path(folder)
    state = yield from read_batch(batch)
    record = yield from do(partial(_Record.of, target))
    stems = names or file_stems({job.index: job.name for job in state.jobs}, _DIGITS)
    for job in state.jobs:
        if job.status is not JobStatus.FINISHED:
            continue
        was_there = True
        files: list[Path] = []
        for url in filter(None, (job.output_url, job.poster_url)):
            files.append(target / f"{stems[job.index]}{_suffix(url)}")
            if not (yield from do(partial(record.has, job.id, files[-1]))):
                was_there = False
                yield from fetch(batch.session, _signed(batch.session, url), files[-1])
                yield from do(partial(record.add, job.id, files[-1]))
        poster = files[1] if len(files) > 1 else None
        yield Emit(DownloadedOutput(job, files[0], was_there, poster=poster))


def archive(batch: BatchRef, file: str | Path) -> Steps[Path]:
    """All outputs that exist by now as one ZIP file, with `results.json`."""
    request = batch.session.request("GET", "batches", batch.id, "archive")
    return (yield from fetch(batch.session, request, Path(file)))


def download_output(session: Session, job_id: str, file: str | Path) -> Steps[Path]:
    """A finished job's output. Raises NotFound until there is one."""
    response: httpx.Response = yield from session.send(session.request("GET", "jobs", job_id))
    job = read_model(Job, response)
    if job.output_url is None:
        raise NotFound(f"Job {job_id} has no output.", status=404, error_code="OUTPUT_NOT_FOUND")
    return (yield from fetch(session, _signed(session, job.output_url), Path(file)))


def fetch(session: Session, request: Request, file: Path) -> Steps[Path]:
    """Write what is at `request` to `file`, which holds all of it or does not exist.

    What broke off goes on from there, also in a later call, if the service knows the version of
    what came before. Raises APIError, ConnectionFailed and OSError.
    """
    attempts, most, has_begun = session.attempts(), 0, False
    while True:
        part = yield from do(partial(_Part.left_of, file))
        try:
            response = yield from session.open(_from(request, part), attempts)
        except APIError as error:
            if part is None or error.status != _RANGE_NOT_SATISFIABLE:
                raise
            yield from do(part.remove)  # of another version, although it seemed to be the same
            continue
        if not has_begun:
            has_begun, attempts = True, session.outage_attempts()
        goes_on = part is not None and response.status_code == _PARTIAL_CONTENT
        if part is None or not goes_on:
            part = yield from do(partial(_Part.begun, file, response.headers.get("etag", ""), part))
        stream: BinaryIO = yield from do(partial(part.path.open, "ab" if goes_on else "wb"))
        size = part.size
        try:
            while (block := (yield from read(response))) is not None:
                yield from do(partial(stream.write, block))
                size += len(block)
                if size > most:  # one that breaks at the same place each time is given up
                    most = size
                    attempts.succeed()
        except httpx.TransportError as error:
            pause = attempts.pause(request, error)
            if pause is None:
                raise session.give_up(request, error) from error
        else:
            yield from do(stream.close)
            yield from do(partial(part.path.replace, file))
            return file
        finally:
            stream.close()
        yield Close(response)
        yield Pause(pause)


@dataclass(frozen=True)
class _Part:
    """What has come of a file; its name holds the version, an ETag (RFC 9110, 8.8.3)."""

    path: Path
    tag: str
    size: int = 0  # bytes

    @classmethod
    def left_of(cls, file: Path) -> "_Part | None":
        """What an earlier try has left, if it can be taken up."""
        prefix = f".{_digest(file.name)}."
        if not file.parent.is_dir():
            return None
        for path in file.parent.iterdir():
            name = path.name
            if name.startswith(prefix) and name.endswith(_PART) and len(name) > len(prefix + _PART):
                with suppress(ValueError):
                    tag = bytes.fromhex(name[len(prefix) : -len(_PART)]).decode()
                    size = path.stat().st_size
                    if size:
                        return cls(path, tag, size)
        return None

    @classmethod
    def begun(cls, file: Path, tag: str, earlier: "_Part | None") -> "_Part":
        """A weak tag promises nothing about bytes, and a long one makes no name."""
        if earlier is not None:
            earlier.remove()
        file.parent.mkdir(parents=True, exist_ok=True)
        usable = tag if tag.startswith('"') and len(tag) <= _LONGEST_TAG else ""
        name = f".{_digest(file.name)}.{usable.encode().hex()}{_PART}"
        return cls(file.with_name(name), usable)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class _Record:
    """Which job each file of a folder is from: a line for each, the last one counts."""

    def __init__(self, file: Path, known: dict[str, tuple[str, int]]) -> None:
        self._file = file
        self._known = known  # a job's id and the size in bytes, by the file's name

    @classmethod
    def of(cls, folder: Path) -> "_Record":
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / _RECORD, dict(_lines(folder / _RECORD)))

    def has(self, job_id: str, file: Path) -> bool:
        try:
            return self._known.get(file.name) == (job_id, file.stat().st_size)
        except OSError:
            return False

    def add(self, job_id: str, file: Path) -> None:
        size = file.stat().st_size
        self._known[file.name] = (job_id, size)
        with self._file.open("a") as stream:
            stream.write(json.dumps([file.name, job_id, size]) + "\n")


def _lines(file: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    """A line that broke off counts as none: its file is fetched again."""
    if not file.is_file():
        return
    for line in file.read_text(errors="replace").splitlines():
        with suppress(ValueError, TypeError):
            name, job_id, size = json.loads(line)
            yield str(name), (str(job_id), int(size))


def _digest(name: str) -> str:
    """A name may have all the bytes that a file system takes."""
    return sha256(name.encode()).hexdigest()[:32]


def _signed(session: Session, url: str) -> Request:
    """A link that opens by itself: it may lead anywhere, and never gets the token."""
    return Request("GET", url, silence=session.timeout, follows_redirects=True)


def _from(request: Request, part: _Part | None) -> Request:
    headers = {**request.headers, "Accept-Encoding": "identity"}
    if part is not None:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.tag}
    return replace(request, headers=headers)


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix

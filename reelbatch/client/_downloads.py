"""Downloads: files are complete or absent, resumed where they broke off, and fetched only once."""

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

_DIGITS = 3  # of a job's index, after which the file of a job without a name is named
_RECORD = ".reelbatch-files"  # in the folder: which job each file is from
_PART = ".part"
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416
_LONGEST_TAG = 80  # characters; the name of a file can have 255 bytes


@dataclass(frozen=True)
class DownloadedOutput:
    """The output of a job as a file.

    Attributes:
        job: The job.
        file: The file.
        was_there: Whether the file was there already, from an earlier download into the folder.
        poster: The still of a film that has a poster.
    """

    job: BatchJob
    file: Path
    was_there: bool
    poster: Path | None = None


def downloads(
    batch: BatchRef, folder: str | Path, *, names: Mapping[int, str] | None = None
) -> Flow[DownloadedOutput]:
    """Download the outputs that are finished by now, one after the other.

    A file has the name of its job; without one it is named by the job's index, such as `007.mp4`.
    The poster of a film is saved next to it. Files from an earlier download of the same jobs are
    not fetched again.

    Args:
        folder: The folder for the files, which is created if it does not exist.
        names: Other names for the files, by the indexes of their jobs, without extensions.
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
    """Download all outputs that are finished by now as one ZIP file, with `results.json`."""
    request = batch.session.request("GET", "batches", batch.id, "archive")
    return (yield from fetch(batch.session, request, Path(file)))


def download_output(session: Session, job_id: str, file: str | Path) -> Steps[Path]:
    """Download the output of a job.

    Raises:
        NotFound: The job has no output, or none yet.
    """
    response: httpx.Response = yield from session.send(session.request("GET", "jobs", job_id))
    job = read_model(Job, response)
    if job.output_url is None:
        raise NotFound(f"Job {job_id} has no output.", status=404, error_code="OUTPUT_NOT_FOUND")
    return (yield from fetch(session, _signed(session, job.output_url), Path(file)))


def fetch(session: Session, request: Request, file: Path) -> Steps[Path]:
    """Write the response to `request` to `file`, which is complete or does not exist.

    A download that broke off is resumed, even by a later call, if the service recognises the
    version of the first part. Raises APIError, ConnectionFailed and OSError.
    """
    attempts, most, has_begun = session.attempts(), 0, False
    while True:
        part = yield from do(partial(_Part.left_of, file))
        try:
            response = yield from session.open(_from(request, part), attempts)
        except APIError as error:
            if part is None or error.status != _RANGE_NOT_SATISFIABLE:
                raise
            yield from do(part.remove)  # from another version, although the tag was the same
            continue
        if not has_begun:
            has_begun, attempts = True, session.outage_attempts()
        is_resumed = part is not None and response.status_code == _PARTIAL_CONTENT
        if part is None or not is_resumed:
            part = yield from do(partial(_Part.begun, file, response.headers.get("etag", ""), part))
        stream: BinaryIO = yield from do(partial(part.path.open, "ab" if is_resumed else "wb"))
        size = part.size
        try:
            while (block := (yield from read(response))) is not None:
                yield from do(partial(stream.write, block))
                size += len(block)
                if size > most:  # without progress beyond that place, the download is given up
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
    """The first part of a file. Its name contains the version, an ETag (RFC 9110, 8.8.3)."""

    path: Path
    tag: str
    size: int = 0  # bytes

    @classmethod
    def left_of(cls, file: Path) -> "_Part | None":
        """The part that an earlier attempt has left, if the download can be resumed."""
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
        """A new part. A weak tag promises nothing about bytes; a long one does not fit a name."""
        if earlier is not None:
            earlier.remove()
        file.parent.mkdir(parents=True, exist_ok=True)
        usable = tag if tag.startswith('"') and len(tag) <= _LONGEST_TAG else ""
        name = f".{_digest(file.name)}.{usable.encode().hex()}{_PART}"
        return cls(file.with_name(name), usable)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class _Record:
    """The record of which job each file of a folder is from. The last line about a file counts."""

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
    """The lines of a record. An incomplete line is skipped, so that its file is fetched again."""
    if not file.is_file():
        return
    for line in file.read_text(errors="replace").splitlines():
        with suppress(ValueError, TypeError):
            name, job_id, size = json.loads(line)
            yield str(name), (str(job_id), int(size))


def _digest(name: str) -> str:
    """A short form of a name, which itself may be as long as the file system allows."""
    return sha256(name.encode()).hexdigest()[:32]


def _signed(session: Session, url: str) -> Request:
    """A request for a link that needs no token: it may lead anywhere, so the token is not sent."""
    return Request("GET", url, silence=session.timeout, follows_redirects=True)


def _from(request: Request, part: _Part | None) -> Request:
    headers = {**request.headers, "Accept-Encoding": "identity"}
    if part is not None:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.tag}
    return replace(request, headers=headers)


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix

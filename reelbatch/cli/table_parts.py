"""Batches by id or name. The batches of one table of more than 1,000 rows are treated as one."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reelbatch.cli.console import CommandFailed
from reelbatch.client import (
    Batch,
    BatchJob,
    BatchStatusResponse,
    DownloadedOutput,
    Reelbatch,
    ResultsForm,
    SubmittedBatch,
)
from reelbatch.models.file_names import file_stems
from reelbatch.models.ids import ID_PATTERN

_LEAST_DIGITS = 3


@dataclass(frozen=True)
class Part:
    """A batch, and the position of its first job in its table."""

    batch: Batch
    first: int

    def in_table(self, job: BatchJob) -> BatchJob:
        """The job with its position in the table as its index."""
        return job.model_copy(update={"index": job.index + self.first})

    def ended(self, state: BatchStatusResponse) -> BatchStatusResponse:
        """The batch with its jobs' positions in the table as their indexes."""
        jobs = [self.in_table(job) for job in state.jobs]
        errors = [
            error.model_copy(update={"index": error.index + self.first})
            for error in state.errors or ()
        ]
        return state.model_copy(update={"jobs": jobs, "errors": errors or None})


def parts_of(client: Reelbatch, id_or_name: str) -> list[Part]:
    """The batch with this id and the later parts of its table, or the newest table with this name.

    Raises CommandFailed if there is no such batch.
    """
    if not id_or_name.strip():
        raise CommandFailed("Give a batch by its id or name.")
    is_id = re.fullmatch(ID_PATTERN, id_or_name) is not None
    first = id_or_name if is_id else _newest_named(client, id_or_name)
    listed = client.batches.list(submission=first)
    begins = {first: 0} | {
        batch.batch_id: _first_job(batch.first_row, batch.outputs) for batch in listed
    }
    return [Part(client.batches.of(id_), begins[id_]) for id_ in sorted(begins)]


def parts_with_indexes(
    parts: Sequence[Part], indexes: Sequence[int] | None
) -> Iterator[tuple[Part, list[int]]]:
    """The parts that contain these indexes of the table, each with the indexes in the part itself.

    Without indexes, all parts.
    """
    ends = [*(part.first for part in parts[1:]), None]
    for part, end in zip(parts, ends, strict=True):
        own = [
            index - part.first
            for index in indexes or ()
            if index >= part.first and (end is None or index < end)
        ]
        if own or not indexes:
            yield part, own


def submitted_parts(batches: Sequence[SubmittedBatch]) -> list[Part]:
    """The parts of a table that has just been submitted."""
    return [
        Part(batch, _first_job(batch.creation.first_row, batch.creation.outputs))
        for batch in batches
    ]


def _first_job(first_row: int | None, outputs: int | None) -> int:
    """The position of a part's first job, since each row is one job for each output."""
    return (first_row or 0) * (outputs or 1)


def numbered_files(file: Path, number: int) -> list[Path]:
    """A file for each of `number` parts: `films-1.zip`, `films-2.zip`, or just `films.zip`."""
    if number == 1:
        return [file]
    return [file.with_stem(f"{file.stem}-{place}") for place in range(1, number + 1)]


def downloads(
    parts: Sequence[Part], states: Sequence[BatchStatusResponse], folder: Path
) -> Iterator[DownloadedOutput]:
    """Download outputs in the order of the table's rows, under names that are unique in the table.

    `states` are the parts' states, with the jobs' positions in the table.
    """
    names = {job.index: job.name for state in states for job in state.jobs}
    digits = max(_LEAST_DIGITS, len(str(max(names, default=0))))
    stems = file_stems(names, digits)
    for part in parts:
        own = {index - part.first: stem for index, stem in stems.items() if index >= part.first}
        for found in part.batch.downloads(folder, names=own):
            yield replace(found, job=part.in_table(found.job))


def exported_results(parts: Sequence[Part], form: ResultsForm) -> str:
    """The results of all parts in the service's format, one part after the other."""
    texts = [part.batch.export_results(form) for part in parts]
    if len(parts) == 1:
        return texts[0]
    offsets = [part.first for part in parts]
    if form == "csv":
        return _joined_tables(texts, offsets)
    read = [_rows_of(text, form) for text in texts]
    rows = [
        {**row, "index": row["index"] + offset}
        for offset, part in zip(offsets, read, strict=True)
        for row in part
    ]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _rows_of(text: str, form: ResultsForm) -> list[dict[str, Any]]:
    if form == "json":
        return json.loads(text)
    return [json.loads(line) for line in text.split("\n") if line]  # texts may have other breaks


def _joined_tables(texts: Sequence[str], offsets: Sequence[int]) -> str:
    rows: list[Mapping[str, Any]] = []
    columns: dict[str, None] = {}
    for text, offset in zip(texts, offsets, strict=True):
        reader = csv.DictReader(io.StringIO(text, newline=""))
        columns |= dict.fromkeys(reader.fieldnames or ())
        rows += ({**row, "index": int(row["index"]) + offset} for row in reader)
    joined = io.StringIO(newline="")
    writer = csv.DictWriter(joined, list(columns))
    writer.writeheader()
    writer.writerows(rows)
    return joined.getvalue()


def _newest_named(client: Reelbatch, name: str) -> str:
    newest = next(iter(client.batches.list(name=name)), None)
    if newest is None:
        raise CommandFailed(f"No batch has the id or name {name}. `reelbatch batches` lists them.")
    return newest.submission or newest.batch_id

"""Answers about batches as JSON, of which only what has changed is made anew.

Clients read a batch of a thousand jobs again and again while a few of its jobs end.
"""

from collections import OrderedDict
from dataclasses import dataclass

from api.jobs.responses import batch_answer, batch_job, job_at
from api.urls import Urls
from reelbatch.models.orchestration.batches import BatchSnapshot, JobRecord

# Of 0.6 MB each for a thousand jobs.
_KEPT = 32
_NO_JOBS = '"jobs":[]'


@dataclass(frozen=True)
class _Part:
    """The answer's entry of a job, as long as its record is this one."""

    record: JobRecord
    text: str


class BatchAnswers:
    """One a process. Remembers the answers that it has given last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], list[_Part]] = OrderedDict()

    def json(self, snapshot: BatchSnapshot, urls: Urls) -> str:
        """The answer of GET /batches/{id}."""
        key = (urls.base, snapshot.team, snapshot.id)
        known = self._kept.get(key, [])
        parts = [
            part if part and part.record is record else _part(snapshot, position, urls)
            for position, (record, part) in enumerate(
                zip(snapshot.records, known or [None] * len(snapshot.records), strict=True)
            )
        ]
        self._kept[key] = parts
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return _around(snapshot, urls).replace(
            _NO_JOBS, f'"jobs":[{",".join(part.text for part in parts)}]', 1
        )


def _part(snapshot: BatchSnapshot, position: int, urls: Urls) -> _Part:
    job = batch_job(snapshot.team, job_at(snapshot, position), urls)
    return _Part(snapshot.records[position], job.model_dump_json(by_alias=True))


def _around(snapshot: BatchSnapshot, urls: Urls) -> str:
    """The answer without jobs. No text in it can hold `_NO_JOBS`: quotes in texts are escaped."""
    without_jobs = snapshot.model_copy(update={"summaries": [], "records": []})
    return batch_answer(without_jobs, urls).model_dump_json(by_alias=True)

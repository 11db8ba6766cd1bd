"""The result of a sweep of the object store."""

from reelbatch.models.wire.base import RecordModel


class SweepReport(RecordModel):
    """The numbers of removed objects. If not complete, the next sweep removes the rest."""

    payloads: int = 0
    idempotency_records: int = 0
    records: int = 0
    logs: int = 0
    outputs: int = 0
    renders: int = 0  # that were stored for equal jobs
    segments: int = 0
    uploads: int = 0  # replaced templates, uploaded files that no job uses, and fetched tables
    complete: bool = True

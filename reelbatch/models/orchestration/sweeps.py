"""The sweep of the object store: what it removed."""

from reelbatch.models.wire.base import RecordModel


class SweepReport(RecordModel):
    """Numbers of removed objects. Not complete: more is old, and waits for the next sweep."""

    payloads: int = 0
    idempotency_records: int = 0
    records: int = 0
    logs: int = 0
    outputs: int = 0
    renders: int = 0  # that were kept for equal jobs
    segments: int = 0
    uploads: int = 0  # of templates that have a newer file, of files that no job may use, of tables
    complete: bool = True

"""Renders stored for jobs with equal inputs."""

from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.warnings import RenderWarning


class StoredRender(RecordModel):
    """A rendered file that later jobs of the same team can reuse."""

    file_key: str  # object key
    poster_key: Absent[str] = None  # object key of a film's poster
    job_id: str  # the job that rendered it
    size: int  # bytes
    width: int  # pixels
    height: int  # pixels
    frames: int
    missing_glyphs: list[str] | None = None  # None: not checked
    warnings: list[RenderWarning] = []
    rendered_at: Timestamp

    @property
    def keys(self) -> list[str]:
        """The object keys of its files, in the order of `RenderJob.files`."""
        return [self.poster_key, self.file_key] if self.poster_key else [self.file_key]


class RenderLease(RecordModel):
    """A worker's claim to be the only one that renders a job; valid as long as it is renewed."""

    job_id: str
    renewed_at: Timestamp  # on the worker's clock

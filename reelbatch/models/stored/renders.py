"""What is kept of renders, for jobs with equal inputs."""

from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.warnings import RenderWarning


class KeptRender(RecordModel):
    """A rendered file that later jobs of the same team may have too."""

    file_key: str  # object key
    poster_key: Absent[str] = None  # of the still beside a film
    job_id: str  # whose render it was
    size: int  # bytes
    width: int  # pixels
    height: int  # pixels
    frames: int
    missing_glyphs: list[str] | None = None  # None: nobody has looked
    warnings: list[RenderWarning] = []
    rendered_at: Timestamp

    @property
    def keys(self) -> list[str]:
        """Of its files, in the order of `RenderJob.files`."""
        return [self.poster_key, self.file_key] if self.poster_key else [self.file_key]


class RenderLease(RecordModel):
    """A worker's claim to be the one that renders now; it counts while it is renewed."""

    job_id: str
    renewed_at: Timestamp  # on the worker's clock

"""What is kept of renders, for jobs with equal inputs."""

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.warnings import RenderWarning


class KeptRender(RecordModel):
    """A rendered file that later jobs of the same team may have too."""

    file_key: str  # object key
    job_id: str  # whose render it was
    size: int  # bytes
    width: int  # pixels
    height: int  # pixels
    frames: int
    missing_glyphs: list[str] | None = None  # None: nobody has looked
    warnings: list[RenderWarning] = []
    rendered_at: Timestamp


class RenderLease(RecordModel):
    """A worker's claim to be the one that renders now; it counts while it is renewed."""

    job_id: str
    renewed_at: Timestamp  # on the worker's clock

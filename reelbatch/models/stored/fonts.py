"""A team's font as it is kept."""

from pydantic import Field

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.fonts import FontFace


class FontRecord(RecordModel):
    """A team's font as the object store keeps it."""

    id: str
    file_name: str
    family_name: str = Field(description="as the client named it, else as the file does")
    face: FontFace
    source: str  # object key
    characters: str = ""  # that it has, as `reelbatch.engines.characters` writes them
    created_at: Timestamp

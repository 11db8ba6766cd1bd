"""The stored record of a team's font."""

from pydantic import Field

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.fonts import FontFace


class FontRecord(RecordModel):
    """A team's font."""

    id: str
    file_name: str
    family_name: str = Field(description="the client's name for it, or else the file's")
    face: FontFace
    source: str  # object key
    characters: str = ""  # the ones it has, in the notation of `reelbatch.engines.characters`
    created_at: Timestamp

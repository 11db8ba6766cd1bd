"""A team's fonts as the endpoints answer them (contract 7)."""

from reelbatch.models.wire.base import Timestamp, WireModel


class Font(WireModel):
    """A team's font as the endpoints answer it (contract 7)."""

    id: str
    family_name: str
    style_name: str
    file_name: str
    created_at: Timestamp

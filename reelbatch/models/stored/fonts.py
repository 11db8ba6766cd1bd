"""Fonts by their names, and a team's font as it is kept."""

from pydantic import Field

from reelbatch.models.wire.base import RecordModel, Timestamp


class FontFace(RecordModel):
    """One font by every name that it goes by; an unknown name is empty."""

    family: str = ""
    style: str = ""
    postscript_name: str = ""
    file_name: str = ""
    alias: str = ""  # another family's name, as whoever uploaded it said

    @property
    def label(self) -> str:
        """How a missing font is reported: its file's name, or `Soleil (Regular)`."""
        if self.file_name:
            return self.file_name
        if self.family:
            return f"{self.family} ({self.style or 'Regular'})"
        return self.postscript_name


class FontRecord(RecordModel):
    """A team's font as the object store keeps it."""

    id: str
    file_name: str
    family_name: str = Field(description="as the client named it, else as the file does")
    face: FontFace
    source: str  # object key
    created_at: Timestamp

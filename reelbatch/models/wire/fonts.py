"""Fonts by their names, and a team's fonts as the endpoints answer them (contract 7)."""

from reelbatch.models.wire.base import RecordModel, Timestamp, WireModel


class Font(WireModel):
    """A team's font as the endpoints answer it (contract 7)."""

    id: str
    family_name: str
    style_name: str
    file_name: str
    created_at: Timestamp


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

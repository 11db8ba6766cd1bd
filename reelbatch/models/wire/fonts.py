"""The names of fonts, and a team's fonts as the endpoints return them (contract 7)."""

from reelbatch.models.wire.base import RecordModel, Timestamp, WireModel


class Font(WireModel):
    """A team's font as the endpoints return it (contract 7)."""

    id: str
    family_name: str
    style_name: str
    file_name: str
    created_at: Timestamp


class FontFace(RecordModel):
    """Every name of one font; an unknown name is empty."""

    family: str = ""
    style: str = ""
    postscript_name: str = ""
    file_name: str = ""
    alias: str = ""  # the family name that its uploader chose instead

    @property
    def label(self) -> str:
        """The name under which a missing font is reported: a file name, or `Soleil (Regular)`."""
        if self.file_name:
            return self.file_name
        if self.family:
            return f"{self.family} ({self.style or 'Regular'})"
        return self.postscript_name

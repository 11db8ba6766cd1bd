"""Operations on the team's fonts."""

from dataclasses import replace
from pathlib import Path

from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Steps, do
from reelbatch.models.wire.fonts import Font


def add_font(session: Session, file: str | Path, *, family_name: str | None = None) -> Steps[Font]:
    """Add a font.

    Args:
        file: A TTF or OTF file.
        family_name: The family name that templates use; by default the file's own.
    """
    path = Path(file)
    content = yield from do(path.read_bytes)
    request = replace(
        session.request("POST", "fonts"),
        files={"font": (path.name, content)},
        form={"familyName": family_name} if family_name else None,
        is_repeatable=False,
    )
    return read_model(Font, (yield from session.send(request)))


def list_fonts(session: Session) -> Steps[list[Font]]:
    """List the team's fonts, oldest first."""
    return read_models(Font, (yield from session.send(session.request("GET", "fonts"))))


def read_font(session: Session, font_id: str) -> Steps[Font]:
    """Read a font's names."""
    return read_model(Font, (yield from session.send(session.request("GET", "fonts", font_id))))


def delete_font(session: Session, font_id: str) -> Steps[None]:
    """Delete a font.

    Raises:
        Conflict: Jobs are using the font.
    """
    yield from session.send(session.request("DELETE", "fonts", font_id))

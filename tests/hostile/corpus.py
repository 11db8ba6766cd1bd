"""The definition of a hostile input: its content, the place where it comes in, its verdict."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from reelbatch.models.errors import (
    AssetInvalid,
    LimitExceeded,
    ReelbatchError,
    RenderCrashed,
    TemplateInvalid,
)

SEED = 20_240_607  # for everything that is random


class Place(StrEnum):
    """Where the content comes in. Assets fill a layer of a plain template."""

    TEMPLATE = "template"
    PAGE = "page"  # a template of the HTML engine
    PICTURE = "picture"
    FONT = "font"
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True)
class Verdict:
    """The expected error, with `words` in its message; None if the input is rendered."""

    error: type[ReelbatchError] | None = None
    words: str = ""

    @property
    def label(self) -> str:
        return "RENDERED" if self.error is None else self.error.error_code


@dataclass(frozen=True)
class HostileInput:
    kind: str
    name: str
    content: Callable[[], bytes] = field(repr=False)
    verdict: Verdict
    place: Place = Place.TEMPLATE
    codec: str = "image_png"

    @property
    def label(self) -> str:
        return f"{self.kind}: {self.name}"


RENDERED = Verdict()


def invalid(words: str) -> Verdict:
    return Verdict(TemplateInvalid, words)


def too_much(words: str) -> Verdict:
    return Verdict(LimitExceeded, words)


def crash() -> Verdict:
    """Expect a crash that cannot be avoided; a comment on the input says why."""
    return Verdict(RenderCrashed, "crashed on this template")


def bad_asset(words: str) -> Verdict:
    return Verdict(AssetInvalid, words)

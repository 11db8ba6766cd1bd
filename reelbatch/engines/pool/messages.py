"""What a pool and its render processes say to each other.

Every message is a length (four bytes, big-endian) and that many bytes. Tasks go out pickled. The
answers are JSON: a render process reads untrusted templates, so nothing of it is ever unpickled.
"""

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.models.stored.templates import TemplateInspection
from reelbatch.models.wire.warnings import MOST_GLYPHS, RenderWarning

LENGTH = struct.Struct(">I")
LARGEST_ANSWER = 64 * 1024**2  # bytes; the inspection of a huge template is some megabytes


@dataclass(frozen=True)
class Render:
    request: RenderRequest


@dataclass(frozen=True)
class Inspect:
    template: Path
    template_type: str
    limits: RenderLimits
    target: Path | None = None  # of the converted template, where it is to be converted


@dataclass(frozen=True)
class Join:
    """The pictures of segments into one file, with the sound that the engine has for `request`."""

    request: RenderRequest
    segments: Sequence[Path]
    frame_rate: Fraction


@dataclass(frozen=True)
class ReadCells:
    """The cells of a workbook, as `reelbatch.engines.workbooks` writes them to `target`."""

    workbook: Path
    target: Path
    limits: RenderLimits


Task = Render | Inspect | Join | ReadCells


class ProcessSettings(BaseModel):
    """What a render process is started with."""

    engine: str
    parent: int  # the process id without which it must not live
    memory: int  # bytes of address space that it may add
    workspace: Path
    is_confined: bool = True
    readable: tuple[Path, ...] = ()  # beside what Python and its packages are in


class Ready(BaseModel):
    """The engine is loaded, and the process confined as far as its system can."""

    kind: Literal["ready"] = "ready"
    missing: tuple[str, ...] = ()  # parts of the confinement


class Progress(BaseModel):
    kind: Literal["progress"] = "progress"
    percent: float


class Rendered(BaseModel):
    kind: Literal["rendered"] = "rendered"
    width: int
    height: int
    frames: int
    drawn_by: str = Field(default="", max_length=200)
    missing_glyphs: list[str] | None = Field(default=None, max_length=MOST_GLYPHS)
    warnings: tuple[RenderWarning, ...] = ()


class Inspected(BaseModel):
    kind: Literal["inspected"] = "inspected"
    inspection: TemplateInspection


class CellsRead(BaseModel):
    kind: Literal["cells"] = "cells"


class Failed(BaseModel):
    """The task, or loading the engine, raised an error."""

    kind: Literal["failed"] = "failed"
    error_code: str  # of a RenderError
    message: str
    trace: str | None = None  # for the log, where the error was not a RenderError
    is_reusable: bool = True  # whether the process is fit for another task


Result = Rendered | Inspected | CellsRead
Answer = Ready | Progress | Rendered | Inspected | CellsRead | Failed

_ANSWER: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])


def pack_task(task: Task) -> bytes:
    return _framed(pickle.dumps(task))


def unpack_task(payload: bytes) -> Task:
    """The task in `payload`, which the parent process wrote."""
    return pickle.loads(payload)  # noqa: S301  # from the parent, which is trusted


def pack_answer(answer: Answer) -> bytes:
    return _framed(answer.model_dump_json(by_alias=True).encode())


def unpack_answer(payload: bytes) -> Answer:
    """Raises ValueError where `payload` is no answer."""
    return _ANSWER.validate_json(payload)


def _framed(payload: bytes) -> bytes:
    return LENGTH.pack(len(payload)) + payload

"""The messages between a pool and its render processes.

Every message is a length (four bytes, big-endian) followed by that many bytes. Tasks are pickled.
Answers are JSON: a render process reads untrusted templates, so nothing from it is ever unpickled.
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
from reelbatch.models.wire.warnings import MAX_GLYPHS, RenderWarning

LENGTH = struct.Struct(">I")
LARGEST_ANSWER = 64 * 1024**2  # bytes; the inspection of a huge template has several megabytes


@dataclass(frozen=True)
class Render:
    request: RenderRequest


@dataclass(frozen=True)
class Inspect:
    template: Path
    template_type: str
    limits: RenderLimits
    target: Path | None = None  # where to write the converted template; None: don't convert it


@dataclass(frozen=True)
class Join:
    """Join segments to one file, with the sound that the engine returns for `request`."""

    request: RenderRequest
    segments: Sequence[Path]
    frame_rate: Fraction


@dataclass(frozen=True)
class ReadCells:
    """Write the cells of a workbook to `target`; see `reelbatch.engines.workbooks`."""

    workbook: Path
    target: Path
    limits: RenderLimits


Task = Render | Inspect | Join | ReadCells


class ProcessSettings(BaseModel):
    """The settings with which a render process is started."""

    engine: str
    parent: int  # id of the process that it must not outlive
    memory: int  # bytes of address space that it may add
    workspace: Path
    is_confined: bool = True
    readable: tuple[Path, ...] = ()  # besides Python and its packages


class Ready(BaseModel):
    """The engine is loaded, and the process is confined as far as the system supports it."""

    kind: Literal["ready"] = "ready"
    missing: tuple[str, ...] = ()  # parts of the confinement that the system doesn't support


class Progress(BaseModel):
    kind: Literal["progress"] = "progress"
    percent: float


class Rendered(BaseModel):
    kind: Literal["rendered"] = "rendered"
    width: int
    height: int
    frames: int
    drawn_by: str = Field(default="", max_length=200)
    missing_glyphs: list[str] | None = Field(default=None, max_length=MAX_GLYPHS)
    warnings: tuple[RenderWarning, ...] = ()


class Inspected(BaseModel):
    kind: Literal["inspected"] = "inspected"
    inspection: TemplateInspection


class CellsRead(BaseModel):
    kind: Literal["cells"] = "cells"


class Failed(BaseModel):
    """The task, or loading the engine, raised an error."""

    kind: Literal["failed"] = "failed"
    error_code: str  # of a subclass of RenderError
    message: str
    trace: str | None = None  # for the log, if the error was not a RenderError
    is_reusable: bool = True  # whether the process can run another task


Result = Rendered | Inspected | CellsRead
Answer = Ready | Progress | Rendered | Inspected | CellsRead | Failed

_ANSWER: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])


def pack_task(task: Task) -> bytes:
    return _framed(pickle.dumps(task))


def unpack_task(payload: bytes) -> Task:
    """Unpickle a task from the parent process."""
    return pickle.loads(payload)  # noqa: S301  # the parent is trusted


def pack_answer(answer: Answer) -> bytes:
    return _framed(answer.model_dump_json(by_alias=True).encode())


def unpack_answer(payload: bytes) -> Answer:
    """Parse an answer. Raises ValueError if `payload` is not one."""
    return _ANSWER.validate_json(payload)


def _framed(payload: bytes) -> bytes:
    return LENGTH.pack(len(payload)) + payload

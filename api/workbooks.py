"""Workbooks that clients send, read in a confined process of their own: their format is complex,
and whoever sends one is not trusted."""

import asyncio
import tempfile
from pathlib import Path

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import (
    BodyTooLarge,
    LimitExceeded,
    RendererInterrupted,
    RenderError,
    RequestError,
    TemplateInvalid,
    Unavailable,
)
from reelbatch.settings import Settings

_ENGINE = "reelbatch.engines.workbooks:WorkbookEngine"
_PROCESSES = 2
_LONGEST_READING = 30.0  # seconds; a thousand rows take one
_MOST_MEMORY = 1024**3  # bytes


class WorkbookReader:
    """Each workbook has a process, which starts with it: it meets nothing of earlier ones."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: RenderPool | None = None

    async def cells_of(self, workbook: bytes) -> bytes:
        """As `reelbatch.engines.workbooks` writes them.

        Raises RequestError, BodyTooLarge, or Unavailable where another try may help.
        """
        with tempfile.TemporaryDirectory(dir=self._settings.scratch) as folder:
            file, cells = Path(folder) / "workbook.xlsx", Path(folder) / "cells.jsonl"
            await asyncio.to_thread(file.write_bytes, workbook)
            try:
                await self._started().read_cells(file, cells)
            except LimitExceeded as error:
                raise BodyTooLarge(error.message) from error
            except TemplateInvalid as error:
                raise RequestError(error.message) from error
            except RendererInterrupted as error:
                raise Unavailable("The workbook could not be read now; send it again.") from error
            except RenderError as error:
                raise RequestError(
                    "The workbook cannot be read in the time and memory that it may take: "
                    "save it as CSV."
                ) from error
            return await asyncio.to_thread(cells.read_bytes)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _started(self) -> RenderPool:
        if self._pool is None:
            self._pool = RenderPool(
                _ENGINE,
                processes=_PROCESSES,
                limits=RenderLimits(
                    seconds=_LONGEST_READING,
                    memory=_MOST_MEMORY,
                    template_size=self._settings.max_body_bytes,
                ),
                folder=self._settings.scratch,
                confinement=self._settings.render_confinement,
                tasks_per_process=1,
            )
        return self._pool

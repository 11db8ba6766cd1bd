"""Reads workbooks from clients in confined processes, since the format is complex and untrusted."""

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
_LONGEST_READING = 30.0  # seconds; a thousand rows take about one
_MAX_MEMORY = 1024**3  # bytes


class WorkbookReader:
    """Reads each workbook in a new process, which has no access to earlier ones."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: RenderPool | None = None

    async def cells_of(self, workbook: bytes) -> bytes:
        """The cells, in the format of `reelbatch.engines.workbooks`.

        Raises RequestError, BodyTooLarge, or Unavailable if a retry may help.
        """
        with tempfile.TemporaryDirectory(dir=self._settings.scratch) as folder:
            file, cells = Path(folder) / "workbook.xlsx", Path(folder) / "cells.jsonl"
            await asyncio.to_thread(file.write_bytes, workbook)
            try:
                await self._running_pool().read_cells(file, cells)
            except LimitExceeded as error:
                raise BodyTooLarge(error.message) from error
            except TemplateInvalid as error:
                raise RequestError(error.message) from error
            except RendererInterrupted as error:
                raise Unavailable("Reading the workbook was interrupted; send it again.") from error
            except RenderError as error:
                raise RequestError(
                    "The workbook cannot be read within the limits of time and memory: save it as "
                    "CSV."
                ) from error
            return await asyncio.to_thread(cells.read_bytes)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _running_pool(self) -> RenderPool:
        if self._pool is None:
            self._pool = RenderPool(
                _ENGINE,
                processes=_PROCESSES,
                limits=RenderLimits(
                    seconds=_LONGEST_READING,
                    memory=_MAX_MEMORY,
                    template_size=self._settings.max_body_bytes,
                ),
                folder=self._settings.scratch,
                confinement=self._settings.render_confinement,
                tasks_per_process=1,
            )
        return self._pool

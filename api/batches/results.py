"""GET /batches/{id}/results: the outcome of each job, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.errors import documented
from api.http.parameters import Flag, UlidPath
from api.http.responses import respond_all
from api.openapi.document import content_response
from api.resources import MayReadJobs, RequestUrls, Shared
from api.snapshots import jobs_of
from api.urls import Urls
from reelbatch.models.errors import BatchNotFound, RequestError
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.orchestration.jobs import shortcomings_of
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.wire.batches import BatchResult
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.storage.batches import read_batch_table
from workflows.job_states import BatchJobSnapshot

router = APIRouter(tags=["batches"])


class ResultFormat(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


NamedFormat = Annotated[
    ResultFormat | None,
    Query(alias="format", description="The format; if missing, the Accept header decides."),
]

Exact = Annotated[
    Flag,
    Query(
        description="Only for CSV: leave cells unchanged that a spreadsheet would read as formulas."
    ),
]

_ALIASES = {name: field.alias or name for name, field in BatchResult.model_fields.items()}
_LEFT_OUT = {name for name, field in BatchResult.model_fields.items() if field.exclude_if}
_FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # https://owasp.org/www-community/attacks/CSV_Injection

_MEDIA_TYPES = {
    "application/json": ResultFormat.JSON,
    "application/x-ndjson": ResultFormat.NDJSON,
    "application/jsonl": ResultFormat.NDJSON,
    "text/csv": ResultFormat.CSV,
}


@router.get(
    "/batches/{batch_id}/results",
    response_model=list[BatchResult],
    responses={
        **documented(RequestError, BatchNotFound),
        200: content_response(
            "The results in the requested format.", "application/x-ndjson", "text/csv"
        ),
    },
)
async def get_batch_results(
    batch_id: UlidPath,
    request: Request,
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    named: NamedFormat = None,
    exact: Exact = False,
) -> Response:
    """Get the results of a batch as JSON, JSON Lines or CSV.

    There is one entry for each submitted job, including rejected ones.
    """
    chosen = named or _accepted_format(request)
    snapshot = await resources.batches.read(team, batch_id)
    table = await read_batch_table(resources.store, team, batch_id)
    results = results_of(snapshot, urls, table)
    match chosen:
        case ResultFormat.JSON:
            return respond_all(results)
        case ResultFormat.NDJSON:
            lines = "".join(f"{line.model_dump_json(by_alias=True)}\n" for line in results)
            return Response(lines, media_type="application/x-ndjson")
        case ResultFormat.CSV:
            headers = {"Content-Disposition": f'attachment; filename="{batch_id}.csv"'}
            return Response(table_of(results, exact=exact), media_type="text/csv", headers=headers)


def results_of(
    snapshot: BatchSnapshot, urls: Urls, table: BatchTable | None = None
) -> list[BatchResult]:
    """The results in the order of the request, with the cells of the table that was submitted."""
    accepted = [_result(snapshot.team, job, urls) for job in jobs_of(snapshot)]
    rejected = [
        BatchResult(
            index=rejection.index,
            row=rejection.row,
            output=rejection.output,
            status="rejected",
            error=rejection.error,
            error_code=rejection.error_code,
        )
        for rejection in snapshot.errors
    ]
    results = sorted([*accepted, *rejected], key=lambda result: result.index)
    if table is None:
        return results
    return [each.model_copy(update={"cells": table.cells(each.index)}) for each in results]


def _result(team: str, job: BatchJobSnapshot, urls: Urls) -> BatchResult:
    summary, state = job.summary, job.state
    rendered, failure = state.result, state.failure
    is_finished = state.status is JobStatus.FINISHED
    output_url = urls.of_job(team, job.id, summary) if is_finished else None
    return BatchResult(
        index=job.index,
        row=summary.row,
        output=summary.row_output,
        id=job.id,
        name=summary.name,
        status=state.status,
        output_url=output_url,
        poster_url=summary.poster_url(output_url) if output_url else None,
        error=failure.error if failure else None,
        error_code=failure.error_code if failure else None,
        tags=summary.tags,
        render_duration=rendered.render_duration if rendered else None,
        size=rendered.size if rendered else None,
        width=rendered.width if rendered else None,
        height=rendered.height if rendered else None,
        frames=rendered.frames if rendered else None,
        reused_from=rendered.reused_from if rendered else None,
        **shortcomings_of(summary, rendered),
    )


def _accepted_format(request: Request) -> ResultFormat:
    """The first supported format in the Accept header."""
    for accepted in request.headers.get("accept", "").split(","):
        media_type = accepted.partition(";")[0].strip().lower()
        if media_type in _MEDIA_TYPES:
            return _MEDIA_TYPES[media_type]
    return ResultFormat.JSON


def table_of(results: Sequence[BatchResult], *, exact: bool) -> str:
    """The results as CSV (RFC 4180) with a header; missing values are empty cells.

    The cells of the submitted rows come last, under the names of their columns. A column whose name
    is already used for a result gets the prefix `row:`. Unless the table is `exact`, cells that
    spreadsheets would read as formulas are prefixed with an apostrophe.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    named = dict.fromkeys(name for result in results for name in result.cells or ())
    fields = _fields(results)
    own = [_ALIASES[name] for name in fields]
    columns = [*own, *(f"row:{name}" if name in own else name for name in named)]
    writer.writerow(columns if exact else map(_no_formula, columns))
    for result in results:
        row = [*_cells(result, fields), *((result.cells or {}).get(name, "") for name in named)]
        writer.writerow(row if exact else map(_no_formula, row))
    return text.getvalue()


def _fields(results: Sequence[BatchResult]) -> list[str]:
    """The columns for results; fields that JSON may omit are included if any result has them."""
    return [
        name
        for name in _ALIASES
        if name != "cells"
        and (name not in _LEFT_OUT or any(getattr(result, name) is not None for result in results))
    ]


def _cells(result: BatchResult, fields: Sequence[str]) -> Iterator[str]:
    lists: dict[str, Sequence[str]] = {
        "tags": result.tags,
        "missing_fonts": result.missing_fonts,
        "missing_glyphs": result.missing_glyphs,
        "warnings": [warning.message for warning in result.warnings],
    }
    for name in fields:
        value = getattr(result, name)
        yield ",".join(lists[name]) if name in lists else "" if value is None else str(value)


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell

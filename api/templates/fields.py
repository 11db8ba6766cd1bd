"""GET /templates/{id}/fields: the fields for a table's rows, as a list or an example table."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.http.errors import documented
from api.http.responses import respond_all
from api.openapi.document import content_response
from api.resources import MayReadJobs, Shared
from api.submission.tables.fields import Field, example_table, fields_of
from api.templates.routes import find_template
from reelbatch.checks.template import TemplateOffer, composition_problem
from reelbatch.models.errors import RequestError, TemplateNotFound, TemplateNotReady
from reelbatch.models.problems import error_of
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.tables import CSV
from reelbatch.models.wire.templates import TemplateField

router = APIRouter(tags=["templates"])


@router.get(
    "/templates/{template_id}/fields",
    response_model=list[TemplateField],
    responses={
        **documented(RequestError, TemplateNotFound),
        200: content_response("The fields, or a table with one row that fills them.", CSV),
    },
)
async def get_template_fields(
    template_id: str,
    resources: Shared,
    team: MayReadJobs,
    composition: Annotated[
        str | None, Query(description="The composition to render; the first one if missing.")
    ] = None,
    chosen: Annotated[
        Literal["json", "csv"],
        Query(alias="format", description="`csv` returns a table to start from."),
    ] = "json",
) -> Response:
    """List the texts, pictures, videos and sounds of a composition, including nested ones.

    With `format=csv`, the response is a table that can be submitted as it is. Its one row has the
    template's own values.
    """
    record = await find_template(resources, team, template_id)
    fields = _fields(record, composition)
    if chosen == "json":
        return respond_all([field.wire for field in fields])
    name = quote(f"{record.display_name}.csv", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(example_table(fields), media_type=CSV, headers=headers)


def _fields(record: TemplateRecord, name: str | None) -> list[Field]:
    """Raises TemplateNotReady or CompositionNotFound."""
    if record.inspection is None:
        raise TemplateNotReady(
            f"The template {record.id} has not been read yet: try again when its status is "
            "`uploaded`."
        )
    offer = TemplateOffer(record.inspection)
    composition = offer.composition_named(name)
    if composition is None:
        raise error_of([composition_problem("composition", name, offer)])
    return fields_of(offer, composition)

"""The read-only endpoints of templates in v3 (contract 6), whose wire format is snake_case."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, JsonValue

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.responses import respond, respond_all
from api.resources import MayReadJobs, Resources, Shared
from api.templates.routes import find_template, known_shortcomings
from reelbatch.models.errors import RequestError, TemplateNotFound
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection, TemplateRecord
from reelbatch.models.wire.base import Absent, Timestamp
from reelbatch.models.wire.templates import Mogrt, ProjectContents
from reelbatch.models.wire.warnings import WithWarnings
from reelbatch.storage.templates import list_templates

router = APIRouter(tags=["templates v3"])

_MAX_ITEMS = 1000  # clients may request more, but get no more than this

# The source types of layers with their own source; texts, shapes and nulls have none.
_SOURCES = {"image_sequence": "image"} | {
    kind: kind for kind in ("image", "solid", "video", "audio")
}

Limit = Annotated[
    int,
    Query(
        ge=1,
        description="The maximum number of items to return; values above "
        f"{_MAX_ITEMS} count as {_MAX_ITEMS}.",
    ),
]
Offset = Annotated[int, Query(ge=0, description="How many items to skip.")]


class TemplateV3(WithWarnings):
    id: str
    type: str
    display_name: str
    status: str
    created_at: Timestamp
    updated_at: Timestamp
    mogrt: Absent[Mogrt] = None  # for a project with Essential Graphics
    project: Absent[ProjectContents] = None  # for a project; omitted from lists


class CompositionV3(BaseModel):
    aeid: str
    name: str
    width: int
    height: int
    duration: float  # seconds
    frame_rate: float
    data: dict[str, JsonValue]


class LayerV3(BaseModel):
    composition_id: int  # the `aeid` of its composition, as a number
    aeid: int
    name: str
    top: float
    left: float
    width: float
    height: float
    start_time: float
    in_point: float
    out_point: float
    layer_type: str
    source_type: str | None
    source_comp_id: int | None
    parent_id: int | None
    data: dict[str, JsonValue]


@router.get("/templates", response_model=list[TemplateV3], responses=documented())
async def list_templates_v3(resources: Shared, team: MayReadJobs) -> Response:
    """List the team's templates, oldest first."""
    return respond_all(
        await _templates(resources, team, await list_templates(resources.store, team))
    )


@router.get(
    "/templates/{template_id}",
    response_model=TemplateV3,
    responses=documented(RequestError, TemplateNotFound),
)
async def get_template_v3(template_id: UlidPath, resources: Shared, team: MayReadJobs) -> Response:
    """Get one template."""
    record = await find_template(resources, team, template_id)
    [template] = await _templates(resources, team, [record])
    project = record.inspection.project if record.inspection else None
    return respond(template.model_copy(update={"project": project}))


@router.get(
    "/templates/{template_id}/compositions",
    response_model=list[CompositionV3],
    responses=documented(RequestError, TemplateNotFound),
)
async def list_template_compositions_v3(
    template_id: UlidPath,
    resources: Shared,
    team: MayReadJobs,
    limit: Limit = 300,
    offset: Offset = 0,
) -> Response:
    """List a template's compositions.

    These are the compositions that can be rendered. The list is empty until the template is
    uploaded.
    """
    record = await find_template(resources, team, template_id)
    found = _compositions(record.inspection) if record.inspection else []
    return respond_all(found[offset : offset + min(limit, _MAX_ITEMS)])


@router.get(
    "/templates/{template_id}/layers",
    response_model=list[LayerV3],
    responses=documented(RequestError, TemplateNotFound),
)
async def list_template_layers_v3(
    template_id: UlidPath,
    resources: Shared,
    team: MayReadJobs,
    limit: Limit = 300,
    offset: Offset = 0,
) -> Response:
    """List a template's layers.

    These are the layers that assets can address. The list is empty until the template is uploaded.
    """
    record = await find_template(resources, team, template_id)
    found = _layers(record.inspection) if record.inspection else []
    return respond_all(found[offset : offset + min(limit, _MAX_ITEMS)])


async def _templates(
    resources: Resources, team: str, records: Sequence[TemplateRecord]
) -> list[TemplateV3]:
    found = await known_shortcomings(resources, team, records)
    return [
        TemplateV3.model_validate(record, from_attributes=True).model_copy(
            update={**flaws, "mogrt": record.inspection.mogrt if record.inspection else None}
        )
        for record, flaws in zip(records, found, strict=True)
    ]


def _composition_ids(inspection: TemplateInspection) -> dict[str, int]:
    """Numbers from 1, as After Effects numbers the items of a project."""
    listed = [composition.name for composition in inspection.compositions]
    shown = [layer.composition for layer in inspection.layers]
    return {name: number for number, name in enumerate(dict.fromkeys([*listed, *shown]), start=1)}


def _compositions(inspection: TemplateInspection) -> list[CompositionV3]:
    ids = _composition_ids(inspection)
    return [
        CompositionV3(
            aeid=str(ids[composition.name]),
            name=composition.name,
            width=composition.width,
            height=composition.height,
            duration=composition.duration,
            frame_rate=composition.frame_rate,
            data=_composition_data(composition),
        )
        for composition in inspection.compositions
    ]


def _composition_data(composition: Composition) -> dict[str, JsonValue]:
    """Further data; for a project, whether the composition is drawn as designed, and why not."""
    if composition.reasons is None:
        return {"frames": composition.frames}
    reasons = [reason.model_dump(mode="json") for reason in composition.reasons]
    return {"frames": composition.frames, "drawnAsDesigned": not reasons, "reasons": [*reasons]}


def _layers(inspection: TemplateInspection) -> list[LayerV3]:
    composition_ids = _composition_ids(inspection)
    layer_ids = {
        (layer.composition, layer.position): len(composition_ids) + number
        for number, layer in enumerate(inspection.layers, start=1)
    }
    return [_layer(layer, composition_ids, layer_ids) for layer in inspection.layers]


def _layer(
    layer: Layer, composition_ids: dict[str, int], layer_ids: dict[tuple[str, int], int]
) -> LayerV3:
    source, parent = layer.source_composition, layer.parent_position
    data: dict[str, JsonValue] = {
        "position": layer.position,
        "composition": layer.composition,
        "shown": layer.shown,
        "properties": layer.properties,
    }
    if layer.text is not None:
        data["text"] = layer.text
    return LayerV3(
        composition_id=composition_ids[layer.composition],
        aeid=layer_ids[layer.composition, layer.position],
        name=layer.name,
        top=layer.top,
        left=layer.left,
        width=layer.width,
        height=layer.height,
        start_time=layer.start_time,
        in_point=layer.in_point,
        out_point=layer.out_point,
        layer_type=layer.layer_type,
        source_type="composition" if source else _SOURCES.get(layer.layer_type),
        source_comp_id=composition_ids.get(source) if source else None,
        parent_id=layer_ids.get((layer.composition, parent)) if parent else None,
        data=data,
    )

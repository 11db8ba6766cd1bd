"""The `openapi_extra` of endpoints that parse their bodies themselves.

A server that has the template accepts every example as it is written here.
"""

import json

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from api.openapi.document import (
    FILE,
    body,
    file_content,
    form_content,
    json_content,
    text_content,
)
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.wire.batches import BatchOptions
from reelbatch.models.wire.jobs import JobCancellationRequest, JobCreation
from reelbatch.models.wire.joins import JoinCreation
from reelbatch.models.wire.schedules import ScheduleCreation
from reelbatch.models.wire.secrets import SecretCreation
from reelbatch.models.wire.tables import CSV, TABS, XLSX
from reelbatch.models.wire.templates import TemplateCreation, TemplateUpdate
from reelbatch.models.wire.tokens import TokenCreation

EXAMPLE_TEMPLATE_ID = "01JD8Z4V7QW5R8T2Y6N3M1B0CD"

_TITLE: JsonValue = {"type": "text", "layerName": "title", "value": "Hello"}
_COLOUR: JsonValue = {
    "type": "data",
    "layerName": "background",
    "property": "Color",
    "value": [0.1, 0.4, 0.8],
}
_VIDEO: JsonValue = {
    "template": {"id": EXAMPLE_TEMPLATE_ID, "composition": "main"},
    "assets": [_TITLE, _COLOUR],
    "settings": {"type": "video", "codec": "video_h264_vbr_5mbps"},
    "tags": ["spring"],
}
_CLIP: dict[str, JsonValue] = {
    "type": "job",
    "template": {"id": EXAMPLE_TEMPLATE_ID, "composition": "main"},
    "assets": [_TITLE],
    "settings": {"codec": "video_h264_vbr_5mbps"},
}
_NESTED: JsonValue = {
    "template": {"id": EXAMPLE_TEMPLATE_ID, "composition": "main"},
    "assets": [{"type": "job", "layerName": "background", **_CLIP}],
}
_STILL: JsonValue = {
    "template": {"id": EXAMPLE_TEMPLATE_ID},
    "assets": [_TITLE],
    "settings": {"type": "image", "codec": "image_png", "frames": 0},
}


def _requires_nothing(schema: JsonDict) -> None:
    del schema["required"]


class BatchJobCreation(JobCreation):
    """A job of a batch, which may omit whatever the batch's `defaults` provide."""

    model_config = ConfigDict(json_schema_extra=_requires_nothing)


class BatchCreation(BatchOptions):
    """The body of POST /batches.

    Each job is validated separately, and each invalid job has an entry in `errors`.
    """

    jobs: list[BatchJobCreation] = Field(min_length=1, max_length=MAX_BATCH_JOBS)


CREATE_JOB = body(json_content(JobCreation, video=_VIDEO, still=_STILL, nested=_NESTED))
JOIN_JOBS = body(
    json_content(
        JoinCreation,
        clips={"assets": [{"type": "video", "src": "https://example.com/intro.mp4"}, _CLIP]},
    )
)
# The parts are not properties, since client generators would make code that does not compile.
_TABLE_FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "description": f"The part `table` is a table of the type {CSV}, {TABS} or {XLSX}. "
            "The part `files` is a JSON object that maps each path in its cells to a src, such as "
            "upload:ID.",
        }
    }
}
CREATE_BATCH = body(
    json_content(
        BatchCreation,
        jobs={"jobs": [_VIDEO, _STILL]},
        defaults={
            "defaults": {"template": {"id": EXAMPLE_TEMPLATE_ID}, "settings": {"codec": "gif"}},
            "jobs": [{"assets": [_TITLE]}, {"assets": [_COLOUR]}],
        },
    ),
    text_content(
        "application/x-ndjson",
        "JSON Lines, with one job per line.",
        lines=f"{json.dumps(_VIDEO)}\n{json.dumps(_STILL)}\n",
    ),
    text_content(
        CSV,
        "A table with one job per row and one column per layer, for the template in the query.",
        rows="title,data:background.Color,job:tags\nHello,#1966cc,spring\nWorld,,\n",
    ),
    text_content(TABS, "The same with tabs, as spreadsheets copy it to the clipboard."),
    file_content(XLSX),
    _TABLE_FORM,
)
CANCEL_JOBS = body(json_content(JobCancellationRequest))
CREATE_TEMPLATE = body(
    json_content(TemplateCreation, lottie={"type": "lottie", "displayName": "Promo"})
)
RENAME_TEMPLATE = body(json_content(TemplateUpdate, name={"displayName": "Promo, autumn"}))
CREATE_SECRET = body(json_content(SecretCreation, secret={"name": "BRAND_KEY", "value": "s3cr3t"}))
CREATE_TOKEN = body(
    json_content(
        TokenCreation,
        reader={
            "name": "The dashboard",
            "scopes": ["jobs:read"],
            "expiresAt": "2099-12-31T00:00:00Z",
        },
    )
)
CREATE_SCHEDULE = body(
    json_content(
        ScheduleCreation,
        weekdays={
            "name": "Offers of the day",
            "cron": "30 6 * * MON-FRI",
            "timeZone": "Europe/Berlin",
            "url": "https://example.com/offers.csv",
            "template": EXAMPLE_TEMPLATE_ID,
            "outputName": "{title}",
        },
    )
)
UPLOAD_FONT = body(
    form_content(
        font=FILE,
        familyName={
            "type": "string",
            "default": "",
            "description": "The family's name; if missing, the name in the file is used.",
        },
    )
)
UPLOAD_TEMPLATE = body(file_content())
UPLOAD_FILE = body(*(file_content(kind) for kind in ("image/*", "video/*", "audio/*")))

"""What endpoints take: the `openapi_extra` of those that read bodies, queries or headers by hand.

Every example is accepted as it stands here by a server that has its template.
"""

import json
from typing import Any

from pydantic import Field, JsonValue

from api.jobs.filters import JobSort
from api.openapi.document import (
    Entry,
    body,
    file_content,
    form_content,
    json_content,
    parameter,
    parameters,
    text_content,
)
from reelbatch.models.ids import ID_PATTERN, MAX_BATCH_JOBS
from reelbatch.models.wire.batches import BatchOptions
from reelbatch.models.wire.jobs import JobCancellationRequest, JobCreation, JobStatus
from reelbatch.models.wire.joins import JoinCreation
from reelbatch.models.wire.secrets import SecretCreation
from reelbatch.models.wire.templates import TemplateCreation, TemplateUpdate

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

_IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key",
    "Makes the request safe to repeat for 24 hours.",
    place="header",
    type="string",
    pattern="^[\\x21-\\x7e]{1,255}$",
)


class _BatchCreation(BatchOptions):
    """The body of POST /batches. A job may leave out what `defaults` give.

    Each job is judged on its own: one that is not as described is an entry in `errors`.
    """

    jobs: list[JobCreation | dict[str, JsonValue]] = Field(min_length=1, max_length=MAX_BATCH_JOBS)


def _number(name: str, description: str, default: int, lowest: int, highest: int) -> Entry:
    return parameter(
        name, description, type="integer", minimum=lowest, maximum=highest, default=default
    )


def _flag(name: str, description: str) -> Entry:
    return parameter(name, description, type="boolean", default=False)


def _text(name: str, description: str, **schema: Any) -> Entry:
    return parameter(name, description, type="string", **schema)


_STATES = f"A comma-separated list, such as {JobStatus.FINISHED},{JobStatus.ERROR}."
_STATE_LIST = r"^[a-z_:]+(,[a-z_:]+)*$"

CREATE_JOB = body(
    json_content(JobCreation, video=_VIDEO, still=_STILL, nested=_NESTED)
) | parameters(_IDEMPOTENCY_KEY)
JOIN_JOBS = body(
    json_content(
        JoinCreation,
        clips={"assets": [{"type": "video", "src": "https://example.com/intro.mp4"}, _CLIP]},
    )
) | parameters(_IDEMPOTENCY_KEY)
CREATE_BATCH = body(
    json_content(
        _BatchCreation,
        jobs={"jobs": [_VIDEO, _STILL]},
        defaults={
            "defaults": {"template": {"id": EXAMPLE_TEMPLATE_ID}, "settings": {"codec": "gif"}},
            "jobs": [{"assets": [_TITLE]}, {"assets": [_COLOUR]}],
        },
    ),
    text_content(
        "application/x-ndjson",
        "JSON Lines: a job a line.",
        lines=f"{json.dumps(_VIDEO)}\n{json.dumps(_STILL)}\n",
    ),
    text_content(
        "text/csv",
        "A job a row, of the template that the query names; a column for each layer.",
        rows="title,data:background.Color,job:tags\nHello,#1966cc,spring\nWorld,,\n",
    ),
) | parameters(
    _IDEMPOTENCY_KEY,
    _flag("dryRun", "Judge the jobs, and neither store nor start anything; the answer is a 200."),
    _text("template", "Of all rows of a CSV; required there.", example=EXAMPLE_TEMPLATE_ID),
    _text("composition", "Of all rows of a CSV."),
    _text("codec", "Of all rows of a CSV."),
    _text("frame", "Of all rows of a CSV, where the codec writes images.", pattern="^[0-9]{1,9}$"),
)
RETRY_BATCH = parameters(
    _IDEMPOTENCY_KEY,
    _text("only", "Which jobs.", enum=["error", "cancelled", "all"], default="all"),
)
READ_BATCH = parameters(
    _number("wait", "Seconds to wait until more jobs have ended.", 0, 0, 60),
)
FOLLOW_BATCH = parameters(
    parameter(
        "Last-Event-ID",
        "The id of the last event that arrived: what came after it is sent again.",
        place="header",
        type="string",
        pattern="^[0-9]{1,15}$",
    )
)
READ_RESULTS = parameters(
    _text("format", "Else as Accept says.", enum=["json", "ndjson", "csv"]),
)
CANCEL_JOBS = body(json_content(JobCancellationRequest))
CREATE_TEMPLATE = body(
    json_content(TemplateCreation, lottie={"type": "lottie", "displayName": "Promo"})
)
RENAME_TEMPLATE = body(json_content(TemplateUpdate, name={"displayName": "Promo, autumn"}))
CREATE_SECRET = body(json_content(SecretCreation, secret={"name": "BRAND_KEY", "value": "s3cr3t"}))
UPLOAD_FONT = body(
    form_content(
        font={"type": "string", "contentMediaType": "application/octet-stream"},
        familyName={"type": "string", "default": "", "description": "Else as the file says."},
    )
)
UPLOAD_TEMPLATE = body(file_content())

LIST_BATCHES = parameters(
    _number("limit", "Batches in one answer.", 20, 1, 100),
    _text("cursor", "The `nextCursor` of the page before.", pattern=ID_PATTERN),
)
LIST_JOBS = parameters(
    _flag("minimal", "Spare the server the progress of rendering jobs."),
    _number("from", "How many jobs to skip.", 0, 0, 999_999_999),
    _number("limit", "Jobs in one answer.", 50, 1, 1000),
    _text("from_date", "Created at this moment or later.", format="date-time"),
    _text("to_date", "Created at this moment or before.", format="date-time"),
    _text("states", _STATES, pattern=_STATE_LIST),
    _text("exclude_states", _STATES, pattern=_STATE_LIST),
    _text("sort", "The order.", enum=list(JobSort), default=JobSort.OLDEST_FIRST),
    _text(
        "tags",
        "A comma-separated list; jobs with any of them.",
        pattern="^[a-zA-Z0-9_-]+(,[a-zA-Z0-9_-]+)*$",
    ),
)
READ_FILE = parameters(
    *(
        parameter(name, f"RFC 9110, {section}.", place="header", type="string")
        for name, section in {
            "Range": "14.2",
            "If-Range": "13.1.5",
            "If-None-Match": "13.1.2",
            "If-Modified-Since": "13.1.3",
        }.items()
    )
)

"""The search attributes by which workflows are listed, here and in the Temporal Web UI.

Temporal's SQL Visibility has room for three KeywordLists in a namespace, so one holds everything of
which a workflow has several: the tags of clients as they are, and ids as `KIND:ID`. No client's tag
has a colon.
"""

import json
from collections.abc import Iterable, Iterator

from temporalio.common import SearchAttributeKey

TEAM = SearchAttributeKey.for_keyword("ReelbatchTeam")
BATCH_ID = SearchAttributeKey.for_keyword("ReelbatchBatchId")
TAGS = SearchAttributeKey.for_keyword_list("ReelbatchTags")
STATUS = SearchAttributeKey.for_keyword("ReelbatchStatus")
ERROR_CODE = SearchAttributeKey.for_keyword("ReelbatchErrorCode")
FAILED_JOBS = SearchAttributeKey.for_int("ReelbatchFailedJobs")

ALL = (TEAM, BATCH_ID, TAGS, STATUS, ERROR_CODE, FAILED_JOBS)

# Workflows of earlier versions have their ids in these, in namespaces that were prepared for them.
FORMER_TEMPLATE_IDS = SearchAttributeKey.for_keyword_list("ReelbatchTemplateIds")
FORMER_FONT_IDS = SearchAttributeKey.for_keyword_list("ReelbatchFontIds")

PREVIEW = "kind:preview"  # of a batch that only shows what another one will be
_SCHEDULE, _SUBMISSION, _ROW = "schedule:", "submission:", "row:"
_MOST_BYTES = 2048  # of a value in JSON, which a Temporal server takes by default
_SEPARATOR = 2  # bytes of a comma and a space


def template_tag(template_id: str) -> str:
    return f"template:{template_id}"


def font_tag(font_id: str) -> str:
    return f"font:{font_id}"


def name_tag(name: str) -> str:
    """Of a batch, by what people call it."""
    return f"name:{name}"


def schedule_tag(schedule_id: str) -> str:
    """Of a schedule's runs, and of the batches that they make."""
    return f"{_SCHEDULE}{schedule_id}"


def schedule_in(tags: Iterable[str]) -> str | None:
    return _first(_SCHEDULE, tags)


def submission_tag(batch_id: str) -> str:
    """Of a later part of a table, by the batch of its first part."""
    return f"{_SUBMISSION}{batch_id}"


def submission_in(tags: Iterable[str]) -> str | None:
    return _first(_SUBMISSION, tags)


def row_tag(first_row: int) -> str:
    """Of a later part of a table, by the row with which it begins."""
    return f"{_ROW}{first_row}"


def row_in(tags: Iterable[str]) -> int | None:
    found = _first(_ROW, tags)
    return None if found is None else int(found)


def _first(prefix: str, tags: Iterable[str]) -> str | None:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), None)


def tag_list(
    template_ids: Iterable[str],
    font_ids: Iterable[str],
    tags: Iterable[str] = (),
    *,
    own: Iterable[str] = (),
) -> list[str]:
    """The value of `TAGS`: as many as it takes. Its `own`, which are short, come first, then
    templates and fonts, since what is in use must stay, and last what clients call it.
    """
    everything = [*own, *map(template_tag, template_ids), *map(font_tag, font_ids), *tags]
    return list(_fitting(dict.fromkeys(everything)))


def _fitting(tags: Iterable[str]) -> Iterator[str]:
    """Those that there is room for, beside others that are too long."""
    left = _MOST_BYTES
    for tag in tags:
        size = len(json.dumps(tag)) + _SEPARATOR  # a letter beyond ASCII takes six or twelve bytes
        if size <= left:
            left -= size
            yield tag

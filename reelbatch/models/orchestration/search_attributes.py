"""The search attributes by which workflows are found, here and in the Temporal Web UI.

Temporal's SQL Visibility allows only three KeywordLists per namespace. One of them therefore holds
all values that a workflow can have several of: the clients' tags as they are, and ids as `KIND:ID`.
Clients' tags cannot contain a colon.
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

# Workflows of earlier versions have ids in these, in namespaces that were prepared for them.
FORMER_TEMPLATE_IDS = SearchAttributeKey.for_keyword_list("ReelbatchTemplateIds")
FORMER_FONT_IDS = SearchAttributeKey.for_keyword_list("ReelbatchFontIds")

PREVIEW = "kind:preview"  # of a batch that only previews another one
_SCHEDULE, _SUBMISSION, _ROW = "schedule:", "submission:", "row:"
_MAX_BYTES = 2048  # of a value in JSON; the default limit of a Temporal server
_SEPARATOR = 2  # bytes of a comma and a space


def template_tag(template_id: str) -> str:
    return f"template:{template_id}"


def font_tag(font_id: str) -> str:
    return f"font:{font_id}"


def name_tag(name: str) -> str:
    """The tag of a batch with this name."""
    return f"name:{name}"


def schedule_tag(schedule_id: str) -> str:
    """The tag of a schedule's runs, and of the batches that they create."""
    return f"{_SCHEDULE}{schedule_id}"


def schedule_in(tags: Iterable[str]) -> str | None:
    return _first(_SCHEDULE, tags)


def submission_tag(batch_id: str) -> str:
    """The tag of a later part of a table: the batch of its first part."""
    return f"{_SUBMISSION}{batch_id}"


def submission_in(tags: Iterable[str]) -> str | None:
    return _first(_SUBMISSION, tags)


def row_tag(first_row: int) -> str:
    """The tag of a later part of a table: the row with which it begins."""
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
    """The value of `TAGS`, with as many tags as fit.

    The workflow's `own` tags, which are short, come first. Templates and fonts follow, since they
    must not be deleted while they are in use. The clients' tags come last.
    """
    everything = [*own, *map(template_tag, template_ids), *map(font_tag, font_ids), *tags]
    return list(_fitting(dict.fromkeys(everything)))


def _fitting(tags: Iterable[str]) -> Iterator[str]:
    """The tags that fit; a tag that is too long does not keep out later ones."""
    left = _MAX_BYTES
    for tag in tags:
        size = len(json.dumps(tag)) + _SEPARATOR  # a non-ASCII letter takes six or twelve bytes
        if size <= left:
            left -= size
            yield tag

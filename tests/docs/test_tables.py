"""The tables of the documentation list what the code has."""

import re
from pathlib import Path

from reelbatch.client import Reelbatch
from reelbatch.engines.registry import load_engines
from reelbatch.models.errors import ReelbatchError, RenderError
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    SUBMISSION_TASK_QUEUE,
    inspection_task_queue,
    render_task_queue,
)
from reelbatch.models.wire.codecs import CODECS, find_codec
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.models.wire.tokens import Scope
from reelbatch.models.wire.warnings import WarningCode

ROOT = Path(__file__).parents[2]
GLOSSARY_HEADINGS = ("word", "means", "where you meet it")


def test_error_codes_are_listed_with_their_status() -> None:
    errors = {
        (error.status, error.error_code)
        for error in descendants(ReelbatchError)
        if not issubclass(error, RenderError)
    }
    # The first is a family that is never raised itself; only a webhook's log shows the second.
    errors -= {(409, "CONFLICT"), (500, "WEBHOOK_UNDELIVERED")}
    listed = {
        (int(status), code)
        for status, codes, _ in table("errors.md", "status", "code", "meaning")
        for code in words(codes)
    }
    assert listed == errors | {(405, "METHOD_NOT_ALLOWED")}


def test_error_codes_of_jobs_are_listed() -> None:
    listed = {word for code, _ in table("errors.md", "code", "meaning") for word in words(code)}
    # A job whose segments cannot be joined is rendered whole.
    assert listed == {e.error_code for e in descendants(RenderError)} - {"SEGMENTS_UNUSABLE"}


def test_codes_of_warnings_are_listed() -> None:
    rows = table("errors.md", "code", "what it warns of")
    assert sorted(word for code, _ in rows for word in words(code)) == sorted(WarningCode)


def test_statuses_of_jobs_are_listed() -> None:
    listed = [word for status, _ in table("api.md", "status", "meaning") for word in words(status)]
    assert listed == list(JobStatus)


def test_codecs_are_listed_with_their_files() -> None:
    listed: set[str] = set()
    rows = table("api.md", "codec", "file", "alpha", "older spelling")
    for names, file, alpha, older in rows:
        codecs = [CODECS[name] for pattern in words(names) for name in expanded(pattern)]
        listed |= {codec.name for codec in codecs}
        for codec in codecs:
            assert codec.extension == {"JPEG": "jpg"}.get(file, file.lower())
            assert codec.alpha == (alpha == "yes")
        assert find_codec(*words(older)) in codecs
    assert listed == CODECS.keys()


def test_scopes_are_listed() -> None:
    rows = table("security.md", "scope", "permissions within the team")
    assert [scope for cell, _ in rows for scope in words(cell)] == list(Scope)


def test_search_attributes_are_listed_with_their_types() -> None:
    types = {1: "Text", 2: "Keyword", 3: "Int", 7: "KeywordList"}  # Temporal's IndexedValueType
    listed = [
        (*words(name), kind) for name, kind, _ in table("operating.md", "attribute", "type", "on")
    ]
    assert sorted(listed) == sorted(
        (key.name, types[key.indexed_value_type]) for key in search_attributes.ALL
    )


def test_workflow_types_are_listed() -> None:
    code = "".join(file.read_text() for file in (ROOT / "workflows").glob("*.py"))
    rows = table("web-ui.md", "workflow type", "one for each", "workflow id")
    listed = {word for kinds, *_ in rows for word in words(kinds)}
    assert listed == set(re.findall(r'workflow\.defn\(name="(\w+)"', code))


def test_task_queues_are_in_the_glossary() -> None:
    places = {word: place for word, _, place in table("glossary.md", *GLOSSARY_HEADINGS)}
    engine_queues = [render_task_queue("ENGINE"), inspection_task_queue("ENGINE")]
    queues = [CONTROL_TASK_QUEUE, *engine_queues, SUBMISSION_TASK_QUEUE]
    assert words(places["**task queue**"]) == queues


def test_metrics_are_listed() -> None:
    files = [file for folder in ("activities", "api") for file in (ROOT / folder).rglob("*.py")]
    made = {name for file in files for name in re.findall(r'"(reelbatch_\w+)"', file.read_text())}
    rows = table("monitoring.md", "metric", "labels", "what")
    listed = {re.sub(r"_(total|seconds)$", "", name) for cell, *_ in rows for name in words(cell)}
    assert listed == made


def test_asset_types_and_functions_of_lottie_are_listed() -> None:
    engine = load_engines(["lottie"])["lottie"]
    for headings, expected in {
        ("type", "effect"): engine.asset_types,
        ("function", "`params`"): engine.functions,
    }.items():
        rows = table("lottie.md", *headings)
        assert {word for cell, _ in rows for word in words(cell)} == expected


def test_methods_of_the_client_are_listed() -> None:
    with Reelbatch("http://127.0.0.1", "rb_token") as client:
        batch = client.batches.of("01JAAAAAAAAAAAAAAAAAAAAAAA")
        for name, methods in table("client.md", "object", "methods"):
            part: object = (
                batch if name == "a batch" else getattr(client, name.strip("`").split(".")[-1])
            )
            public = {member for member in dir(type(part)) if not member.startswith("_")}
            assert set(words(methods)) == public - {"id"}, name


def descendants(error: type[ReelbatchError]) -> list[type[ReelbatchError]]:
    """Return the error and its subclasses, without those that tests have made."""
    below = [child for child in error.__subclasses__() if child.__module__ == error.__module__]
    return [error, *(found for child in below for found in descendants(child))]


def table(page: str, *headings: str) -> list[list[str]]:
    """Return the rows of all tables of a page that have these headings."""
    heading = re.escape(f"| {' | '.join(headings)} |")
    tables = re.findall(rf"^{heading}\n\|[-|]+\|\n((?:\|.*\n)+)", text(page), re.MULTILINE)
    assert tables, f"{page} has no table {headings}"
    rows = "".join(tables).splitlines()
    return [re.split(r" ?(?<!\\)\| ?", row)[1:-1] for row in rows]


def words(cell: str) -> list[str]:
    """Return the words in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def expanded(pattern: str) -> list[str]:
    """Return `a_1` and `a_2` for `a_{1,2}`."""
    before, _, rest = pattern.partition("{")
    choices, _, after = rest.partition("}")
    return [f"{before}{choice}{after}" for choice in choices.split(",")]


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()

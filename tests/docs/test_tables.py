"""Tables in the documentation list exactly what the code has."""

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


def test_error_codes_are_listed_by_their_status() -> None:
    refusals = {
        (error.status, error.error_code)
        for error in descendants(ReelbatchError)
        if not issubclass(error, RenderError)
    }
    # CONFLICT is a family that is never raised; only logs of webhooks show WEBHOOK_UNDELIVERED.
    refusals -= {(409, "CONFLICT"), (500, "WEBHOOK_UNDELIVERED")}
    listed = {
        (int(status), code)
        for status, codes in table("api.md", "status", "codes")
        for code in words(codes)
    }
    assert listed == refusals | {(405, "METHOD_NOT_ALLOWED")}


def test_error_codes_of_jobs_are_listed() -> None:
    page = text("api.md")
    listed = set(re.findall(r"`([A-Z_]{2,})`", page[page.index("A job that fails while") :]))
    # If the segments of a job cannot be joined, it is rendered whole, so no client sees this code.
    assert listed == {e.error_code for e in descendants(RenderError)} - {"SEGMENTS_UNUSABLE"}


def test_codes_of_warnings_are_listed() -> None:
    listed = [
        word for code, _ in table("api.md", "code", "what it warns of") for word in words(code)
    ]
    assert sorted(listed) == sorted(WarningCode)


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
    types = {1: "Text", 2: "Keyword", 3: "Int", 7: "KeywordList"}  # IndexedValueType of Temporal
    listed = [
        (*words(name), kind) for name, kind, _ in table("operating.md", "attribute", "type", "on")
    ]
    assert sorted(listed) == sorted(
        (key.name, types[key.indexed_value_type]) for key in search_attributes.ALL
    )


def test_types_of_workflows_are_listed() -> None:
    code = "".join(file.read_text() for file in (ROOT / "workflows").glob("*.py"))
    rows = table("web-ui.md", "workflow type", "one for each", "workflow id")
    listed = {word for kinds, *_ in rows for word in words(kinds)}
    assert listed == set(re.findall(r'workflow\.defn\(name="(\w+)"', code))


def test_task_queues_are_named() -> None:
    meetings = {word: where for word, _, where in table("glossary.md", *GLOSSARY_HEADINGS)}
    of_engines = [render_task_queue("ENGINE"), inspection_task_queue("ENGINE")]
    queues = [CONTROL_TASK_QUEUE, *of_engines, SUBMISSION_TASK_QUEUE]
    assert words(meetings["**task queue**"]) == queues


def test_metrics_are_listed() -> None:
    files = [file for folder in ("activities", "api") for file in (ROOT / folder).rglob("*.py")]
    made = {name for file in files for name in re.findall(r'"(reelbatch_\w+)"', file.read_text())}
    rows = table("operating.md", "metric", "labels", "what")
    listed = {re.sub(r"_(total|seconds)$", "", name) for cell, *_ in rows for name in words(cell)}
    assert listed == made


def test_assets_and_functions_of_lottie_are_listed() -> None:
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
    """The error and all its subclasses, without those that tests define."""
    below = [child for child in error.__subclasses__() if child.__module__ == error.__module__]
    return [error, *(found for child in below for found in descendants(child))]


def table(page: str, *headings: str) -> list[list[str]]:
    """The rows of the only table of a page that has these headings."""
    heading = re.escape(f"| {' | '.join(headings)} |")
    [rows] = re.findall(rf"^{heading}\n\|[-|]+\|\n((?:\|.*\n)+)", text(page), re.MULTILINE)
    return [re.split(r" ?(?<!\\)\| ?", row)[1:-1] for row in rows.splitlines()]


def words(cell: str) -> list[str]:
    """The words in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def expanded(pattern: str) -> list[str]:
    """`a_{1,2}` is `a_1` and `a_2`."""
    before, _, rest = pattern.partition("{")
    choices, _, after = rest.partition("}")
    return [f"{before}{choice}{after}" for choice in choices.split(",")]


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()

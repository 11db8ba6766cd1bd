"""Batches that are sent compressed, as JSON Lines or as CSV."""

import gzip
import io
import json
import os
from typing import Any, cast

import httpx
import pytest
from fastapi import Request
from PIL import Image
from pydantic import JsonValue

from api.http.requests import read_body
from api.submission.formats import form_problem
from api.submission.tables.reading import TableQuery, read_table
from api.submission.tables.text import csv_rows
from reelbatch.checks.template import TemplateOffer
from reelbatch.engines.lottie.engine import LottieEngine
from reelbatch.models.errors import BodyTooLarge, RequestError
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.settings import ByteLimit
from tests.api.documents import a_card
from tests.api.running_api import Team, a_still

GZIP = {"Content-Encoding": "gzip"}
JSON_LINES = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


async def post(team: Team, content: bytes, query: str = "", **headers: str) -> httpx.Response:
    return await team.http.post(f"/batches?dryRun=true{query}", content=content, headers=headers)


async def test_a_compressed_batch_is_rendered(team: Team) -> None:
    body = json.dumps({"jobs": [a_still(await team.upload_card())]}).encode()
    half = len(body) // 2
    members = gzip.compress(body[:half]) + gzip.compress(body[half:])
    created = await team.http.post("/batches", content=members, headers=GZIP)
    assert created.status_code == 201, created.text
    batch = await team.end_of_batch(created.json()["batchId"])
    assert batch["stats"]["finished"] == 1


async def test_a_single_job_can_be_compressed_too(team: Team) -> None:
    body = gzip.compress(json.dumps(a_still(await team.upload_card())).encode())
    created = await team.http.post("/jobs", content=body, headers={"Content-Encoding": "GZIP"})
    assert created.status_code == 201


async def test_a_gzip_bomb_is_a_413(card_team: Team) -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    assert len(bomb) < 4 * 1024**2
    response = await card_team.http.post("/batches", content=bomb, headers=GZIP)
    assert (response.status_code, response.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    half_zeros = gzip.compress(os.urandom(50_000) + b" " * 5_000_000)  # a ratio of 100
    response = await card_team.http.post("/batches", content=half_zeros, headers=GZIP)
    assert response.status_code == 413
    assert "uncompressed body is larger than the 4194304 bytes" in response.json()["error"]
    assert "REELBATCH_MAX_BODY_BYTES" in response.json()["error"]  # for the operator


COMPRESSED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize("body", [b"{}", COMPRESSED[:-1], COMPRESSED + b"?"])
async def test_invalid_gzip_is_a_400(card_team: Team, body: bytes) -> None:
    response = await card_team.http.post("/batches", content=body, headers=GZIP)
    assert (response.status_code, response.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    assert "gzip" in response.json()["error"]


@pytest.mark.parametrize("encoding", ["deflate", "br", "gzip, gzip"])
async def test_other_encodings_are_a_415(card_team: Team, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    response = await card_team.http.post("/batches", content=b"{}", headers=headers)
    assert (response.status_code, response.json()["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "gzip" in response.json()["error"]


async def test_a_broken_line_only_affects_its_job(card_team: Team, card: str) -> None:
    good = json.dumps(a_still(card)).encode()
    body = b"\xef\xbb\xbf" + b"\r\n".join([good, b"", b'{"template": ', b"\xff", b"5", good, b""])
    response = (await post(card_team, body, **JSON_LINES)).json()
    assert (response["status"], response["totalJobs"]) == ("partial", 5)
    assert [job["index"] for job in response["jobs"]] == [0, 4]
    errors = [(error["index"], error["errorCode"], error["error"]) for error in response["errors"]]
    assert errors[0] == (1, "INVALID_JSON", "Line 3 is not JSON: a value is missing at column 14.")
    assert errors[1][:2] == (2, "INVALID_JSON")
    assert errors[1][2].startswith("Line 4 is not valid UTF-8")
    assert errors[2][:2] == (3, "VALIDATION_ERROR")


@pytest.mark.parametrize("lines", [0, 1001])
async def test_lines_are_counted(card_team: Team, lines: int) -> None:
    response = await post(card_team, b"{}\n\n" * lines, **JSON_LINES)
    assert (response.status_code, response.json()["errorCode"]) == (400, "BATCH_SIZE_INVALID")


async def test_a_table_becomes_a_batch(team: Team) -> None:
    card = await team.upload_card()
    table = (
        "\ufefftitle,image:background,job:tags,job:priority\r\n"
        f'"Ann ""the"" first,\r\nof her name","{PIXEL}","vip,north",3\r\n'
        "\r\n"
        "Bob,,,\r\n"
        "Cid\r\n"
    )
    query = f"template={card}&composition=main&codec=png&frame=2"
    created = await team.http.post(f"/batches?{query}", content=table.encode(), headers=CSV)
    assert created.status_code == 201, created.text
    assert created.json()["successCount"] == 3

    batch = await team.end_of_batch(created.json()["batchId"])

    assert batch["stats"]["finished"] == 3
    assert [job["stats"]["totalAssets"] for job in batch["jobs"]] == [2, 1, 1]
    first = await team.get(f"/jobs/{batch['jobs'][0]['id']}")
    assert (first["tags"], first["priority"]) == (["vip", "north"], 3)
    for job in batch["jobs"]:
        content = (await team.public.get(job["outputUrl"])).content
        assert Image.open(io.BytesIO(content)).size == (32, 18)


async def test_a_column_can_set_a_property(card_team: Team, card: str) -> None:
    table = b"data:title.Opacity,data:title.Font,text:title\n50,,A\n,Inter-Bold,\n"
    response = await post(card_team, table, f"&template={card}", **CSV)
    assert response.status_code == 200, response.text
    assert response.json()["successCount"] == 2


async def test_errors_of_a_table_belong_to_their_rows(card_team: Team, card: str) -> None:
    table = (
        b'title,image:background,job:priority\n"A\n",,\n\nB,ftp://x/y,\nA,ftp://x/y,high\n,,,5\n'
    )
    response = (await post(card_team, table, f"&template={card}", **CSV)).json()
    assert [job["index"] for job in response["jobs"]] == [0]
    assert [error["line"] for error in response["errors"]] == [5, 6, 7]
    fields: list[tuple[int, set[str]]] = [
        (error["index"], {detail["field"] for detail in error["details"]})
        for error in response["errors"]
    ]
    columns = [error["details"][0].get("column") for error in response["errors"]]
    assert columns == ["image:background", "job:priority", None]
    assert fields == [(1, {"assets.1.src"}), (2, {"priority"}), (3, {""})]
    assert "a cell in column 4, which has no name" in response["errors"][2]["error"]


async def test_a_column_that_names_no_layer_is_left_out_and_named(
    card_team: Team, card: str
) -> None:
    table = b"title,titel,e-mail\nA,B,a@example.com\n"
    response = (await post(card_team, table, f"&template={card}", **CSV)).json()
    assert response["successCount"] == 1
    message = (
        "The columns titel (Did you mean title?), e-mail do not match any layer of main: left out."
    )
    assert response["warnings"] == [{"code": "COLUMN_LEFT_OUT", "message": message}]

    refused = await post(card_team, table, f"&template={card}&strict=true", **CSV)
    assert refused.status_code == 400
    assert "e-mail do not match any layer of main" in refused.json()["error"]


async def test_a_table_without_any_layer_is_refused_row_by_row(card_team: Team, card: str) -> None:
    response = (await post(card_team, b"titel\nA\nB\n", f"&template={card}", **CSV)).json()
    assert [error["errorCode"] for error in response["errors"]] == ["LAYER_NOT_FOUND"] * 2
    assert "warnings" not in response


async def test_a_dry_run_shows_columns_and_first_rows(card_team: Team, card: str) -> None:
    table = "Title;LÄBEL;e-mail;tags\nA;B;a@example.com;x\n;;;\nB;;;\n".encode()
    response = (await post(card_team, table, f"&template={card}&rows=1", **CSV)).json()
    assert response["columns"] == [
        {"name": "Title", "means": "title", "kind": "text", "layer": "title", "leftOut": False},
        {
            "name": "LÄBEL",
            "means": "label",
            "kind": "text",
            "layer": "label",
            "composition": "badge",
            "leftOut": False,
        },
        {"name": "e-mail", "leftOut": True, "reason": "main has no layer with this name."},
        {"name": "tags", "means": "job:tags", "kind": "job", "leftOut": False},
    ]
    [row] = response["rows"]
    assert (row["line"], row["cells"]) == (2, ["A", "B", "a@example.com", "x"])
    assert row["job"]["tags"] == "x"
    assert [asset["layerName"] for asset in row["job"]["assets"]] == ["title", "label"]


async def test_a_table_that_is_refused_shows_its_columns_too(card_team: Team, card: str) -> None:
    table = b"title,Title,label\nA,B,C\n"
    response = await post(card_team, table, f"&template={card}", **CSV)
    answer = response.json()
    assert response.status_code == 400
    assert answer["error"] == "The table has more than one column title: title, Title."
    assert [column.get("reason") for column in answer["columns"]] == [answer["error"]] * 2 + [None]
    assert answer["rows"] == [{"line": 2, "cells": ["A", "B", "C"]}]


async def test_an_empty_cell_causes_a_warning(team: Team) -> None:
    table = b"title,label,job:tags\nA,B,\n,B,\nA\n,B,x\n"
    query = f"template={await team.upload_card()}&composition=main&codec=image_png"
    headers = {**CSV, "Idempotency-Key": "empty-cells"}
    responses: list[Any] = []
    for _ in range(2):
        response = await team.http.post(f"/batches?{query}", content=table, headers=headers)
        responses.append(response.json())
    title, label = responses[0]["warnings"]
    assert title["code"] == label["code"] == "CELL_EMPTY"
    assert (title["layer"], label["layer"], label["composition"]) == ("title", "label", "badge")
    assert title["message"] == (
        "The column title is empty in 2 rows, which keep the template's own words: lines 3, 5."
    )
    assert label["message"].endswith("1 row, which keeps the template's own words: line 4.")
    assert responses[1] == responses[0]


async def test_text_that_is_too_long_is_shrunk_on_request(team: Team) -> None:
    boxed = json.loads(a_card())
    boxed["layers"][0]["t"]["d"]["k"][0]["s"] |= {"sz": [32, 18], "ps": [0, 0]}
    card = await team.upload(json.dumps(boxed).encode())
    found: list[list[str]] = []
    for autofit in ("false", "true"):
        query = f"?template={card}&codec=image_png&autofit={autofit}"
        table = b"title\nfar too long\n"
        created = await team.http.post(f"/batches{query}", content=table, headers=CSV)
        ended = await team.end_of_job(created.json()["jobs"][0]["id"])
        assert ended["status"] == "finished", ended["error"]
        found.append([warning["code"] for warning in ended.get("warnings", [])])
    assert found == [["TEXT_OVERFLOWS"], []]


async def test_a_blank_or_typed_quotes_make_a_text_empty_and_an_empty_cell_does_not(
    team: Team,
) -> None:
    query = f"template={await team.upload_card()}&dryRun=true"
    table = b'title,label\n" ",B\n"",B\n"""""",B\n'
    response = await team.http.post(f"/batches?{query}", content=table, headers=CSV)
    blank, quoted, typed = (row["job"]["assets"] for row in response.json()["rows"])
    assert [asset["value"] for asset in blank] == [" ", "B"]
    assert [asset["value"] for asset in quoted] == ["B"]
    assert [asset["value"] for asset in typed] == ["", "B"]


@pytest.mark.parametrize("column", ["label", "badge/label", "text:badge/label"])
async def test_a_column_finds_its_layer_in_a_precomposition(team: Team, column: str) -> None:
    query = f"template={await team.upload_card()}&codec=image_png"
    created = await team.http.post(
        f"/batches?{query}", content=f"title,{column}\nA,B\n".encode(), headers=CSV
    )
    [job] = created.json()["jobs"]
    ended = await team.end_of_job(job["id"])
    assert (ended["status"], ended["stats"]["totalAssets"]) == ("finished", 2)


async def test_columns_that_mean_one_layer_are_refused(card_team: Team, card: str) -> None:
    table = b"label,badge/label\nA,B\n"
    response = await post(card_team, table, f"&template={card}", **CSV)
    assert response.status_code == 400
    assert "more than one column" in response.json()["error"]


def _layer(composition: str, name: str, kind: str = "text", shows: str | None = None) -> Layer:
    return Layer(
        composition=composition, position=1, name=name, layer_type=kind, source_composition=shows
    )


NESTED = TemplateOffer(
    TemplateInspection(
        compositions=[
            Composition(name=name, width=32, height=18, frame_rate=25, frames=10)
            for name in ("main", "apart")
        ],
        layers=[
            _layer("main", "left", "precomp", shows="card"),
            _layer("main", "headline", "precomp", shows="deep/down"),
            _layer("main", "own"),
            _layer("card", "own"),
            _layer("card", "tag"),
            _layer("deep/down", "headline"),
            _layer("deep/down", "tag"),
            _layer("deep/down", "a/b"),
            _layer("apart", "tag"),
        ],
        fonts=[],
    ),
    LottieEngine,
)


@pytest.mark.parametrize(
    ("column", "composition", "layer"),
    [
        ("own", None, "own"),
        ("main/own", None, "own"),
        ("card/own", "card", "own"),
        ("headline", "deep/down", "headline"),  # main's layer with this name has no text
        ("a/b", "deep/down", "a/b"),
        ("deep/down/a/b", "deep/down", "a/b"),
        ("data:deep/down/tag.Opacity", "deep/down", "tag"),
        ("image:headline", None, "headline"),
        ("apart/tag", "apart", "tag"),
    ],
)
def test_a_column_means_the_nearest_layer(column: str, composition: str | None, layer: str) -> None:
    [job] = read_table(csv_rows(f"{column}\n1\n".encode(), 1000), OF_ALL_ROWS, NESTED).jobs
    assert isinstance(job, dict)
    [asset] = cast("list[dict[str, str]]", job["assets"])
    assert (asset.get("composition"), asset["layerName"]) == (composition, layer)


@pytest.mark.parametrize(
    ("column", "means"),
    [("O W N", "own"), ("Head_line", "headline"), ("A/B", "a/b"), ("Tags", "job:tags")],
)
def test_a_column_is_guessed_if_only_its_spelling_differs(column: str, means: str) -> None:
    table = read_table(csv_rows(f"{column},card/tag\n1,\n".encode(), 1000), OF_ALL_ROWS, NESTED)
    assert table.columns[0].means == means


def test_a_request_can_map_columns_to_layers() -> None:
    names = ["Name=headline", "e=mail=card/tag", "own="]
    query = OF_ALL_ROWS.model_copy(update={"mapping": names})
    table = read_table(csv_rows(b"Name,E=mail,own\n1,2,3\n", 1000), query, NESTED)
    meant = [(each.name, each.means, each.left_out) for each in table.columns]
    assert meant == [
        ("Name", "headline", False),
        ("E=mail", "text:card/tag", False),
        ("own", None, True),
    ]
    [job] = table.jobs
    assert isinstance(job, dict)
    assert [asset["value"] for asset in cast("list[dict[str, str]]", job["assets"])] == ["1", "2"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("Nam=headline", "no column Nam. Did you mean Name"),
        ("Name", "must have the form COLUMN=LAYER"),
        ("Name=headlin", "cannot be headlin: main has no layer .* Did you mean headline"),
        ("Name=tag", "may mean a layer of card or of deep/down"),
    ],
)
def test_an_invalid_mapping_is_refused(entry: str, words: str) -> None:
    query = OF_ALL_ROWS.model_copy(update={"mapping": [entry]})
    with pytest.raises(RequestError, match=words):
        read_table(csv_rows(b"Name\n1\n", 1000), query, NESTED)


def test_an_ambiguous_column_is_refused_with_its_compositions() -> None:
    with pytest.raises(RequestError, match="card or of deep/down: write text:card/tag or text:dee"):
        read_table(csv_rows(b"tag\n1\n", 1000), OF_ALL_ROWS, NESTED)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "empty"),
        (b"title\n", "1 to 1000 jobs, not 0"),
        (b"title,\nA,B\n", "column 2, which has no name"),
        (b"title,title\nA,B\n", "more than one column title"),
        (b"job:color\nred\n", "job:tags"),
        (b"data:title\nred\n", "data:LAYER.PROPERTY"),
        (b'title\n"open\n', "cannot be read"),
        (b"title\n\x81\n", "UTF-8"),
    ],
)
async def test_a_table_that_cannot_be_read_is_refused(
    card_team: Team, card: str, table: bytes, words: str
) -> None:
    response = await post(card_team, table, f"&template={card}", **CSV)
    assert response.status_code == 400
    assert words in response.json()["error"]


async def test_a_table_needs_a_template(card_team: Team) -> None:
    response = await post(card_team, b"title\nA\n", **CSV)
    assert (response.status_code, response.json()["details"][0]["field"]) == (400, "template")


@pytest.mark.parametrize(("frame", "status"), [("0", 200), ("", 200), ("-1", 400), ("x", 400)])
async def test_a_table_of_pictures_names_their_frame(
    card_team: Team, card: str, frame: str, status: int
) -> None:
    query = f"&template={card}&composition=&codec=png&frame={frame}"
    response = await post(card_team, b"title\nA\n", query, **CSV)
    assert response.status_code == status, response.text
    if status == 400:
        assert response.json()["details"][0]["field"] == "frame"


async def test_a_table_with_another_template_is_another_request(team: Team) -> None:
    headers: Any = {**CSV, "Idempotency-Key": "k"}
    statuses: list[int] = []
    for template in (await team.upload_card(), await team.upload_card()):
        response = await team.http.post(
            f"/batches?template={template}", content=b"title\nA\n", headers=headers
        )
        statuses.append(response.status_code)
    assert statuses == [201, 422]


UNREADABLE = {
    "many digits": '{"template": {"id": ' + "9" * 5000 + "}}",
    "many levels": "[" * 100_000 + "]" * 100_000,
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_a_job_that_cannot_be_parsed_only_affects_itself(
    card_team: Team, card: str, kind: str
) -> None:
    good = a_still(card)
    good["tags"] = ["a"]
    text = json.dumps({**good, "webhook": {"url": 'https://example.com/?jobs=[{"a,b\\"]'}})
    body = f'{{"priority": 1, "jobs" : [{text}, {UNREADABLE[kind]} ,{text}], "x": {{"jobs": [1]}}}}'
    response = (await post(card_team, body.encode())).json()
    assert [job["index"] for job in response["jobs"]] == [0, 2]
    [error] = response["errors"]
    assert (error["index"], error["errorCode"]) == (1, "INVALID_JSON")
    assert error["error"].startswith("Job 1 ")


@pytest.mark.parametrize("path", ["/batches", "/jobs", "/jobs/join"])
async def test_a_body_of_very_many_values_is_refused_before_it_is_read(
    card_team: Team, path: str
) -> None:
    body = b'{"jobs": [' + b",".join([b"[]"] * 600_000) + b"]}"
    response = await card_team.http.post(path, content=body)
    assert (response.status_code, response.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    assert "more than 1000000 values" in response.json()["error"]


async def test_endless_lines_are_counted_before_they_are_read(card_team: Team) -> None:
    response = await post(card_team, b"[]\n" * 300_000, **JSON_LINES)
    assert response.json()["errorCode"] == "BATCH_SIZE_INVALID"
    assert "not 300000" in response.json()["error"]


async def test_a_small_request_does_not_cause_a_large_response(card_team: Team, card: str) -> None:
    nobody = {"type": "text", "layerName": "nobody's", "value": "x"}
    defaults = {"template": {"id": card}, "assets": [nobody] * 12 + [{"kind": "x"}] * 200}
    body: dict[str, Any] = {"defaults": defaults, "jobs": [{}] * 1000}
    response = await post(card_team, json.dumps(body).encode())
    errors = response.json()["errors"]
    assert len(errors) == 1000
    assert len(response.content) < 1_000_000
    assert len(errors[0]["details"]) == 21
    assert errors[0]["details"][-1]["message"] == "There are 180 more problems."
    assert len(errors[-1]["details"]) == 1


async def test_a_job_may_have_a_thousand_assets(card_team: Team, card: str) -> None:
    response = await post(
        card_team, json.dumps({"jobs": [a_still(card, assets=[{}] * 1001)]}).encode()
    )
    [error] = response.json()["errors"]
    assert error["error"] == "assets: must have 1000 items or fewer"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (",".join(map(str, range(20_000))), "has 20000 columns; it may have at most 1000"),
        (",".join(["a", *map(str, range(900)), "a"]), "more than one column a"),
        ("/" * 200_000, "has 200000 characters; it may have at most 1000"),
        ("/" * 1000, "LAYER_NOT_FOUND"),
    ],
)
async def test_very_large_headers_of_tables_are_handled(
    card_team: Team, card: str, header: str, reason: str
) -> None:
    response = await post(card_team, f"{header}\n1\n".encode(), f"&template={card}", **CSV)
    assert response.status_code == 400
    assert reason in response.text


async def test_endless_rows_are_counted_but_not_stored(card_team: Team, card: str) -> None:
    response = await post(card_team, b"a\n" * 300_000, f"&template={card}", **CSV)
    assert "299999 rows" in response.json()["error"]
    response = await post(card_team, b"a\n" + b"," * 1_000_001, f"&template={card}", **CSV)
    assert response.json()["errorCode"] == "BODY_TOO_LARGE"


async def test_a_long_cell_only_affects_its_row(card_team: Team, card: str) -> None:
    rows = f"title\nshort\n{'x' * 200_000}\nshort\n".encode()
    response = (await post(card_team, rows, f"&template={card}&codec=image_png", **CSV)).json()
    assert [job["index"] for job in response["jobs"]] == [0, 2]
    assert [error["errorCode"] for error in response["errors"]] == ["JOB_TOO_LARGE"]


async def test_an_unclosed_quote_is_reported_before_the_whole_table_is_read(
    card_team: Team, card: str
) -> None:
    rows = b'title\nshort\n"' + b"long\n" * 100_000
    response = await post(card_team, rows, f"&template={card}&codec=image_png", **CSV)
    assert (response.status_code, response.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    message = response.json()["error"]
    assert "more than 262144 characters, or a quote is not closed" in message


async def test_reading_stops_at_a_suspicious_compression_ratio() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": gzip.compress(b" " * 20_000_000)}

    scope = {"type": "http", "headers": [(b"content-encoding", b"gzip")]}
    with pytest.raises(BodyTooLarge, match="by more than a factor of 250"):
        await read_body(Request(scope, receive), limit=ByteLimit(64_000_000))


OF_ALL_ROWS = TableQuery.model_validate({"template": "01ARZ3NDEKTSV4RRFFQ69G5FAV"})
WRITTEN = "title;subtitle\r\nÄpfel;rot, reif\r\n\r\n;\r\n"
SPREADSHEETS = {
    "semicolons": WRITTEN.encode(),
    "a line for Excel": f"sep=;\r\n{WRITTEN}".encode(),
    "Windows-1252": WRITTEN.encode("cp1252"),
    "Unicode text": WRITTEN.replace(";", "\t").encode("utf-16"),
    "tabs": WRITTEN.replace(";", "\t").encode("utf-8-sig"),
    "a padded header": WRITTEN.replace("title;", " title ; ", 1).encode(),
    "a quoted header": WRITTEN.replace("title;", '"title";', 1).encode(),
    "a column without a name or cells": WRITTEN.replace(";", ";;").encode(),
    "empty cells beyond the header": WRITTEN.replace("reif", "reif;;").encode(),
}


@pytest.mark.parametrize("kind", SPREADSHEETS)
def test_tables_are_read_as_spreadsheets_write_them(kind: str) -> None:
    [job] = read_table(csv_rows(SPREADSHEETS[kind], 1000), OF_ALL_ROWS).jobs
    assert isinstance(job, dict)
    texts = {"title": "Äpfel", "subtitle": "rot, reif"}
    assert job["assets"] == [
        {"type": "text", "layerName": layer, "value": words} for layer, words in texts.items()
    ]


@pytest.mark.parametrize("header", ["a, a", "a,text:a", "text:a,text: a", "\u00e9,e\u0301"])
def test_duplicate_columns_are_found_however_they_are_spelled(header: str) -> None:
    with pytest.raises(RequestError, match="more than one column"):
        read_table(csv_rows(header.encode(), 1000), OF_ALL_ROWS)


@pytest.mark.parametrize(("beginning", "line"), [("", 4), ("sep=,\n", 5)])
def test_unreadable_rows_are_named_by_their_line_in_the_file(beginning: str, line: int) -> None:
    text = f'{beginning}title\n"two\nlines"\n"open" \n'
    with pytest.raises(RequestError, match=f"from line {line} on"):
        read_table(csv_rows(text.encode(), 1000), OF_ALL_ROWS)


def test_a_job_may_have_as_many_bytes_as_the_limit_says() -> None:
    job: JsonValue = {"é": 1}
    size = len('{"é":1}'.encode())
    assert form_problem(job, size) is None
    problem = form_problem(job, size - 1)
    assert problem is not None
    assert f"has {size} bytes but may have at most {size - 1} " in problem.message


def nested(levels: int) -> JsonValue:
    value: JsonValue = "Infinity"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "é\u2028", 1e300, 10**40, nested(49)])
def test_a_job_may_have_every_value_that_json_has(value: JsonValue) -> None:
    assert form_problem({"value": value}, 1000) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("\ud800", "half of a surrogate pair"),
        (1e400, "too large for JSON"),
        (["Infinity", -1e400], "too large for JSON"),
        (nested(50), "more than 50 levels deep"),
        (nested(300), "more than 50 levels deep"),
        (nested(100_000), "more than 50 levels deep"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(value: JsonValue, reason: str) -> None:
    problem = form_problem({"value": value}, 1000)
    assert problem is not None
    assert reason in problem.message

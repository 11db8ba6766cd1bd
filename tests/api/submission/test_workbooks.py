"""Batches that are sent as Excel workbooks."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from reelbatch.models.wire.tables import XLSX
from tests.api.running_api import Team


def a_workbook(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    book.create_sheet("notes").append(["title", "not read"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(workbook: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook, with one of its parts changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            part = old.read(entry)
            new.writestr(entry, change(part) if entry == name else part)
    return changed.getvalue()


def in_sheet(workbook: bytes, old: str, new: str) -> bytes:
    return with_part(
        workbook, "xl/worksheets/sheet1.xml", lambda part: part.replace(old.encode(), new.encode())
    )


async def dry_run(team: Team, card: str, workbook: bytes) -> httpx.Response:
    path = f"/batches?dryRun=true&template={card}"
    return await team.http.post(path, content=workbook, headers={"Content-Type": XLSX})


async def test_a_workbook_is_read_as_people_see_its_cells(card_team: Team, card: str) -> None:
    workbook = a_workbook(
        ["Title ", "job:tags", "label"],
        [5.0, None, date(2026, 11, 30)],
        [None, "  ", None],
        [0.1 + 0.2, True, datetime.fromisoformat("2026-11-30 09:05")],
        [1234, 0.5, 7],
        ["=1+1", None, "two\nlines"],
        formats={"A5": "#,##0", "B5": "0%", "C5": "00000"},
    )
    workbook = in_sheet(workbook, "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")

    response = await dry_run(card_team, card, workbook)

    assert response.status_code == 200, response.text
    answer = response.json()
    assert [column["means"] for column in answer["columns"]] == ["title", "job:tags", "label"]
    assert [(row["line"], row["cells"]) for row in answer["rows"]] == [
        (2, ["5", "", "2026-11-30"]),
        (4, ["0.3", "TRUE", "2026-11-30 09:05"]),
        (5, ["1,234", "50%", "00007"]),
        (6, ["2", "", "two\nlines"]),
    ]


async def test_a_format_makes_no_cell_longer_than_excel_does(card_team: Team, card: str) -> None:
    formats = {"A2": "0" * 200, "B2": "0." + "0" * 200}
    workbook = a_workbook(["title", "label"], [7, 0.5], formats=formats)
    response = await dry_run(card_team, card, workbook)
    assert response.json()["rows"][0]["cells"] == ["7", "0.5"]


BOOK = a_workbook(["title"], ["A"])


@pytest.mark.parametrize(
    ("workbook", "words"),
    [
        (b"title\nA\n", "not a workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(512), "old .xls"),
        (BOOK[: len(BOOK) // 2], "not a workbook"),
        (with_part(BOOK, "xl/workbook.xml", lambda part: part[:-20]), "damaged"),
        (in_sheet(BOOK, "<sheetData>", "<sheetData><row r='x'/>"), "damaged"),
    ],
)
async def test_a_file_that_is_not_a_workbook_is_refused(
    card_team: Team, card: str, workbook: bytes, words: str
) -> None:
    response = await dry_run(card_team, card, workbook)
    assert (response.status_code, response.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    assert words in response.json()["error"]


async def test_a_workbook_that_is_sent_as_text_is_recognised(card_team: Team, card: str) -> None:
    path, headers = f"/batches?dryRun=true&template={card}", {"Content-Type": "text/csv"}
    response = await card_team.http.post(path, content=BOOK, headers=headers)
    assert response.status_code == 400
    assert "an Excel workbook" in response.json()["error"]

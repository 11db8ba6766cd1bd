"""Tables that are sent as a form, with the files that the paths in their cells refer to."""

import io
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from reelbatch.models.wire.tables import MAX_FILES
from tests.api.documents import a_card_with_a_photo
from tests.api.running_api import Team

TABLE = b"photo\nred.png\nhttps://example.com/a.png\ndeep/blue.png\nred.png\n"
UPLOAD = f"upload:{'0' * 64}.png"  # no team has this file


@pytest_asyncio.fixture(scope="module")
async def photo(card_team: Team) -> str:
    return await card_team.upload(a_card_with_a_photo())


async def post(
    team: Team,
    template: str,
    files: Any,
    table: bytes = TABLE,
    kind: str = "text/csv",
    boundary: str = "one",
    **query: str,
) -> httpx.Response:
    parts = {"table": ("t.csv", table, kind), "files": (None, json.dumps(files).encode())}
    form = f"multipart/form-data; boundary={boundary}"
    return await team.http.post(
        "/batches",
        params={"template": template, "codec": "image_png", "dryRun": "true", **query},
        files=parts,
        headers={"Content-Type": form, "Idempotency-Key": "form"},
    )


async def test_a_dry_run_lists_the_files_that_a_table_names(card_team: Team, photo: str) -> None:
    response = (await post(card_team, photo, {})).json()
    assert response["files"] == [
        {"path": "red.png", "lines": [2, 5]},
        {"path": "deep/blue.png", "lines": [4]},
    ]
    assert [error["line"] for error in response["errors"]] == [2, 4, 5]
    assert "sent to POST /uploads" in response["errors"][0]["error"]
    known = (await post(card_team, photo, {"red.png": "data:,", "more.png": UPLOAD})).json()
    assert [(file["path"], file["lines"]) for file in known["files"]] == [("deep/blue.png", [4])]
    assert known["successCount"] == 3


async def test_only_media_cells_that_can_be_paths_name_files(card_team: Team, card: str) -> None:
    cells = ["ftp://x/y.png", "${secrets.PHOTO}", UPLOAD, "s3:/x", "a\tb.png", "x" * 1001, "C:\\x"]
    rows = "\n".join(["title,image:background", *(f"me.png,{cell}" for cell in cells)])
    response = (await post(card_team, card, {}, rows.encode())).json()
    assert [file["path"] for file in response["files"]] == ["C:\\x"]


async def test_a_form_renders_the_files_that_its_cells_name(team: Team) -> None:
    sources: dict[str, str] = {}
    for path, colour in {"red.png": "red", "deep/blue.png": "blue"}.items():
        file = io.BytesIO()
        Image.new("RGB", (32, 18), colour).save(file, "PNG")
        uploaded = await team.http.post(f"/uploads?name={path}", content=file.getvalue())
        sources[path] = uploaded.json()["src"]
    photo = await team.upload(a_card_with_a_photo())
    table = b"photo\ndeep/blue.png\n"
    first = await post(team, photo, sources, table, dryRun="false")
    assert first.status_code == 201, first.text
    [job] = first.json()["jobs"]
    ended = await team.end_of_job(job["id"])
    output = await team.public.get(ended["outputUrl"])
    picture = Image.open(io.BytesIO(output.content)).convert("RGB")
    assert picture.getpixel((16, 9)) == (0, 0, 255)

    turned = dict(reversed(sources.items()))
    again = await post(team, photo, turned, table, boundary="two", dryRun="false")
    assert again.json() == first.json()
    other = await post(team, photo, {**sources, "red.png": UPLOAD}, table, dryRun="false")
    assert other.json()["errorCode"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "must be a JSON object"),
        ({"red.png": 5}, "must be a JSON object"),
        ({"red.png": "data:," + "A" * 100}, "a src up to 100"),
        ({"x" * 1001: UPLOAD}, "A path may have up to 1000"),
        ({str(number): "data:," for number in range(MAX_FILES + 1)}, "names 10001 files"),
        ({"x" * 1000 + str(number): UPLOAD for number in range(2000)}, "larger than 2097152"),
    ],
)
async def test_an_invalid_part_with_files_is_refused(
    card_team: Team, photo: str, files: Any, words: str
) -> None:
    refused = await post(card_team, photo, files)
    assert refused.status_code in (400, 413)
    assert words in refused.json()["error"]


async def test_a_table_that_names_too_many_files_is_refused(card_team: Team, card: str) -> None:
    layers = ",".join(f"image:{number}" for number in range(11))
    rows = [",".join(f"{row}-{number}" for number in range(11)) for row in range(1000)]
    refused = await post(card_team, card, {}, "\n".join([layers, *rows]).encode())
    assert "names 11000 files; it may name at most 10000" in refused.json()["error"]


def a_part(name: str, content: str = "", header: str = "") -> str:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="f"'
    return f"--b\r\n{disposition}\r\n{header}\r\n{content}\r\n"


CSV_PART = a_part("table", "photo\n1.png", "Content-Type: text/csv\r\n")


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ("", 400, "The part table is required"),
        (a_part("files", "{}"), 400, "The part table is required"),
        (CSV_PART, 400, "The part table is required"),  # the form does not end
        (CSV_PART * 2 + "--b--", 400, "must have one part `table`"),
        (CSV_PART + a_part("x") * 20_000 + "--b--", 400, "must have one part `table`"),
        (a_part("table") + "--b--", 415, "needs a Content-Type"),
        (CSV_PART + a_part("files", "{") + "--b--", 400, "files is not JSON"),
        (a_part("table", header=f"X: {'x' * 100_000}\r\n"), 400, "The form cannot be read"),
        (a_part("table", header="X: x\r\n" * 100_000), 400, "The form cannot be read"),
        ("no form", 400, "The form cannot be read"),
    ],
)
async def test_a_form_without_a_usable_table_is_refused(
    card_team: Team, form: str, status: int, words: str
) -> None:
    refused = await card_team.http.post(
        "/batches",
        content=form.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (refused.status_code, words in refused.json()["error"]) == (status, True), refused.text

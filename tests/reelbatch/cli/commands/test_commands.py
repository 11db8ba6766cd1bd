"""The commands that use a service: their output and exit codes."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from openpyxl import Workbook
from PIL import Image

from reelbatch.cli.app import app
from reelbatch.cli.pushed_templates import renderer_hint
from reelbatch.client import Template, TemplateStatus
from tests.api.documents import a_card, a_card_with_a_photo, a_film
from tests.api.fonts import a_font
from tests.integration.service import until
from tests.reelbatch.cli.conftest import ROOT, Command, Ended
from tests.reelbatch.cli.running_stack import RunningStack
from tests.reelbatch.projects.made import a_project, turned

LETTER = "\U0010fffd"  # private use: no font has a glyph for it
WITHOUT_JSON = {"up", "api", "worker", "demo", "prepare-temporal"}


@pytest.fixture
def card(served: Command, here: Path) -> str:
    """The name of a template that only this test uses."""
    return pushed(served, here, f"card-{here.name}", a_card())


def pushed(served: Command, here: Path, name: str, document: bytes) -> str:
    (here / "template.json").write_bytes(document)
    assert served("templates", "push", "template.json", "--name", name).code == 0
    return name


def a_still(template: str, title: str = "A", **settings: object) -> dict[str, Any]:
    return {
        "template": {"id": "{{" + template + "}}", "composition": "main"},
        "assets": [{"type": "text", "layerName": "title", "value": title}],
        "settings": {"type": "image", "frames": 0, **settings},
    }


def written(file: Path, content: object) -> Path:
    file.write_text(json.dumps(content))
    return file


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_command_supports_json_except_those_for_a_terminal() -> None:
    without = {
        path[0]
        for path, command in commands(typer.main.get_command(app))
        if all("--json" not in parameter.opts for parameter in command.params)
    }
    assert without == WITHOUT_JSON


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    [rows] = re.findall(r"^\| command \| effect \|\n.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    listed: set[tuple[str, ...]] = set()
    for cell in re.findall(r"^\| (.*?) \|", rows, re.MULTILINE):
        calls = [call.split() for call in re.findall(r"`([^`]+)`", cell)]
        names = [[name for name in call if name.islower()] for call in calls]
        group = names[0][:-1]  # only the first command of a row names the group
        listed |= {(*group, name[-1]) for name in names}
    assert listed == {path for path, _ in commands(typer.main.get_command(app))}


def test_json_output_can_be_used_by_programs(served: Command, card: str, here: Path) -> None:
    def output(*arguments: object, stdin: str = "", code: int = 0) -> Any:
        ended = served(*arguments, "--json", stdin=stdin)
        assert ended.code == code, ended.err
        return json.loads(ended.out)

    written(here / "jobs.json", [a_still(card), a_still(card, title="B")])
    batch_id = output("submit", "jobs.json")["batchId"]
    assert output("watch", batch_id)["stats"]["finished"] == 2
    assert [result["width"] for result in output("results", batch_id)] == [32, 32]
    assert output("cancel", batch_id)["status"] == "unchanged"
    assert output("download", batch_id)["files"][1]["file"] == f"{batch_id}/001.png"
    assert output("batches", "--limit", 1)[0]["batchId"] == batch_id
    assert output("open", batch_id)["url"].endswith(f"/#/batches/{batch_id}")
    [job] = output("jobs", "list", "--limit", 1, "--state", "finished")
    assert output("jobs", "show", job["id"])["batchId"] == batch_id
    assert "attempt" in output("jobs", "logs", job["id"])["log"].lower()

    template = output("templates", "inspect", card)
    assert template["id"] in {found["id"] for found in output("templates", "list")}
    (here / "font.ttf").write_bytes(a_font())
    font = output("fonts", "add", "font.ttf")
    assert output("fonts", "list") == [font]
    assert output("fonts", "delete", font["id"])["deleted"]
    assert output("secrets", "set", "KEY", stdin="hush")["name"] == "KEY"
    assert output("secrets", "set", "KEY", "--replace", stdin="hush")["name"] == "KEY"
    assert [secret["name"] for secret in output("secrets", "list")] == ["KEY"]
    assert output("secrets", "delete", "KEY")["deleted"]
    token = output("tokens", "create", "studio")
    assert token["id"] in {found["id"] for found in output("tokens", "list")}
    assert output("tokens", "revoke", token["id"])["revoked"]
    assert output("profiles", "add", "x", "http://x", stdin="rb_x")["name"] == "x"
    assert output("profiles", "list") == [{"name": "x", "url": "http://x", "default": False}]
    assert output("templates", "delete", card)["deleted"]


def test_cancelled_jobs_make_watch_exit_with_three_and_retry_renders_them_again(
    served: Command, here: Path
) -> None:
    (here / "film.json").write_bytes(a_film())
    name = f"film-{here.name}"
    assert served("templates", "push", "film.json", "--name", name).code == 0
    written(here / "job.json", {"template": {"id": "{{" + name + "}}"}})
    batch_id = json.loads(served("submit", "job.json", "--json").out)["batchId"]

    assert "cancelled: 1 job cancelled" in served("cancel", batch_id).out
    watched = served("watch", batch_id)
    assert (watched.code, "1 job without output" in watched.err) == (3, True)

    again = json.loads(served("retry", batch_id, "--only", "cancelled", "--json").out)
    assert (again["retryOf"], again["successCount"]) == (batch_id, 1)
    cancelled = served("jobs", "cancel", again["jobs"][0]["id"])
    assert "1 job cancelled" in cancelled.out
    assert served("retry", again["batchId"], "--only", "error", "--json").code == 1


def test_rejected_jobs_make_submit_exit_with_three(served: Command, card: str, here: Path) -> None:
    bad = a_still(card, codec="image_gold")

    some = served("submit", written(here / "some.json", [a_still(card), bad]))
    assert (some.code, "CODEC_INVALID" in some.out) == (3, True)
    every = served("submit", written(here / "every.json", [bad]), "--json")
    assert (every.code, json.loads(every.out)["errors"][0]["index"]) == (3, 0)
    assert json.loads(every.err)["errorCode"] == "JOBS_REJECTED"


def test_jobs_are_read_from_tables_and_json_lines(served: Command, card: str, here: Path) -> None:
    (here / "people.csv").write_text("title,job:tags\nAda,a\nGrace,b\n")
    of_rows = ("--template", card, "--codec", "image_png", "--frame", 0)
    rows = served("submit", "people.csv", *of_rows, "--wait")
    assert (rows.code, "2 of 2 jobs finished" in rows.out) == (0, True)

    tabs = "title\tshoe, size, a, b\nAda, Countess\t5\n"
    (here / "people.tsv").write_text(tabs)
    assert "1 of 1 jobs accepted" in served("submit", "people.tsv", *of_rows).out
    named = ("--name", "People", "--output-name", "{title}, {job:tags}")
    sent = served("submit", "people.csv", *of_rows, *named, "--wait", "--json")
    batch_id = json.loads(sent.out)["batchId"]
    assert [job["name"] for job in json.loads(sent.out)["jobs"]] == ["Ada, a", "Grace, b"]
    assert served("download", batch_id, "--output", "films").code == 0
    assert {file.name for file in (here / "films").glob("*.png")} == {"Ada, a.png", "Grace, b.png"}
    assert "Grace, b" in served("results", batch_id).out
    assert batch_id in served("batches", "--name", "People").out
    assert batch_id not in served("batches", "--name", "Others").out
    films = ("--template", card, "--codec", "video_gif", "--poster", "--name", "With posters")
    assert served("submit", "people.csv", *films, "--output-name", "{title}", "--wait").code == 0
    listed = served("download", "With posters", "--output", "films", "--json").out
    assert [found["poster"] for found in json.loads(listed)["files"]] == [
        "films/Ada.jpg",
        "films/Grace.jpg",
    ]
    assert (here / "films" / "Grace.jpg").exists()

    lines = "\n".join(json.dumps(a_still(card, title)) for title in ("Ada", "Grace"))
    (here / "people.jsonl").write_text(lines)
    assert "2 of 2 jobs accepted" in served("submit", "people.jsonl").out
    piped = served("submit", "-", "--format", "jsonl", stdin=lines)
    assert "2 of 2 jobs accepted" in piped.out


def test_a_table_of_more_than_a_thousand_rows_is_treated_as_one_batch(
    served: Command, card: str, here: Path
) -> None:
    good = (0, 1000, 1001)
    lines = [f"{row},{0 if row in good else 'high'}\n" for row in range(1002)]
    (here / "people.csv").write_text("title,job:priority\n" + "".join(lines))
    of_rows = ("--template", card, "--codec", "image_png", "--frame", 0, "--name", here.name)
    sent = served("submit", "people.csv", *of_rows, "--output-name", "Ada", "--wait")
    assert (sent.code, "3 of 3 jobs finished" in sent.out) == (3, True), sent.err
    assert "999 jobs rejected" in sent.err

    watched = served("watch", here.name, "--json")
    assert [len(part["jobs"]) for part in json.loads(watched.out)] == [1, 2]
    finished = [
        row for row in served("results", here.name).out.splitlines() if "\tfinished\t" in row
    ]
    assert [row.split("\t")[0] for row in finished] == ["0", "1000", "1001"]
    table = served("results", here.name, "--format", "csv").out
    assert [row["index"] for row in csv.DictReader(io.StringIO(table)) if row["size"]] == [
        "0",
        "1000",
        "1001",
    ]
    fetched = json.loads(served("download", here.name, "--output", "films", "--json").out)
    names = [Path(file["file"]).name for file in fetched["files"]]
    assert names == ["Ada.png", "Ada (2).png", "Ada (3).png"]
    assert "0 jobs cancelled, 3 had already ended" in served("cancel", here.name).out
    assert served("retry", here.name, "--json").code == 1
    unknown = served("watch", f"{here.name}-2")
    assert "No batch has the id or name" in unknown.err


def test_parts_of_a_table_are_cancelled_and_retried_together_or_job_by_job(
    served: Command, here: Path
) -> None:
    film = pushed(served, here, f"film-{here.name}", a_film())
    rows = [f"{row},{0 if row in (0, 1000) else 'high'}\n" for row in range(1001)]
    (here / "people.csv").write_text("title,job:priority\n" + "".join(rows))
    sent = served("submit", "people.csv", "--template", film, "--name", here.name, "--json")
    first_id = json.loads(sent.out)[0]["batchId"]
    assert "2 jobs cancelled" in served("cancel", here.name).out

    one = json.loads(served("retry", here.name, "--index", 1000, "--json").out)
    assert (one["firstRow"], [job["index"] for job in one["jobs"]]) == (1000, [0])
    assert served("jobs", "cancel", one["jobs"][0]["id"]).code == 0
    assert "No job at these indexes" in served("retry", first_id, "--index", 1).err
    assert "has no job at this index" in served("retry", here.name, "--index", 1).err
    again = json.loads(served("retry", first_id, "--json").out)
    assert [len(part["jobs"]) for part in again] == [1, 1]
    assert "2 jobs cancelled" in served("cancel", again[0]["batchId"]).out
    zipped = served("download", here.name, "--zip", "films.zip", "--json")
    assert json.loads(zipped.out) == [{"file": "films-1.zip"}, {"file": "films-2.zip"}]
    assert (here / "films-2.zip").exists()


def test_rows_with_several_outputs_become_several_files(
    served: Command, card: str, here: Path
) -> None:
    outputs = [
        {"composition": "main", "name": "wide", "settings": {"codec": "image_png"}},
        {"composition": "badge", "name": "badge", "settings": {"codec": "image_webp"}},
    ]
    written(here / "outputs.json", outputs)
    lines = [f"{row},{0 if row in (0, 501) else 'high'}\n" for row in range(502)]
    (here / "people.csv").write_text("title,job:priority\n" + "".join(lines))
    of_rows = ("people.csv", "--template", card, "--outputs", "outputs.json")
    sent = served("submit", *of_rows, "--name", here.name, "--output-name", "{title}", "--wait")
    assert (sent.code, "4 of 4 jobs finished" in sent.out) == (3, True), sent.err
    assert "499 rows: lines 3, 4" in sent.out  # each listed once
    fetched = json.loads(served("download", here.name, "--output", "films", "--json").out)
    assert [(found["index"], Path(found["file"]).name) for found in fetched["files"]] == [
        (0, "0-wide.png"),
        (1, "0-badge.webp"),
        (1002, "501-wide.png"),
        (1003, "501-badge.webp"),
    ]
    written(here / "jobs.json", [{"template": {"id": f"{{{{{card}}}}}"}}])
    checked = served("submit", "jobs.json", "--outputs", "outputs.json", "--dry-run")
    assert "2 of 2 jobs would be accepted" in checked.out
    for bad, reason in (("{}", "must be a JSON list of outputs"), ("[", "is not JSON")):
        (here / "outputs.json").write_text(bad)
        assert reason in served("submit", *of_rows).err


def test_ignored_columns_are_reported_and_equal_rejections_share_a_line(
    served: Command, card: str, here: Path
) -> None:
    rows = "Ada,a,,x\n,b,,x\n\nCid,,high,x\nDon,,high,x\n"
    (here / "people.csv").write_text(f"title,label,job:priority,e-mail\n{rows}")
    of_rows = ("people.csv", "--template", card, "--codec", "image_png", "--frame", 0)
    sent = served("submit", *of_rows)
    assert sent.code == 3
    assert "warning: The column e-mail does not match any layer of main: left out." in sent.err
    assert "warning: The column title is empty in 1 row" in sent.err
    assert "template's own words: line 3." in sent.err
    assert sent.out.count("priority: ") == 1
    assert "2 rows: lines 5, 6" in sent.out

    refused = served("submit", *of_rows, "--strict")
    assert (refused.code, "e-mail does not match any layer of main" in refused.err) == (1, True)


def test_tables_are_sent_unchanged_and_their_columns_are_mapped(
    served: Command, card: str, here: Path
) -> None:
    book = Workbook()
    for row in (["Who", "label"], ["Ada", 5], ["Zoë", None]):
        book.active.append(row)
    book.save(here / "people.xlsx")
    (here / "people.csv").write_bytes("Who;label\nAda;5\nZoë;\n".encode("cp1252"))
    of_rows = ("--template", card, "--codec", "image_png", "--frame", 0)
    for file in ("people.xlsx", "people.csv"):
        sent = served("submit", file, *of_rows, "--map", "Who=title")
        assert (sent.code, "2 of 2 jobs accepted" in sent.out) == (0, True), sent.err
        assert "label is empty in 1 row, which keeps the template's own words: line 3" in sent.err
    wrong = served("submit", "people.csv", *of_rows, "--map", "Who=titel")
    assert "cannot be titel: main has no layer with this name. Did you mean title?" in wrong.err


def test_a_dry_run_shows_what_would_be_created_and_creates_nothing(
    served: Command, card: str, here: Path
) -> None:
    before = served("batches", "--json").out
    book = Workbook()
    for row in (["Who", "e-mail", "job:priority"], ["Ada", "x", 1], ["Zoë", "y", "high"]):
        book.active.append(row)
    book.save(here / "people.xlsx")
    (here / "people.csv").write_text("Who,e-mail,job:priority\nAda,x,1\nZoë,y,high\n")
    of_rows = ("--template", card, "--codec", "image_png", "--frame", 0, "--map", "Who=title")
    for file in ("people.xlsx", "people.csv"):
        table = served("submit", file, *of_rows, "--dry-run")
        assert table.code == 3
        assert "Who\ttitle\t" in table.out
        assert "dry run: 1 of 2 jobs would be accepted" in table.out
        assert "line 3\tVALIDATION_ERROR: priority: must be an integer" in table.out
        assert "warning: The column e-mail does not match any layer of main: left out." in table.err

    jobs = [a_still(card), a_still(card, codec="image_gold")]
    (here / "jobs.jsonl").write_text("\n".join(map(json.dumps, jobs)))
    written(here / "jobs.json", jobs)
    for file in ("jobs.jsonl", "jobs.json"):
        dry = served("submit", file, "--dry-run", "--json")
        assert (dry.code, json.loads(dry.out)["successCount"]) == (3, 1)
    none = served("submit", written(here / "none.json", jobs[1:]), "--dry-run")
    assert (none.code, "0 of 1 jobs would be accepted" in none.out) == (3, True)
    good = served("submit", written(here / "good.json", jobs[0]), "--dry-run")
    assert (good.code, good.err) == (0, "")
    assert served("submit", "good.json", "--dry-run", "--wait").code == 2
    assert served("batches", "--json").out == before


def test_a_preview_draws_the_first_rows_without_starting_a_batch(
    served: Command, card: str, here: Path
) -> None:
    before = served("batches", "--json").out
    (here / "people.csv").write_text("title\nAda\nZoë\n")
    of_rows = ("--template", card, "--output-name", "{title}")
    shown = served("submit", "people.csv", *of_rows, "--preview", "pictures")
    assert shown.code == 0, shown.err
    assert Image.open(here / "pictures" / "Zoë.jpg").size == (16, 9)
    assert served("batches", "--json").out == before
    jobs = written(here / "jobs.json", [a_still(card)])
    refused = served("submit", jobs, "--preview", "pictures")
    assert (refused.code, "rows of a table" in refused.err) == (1, True)


@pytest.fixture
def photo(served: Command, here: Path) -> str:
    """A template with a picture that only this test uses."""
    return pushed(served, here, f"photo-{here.name}", a_card_with_a_photo())


def test_files_next_to_a_table_are_uploaded(served: Command, photo: str, here: Path) -> None:
    table = here / "tables"
    (table / "deep").mkdir(parents=True)
    names = {"red": "red.png", "blue": "deep/Blue one.PNG"}
    for colour, name in names.items():
        Image.new("RGB", (32, 18), colour).save(table / name, "PNG")
    book = Workbook()
    for row in (["Pic"], [names["red"]], [names["blue"]], [names["red"]]):
        book.active.append(row)
    book.save(table / "people.xlsx")
    windows = names["blue"].replace("/", "\\")
    (table / "people.csv").write_text(f"Pic\nred.png\n{windows}\nred.png\n")
    of_rows = ("--template", photo, "--codec", "image_png", "--map", "Pic=photo")
    for file in ("tables/people.xlsx", "tables/people.csv"):
        dry = served("submit", file, *of_rows, "--dry-run")
        assert (dry.code, "3 of 3 jobs would be accepted" in dry.out) == (0, True), dry
        sent = served("submit", file, *of_rows, "--wait", "--json", "--idempotency-key", file)
        assert sent.code == 0, sent.err
        again = served("submit", file, *of_rows, "--json", "--idempotency-key", file)
        batch_id = json.loads(sent.out)["batchId"]
        assert json.loads(again.out)["batchId"] == batch_id
        assert served("download", batch_id).code == 0
        drawn = [Image.open(here / batch_id / f"00{index}.png") for index in range(3)]
        colours = [picture.convert("RGB").getpixel((16, 9)) for picture in drawn]
        assert colours == [(255, 0, 0), (0, 0, 255), (255, 0, 0)]


def test_a_preview_uploads_only_the_files_of_its_rows(
    served: Command, photo: str, here: Path
) -> None:
    Image.new("RGB", (32, 18), "red").save(here / "red.png")
    rows = ["red.png"] * 12 + ["missing.png"]
    (here / "photos.csv").write_text("\n".join(["photo", *rows]))
    shown = served("submit", "photos.csv", "--template", photo, "--preview", "pictures")
    assert shown.code == 0, shown.err
    assert len(list((here / "pictures").glob("*.jpg"))) == 12


def test_files_that_cannot_be_uploaded_are_listed_and_nothing_is_created(
    served: Command, photo: str, here: Path
) -> None:
    before = served("batches", "--json").out
    table = here / "table"
    table.mkdir()
    Image.new("RGB", (32, 18)).save(here / "secret.png")
    Image.new("RGB", (32, 18)).save(table / "photo.png")
    (table / "link.png").symlink_to(here / "secret.png")
    (table / "words.txt").write_text("words")
    cells = {
        "Foto.png": "does not exist. Did you mean photo.png?",
        "../secret.png": "is outside the table's folder",
        "link.png": "is outside the table's folder",
        "/etc/logo.png": "is not a path relative to the table",
        "C:\\logo.png": "is not a path relative to the table",
        "words.txt": "does not have the file name extension of a picture, a sound or a video",
        f"{'x' * 300}.png": "cannot be accessed",
    }
    rows = "\n".join(["photo", "photo.png", *cells, "Foto.png"])
    (table / "people.csv").write_text(rows)
    of_rows = ("table/people.csv", "--template", photo, "--codec", "image_png")
    for refused in (served("submit", *of_rows), served("submit", *of_rows, "--dry-run")):
        assert refused.code == 1
        assert "lines 3, 10: Foto.png" in refused.err
        for line, (cell, reason) in enumerate(cells.items(), start=3):
            assert re.search(
                rf"lines? {line}[^:]*: {re.escape(cell)} {re.escape(reason)}", refused.err
            )

    many = "\n".join(["photo", *(f"{number}.png" for number in range(30))])
    (table / "people.csv").write_text(many)
    refused = served("submit", *of_rows, "--json")
    assert "and 10 more" in json.loads(refused.err)["error"]
    assert json.loads(refused.err)["errorCode"] == "FILE_MISSING"
    assert served("batches", "--json").out == before


def test_a_schedule_is_created_paused_triggered_shown_and_deleted(
    served: Command, card: str, here: Path
) -> None:
    served("secrets", "set", "INSIDE", "--replace", stdin="127.0.0.1:9")  # unreachable
    url, times = "http://${secrets.INSIDE}/rows.csv", ("--cron", "@yearly")
    made = served("schedules", "create", url, "--name", here.name, *times, "--template", card)
    assert made.code == 0, made.err
    assert here.name in served("schedules", "list").out
    assert "next run\tpaused" in served("schedules", "pause", here.name).out
    assert "next run\t2" in served("schedules", "resume", here.name).out
    triggered = json.loads(served("schedules", "trigger", here.name, "--json").out)

    def refused() -> str | None:
        shown = served("schedules", "show", here.name).out
        return shown if "127.0.0.1 is not a public address" in shown else None

    assert "ASSET_INVALID" in until(refused, "run of the schedule")
    assert served("batches", "--schedule", triggered["id"], "--json").out.strip() == "[]"
    assert " deleted" in served("schedules", "delete", here.name).out
    gone = served("schedules", "show", here.name)
    assert (gone.code, f"No schedule has the id or name {here.name}" in gone.err) == (1, True)


def test_options_override_the_file_for_all_jobs(served: Command, card: str, here: Path) -> None:
    own = {"concurrency": 1, "webhook": {"url": "https://example.com/file"}}
    written(here / "jobs.json", {"jobs": [a_still(card, quality="full")], **own})
    (here / "jobs.jsonl").write_text(json.dumps(a_still(card)))
    (here / "people.csv").write_text("title\nAda\n")
    of_rows = ("--template", card, "--codec", "image_png")
    url = "http://${secrets.NOWHERE}/done"
    served("secrets", "set", "NOWHERE", "--replace", stdin="127.0.0.1:9")
    for call in (("jobs.json",), ("jobs.jsonl",), ("people.csv", *of_rows)):
        chosen = ("--quality", "draft", "--concurrency", 3, "--webhook", url)
        sent = served("submit", *call, *chosen, "--wait", "--json")
        assert sent.code == 0, sent.err
        batch_id = json.loads(sent.out)["batchId"]
        [result] = json.loads(served("results", batch_id, "--json").out)
        assert result["width"] == 16
        assert url in served("webhooks", "show", batch_id).out
    refused = served("submit", "jobs.jsonl", "--webhook", "ftp://example.com")
    assert (refused.code, "must be an http or https URL" in refused.err) == (1, True)
    assert served("submit", "jobs.json", "--quality", "best").code == 2
    assert served("submit", "jobs.json", "--concurrency", 0).code == 2


def test_a_template_provides_a_table_to_start_with(served: Command, card: str, here: Path) -> None:
    shown = served("templates", "inspect", card).out
    assert shown.index("column") < shown.index("layers")
    assert re.search(r"title\ttext\tA\t[\d.]+ x [\d.]+\tmain\tInter", shown), shown
    assert "label" in shown[: shown.index("layers")]
    fields = json.loads(served("templates", "inspect", card, "--json").out)["fields"]
    assert [(each["column"], each["composition"]) for each in fields] == [
        ("title", "main"),
        ("label", "badge"),
    ]
    table = served("templates", "inspect", card, "--csv").out
    (here / "example.csv").write_text(table)
    sent = served("submit", "example.csv", "--template", card, "--codec", "image_png", "--strict")
    assert (sent.code, sent.err) == (0, ""), sent.err
    assert "1 of 1 jobs accepted" in sent.out


def test_a_picture_of_a_template_is_saved_to_a_file(served: Command, card: str, here: Path) -> None:
    for name, kind in (("card.png", "PNG"), ("card.jpg", "JPEG")):
        assert served("templates", "inspect", card, "--picture", name).code == 0
        with Image.open(here / name) as picture:
            assert (picture.format, picture.size) == (kind, (16, 9))  # half the size of the card
    badge = served("templates", "inspect", card, "--composition", "nothing", "--picture", "a.png")
    assert (badge.code, "has no composition nothing" in badge.err) == (1, True)
    refused = served("templates", "inspect", card, "--picture", "card.gif")
    assert (refused.code, "card.gif" in refused.err) == (2, True)


def test_warnings_say_what_will_not_look_as_designed(served: Command, here: Path) -> None:
    document = json.loads(a_card())
    document["layers"].append({"ty": 13, "nm": "Eye", "ip": 0, "op": 10, "ks": {}})
    written(here / "scene.json", document)
    pushed = served("templates", "push", "scene.json", "--name", "scene")
    ignored = "The camera is ignored: all layers are drawn flat. (Eye of main)"
    assert f"warning: {ignored}" in pushed.err
    shown = served("templates", "inspect", "scene").out
    assert ignored in shown
    assert re.search(r"title \(text of main, [\d.]+ x [\d.]+\): A", shown)

    (here / "people.csv").write_text(f"title\nAda\n{LETTER}\n{LETTER}{LETTER}\n")
    of_rows = ("--template", "scene", "--codec", "image_png", "--frame", 0)
    sent = served("submit", "people.csv", *of_rows, "--wait")
    assert sent.code == 0
    lacking = f"warning: jobs 1, 2: No font has a glyph for {LETTER} (U+10FFFD)"
    assert [sent.err.count(lacking), sent.err.count(f"jobs 0, 1, 2: {ignored}")] == [1, 1]
    batch = re.findall("batch (\\w+)", sent.out)[0]
    assert lacking in served("results", batch).err
    first = json.loads(served("jobs", "list", "--json", "--limit", "1").out)[0]
    assert ignored in served("jobs", "show", first["id"]).out


def test_a_project_is_uploaded_inspected_and_changed(served: Command, here: Path) -> None:
    (here / "promo.aep").write_bytes(a_project(turned))
    pushed = served("templates", "push", "promo.aep", "--name", "promo")
    assert "The effect 'Transform' is not drawn" in pushed.err
    shown = served("templates", "inspect", "promo").out
    for words in ("Strength (slider of Solid): 90", "MyriadPro (Regular) (missing)", "auto", "no"):
        assert words in shown
    assert json.loads(served("templates", "set", "promo", "--lossy", "--json").out)["lossy"]
    strict = json.loads(served("templates", "set", "promo", "--strict", "--json").out)
    assert strict["lossy"] is False
    wrong = served("templates", "set", "promo", "--renderer", "nothing")
    renderers = "auto, lottie, lottie-web, after-effects"
    assert f"There is no renderer nothing. Choose one of {renderers}." in wrong.err
    absent = served("templates", "set", "promo", "--renderer", "lottie-web", "--json")
    assert json.loads(absent.out)["renderer"] == "lottie-web"
    assert "lottie-web (not on this server" in served("templates", "inspect", "promo").out


def test_a_renderer_that_draws_more_is_suggested_with_the_command_that_sets_it() -> None:
    now = datetime.now(UTC)
    template = Template(
        id="T1",
        type="lottie",
        display_name="card",
        status=TemplateStatus.UPLOADED,
        created_at=now,
        updated_at=now,
    )
    assert renderer_hint(template) is None
    better = template.model_copy(update={"suggested_renderer": "lottie-web"})
    assert renderer_hint(better) == (
        "lottie-web draws more of it: reelbatch templates set T1 --renderer lottie-web"
    )


def test_a_key_makes_a_submission_safe_to_repeat(served: Command, card: str, here: Path) -> None:
    sent = ("submit", written(here / "job.json", a_still(card)), "--idempotency-key", here.name)
    assert served(*sent).out == served(*sent).out


def test_files_that_cannot_be_sent_are_refused_with_advice(served: Command, here: Path) -> None:
    (here / "people.csv").write_text("title\nAda\n")
    (here / "jobs.yaml").write_text("[]")
    (here / "broken.json").write_text("[")
    for arguments, way_out in {
        ("people.csv",): "--template",
        ("jobs.yaml",): "--format",
        ("broken.json",): "not JSON",
        ("broken.json", "--codec", "image_png"): "tables",
        ("nowhere.json",): "cannot be read",
    }.items():
        refused = served("submit", *arguments)
        assert (refused.code, way_out in refused.err) == (1, True), refused.err


@pytest.mark.parametrize(
    ("arguments", "code", "error_code"),
    [
        (("watch", "01JAAAAAAAAAAAAAAAAAAAAAAA"), 1, "BATCH_NOT_FOUND"),
        (("watch",), 2, "USAGE"),
        (("retry", "X", "--only", "nonsense"), 2, "USAGE"),
        (("batches", "--url", "http://127.0.0.1:9", "--token", "x"), 4, "CONNECTION_FAILED"),
        (("batches", "--profile", "nowhere"), 4, "NOT_CONFIGURED"),
        (("batches", "--token", "rb_wrong"), 5, "UNAUTHORIZED"),
    ],
)
def test_the_exit_code_says_what_kind_of_failure_it_is(
    served: Command, arguments: tuple[str, ...], code: int, error_code: str
) -> None:
    failed = served(*arguments, "--json")
    problem = json.loads(failed.err)
    assert (failed.code, problem["exitCode"], problem["errorCode"]) == (code, code, error_code)
    assert failed.out == ""


def test_a_profile_names_a_service_and_shows_no_token(
    command: Command, stack: RunningStack
) -> None:
    connection = stack.connection
    added = command("profiles", "add", "here", connection.api_url, stdin=connection.token + "\n")
    assert added.code == 0, added.err

    assert command("templates", "list", "--profile", "here").code == 0
    assert command("templates", "list").code == 4
    assert command("profiles", "use", "here").code == 0
    assert command("templates", "list").code == 0
    listed = command("profiles", "list").out
    assert connection.api_url in listed
    assert connection.token not in listed
    assert command("profiles", "remove", "here").code == 0
    assert command("templates", "list").code == 4


def test_results_are_written_to_a_csv_file(served: Command, card: str, here: Path) -> None:
    sent = served("submit", written(here / "job.json", a_still(card)), "--wait", "--json")
    batch = json.loads(sent.out)
    batch_id = batch["batchId"]

    assert served("results", batch_id, "--format", "csv", "--output", "results.csv").code == 0
    assert (here / "results.csv").read_text().startswith("index,id,status,")
    assert batch["jobs"][0]["outputUrl"] in served("results", batch_id).out
    assert served("download", batch_id, "--zip", "all.zip").code == 0
    assert (here / "all.zip").read_bytes().startswith(b"PK")
    assert "1 file in" in served("download", batch_id, "--output", "out").out
    assert "1 already there" in served("download", batch_id, "--output", "out").out


def test_progress_is_a_bar_on_a_terminal_only(
    served: Command,
    card: str,
    here: Path,
    stack: RunningStack,
    clean_environment: dict[str, str],
) -> None:
    sent = served("submit", written(here / "job.json", a_still(card)), "--wait")
    assert "1 of 1 jobs done" in sent.err
    assert "━" not in sent.err
    batch_id = sent.out.split()[1].rstrip(":")
    assert served("watch", batch_id, "--json").err == ""

    terminal, inside = pty.openpty()
    watching = subprocess.run(
        [sys.executable, "-m", "reelbatch", "watch", batch_id, "--home", str(stack.home)],
        env=clean_environment | {"TERM": "xterm-256color"},
        stdout=subprocess.DEVNULL,
        stderr=inside,
        timeout=120,
        check=False,
    )
    os.close(inside)
    assert watching.returncode == 0
    assert "rendering" in os.read(terminal, 65536).decode(errors="replace")
    os.close(terminal)


def test_an_interrupted_watch_says_how_to_continue(
    served: Command, here: Path, stack: RunningStack, clean_environment: dict[str, str]
) -> None:
    (here / "film.json").write_bytes(a_film())
    name = f"film-{here.name}"
    assert served("templates", "push", "film.json", "--name", name).code == 0
    film = {"template": {"id": "{{" + name + "}}"}}
    batch_id = json.loads(
        served("submit", written(here / "film", film), "--format", "json", "--json").out
    )["batchId"]

    watching = subprocess.Popen(
        [sys.executable, "-m", "reelbatch", "watch", batch_id, "--home", str(stack.home)],
        env=clean_environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stderr is not None
    assert "jobs done" in watching.stderr.readline()
    watching.send_signal(signal.SIGINT)
    said = watching.communicate(timeout=60)[1]
    assert watching.returncode == 130
    for way_out in ("continues", f"reelbatch watch {batch_id}", f"reelbatch cancel {batch_id}"):
        assert way_out in said
    assert "Traceback" not in said
    assert "cancelled: 1 job cancelled" in served("cancel", batch_id).out


def everything_on(terminal: int) -> str:
    """Everything that was written to a pseudo-terminal whose other end is closed."""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        written = b""
        with suppress(OSError):  # how Linux reports the end
            while piece := screen.read(4096):
                written += piece
    return written.decode()


def test_tables_are_tab_separated_in_a_pipe_and_fit_a_narrow_terminal(
    served: Command, card: str, stack: RunningStack, clean_environment: dict[str, str]
) -> None:
    header, *rows = served("templates", "list").out.splitlines()
    assert header.split("\t") == ["id", "name", "type", "status", "compositions"]
    template_id, name, *others = next(row for row in rows if card in row).split("\t")
    assert (name, others) == (card, ["lottie", "uploaded", "main, badge"])
    assert f"id\t{template_id}" in served("templates", "inspect", card).out.splitlines()

    terminal, inside = pty.openpty()
    listing = subprocess.run(
        [sys.executable, "-m", "reelbatch", "templates", "list", "--home", str(stack.home)],
        env=clean_environment | {"TERM": "xterm-256color", "COLUMNS": "40"},
        stdout=inside,
        timeout=120,
        check=False,
    )
    os.close(inside)
    assert listing.returncode == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", everything_on(terminal))
    assert template_id in shown
    assert max(map(len, shown.splitlines())) <= 40


def test_the_version_matches_the_package_and_the_service(
    served: Command, stack: RunningStack
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert served("--version").out == f"reelbatch {project['version']}\n"
    document = httpx.get(f"{stack.connection.api_url}/openapi.json").json()
    assert document["info"]["version"] == project["version"]


def test_a_misspelt_template_name_gets_a_suggestion(served: Command, card: str, here: Path) -> None:
    (here / "people.csv").write_text("title\nAda\n")
    refused = served("submit", "people.csv", "--template", card.upper())
    assert (refused.code, f"Did you mean {card}?" in refused.err) == (1, True)
    written(here / "job.json", a_still(card[:-1]))
    assert f"Did you mean {card}?" in served("submit", "job.json").err


def test_submit_can_open_the_web_page_of_the_batch(served: Command, card: str, here: Path) -> None:
    sent = served("submit", written(here / "job.json", a_still(card)), "--open")
    batch_id = sent.out.split()[1].rstrip(":")
    assert f"/#/batches/{batch_id}" in sent.err


def test_shells_complete_commands(clean_environment: dict[str, str]) -> None:
    program = Path(sys.executable).with_name("reelbatch")

    def complete(**variables: str) -> str:
        environment = clean_environment | variables
        completed = subprocess.run(
            [program], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    assert "complete" in complete(_REELBATCH_COMPLETE="source_bash")
    words = {"COMP_WORDS": "reelbatch temp", "COMP_CWORD": "1"}
    assert complete(_REELBATCH_COMPLETE="complete_bash", **words).split() == ["templates"]


def test_deliveries_of_a_webhook_are_shown_and_repeated(
    served: Command, card: str, here: Path
) -> None:
    served("secrets", "set", "HOST", stdin="127.0.0.1:9")  # which the service refuses to call
    webhook = {"url": "http://${secrets.HOST}/done"}
    written(here / "jobs.json", {"jobs": [a_still(card)], "webhook": webhook})
    batch = json.loads(served("submit", "jobs.json", "--wait", "--json").out)
    batch_id = batch["batchId"]

    def refused() -> Any:
        log = json.loads(served("webhooks", "show", batch_id, "--json").out)
        return log if log["attempts"] else None

    [attempt] = until(refused, "attempt")["attempts"]
    assert "not a public address" in attempt["error"]
    shown = served("webhooks", "show", batch_id).out
    assert "undelivered: POST http://${secrets.HOST}/done" in shown
    assert attempt["error"] in shown
    again = until(lambda: _started(served("webhooks", "redeliver", batch_id)), "redelivery")
    assert "undelivered" in again.out
    secret = served("webhooks", "secret", "studio").out.strip()
    assert secret.startswith("whsec_")
    assert secret != served("webhooks", "secret", "other").out.strip()
    none = served("webhooks", "show", batch["jobs"][0]["id"], "--json")
    assert (none.code, json.loads(none.err)["errorCode"]) == (1, "WEBHOOK_NOT_FOUND")


def _started(redelivery: Ended) -> Ended | None:
    """Returns nothing while the first delivery is still being recorded."""
    return redelivery if redelivery.code == 0 else None

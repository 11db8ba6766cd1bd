"""Attacks on a running service by clients, by servers that jobs name, and by webhook receivers."""

import asyncio
import gzip
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from openpyxl import Workbook

from reelbatch.engines.html.browser import find_browser
from reelbatch.models.wire.tables import CSV, XLSX
from tests.api.running_api import Team, a_still, until
from tests.hostile.inputs import ALL
from tests.origin import Origin, Received

MIB = 1024**2
_GUSH = 400 * MIB  # the size of a response that nobody reads to its end
_PIECE = bytes(MIB // 4)
_FOLLOWERS, _MAX_FOLLOWERS = 400, 100


class Sender:
    """A team, the servers that its jobs name, and how much all of them have sent."""

    def __init__(self, team: Team, origin: Origin, card: str) -> None:
        self.team = team
        self.origin = origin
        self.card = card  # the id of a plain template
        self.sent = 0  # bytes

    async def post(self, path: str, content: bytes, headers: dict[str, str]) -> str:
        """Return the status and the error code of the response."""
        self.sent += len(content)
        return _outcome(await self.team.http.post(path, content=content, headers=headers))

    async def font(self, content: bytes) -> str:
        self.sent += len(content)
        return _outcome(await self.team.http.post("/fonts", files={"font": ("a.ttf", content)}))

    async def template(self, content: bytes, kind: str) -> str:
        """Return the status of the template after its inspection."""
        self.sent += len(content)
        body = {"type": kind, "displayName": "hostile"}
        created = (await self.team.http.post("/templates", json=body)).json()
        uploaded = await self.team.public.put(created["uploadInfo"]["url"], content=content)
        assert uploaded.status_code == 200, uploaded.text

        async def look() -> str | None:
            status = (await self.team.get(f"/templates/{created['id']}"))["status"]
            return status if status in ("uploaded", "error") else None

        return await until(look, "inspection")

    async def job(self, **fields: Any) -> str:
        """Return the status of the job at its end, and its error code."""
        created = await self.team.http.post("/jobs", json=a_still(self.card, **fields))
        assert created.status_code == 201, created.text
        ended = await self.team.end_of_job(created.json()["id"])
        return " ".join(filter(None, (ended["status"], ended.get("errorCode"))))

    def gushing(self, path: str) -> tuple[str, asyncio.Event]:
        """Return a URL whose response has 400 MiB, and an event for when nobody reads on."""
        over = asyncio.Event()

        async def gush(_: Received, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                for _piece in range(_GUSH // len(_PIECE)):
                    writer.write(_PIECE)
                    await writer.drain()
                    self.sent += len(_PIECE)
            finally:
                over.set()

        return self.origin.behave(path, gush), over


Attempt = Callable[[Sender], Awaitable[str]]


@dataclass(frozen=True)
class Attack:
    """An attempt with its expected outcome: a status, usually with an error code."""

    kind: str
    name: str
    outcome: str
    attempt: Attempt

    @property
    def label(self) -> str:
        return f"{self.kind}: {self.name}"


def attacks() -> Iterator[Attack]:
    for kind, found in (
        ("body", _bodies()),
        ("CSV", _tables()),
        ("workbook", _workbooks()),
        ("font", _fonts()),
        ("template", _templates()),
        ("answer", _answers()),
        ("crowd", _crowds()),
    ):
        for name, outcome, attempt in found:
            yield Attack(kind, name, outcome, attempt)


_Found = Iterator[tuple[str, str, Attempt]]


def _bodies() -> _Found:
    too_large, invalid = "413 BODY_TOO_LARGE", "400 VALIDATION_ERROR"
    yield "64 MiB of empty lists", too_large, _batch(lambda: _jobs(b"[]," * (21 * MIB)))
    yield "64 MiB of empty lists, packed", too_large, _packed_batch(lambda: b"[]," * (21 * MIB))
    lines = _batch(lambda: b"[]\n" * (21 * MIB), "application/x-ndjson")
    yield "64 MiB of lines", "400 BATCH_SIZE_INVALID", lines
    text = _batch(lambda: _jobs(b'"' + b"x" * 63 * MIB + b'"'))
    yield "64 MiB of text in a job", invalid, text
    deep = _batch(lambda: _jobs(b"[" * 100_000 + b"]" * 100_000))
    yield "a job of 100,000 levels", "400 INVALID_JSON", deep
    yield "a thousand jobs with 200 errors each", invalid, _errors
    yield "a template's name of half a MiB", invalid, _long_name


def _tables() -> _Found:
    invalid, kind = "400 VALIDATION_ERROR", CSV
    columns = _batch(lambda: ",".join(map(str, range(1_000_000))).encode() + b"\n1", kind)
    yield "a million columns", invalid, columns
    yield "a cell of 60 MiB", invalid, _batch(lambda: b"title\n" + b"x" * 60 * MIB, kind)
    rows = _batch(lambda: b"title\n" + b"a\n" * 20_000_000, kind)
    yield "20 million rows", "413 BODY_TOO_LARGE", rows


def _workbooks() -> _Found:
    too_large, damaged = "413 BODY_TOO_LARGE", "400 VALIDATION_ERROR"
    text = "<c t='inlineStr'><is><t>x</t></is></c>"
    for name, outcome, make in (
        ("a sheet of 60 MiB of zeros", too_large, lambda: _sheet("0" * 60 * MIB)),
        ("a sheet of a GiB, as it says itself", too_large, _lying_workbook),
        (
            "300 cells at the right end",
            too_large,
            lambda: _sheet("".join(f"<row r='{n}'>{_LAST_CELL}</row>" for n in range(1, 301))),
        ),
        (
            "a row a billion rows below",
            too_large,
            lambda: _sheet(f"<row r='1'>{text}</row><row r='999999999'>{text}</row>"),
        ),
        (
            "200,000 cells that share 30,000 letters",
            too_large,
            lambda: _sheet(f"<row>{_SHARED_CELL * 500}</row>" * 400, "x" * 30_000),
        ),
        ("entities in entities", damaged, lambda: _sheet("&i;", entities=_LAUGHS)),
        ("a million open elements", damaged, lambda: _sheet("<a>" * MIB)),
    ):
        yield name, outcome, _batch(make, XLSX)


_SHARED_CELL = "<c t='s'><v>0</v></c>"
_LAST_CELL = "<c r='XFD1' t='inlineStr'><is><t>x</t></is></c>"
_LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def _sheet(rows: str, shared: str = "", entities: str = "") -> bytes:
    """Make a workbook with one sheet that has these rows."""
    content = io.BytesIO()
    book = Workbook()
    book.save(content)
    kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    doctype = f"<!DOCTYPE x [{entities}]>" if entities else ""
    parts = {
        "xl/worksheets/sheet1.xml": f"{doctype}<worksheet xmlns='{kind}'><sheetData>{rows}"
        "</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst xmlns='{kind}'><si><t>{shared}</t></si></sst>",
    }
    made = io.BytesIO()
    with (
        zipfile.ZipFile(content) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in dict.fromkeys([*old.namelist(), *parts]):
            new.writestr(name, parts.get(name) or old.read(name))
    return made.getvalue()


def _lying_workbook() -> bytes:
    """Make a workbook whose zip directory claims that the sheet has a GiB."""
    content = bytearray(_sheet(""))
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    content[at + 24 : at + 28] = (1024 * MIB).to_bytes(4, "little")
    return bytes(content)


def _fonts() -> _Found:
    for name, outcome in (
        ("35,000 names of all bytes", "400 FONT_INVALID"),
        ("one group of all characters", "201"),
        ("30,000 groups of all", "201"),
        ("8,000 segments of all", "201"),
        ("20,000 glyphs", "201"),
    ):
        yield name, outcome, _font(_content("font", name))
    yield "40 MiB of zeros", "400 FONT_INVALID", _font(lambda: bytes(40 * MIB))
    yield "a form of many parts", "400 VALIDATION_ERROR", _form


def _templates() -> _Found:
    """Some of the inputs for render processes. These tests watch the worker instead."""
    for kind, name, template_type, outcome in (
        ("archive", "a bomb of many entries", "zip", "uploaded"),
        ("archive", "6,000 entries", "zip", "error"),
        ("project", "millions of chunks", "aep", "error"),
        ("font in a template", "one group of all characters", "lottie", "uploaded"),
        ("font in a template", "30,000 groups of all", "lottie", "uploaded"),
        ("JSON", "100,000 open arrays", "lottie", "error"),
    ):
        yield f"{kind}, {name}", outcome, _template(_content(kind, name), template_type)
    if find_browser():
        yield "HTML, a name of 200,000 hyphens", "error", _template(_hyphens, "html")


def _content(kind: str, name: str) -> Callable[[], bytes]:
    """Return the content of an input in the corpus."""
    [content] = (each.content for each in ALL if (each.kind, each.name) == (kind, name))
    return content


def _answers() -> _Found:
    yield "an asset, packed twice", "error ASSET_INVALID", _asset_packed_twice
    yield "an asset without end", "error LIMIT_EXCEEDED", _endless_asset
    yield "a bucket's answer of 400 MiB", "finished", _bucket
    yield "a receiver's answer of 400 MiB", "finished", _receiver


def _crowds() -> _Found:
    served = f"{_MAX_FOLLOWERS} of {_FOLLOWERS}"
    yield "400 event streams of one token", served, partial(_followers, "/events")
    yield "400 long polls of one token", served, partial(_followers, "?wait=50")
    yield "200 wrong tokens of 60 kB", "401 or 429", _wrong_tokens


def _batch(make: Callable[[], bytes], kind: str = "application/json") -> Attempt:
    async def attempt(to: Sender) -> str:
        is_table = kind in (CSV, XLSX)
        query = f"?template={to.card}&codec=image_png" if is_table else ""
        return await to.post(f"/batches{query}", make(), {"Content-Type": kind})

    return attempt


def _packed_batch(make: Callable[[], bytes]) -> Attempt:
    async def attempt(to: Sender) -> str:
        content = _packed(_jobs(make()))
        return await to.post("/batches", content, {"Content-Encoding": "gzip"})

    return attempt


def _font(make: Callable[[], bytes]) -> Attempt:
    return lambda to: to.font(make())


def _template(make: Callable[[], bytes], kind: str) -> Attempt:
    return lambda to: to.template(make(), kind)


def _jobs(content: bytes) -> bytes:
    return b'{"jobs":[' + content.removesuffix(b",") + b"]}"


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


async def _errors(to: Sender) -> str:
    nobody = {"type": "text", "layerName": "nobody's", "value": "x"}
    defaults = {"template": {"id": to.card}, "assets": [nobody] * 12 + [{"kind": "x"}] * 200}
    body = json.dumps({"defaults": defaults, "jobs": [{}] * 1000}).encode()
    return await to.post("/batches", _packed(body), {"Content-Encoding": "gzip"})


async def _long_name(to: Sender) -> str:
    body = json.dumps({"type": "lottie", "displayName": "x" * 512 * 1024}).encode()
    return await to.post("/templates", body, {})


async def _form(to: Sender) -> str:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    kind = "multipart/form-data; boundary=x"
    return await to.post("/fonts", part * (40 * MIB // len(part)), {"Content-Type": kind})


def _hyphens() -> bytes:
    return f"<!doctype html><a{'-' * 200_000}".encode()


def _picture(src: str) -> list[dict[str, Any]]:
    return [{"type": "image", "layerName": "background", "src": src}]


async def _asset_packed_twice(to: Sender) -> str:
    content = _packed(_packed(bytes(400 * MIB)))
    to.sent += len(content)
    headers = "Content-Encoding: gzip, gzip\r\nContent-Type: image/png\r\n"
    src = to.origin.answer("/packed.png", content, headers=headers)
    return await to.job(assets=_picture(src))


async def _endless_asset(to: Sender) -> str:
    src, _ = to.gushing("/endless.png")
    return await to.job(assets=_picture(src))


async def _bucket(to: Sender) -> str:
    await to.team.http.put("/secrets", json={"name": "S3_SECRET", "value": "hush"})
    upload = {
        "provider": "s3",
        "prefix": "gush",
        "params": {
            "endpoint": to.origin.url,
            "region": "r",
            "bucket": "b",
            "accessKeyId": "k",
            "accessKeySecret": "${secrets.S3_SECRET}",
        },
    }
    to.gushing("/b/gush/")
    return await to.job(upload=upload)


async def _receiver(to: Sender) -> str:
    url, over = to.gushing("/hook")
    ended = await to.job(webhook={"url": url})
    await over.wait()
    return ended


async def _followers(path: str, to: Sender) -> str:
    """Return how many of the followers are served; those are served until the batch ends."""
    let_go, refused = asyncio.Event(), list[int]()

    async def wait(_: Received, __: asyncio.StreamWriter) -> None:
        await let_go.wait()

    async def follow(request: bytes) -> None:
        reader, writer = await asyncio.open_connection(api.host, api.port)
        with closing(writer):
            writer.write(request)
            status = int((await reader.readline()).split()[1])
            if status == 200:
                await reader.read()
            else:
                refused.append(status)

    async def most_refused() -> bool | None:
        return len(refused) == _FOLLOWERS - _MAX_FOLLOWERS or None

    src = to.origin.behave("/slow.png", wait)
    batch = (await to.team.create_batch(a_still(to.card, assets=_picture(src))))["batchId"]
    api = to.team.http.base_url
    request = to.team.http.build_request("GET", f"/batches/{batch}{path}")
    lines = [f"GET {request.url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    following = [
        asyncio.create_task(follow("\r\n".join([*lines, "", ""]).encode()))
        for _ in range(_FOLLOWERS)
    ]
    try:
        await until(most_refused, "followers that are refused")
    finally:
        served = sum(not task.done() for task in following)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await to.team.http.post(f"/batches/{batch}/cancel")
        let_go.set()
    assert set(refused) == {429}
    return f"{served} of {_FOLLOWERS}"


async def _wrong_tokens(to: Sender) -> str:
    headers = {"Authorization": "Bearer " + "x" * 60_000}
    url = f"{to.team.http.base_url}batches"
    responses = [await to.team.public.get(url, headers=headers) for _ in range(200)]
    to.sent += 60_000 * len(responses)
    statuses = {response.status_code for response in responses}
    return "401 or 429" if statuses <= {401, 429} else f"{statuses}"


def _outcome(response: httpx.Response) -> str:
    code = "" if response.is_success else response.json().get("errorCode", "")
    return f"{response.status_code} {code}".strip()

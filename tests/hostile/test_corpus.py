"""Every hostile input has the outcome in its verdict, and leaves nothing behind."""

import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from reelbatch.engines.pool import ConfinementLevel, RenderPool
from reelbatch.models.errors import RenderError
from tests.child_processes import children_of_command
from tests.hostile import ledger
from tests.hostile.corpus import HostileInput, Place, Verdict
from tests.hostile.documents import document, packed, solid
from tests.hostile.inputs import ALL
from tests.hostile.page_inputs import plain_page
from tests.hostile.running import Bait, Outcome, a_pool, a_pool_of_pages, run
from tests.reelbatch.engines.html.pages import needs_browser

_BAIT_COLOR = (255, 0, 255)
_MAX_MEMORY = 600 * 1024**2  # bytes; ThorVG needs half of it for 300,000 keyframes


def escapes() -> list[Path]:
    """Return the files that have escaped from archives."""
    return sorted(Path("/tmp").glob("reelbatch-escaped*"))


_ESCAPES = escapes()


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    """A picture that must not be read, and a server that must not be contacted."""
    file = tmp_path_factory.mktemp("other-team") / "picture.png"
    Image.new("RGB", (8, 8), _BAIT_COLOR).save(file)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Bait(file, server.getsockname()[1])
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nothing has connected
            server.accept()


@pytest.fixture(scope="module")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RenderPool]:
    folder = tmp_path_factory.mktemp("pool")
    others = set(render_processes())  # those of a worker that other tests have left running
    async with a_pool(folder) as pool:
        yield pool
    assert contents(folder) == []
    assert set(render_processes()) <= others
    assert escapes() == _ESCAPES


@pytest.fixture(scope="module")
async def pages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RenderPool]:
    folder = tmp_path_factory.mktemp("pages")
    async with a_pool_of_pages(folder) as pool:
        yield pool
    assert contents(folder) == []
    assert programs_in(folder) == []


@pytest.fixture(scope="module")
async def open_pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RenderPool]:
    """A pool whose processes are not confined."""
    async with a_pool(tmp_path_factory.mktemp("pool"), ConfinementLevel.OFF) as pool:
        yield pool


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.fixture
def folder(folders: Path) -> Iterator[Path]:
    """A folder for one input. With thousands of them, pytest's `tmp_path` would be slow."""
    with tempfile.TemporaryDirectory(dir=folders) as folder:
        yield Path(folder)


def referring() -> list[HostileInput]:
    """Return inputs that name files and addresses."""
    return [
        hostile
        for hostile in ALL
        if hostile.kind == "JSON references" or ("playlist" in hostile.name)
    ]


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def programs_in(folder: Path) -> list[str]:
    """Return processes, such as browsers, that have the folder in their command line."""
    found = psutil.process_iter(["name", "cmdline"])
    return [
        process.info["name"]
        for process in found
        if any(str(folder) in word for word in process.info["cmdline"] or ())
    ]


def render_processes() -> list[Path]:
    """Return the folders in /proc of this process's render processes."""
    return [Path("/proc", str(pid)) for pid in children_of_command("reelbatch.engines.pool")]


def most_memory() -> int:
    """Return the peak memory of a render process in bytes (proc_pid_status(5))."""
    lines = [line for p in render_processes() for line in (p / "status").read_text().splitlines()]
    return max((int(line.split()[1]) * 1024 for line in lines if line[:6] == "VmHWM:"), default=0)


def forget_memory() -> None:
    for process in render_processes():
        (process / "clear_refs").write_text("5")


def ended(outcome: Outcome) -> str:
    return "RENDERED" if outcome.error is None else outcome.error.error_code


def inputs_of_this_machine() -> list[Any]:
    return [
        pytest.param(each, marks=needs_browser if each.place is Place.PAGE else ()) for each in ALL
    ]


@pytest.mark.parametrize("hostile", inputs_of_this_machine(), ids=lambda hostile: hostile.label)
async def test_a_hostile_input_ends_as_its_verdict_says(
    pool: RenderPool, pages: RenderPool, bait: Bait, folder: Path, hostile: HostileInput
) -> None:
    forget_memory()
    begun = time.monotonic()
    outcome = await run(pages if hostile.place is Place.PAGE else pool, hostile, folder, bait)
    entry = ledger.Entry(hostile, ended(outcome), time.monotonic() - begun, most_memory())
    ledger.entries.append(entry)
    assert_verdict(outcome, hostile.verdict)
    assert entry.memory < _MAX_MEMORY
    files = {"content", "template", "converted", "work", f"work/{outcome.output.name}"}
    assert set(contents(folder)) <= files


def assert_verdict(outcome: Outcome, verdict: Verdict) -> None:
    if verdict.error is None:
        assert outcome.error is None
        assert outcome.output.stat().st_size > 0
        return
    assert outcome.error is not None
    assert type(outcome.error) is verdict.error
    assert verdict.words in outcome.error.message
    assert len(outcome.error.message) < 1000
    assert not outcome.output.exists()


@pytest.mark.parametrize("hostile", referring(), ids=lambda hostile: hostile.label)
async def test_the_engine_follows_no_reference_even_in_an_unconfined_process(
    open_pool: RenderPool, bait: Bait, folder: Path, hostile: HostileInput
) -> None:
    outcome = await run(open_pool, hostile, folder, bait)
    assert_verdict(outcome, hostile.verdict)
    assert not shows_the_bait(outcome.output)


def shows_the_bait(output: Path) -> bool:
    if not output.exists():
        return False
    pixels = np.asarray(Image.open(output).convert("RGB"))
    return bool((pixels == _BAIT_COLOR).all(axis=-1).any())


async def test_the_pool_renders_as_before_after_all_inputs(
    pool: RenderPool, tmp_path: Path
) -> None:
    plain = HostileInput("none", "plain", lambda: packed(document(solid())), Verdict())
    outcome = await run(pool, plain, tmp_path)
    assert outcome.error is None
    assert np.asarray(Image.open(outcome.output))[2, 2].tolist()[:3] == [0, 0, 255]


@needs_browser
async def test_a_page_is_drawn_as_before_after_all_inputs(
    pages: RenderPool, tmp_path: Path
) -> None:
    outcome = await run(pages, plain_page(), tmp_path)
    assert outcome.error is None
    assert np.asarray(Image.open(outcome.output))[2, 2].tolist()[:3] == [0, 0, 255]


def test_the_corpus_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [hostile.label for hostile in ALL]
    assert len(set(labels)) == len(labels) >= 200
    for hostile in ALL:
        assert hostile.verdict.error is None or issubclass(hostile.verdict.error, RenderError)
    made = [
        each
        for each in ALL
        if (each.kind in {"archive", "video", "audio"} and "bomb" not in each.name)
        or "random" in each.name
    ]
    contents = [each.content() for each in made]
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    differing = [
        each.label
        for each, content in zip(made, contents, strict=True)
        if each.content() != content
    ]
    assert differing == []

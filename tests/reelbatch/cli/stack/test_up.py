"""`reelbatch up`, as a person and a process supervisor see it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from reelbatch.cli.stack.connection_file import Connection
from reelbatch.cli.stack.temporal_server import find_temporal
from tests.reelbatch.cli.conftest import ROOT
from tests.reelbatch.cli.running_stack import FREE_PORTS, RunningStack, command_of, state_of

EXAMPLES = ROOT / "examples"

_PATIENCE = 120.0  # seconds; a start takes three on a quiet machine
RunReelbatch = Callable[..., subprocess.CompletedProcess[str]]
StartStack = Callable[[Path], RunningStack]


def test_connection_json_describes_the_running_service(stack: RunningStack) -> None:
    connection = stack.connection

    assert (stack.home / "connection.json").stat().st_mode & 0o777 == 0o600
    assert list_jobs(connection).status_code == httpx.codes.OK
    assert httpx.get(connection.temporal_ui_url, follow_redirects=True).is_success


def test_only_its_owner_can_access_the_home(stack: RunningStack) -> None:
    files = [stack.home, *stack.home.rglob("*")]
    assert len(files) > 5
    assert [file for file in files if file.exists() and file.stat().st_mode & 0o077] == []


def test_a_second_up_on_a_home_in_use_is_refused(
    stack: RunningStack, reelbatch: RunReelbatch
) -> None:
    second = reelbatch("up", "--home", stack.home, *FREE_PORTS)

    assert_one_line_of_error(second, f"process {stack.process.pid}", str(stack.home))
    assert list_jobs(stack.connection).status_code == httpx.codes.OK


def test_doctor_reports_a_running_stack_as_healthy(
    stack: RunningStack, reelbatch: RunReelbatch
) -> None:
    report = reelbatch("doctor", "--home", stack.home)

    assert report.returncode == 0, report.stdout
    for subject in ("Python", "test render", "API", "token", "search attributes", "workers"):
        assert f"✓ {subject}: " in report.stdout


def test_a_batch_is_submitted_followed_and_downloaded(
    stack: RunningStack, reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    here = ("--home", stack.home)
    template = EXAMPLES / "templates" / "counter-badge.json"
    assert reelbatch("templates", "push", template, *here).returncode == 0
    request = tmp_path / "jobs.json"
    request.write_text(json.dumps([a_still(0), a_still(9, codec="image_gold"), a_still(15)]))

    sent = reelbatch("submit", request, "--wait", *here)

    assert sent.returncode == 3, sent.stderr
    assert "2 of 3 jobs accepted" in sent.stdout
    assert "CODEC_INVALID" in sent.stdout
    batch_id = sent.stdout.split()[1].rstrip(":")
    fetched = reelbatch("download", batch_id, "--output", tmp_path / "out", *here)
    assert fetched.returncode == 0, fetched.stderr
    assert sorted(file.name for file in (tmp_path / "out").glob("[!.]*")) == ["000.png", "002.png"]
    with Image.open(tmp_path / "out" / "002.png") as still:
        assert still.size == (320, 180)
    assert "unchanged: 0 jobs cancelled" in reelbatch("cancel", batch_id, *here).stdout


def test_a_token_works_until_it_is_revoked(stack: RunningStack, reelbatch: RunReelbatch) -> None:
    made = reelbatch("tokens", "create", "studio", "--name", "ci", "--home", stack.home)
    connection = stack.connection.model_copy(update={"token": made.stdout.strip()})
    assert list_jobs(connection).status_code == httpx.codes.OK
    listed = json.loads(reelbatch("tokens", "list", "--json", "--home", stack.home).stdout)
    (token_id,) = [token["id"] for token in listed if token["team"] == "studio"]

    assert reelbatch("tokens", "revoke", token_id, "--home", stack.home).returncode == 0

    unknown = reelbatch("tokens", "revoke", token_id, "--home", stack.home)
    assert_one_line_of_error(unknown, f"no token {token_id}")


def test_a_killed_worker_is_restarted(stack: RunningStack) -> None:
    (worker,) = stack.workers()
    os.kill(worker, signal.SIGKILL)

    said = stack.wait_for_line("worker ended with code -9")
    until(lambda: bool(set(stack.workers()) - {worker}), "a new worker")
    assert "starts again" in said[-1]


def test_sigterm_stops_everything_and_the_next_start_uses_the_same_token(
    start_stack: StartStack, tmp_path: Path
) -> None:
    first = start_stack(tmp_path)
    token = first.connection.token
    processes = first.processes()

    assert first.end(signal.SIGTERM) == 0
    assert len(processes) >= 3
    assert not any(alive(pid) for pid in processes)
    assert {log.name for log in (tmp_path / "logs").iterdir()} == {
        "api.log",
        "temporal.log",
        "worker.log",
    }

    second = start_stack(tmp_path)
    assert second.connection.token == token
    assert list_jobs(second.connection).status_code == httpx.codes.OK
    assert second.end(signal.SIGINT) == 0


def test_temporal_is_restarted_if_it_loses_a_port_that_it_had_chosen(
    start_stack: StartStack,
    clean_environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unlucky = tmp_path / "temporal"
    unlucky.write_text(
        f"""#!/bin/sh
        test -e {tmp_path}/begun && exec {find_temporal(None)} "$@"
        touch {tmp_path}/begun
        echo "failed listening for HTTP API on 127.0.0.1:1: bind: address already in use"
        exit 1
        """
    )
    unlucky.chmod(0o755)
    monkeypatch.setitem(clean_environment, "REELBATCH_TEMPORAL_BINARY", str(unlucky))
    stack = start_stack(tmp_path / "home")
    assert list_jobs(stack.connection).status_code == httpx.codes.OK
    assert stack.end(signal.SIGINT) == 0


def test_no_process_outlives_a_killed_stack(
    start_stack: StartStack, reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    stack = start_stack(tmp_path / "home")
    here = ("--home", stack.home)
    reelbatch("templates", "push", EXAMPLES / "templates" / "counter-badge.json", *here)
    processes = stack.processes()
    assert any(b"engines" in command_of(pid) for pid in processes), "no render process runs"

    stack.end(signal.SIGKILL)

    until(lambda: not any(alive(pid) for pid in processes), "the end of all processes")


def a_still(frame: int, codec: str = "image_png") -> dict[str, object]:
    return {
        "template": {"id": "{{counter-badge}}", "composition": "main"},
        "settings": {"type": "image", "frames": frame, "codec": codec},
    }


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {_PATIENCE:.0f} seconds for {what}")
        time.sleep(0.05)


def list_jobs(connection: Connection) -> httpx.Response:
    headers = {"Authorization": f"Bearer {connection.token}"}
    return httpx.get(f"{connection.base_url}/jobs", headers=headers, timeout=30)


def assert_one_line_of_error(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    for part in parts:
        assert part in ended.stderr


def alive(pid: int) -> bool:
    """Whether the process runs. A zombie has ended, but nobody has read its exit code yet."""
    state = state_of(pid)
    return bool(state) and state[0] != b"Z"

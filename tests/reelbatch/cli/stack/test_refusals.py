"""When `reelbatch up` cannot start, it says why in one line and leaves nothing running."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_FREE_PORTS = {"--api-port": "0", "--temporal-port": "0", "--ui-port": "0"}

RunReelbatch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("option", _FREE_PORTS)
def test_a_port_in_use_is_reported_with_the_option_that_changes_it(
    option: str, reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        refused = reelbatch("up", "--home", tmp_path, *ports(**{option: str(port)}))

    assert_refused(refused, f"Port {port} is in use", f"{option} 0")


def test_a_home_that_is_not_writable_is_reported(reelbatch: RunReelbatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    home = tmp_path / "file" / "home"

    assert_refused(reelbatch("up", "--home", home, *ports()), str(home), "--home")


def test_a_missing_temporal_program_is_reported(reelbatch: RunReelbatch, tmp_path: Path) -> None:
    refused = reelbatch(
        "up", "--home", tmp_path, *ports(), REELBATCH_TEMPORAL_BINARY="/nowhere/temporal"
    )

    assert_refused(refused, "/nowhere/temporal", "REELBATCH_TEMPORAL_BINARY")


def test_the_reason_why_temporal_does_not_start_is_quoted(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    program = tmp_path / "temporal"
    program.write_text("#!/bin/sh\necho the disk is on fire >&2\nexit 1\n")
    program.chmod(0o755)
    refused = reelbatch("up", "--home", tmp_path, *ports(), REELBATCH_TEMPORAL_BINARY=str(program))

    assert_refused(refused, "the disk is on fire", "temporal.log")


def test_an_invalid_setting_is_reported_with_its_variable(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    refused = reelbatch("up", "--home", tmp_path, *ports(), REELBATCH_RENDER_TIMEOUT="soon")

    assert_refused(refused, "REELBATCH_RENDER_TIMEOUT")


def test_invalid_payload_keys_are_reported_with_their_variable(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    refused = reelbatch("up", "--home", tmp_path, *ports(), REELBATCH_PAYLOAD_KEYS="a:short")

    assert_refused(refused, "REELBATCH_PAYLOAD_KEYS", "openssl rand -base64 32")


def test_a_command_without_a_stack_says_how_to_start_one(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    refused = reelbatch("templates", "list", "--home", tmp_path)

    assert_refused(refused, "reelbatch up", "--url", code=4)


def test_a_command_that_gets_no_response_names_the_address(reelbatch: RunReelbatch) -> None:
    refused = reelbatch("watch", "X", REELBATCH_URL="http://127.0.0.1:9", REELBATCH_TOKEN="rb_x")

    assert_refused(refused, "http://127.0.0.1:9", code=4)


def test_doctor_without_a_stack_says_that_none_is_running(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    report = reelbatch("doctor", "--home", tmp_path).stdout

    assert "✓ Temporal program: temporal version" in report
    assert "· service: not running; start it with `reelbatch up" in report


def test_doctor_finds_a_missing_temporal_program(reelbatch: RunReelbatch, tmp_path: Path) -> None:
    report = reelbatch("doctor", "--home", tmp_path, "--temporal-binary", "/nowhere/temporal")

    assert report.returncode == 1
    assert "✗ Temporal program: There is no program /nowhere/temporal" in report.stdout


def test_doctor_checks_remote_servers_instead_of_a_stack(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    nowhere = {"REELBATCH_TEMPORAL_ADDRESS": "127.0.0.1:9"}
    report = reelbatch("doctor", "--home", tmp_path / "none", **nowhere)

    assert report.returncode == 1
    assert "✗ remote Temporal: " in report.stdout
    assert "1 check failed" in report.stderr
    for subject in ("Temporal program", "home", "API port", "service"):
        assert f"{subject}: " not in report.stdout


def test_doctor_reports_what_a_machine_for_after_effects_is_missing(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    settings = {
        "REELBATCH_ENGINES": '["nexrender"]',
        "REELBATCH_TEMPORAL_ADDRESS": "127.0.0.1:9",
        "PATH": str(tmp_path),
    }
    report = reelbatch("doctor", "--home", tmp_path / "none", **settings).stdout

    assert "✗ After Effects: aerender is neither on the PATH nor" in report
    assert "✗ nexrender-cli: nexrender-cli is not on the PATH. Install it with `npm" in report


def ports(**chosen: str) -> list[str]:
    return [part for option in (_FREE_PORTS | chosen).items() for part in option]


def assert_refused(ended: subprocess.CompletedProcess[str], *parts: str, code: int = 1) -> None:
    assert ended.returncode == code
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    for part in parts:
        assert part in ended.stderr

"""The table of system calls, compared with the kernel's headers."""

import re
from pathlib import Path

import pytest

from reelbatch.engines.pool import seccomp

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# `__NR3264_` marks calls that have another name on 32-bit systems.
DEFINITION = re.compile(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", re.MULTILINE)


CALLS = {
    name: numbers
    for table in (*seccomp.REFUSED, seccomp.NEW_PROGRAMS, seccomp.CONDITIONAL, seccomp.INSTALLING)
    for name, numbers in table.items()
}


@pytest.mark.parametrize(("column", "machine"), list(enumerate(HEADERS)))
def test_numbers_match_the_headers_of_the_kernel(column: int, machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed (linux-libc-dev)")
    defined = {name: int(number) for name, number in DEFINITION.findall(header.read_text())}
    newest = max(number for name, number in defined.items() if name != "syscalls")
    ours = {name: numbers[column] for name, numbers in CALLS.items()}
    covered = {name for name, number in ours.items() if number is None or number <= newest}
    assert len(covered) > 90
    assert {name: ours[name] for name in covered} == {name: defined.get(name) for name in covered}

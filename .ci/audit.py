"""Looks the packages of a lock file up in PyPI's list of known vulnerabilities.

    python .ci/audit.py requirements.lock

Fails if one is known. Where the list cannot be reached it says so, and fails nothing: a machine
with a package index of its own, or without a network, can still work.
"""

import json
import re
import subprocess
import sys
import urllib.request
from http.client import HTTPException
from pathlib import Path

_PIN = re.compile(r"^([\w.-]+)==([\w.!+-]+)", re.MULTILINE)
_PATIENCE = 10  # seconds


def main(lock: str) -> int:
    name, version = _PIN.findall(Path(lock).read_text())[0]
    if not has_advisories(name, version):
        print(f"{lock} was NOT checked for known vulnerabilities: pypi.org cannot be asked.")
        return 0
    program = Path(sys.executable).with_name("pip-audit")
    command = [str(program), "--disable-pip", "--require-hashes", "--strict", "-r", lock]
    return subprocess.run(command, check=False).returncode


def has_advisories(name: str, version: str) -> bool:
    """Whether PyPI's advisory service answers for this package."""
    url = f"https://pypi.org/pypi/{name}/{version}/json"
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
            return "vulnerabilities" in json.load(answer)
    except (OSError, HTTPException, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Constructors are called with keywords, because four positional values are hard to tell apart."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("activities", "api", "reelbatch", "workflows", "worker.py")
MAX_ARGUMENTS = 3  # positional arguments
WINDOWS = (
    "winreg",
    "ctypes.windll.",
)  # their functions have names in CapWords and positional arguments


def test_no_constructor_is_called_with_more_than_three_positional_arguments() -> None:
    assert [call for file in _sources() for call in _long_calls(file)] == []


def _sources() -> list[Path]:
    parts = [ROOT / part for part in PARTS]
    return [file for part in parts for file in (part, *part.rglob("*.py")) if file.is_file()]


def _long_calls(file: Path) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and len(node.args) > MAX_ARGUMENTS and _is_class(node.func)
    ]


def _is_class(called: ast.expr) -> bool:
    """Judge by the name: `CapWords`, or `cls` in our own classes. `ctypes.CFUNCTYPE` is not one."""
    owner, _, name = ast.unparse(called).rpartition(".")
    name = name.lstrip("_")
    if owner.startswith(WINDOWS):
        return False
    return name == "cls" or (name[:1].isupper() and not name.isupper())

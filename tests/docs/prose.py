"""Finds the prose in the repository: documentation, docstrings, comments, and texts for users."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
KINDS = (
    "doc paragraph",
    "docstring",
    "comment",
    "message",
    "page text",
    "CLI text",
    "test name",
    "changelog line",
)
FOLDERS = (
    *(".ci", ".github", "activities", "api", "bench", "deploy"),
    *("docs", "examples", "reelbatch", "tests", "typings", "workflows"),
)
_WITH_PROSE = {".css", ".html", ".js", ".md", ".py", ".toml", ".yaml", ".yml"}
_WORDS = re.compile(r"(?:[\w'`{}-]+[,.;:]? ){2}[\w'`{}-]")  # three of them: more than a name
_ITEM = re.compile(r" *([-|#]|\d+\.) ?")  # of a list or table, or a heading
_NO_TEXT = re.compile(r"    \S|\|[-|: ]+$")  # a line of code, or under the heading of a table
_DIRECTIVE = re.compile(r"[# ]*(noqa|type:|pyright:|!)")
_JAVASCRIPT = re.compile(
    r"(?P<comment>/\*.*?\*/|(?<!:)//[^\n]*)"
    r'|"(?P<text>[^"\n]*)"|`(?P<template>[^`]*)`',
    re.DOTALL,
)
_JSDOC = re.compile(r"[/*]|@\w+|\{[^}]*\}")


@dataclass(frozen=True)
class Place:
    """A piece of prose. `file` is relative to the repository, and `line` is its first line."""

    kind: str
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@cache
def places() -> Sequence[Place]:
    """All prose in the repository, in the order of the files."""
    return tuple(_places())


def _places() -> Iterator[Place]:
    for file in sorted(files()):
        name = file.relative_to(ROOT).as_posix()
        if file.suffix in _WITH_PROSE or name in {"Dockerfile", "Makefile"}:
            for kind, line, text in _pieces(name, file.suffix, file.read_text()):
                if _WORDS.search(text):
                    yield Place(kind, name, line, " ".join(text.split()))


def files() -> Iterator[Path]:
    """The files of the repository, without those in folders that commands create."""
    for place in [ROOT.iterdir(), *((ROOT / folder).rglob("*") for folder in FOLDERS)]:
        yield from (file for file in place if file.is_file())


_Pieces = Iterator[tuple[str, int, str]]


def _pieces(name: str, suffix: str, content: str) -> _Pieces:
    if suffix == ".md":
        kind = "changelog line" if name == "CHANGELOG.md" else "doc paragraph"
        return ((kind, line, text) for line, text in _paragraphs(content))
    if suffix == ".py":
        return _python(name, content)
    if suffix in {".css", ".js"}:
        return _javascript(content)
    if suffix == ".html":
        return _html(content)
    return _hash_comments(content)


def _paragraphs(content: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, headings, items of lists and rows of tables, without blocks of code."""
    begin, paragraph, in_code = 0, "", False
    for number, line in enumerate([*content.splitlines(), ""], 1):
        is_fence = line.lstrip().startswith("```")
        ends_before = is_fence or not line.strip() or _ITEM.match(line)
        if paragraph and (ends_before or paragraph.startswith("#")):
            yield begin, paragraph
            paragraph = ""
        if is_fence:
            in_code = not in_code
        elif not in_code and line.strip() and not _NO_TEXT.match(line):
            begin = begin if paragraph else number
            paragraph += f"{line} "


def _python(name: str, content: str) -> _Pieces:
    tree = ast.parse(content)
    is_for_users = not name.startswith(("tests/", "bench/"))
    text_kind = "CLI text" if name.startswith("reelbatch/cli/") else "message"
    parts_of_others = _docstrings_and_parts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _is_string(node.value):
            yield "docstring", node.lineno, str(node.value.value)
        elif _is_test(node):
            yield "test name", node.lineno, node.name.replace("_", " ")
        elif not is_for_users or id(node) in parts_of_others:
            continue
        elif _is_string(node):
            yield text_kind, node.lineno, str(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield text_kind, node.lineno, _joined_string(node)
    tokens = tokenize.generate_tokens(io.StringIO(content).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    yield from _joined_comments([(token.start[0], token.line, token.string) for token in comments])


def _docstrings_and_parts(tree: ast.AST) -> set[int]:
    """The ids of strings that are docstrings, or parts of f-strings."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            found |= {id(part) for part in ast.walk(node) if part is not node}
    return found


def _is_string(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_test(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function and node.name.startswith("test_")


def _joined_string(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if _is_string(part) else "{…}" for part in node.values)


def _javascript(content: str) -> _Pieces:
    for found in _JAVASCRIPT.finditer(content):
        line = content.count("\n", 0, found.start()) + 1
        if found["comment"]:
            yield "comment", line, _JSDOC.sub(" ", found["comment"])
        else:
            yield "page text", line, found["text"] or found["template"] or ""


def _html(content: str) -> _Pieces:
    for found in re.finditer(r">([^<>{}]*\w[^<>{}]*)<", content):
        yield "page text", content.count("\n", 0, found.start()) + 1, found[1]


def _hash_comments(content: str) -> _Pieces:
    found = (
        (number, line, match[1])
        for number, line in enumerate(content.splitlines(), 1)
        if (match := re.search(r"(?:^|\s)(#.*)", line))
    )
    return _joined_comments(list(found))


def _joined_comments(comments: list[tuple[int, str, str]]) -> _Pieces:
    """Comments by number, line and text. Those that fill successive lines become one piece."""
    begin, text = 0, ""
    for (number, line, comment), (next_number, next_line, _) in pairwise([*comments, (0, "", "")]):
        begin = begin if text else number
        text += f"{comment.lstrip('#')} "
        fills_its_line, next_does = (each.lstrip()[:1] == "#" for each in (line, next_line))
        if not (fills_its_line and next_does and next_number == number + 1):
            if not _DIRECTIVE.match(text):
                yield "comment", begin, text
            text = ""

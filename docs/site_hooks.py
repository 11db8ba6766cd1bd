"""Adds pages that are not in docs/: the endpoints, the list of decisions, and top-level files."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from obstore.store import MemoryStore
from temporalio.client import Client

from api.app import create_app
from reelbatch.settings import Settings

DOCS = Path(__file__).parent
_ENDPOINTS = """# Endpoints

This page is generated from the code. A running server offers the same description with all types
at `/openapi.json` (OpenAPI 3.1) and `/openapi-3.0.json` (OpenAPI 3.0.4, for tools that do not
support 3.1), and lets you try it out at `/docs`. [The API](api.md) explains it."""
TOP_PAGES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the OpenAPI document, the list of decisions, and the pages at the repository's top."""
    document = _openapi()
    files.append(File.generated(config, "openapi.json", content=json.dumps(document)))
    files.append(File.generated(config, "endpoints.md", content=_endpoints(document)))
    files.append(File.generated(config, "decisions/index.md", content=_decisions()))
    for name, page in TOP_PAGES.items():
        files.append(File.generated(config, page, content=_top_page(name)))
    return files


def _openapi() -> dict[str, Any]:
    """The document of a server with default settings. This needs neither a server nor Temporal."""
    client = asyncio.run(Client.connect("127.0.0.1:7233", lazy=True))
    return create_app(Settings(), client, MemoryStore()).openapi()


def _endpoints(document: dict[str, Any]) -> str:
    """Every endpoint as text, which unlike an explorer can be searched and read from a disk."""
    parts = [_ENDPOINTS]
    for tag in document["tags"]:
        parts += [f"## {tag['name'].capitalize()}", tag["description"]]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation["tags"]:
                    parts.append(_endpoint(f"{method.upper()} {path}", operation))
    return "\n\n".join(parts) + "\n"


def _endpoint(name: str, operation: dict[str, Any]) -> str:
    parameters = operation.get("parameters", [])
    rows = [
        f"| `{each['name']}` | {each['in']} | {_in_a_cell(each.get('description', ''))} |"
        for each in parameters
    ]
    table = ["| parameter | in | meaning |", "|---|---|---|", *rows] if rows else []
    bodies = operation.get("requestBody", {}).get("content", {})
    sent = f"Body: {', '.join(f'`{kind}`' for kind in bodies)}." if bodies else ""
    statuses = ", ".join(operation["responses"])
    texts = [f"### `{name}`", f"{operation['summary']}.", operation["description"], sent]
    return "\n\n".join(filter(None, [*texts, "\n".join(table), f"Responses: {statuses}."]))


def _in_a_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _decisions() -> str:
    rows = [
        "# Decisions",
        "",
        "Where the design departs from the obvious, these pages explain why.",
        "",
    ]
    for file in sorted((DOCS / "decisions").glob("*.md")):
        title = re.sub(r"^# ", "", file.read_text().splitlines()[0])
        rows.append(f"- [{title}]({file.name})")
    return "\n".join(rows) + "\n"


def _top_page(name: str) -> str:
    """The page, with its links changed to be relative to docs/."""
    text = (DOCS.parent / name).read_text().replace("](docs/", "](")
    for linked, page in TOP_PAGES.items():
        text = text.replace(f"]({linked})", f"]({page})")
    return text

"""Adds generated pages to the site: the OpenAPI document, endpoints, decisions, top-level pages."""

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

This page is made from the code. A running server has the same description with all types:

- `/docs` lets you try out each request.
- `/openapi.json` is the OpenAPI 3.1 document.
- `/openapi-3.0.json` is OpenAPI 3.0.4, for tools that do not support 3.1.

[REST API](api.md) explains how the requests work together."""
TOP_PAGES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated files, and the Markdown files from the top folder of the repository."""
    document = _openapi()
    files.append(File.generated(config, "openapi.json", content=json.dumps(document)))
    files.append(File.generated(config, "endpoints.md", content=_endpoints(document)))
    files.append(File.generated(config, "decisions/index.md", content=_decisions()))
    for name, page in TOP_PAGES.items():
        files.append(File.generated(config, page, content=_top_page(name)))
    return files


def _openapi() -> dict[str, Any]:
    """Return the document of a server with default settings, without connecting to Temporal."""
    client = asyncio.run(Client.connect("127.0.0.1:7233", lazy=True))
    return create_app(Settings(), client, MemoryStore()).openapi()


def _endpoints(document: dict[str, Any]) -> str:
    """Return a page of all endpoints, which can be searched and read without a server."""
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
        "These pages say where the design departs from the obvious, and why.",
        "",
    ]
    for file in sorted((DOCS / "decisions").glob("*.md")):
        title = re.sub(r"^# ", "", file.read_text().splitlines()[0])
        rows.append(f"- [{title}]({file.name})")
    return "\n".join(rows) + "\n"


def _top_page(name: str) -> str:
    """Return the page with its links rewritten for docs/."""
    text = (DOCS.parent / name).read_text().replace("](docs/", "](")
    for linked, page in TOP_PAGES.items():
        text = text.replace(f"]({linked})", f"]({page})")
    return text

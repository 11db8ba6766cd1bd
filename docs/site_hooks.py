"""What the site has beyond docs/: the API's description, decisions, and pages from the top."""

import asyncio
import json
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from obstore.store import MemoryStore
from temporalio.client import Client

from api.app import create_app
from reelbatch.settings import Settings

DOCS = Path(__file__).parent
TOP_PAGES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the OpenAPI document, the list of decisions, and the pages at the repository's top."""
    files.append(File.generated(config, "openapi.json", content=json.dumps(_openapi())))
    files.append(File.generated(config, "decisions/index.md", content=_decisions()))
    for name, page in TOP_PAGES.items():
        files.append(File.generated(config, page, content=_top_page(name)))
    return files


def _openapi() -> dict[str, object]:
    """The document of a server with default settings. No server and no Temporal is asked for it."""
    client = asyncio.run(Client.connect("127.0.0.1:7233", lazy=True))
    return create_app(Settings(), client, MemoryStore()).openapi()


def _decisions() -> str:
    rows = ["# Decisions", "", "Where the design departs from the obvious, and why.", ""]
    for file in sorted((DOCS / "decisions").glob("*.md")):
        title = re.sub(r"^# ", "", file.read_text().splitlines()[0])
        rows.append(f"- [{title}]({file.name})")
    return "\n".join(rows) + "\n"


def _top_page(name: str) -> str:
    """The page with links as they are from docs/."""
    text = (DOCS.parent / name).read_text().replace("](docs/", "](")
    for linked, page in TOP_PAGES.items():
        text = text.replace(f"]({linked})", f"]({page})")
    return text

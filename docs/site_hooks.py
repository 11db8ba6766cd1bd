"""What the documentation's site has beyond the pages: the API's own description, and lists."""

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


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the OpenAPI document, and the list of decisions."""
    files.append(File.generated(config, "openapi.json", content=json.dumps(_openapi())))
    files.append(File.generated(config, "decisions/index.md", content=_decisions()))
    return files


def _openapi() -> dict[str, object]:
    """As a server answers it; none is asked here, and Temporal neither."""
    client = asyncio.run(Client.connect("127.0.0.1:7233", lazy=True))
    return create_app(Settings(), client, MemoryStore()).openapi()


def _decisions() -> str:
    rows = ["# Decisions", "", "Where the design departs from the obvious, and why.", ""]
    for file in sorted((DOCS / "decisions").glob("*.md")):
        title = re.sub(r"^# ", "", file.read_text().splitlines()[0])
        rows.append(f"- [{title}]({file.name})")
    return "\n".join(rows) + "\n"

"""Pages of HTML, drawn frame by frame in a headless Chromium. docs/html.md is for their authors."""

from reelbatch.engines.html.engine import HtmlEngine

__all__ = ["HtmlEngine"]

"""The engine `html`: HTML pages, drawn frame by frame in a headless Chromium.

docs/html.md is for authors of pages.
"""

from reelbatch.engines.html.engine import HtmlEngine

__all__ = ["HtmlEngine"]

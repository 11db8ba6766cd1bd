"""Builds the wheel with the application inside `reelbatch`: it adds a single name to Python."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_APPLICATION = (  # including the examples that `reelbatch demo` renders
    "activities",
    "api",
    "examples/requests",
    "examples/templates",
    "worker.py",
    "workflows",
)


class ApplicationInside(BuildHookInterface[Any]):
    """Puts the application where reelbatch/cli/application.py looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":  # an editable installation has the checkout on its path
            build_data["force_include"] = {
                source: f"reelbatch/_application/{source}" for source in _APPLICATION
            }

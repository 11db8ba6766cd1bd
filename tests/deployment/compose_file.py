"""docker-compose.yml as Docker reads it, with the values of .env.example and made-up passwords."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from tests.integration.service import ROOT

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<rest>[^}]*))?\})")


PASSWORDS = ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "GRAFANA_PASSWORD")


@cache
def example_environment() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@cache
def environment() -> dict[str, str]:
    """The example, with values for the variables that its reader must set."""
    passwords = {name: f"made-up-{name}" for name in PASSWORDS}
    return {**example_environment(), **passwords}


@cache
def compose_text(**values: str) -> str:
    """The file with the variables of `environment`, or these values, substituted.

    Raises ValueError for a variable without a value.
    """

    def value(match: re.Match[str]) -> str:
        return _value(match, environment() | values)

    return _VARIABLE.sub(value, (ROOT / "docker-compose.yml").read_text())


@cache
def compose(**values: str) -> Any:
    return yaml.safe_load(compose_text(**values))


@cache
def image_stages() -> tuple[str, str]:
    """The Dockerfile's build stage, and the stage of the final image."""
    _, build, run = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    return build, run


@cache
def image_environment() -> dict[str, str]:
    """The environment that the Dockerfile sets in the final image."""
    return dict(re.findall(r"\b(REELBATCH_\w+)=(\S+)", image_stages()[1]))


@cache
def image_command() -> list[str]:
    """The image's default command."""
    [command] = re.findall(r"^CMD (.+)$", image_stages()[1], re.MULTILINE)
    return json.loads(command)


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    name, how, rest = match["name"], match["how"], match["rest"]
    if name is None:
        return "$"
    value = values.get(name, "")
    if value or not how:
        return value
    if how == ":?":
        raise ValueError(f"{name} has no value in .env.example: {rest}")
    return rest

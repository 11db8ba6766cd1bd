"""The options of a stack, and the settings that it gives its processes."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from reelbatch.cli.application import application_environment
from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.ports import choose_port
from reelbatch.cli.stack.temporal_server import LOCALHOST, NAMESPACE
from reelbatch.settings import Settings


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """The options of `reelbatch up`. Port 0 means any free port."""

    api_port: int = 8080
    temporal_port: int = 7233
    ui_port: int = 8233
    render_processes: int | None = None  # None: from the settings
    temporal_binary: Path | None = None


@dataclass(frozen=True)
class Ports:
    api: int
    temporal: int
    ui: int


def current_settings() -> Settings:
    """The settings of the environment. Raises CommandFailed if one of them cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"REELBATCH_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise CommandFailed(f"The settings cannot be used: {'; '.join(problems)}.") from error


def choose_ports(options: StackOptions, api_host: str) -> Ports:
    """Raises CommandFailed if a port is taken."""
    return Ports(
        api=choose_port(api_host, options.api_port, "--api-port"),
        temporal=choose_port(LOCALHOST, options.temporal_port, "--temporal-port"),
        ui=choose_port(LOCALHOST, options.ui_port, "--ui-port"),
    )


def api_url(settings: Settings) -> str:
    """The origin at which this machine reaches the API."""
    everywhere = settings.api_host in ("", "0.0.0.0")  # noqa: S104  compared, not bound
    return f"http://{LOCALHOST if everywhere else settings.api_host}:{settings.api_port}"


def decided_settings(home: Home, options: StackOptions, ports: Ports) -> dict[str, str | int]:
    """The settings that the stack decides, by field of `Settings`. The rest is the user's."""
    decided: dict[str, str | int] = {
        "temporal_address": f"{LOCALHOST}:{ports.temporal}",
        "temporal_namespace": NAMESPACE,
        "temporal_environment": False,  # its certificates and keys belong to another server
        "worker_build_id": "",  # nobody would set the current version
        "object_store": str(home.objects),
        "api_port": ports.api,
        "web_ui_origin": f"http://{LOCALHOST}:{ports.ui}",
    }
    if options.render_processes is not None:
        decided["render_processes"] = options.render_processes
    return decided


def environment_of(decided: dict[str, str | int]) -> dict[str, str]:
    """The environment from which a process of the stack reads its settings."""
    variables = {f"REELBATCH_{name.upper()}": str(value) for name, value in decided.items()}
    return application_environment(os.environ | variables)

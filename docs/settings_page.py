"""Writes docs/settings.md from the descriptions in reelbatch/settings.py.

.venv/bin/python docs/settings_page.py
"""

from enum import Enum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from reelbatch.settings import Settings

PAGE = Path(__file__).with_name("settings.md")

_INTRODUCTION = """\
# Settings

<!-- Made by docs/settings_page.py from reelbatch/settings.py. Do not edit. -->

Every process reads its settings from environment variables. `reelbatch up` passes them on to the
processes that it starts, and sets the addresses, the ports and the object store itself.

Sizes take a plain number of bytes: `268435456`, not `256 MiB`.
"""

_STACK = """\
## `reelbatch up`

`reelbatch up` has five options. Each can also be set by a variable. Port 0 picks a free port.

| option | variable |
|---|---|
| `--home` | `REELBATCH_HOME` |
| `--api-port` | `REELBATCH_API_PORT` |
| `--temporal-port` | `REELBATCH_TEMPORAL_PORT` |
| `--ui-port` | `REELBATCH_UI_PORT` |
| `--render-processes` | `REELBATCH_RENDER_PROCESSES` |

`reelbatch doctor` reports what is wrong with a set-up.
"""

# Each section begins with this field.
_SECTIONS = {
    "temporal_address": "Temporal",
    "object_store": "Object store",
    "api_host": "API",
    "batch_concurrency": "Batches and long renders",
    "output_modules": "After Effects",
    "engines": "Workers",
    "keep_payloads_days": "Retention",
    "api_metrics_address": "Monitoring and logs",
}
_HEADINGS = "| variable | default | meaning |\n|---|---|---|\n"


def settings_page() -> str:
    """Return the content of docs/settings.md."""
    parts = [_INTRODUCTION]
    for name, field in Settings.model_fields.items():
        if name in _SECTIONS:
            parts.append(f"\n## {_SECTIONS[name]}\n\n{_HEADINGS}")
        parts.append(
            f"| `REELBATCH_{name.upper()}` | {_default(name, field)} | {_meaning(field)} |\n"
        )
    return "".join([*parts, "\n", _STACK])


def _meaning(field: FieldInfo) -> str:
    if not field.description:
        raise ValueError("every setting needs a description")
    return field.description


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory:
        return "computed"  # the description says how
    value: Any = field.default
    if value is None:
        return "unset"
    if value == [] or value == {}:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if name.endswith("_bytes") or name == "render_memory":
        return _size(value)
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if value >= 100_000 else f"{value:.0f}"
    return f"`{value}`"


def _size(count: int) -> str:
    """Return 268435456 as `256 MiB`."""
    for unit, size in {"GiB": 1024**3, "MiB": 1024**2}.items():
        if count % size == 0:
            return f"{count // size} {unit}"
    raise ValueError(f"{count} bytes are not a round number of MiB")


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")

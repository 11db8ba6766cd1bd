"""Render processes that can be killed: a cancelled, stuck or crashed render affects one job only.

Each process has one engine, one render at a time and its own socket. So killing it at any moment
leaves no lock held and harms no other render. docs/decisions/0003-render-processes.md has the
reasons.
"""

from typing import TYPE_CHECKING

from reelbatch.engines.pool.capacity import INSPECTIONS, carried_processes
from reelbatch.engines.pool.confinement import Confinement, ConfinementLevel, Expressions

if TYPE_CHECKING:
    from reelbatch.engines.pool.pool import RenderPool

__all__ = [
    "INSPECTIONS",
    "Confinement",
    "ConfinementLevel",
    "Expressions",
    "RenderPool",
    "carried_processes",
]


def __getattr__(name: str) -> object:
    """Load the pool on demand. Children don't need it, and it took a fifth of their start."""
    if name != "RenderPool":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from reelbatch.engines.pool.pool import RenderPool

    return RenderPool

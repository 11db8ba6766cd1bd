"""Render processes that can be killed: a cancelled, stuck or crashed render costs one job.

Each process has one engine, one render at a time and a socket of its own, so that killing it at
any moment leaves no lock held and no other render harmed.
docs/decisions/0003-render-processes.md has the reasons.
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
    """The pool is for the parent alone: loading it took a fifth of a child's start."""
    if name != "RenderPool":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from reelbatch.engines.pool.pool import RenderPool

    return RenderPool

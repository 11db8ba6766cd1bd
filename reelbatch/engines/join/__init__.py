"""The engine `join`, which plays clips one after the other."""

from reelbatch.engines.join.engine import JoinEngine

__all__ = ["JoinEngine"]

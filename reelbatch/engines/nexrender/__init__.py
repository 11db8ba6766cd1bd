"""The engine `nexrender`: After Effects projects, rendered by the public tool `nexrender-cli`."""

from reelbatch.engines.nexrender.engine import NexrenderEngine

__all__ = ["NexrenderEngine"]

"""Projects of After Effects, rendered there by the public command line tool `nexrender-cli`."""

from reelbatch.engines.nexrender.engine import NexrenderEngine

__all__ = ["NexrenderEngine"]

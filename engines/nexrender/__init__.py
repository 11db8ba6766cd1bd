"""Projects of After Effects, rendered there by the public command line tool `nexrender-cli`."""

from engines.nexrender.engine import NexrenderEngine

__all__ = ["NexrenderEngine"]

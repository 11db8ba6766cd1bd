"""The frame writer's interface to encoders."""

from typing import Protocol

from reelbatch.engines.encoding.pixels import Frame


class FrameSink(Protocol):
    """Encodes frames into a file. All methods are called on one thread, one after the other."""

    def write(self, frame: Frame) -> None:
        """Add a frame. The sink may change it until the method returns."""
        ...

    def repeat(self) -> None:
        """Add the last frame once more."""
        ...

    def finish(self) -> None:
        """Complete and close the file."""
        ...

    def abandon(self) -> None:
        """Close the file as it is. It will be removed."""
        ...

"""What an encoder is to the frame writer."""

from typing import Protocol

from reelbatch.engines.encoding.pixels import Frame


class FrameSink(Protocol):
    """Encodes frames into a file. All of its methods are called on one thread, in turn."""

    def write(self, frame: Frame) -> None:
        """Add a frame; it is the sink's to change until the method returns."""
        ...

    def repeat(self) -> None:
        """Add the picture of the last frame once more."""
        ...

    def finish(self) -> None:
        """Complete and close the file."""
        ...

    def abandon(self) -> None:
        """Close the file as it is; it will be removed."""
        ...

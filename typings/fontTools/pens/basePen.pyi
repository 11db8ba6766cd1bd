"""The part of fontTools' pens that this project uses."""

from collections.abc import Mapping
from typing import Any

class BasePen:
    def __init__(self, glyphSet: Mapping[str, Any] | None = None) -> None: ...
    def addComponent(self, glyphName: str, transformation: tuple[float, ...]) -> None: ...

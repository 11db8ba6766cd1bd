"""What this project uses of fontTools' pens."""

from collections.abc import Mapping
from typing import Any

class BasePen:
    def __init__(self, glyphSet: Mapping[str, Any] | None = None) -> None: ...
    def addComponent(self, glyphName: str, transformation: tuple[float, ...]) -> None: ...

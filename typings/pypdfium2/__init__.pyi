from types import TracebackType
from typing import Self

from PIL import Image

class PdfBitmap:
    def to_pil(self) -> Image.Image: ...

class PdfPage:
    def get_size(self) -> tuple[float, float]: ...
    def render(
        self, scale: float = 1, *, fill_color: tuple[int, int, int, int] = (255, 255, 255, 255)
    ) -> PdfBitmap: ...

class PdfDocument:
    def __init__(self, content: bytes, /) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def __getitem__(self, index: int) -> PdfPage: ...

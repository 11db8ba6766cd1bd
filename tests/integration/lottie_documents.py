"""Small Lottie templates for whole-service tests."""

import json
from typing import Any


def still_card() -> bytes:
    """16 x 16 pixels with a text layer `title` and a solid `background`: cheap to render."""
    return _document(16, 16, frames=5, layers=[_text("title"), _solid("background", 16, 16)])


def long_film() -> bytes:
    """640 x 360 pixels for ten minutes: a render of it does not end by itself within a test."""
    return _document(
        640, 360, frames=18_000, layers=[_text("title"), _solid("background", 640, 360)]
    )


def _document(width: int, height: int, frames: int, layers: list[dict[str, Any]]) -> bytes:
    document = {
        "v": "5.9.0",
        "nm": "main",
        "fr": 30,
        "ip": 0,
        "op": frames,
        "w": width,
        "h": height,
        "assets": [],
        "fonts": {"list": [{"fName": "Inter-Regular", "fFamily": "Inter", "fStyle": "Regular"}]},
        "layers": [
            {**layer, "ind": number, "ip": 0, "op": frames, "st": 0}
            for number, layer in enumerate(layers, start=1)
        ],
    }
    return json.dumps(document).encode()


def _transform() -> dict[str, Any]:
    return {
        "a": {"a": 0, "k": [0, 0, 0]},
        "o": {"a": 0, "k": 100},
        "p": {"a": 0, "k": [0, 0, 0]},
        "r": {"a": 0, "k": 0},
        "s": {"a": 0, "k": [100, 100, 100]},
    }


def _solid(name: str, width: int, height: int) -> dict[str, Any]:
    return {"ty": 1, "nm": name, "sc": "#2244aa", "sw": width, "sh": height, "ks": _transform()}


def _text(name: str) -> dict[str, Any]:
    style = {"s": 12, "f": "Inter-Regular", "t": "A", "j": 0, "tr": 0, "lh": 14, "fc": [1, 1, 1]}
    text: dict[str, Any] = {"d": {"k": [{"s": style, "t": 0}]}, "p": {}, "m": {"g": 1}, "a": []}
    return {"ty": 5, "nm": name, "t": text, "ks": _transform()}

"""Small Lottie templates for whole-service tests."""

import json
from typing import Any


def still_card() -> bytes:
    """A 16 x 16 document with a text layer `title` and a solid `background`: cheap to render."""
    return _document(16, 16, frames=5, layers=[_text("title"), _solid("background", 16, 16)])


def scripted_card(expression: str) -> bytes:
    """Like `still_card`, with an expression for the opacity of the background."""
    background = _solid("background", 16, 16)
    background["ks"]["o"]["x"] = f"var $bm_rt = {expression};"
    return _document(16, 16, frames=5, layers=[_text("title"), background])


def long_film() -> bytes:
    """Ten minutes of motion in 1280 x 720: rendering all of it takes longer than any test."""
    frames = 18_000
    wheel = _solid("wheel", 1280, 720)
    turns = [{"t": 0, "s": [0], "i": _LINEAR, "o": _LINEAR}, {"t": frames, "s": [frames]}]
    wheel["ks"]["r"] = {"a": 1, "k": turns}
    return _document(1280, 720, frames, layers=[_text("title"), wheel])


_LINEAR = {"x": [0.5], "y": [0.5]}


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

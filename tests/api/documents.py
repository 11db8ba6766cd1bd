"""Small Lottie templates."""

import json
from typing import Any

Document = dict[str, Any]
Size = tuple[int, int]  # width and height in pixels

_SMALL: Size = (32, 18)


def a_card() -> bytes:
    """`main` has 10 frames of 32 x 18 pixels and the layers title, background and inner.

    The layer inner shows the composition `badge`, which has the layer label.
    """
    layers = [_text("title", 1), _precomposition("inner", 2), _solid("background", 3)]
    return json.dumps(_document(10, layers)).encode()


def a_card_with_a_photo() -> bytes:
    """`main` has one layer, photo, which fills it with a picture."""
    width, height = _SMALL
    photo = {"nm": "photo", "ty": 2, "refId": "photo", "ind": 1, "ks": _transform()}
    document = _document(10, [photo | {"ip": 0, "op": 10, "st": 0}])
    document["assets"].append(
        {"id": "photo", "w": width, "h": height, "u": "", "p": "photo.png", "e": 0}
    )
    return json.dumps(document).encode()


def a_film(family: str = "Inter") -> bytes:
    """More than an hour of 1280 x 720 pixels, which no test can render completely."""
    return _turning((1280, 720), family)


def a_small_film() -> bytes:
    """The same with 32 x 18 pixels, which render at thousands of frames a second."""
    return _turning(_SMALL, "Inter")


def a_small_film_with_scripts() -> bytes:
    """A film in which one expression fails, and another hangs after ten seconds.

    The one that hangs makes the still background invisible.
    """
    film = json.loads(a_small_film())
    title, background = film["layers"]
    title["ks"]["o"]["x"] = "var $bm_rt = nothing.at.all;"
    background["ks"]["r"] = {"a": 0, "k": 0}
    background["ks"]["o"]["x"] = "var $bm_rt = 0; while (time > 10);"
    return json.dumps(film).encode()


def _turning(size: Size, family: str) -> bytes:
    frames = 100_000
    turning = _solid("background", 2, size)
    transform: Document = turning["ks"]
    transform["r"] = {
        "a": 1,
        "k": [
            {"t": 0, "s": [0], "i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}},
            {"t": frames, "s": [frames]},
        ],
    }
    return json.dumps(_document(frames, [_text("title", 1), turning], family, size)).encode()


def a_card_in_a_rare_font() -> bytes:
    return json.dumps(_document(10, [_text("title", 1)], family="Rarissima")).encode()


def _document(
    frames: int, layers: list[Document], family: str = "Inter", size: Size = _SMALL
) -> Document:
    names = {"fName": f"{family}-Regular", "fFamily": family, "fStyle": "Regular"}
    for layer in layers:
        layer |= {"ip": 0, "op": frames, "st": 0}
        if layer["ty"] == 5:
            layer["t"]["d"]["k"][0]["s"]["f"] = names["fName"]
    label: Document = _text("label", 1) | {"ip": 0, "op": frames, "st": 0}
    label["t"]["d"]["k"][0]["s"]["f"] = names["fName"]
    return {
        "v": "5.9.0",
        "nm": "main",
        "fr": 25,
        "ip": 0,
        "op": frames,
        "w": size[0],
        "h": size[1],
        "assets": [{"id": "badge", "nm": "badge", "w": 32, "h": 18, "layers": [label]}],
        "fonts": {"list": [names]},
        "layers": layers,
    }


def _transform() -> Document:
    still = {"a": 0, "k": [0, 0, 0]}
    whole = {"a": 0, "k": [100, 100, 100]}
    return {"a": still, "o": {"a": 0, "k": 100}, "p": still, "r": {"a": 0, "k": 0}, "s": whole}


def _solid(name: str, index: int, size: Size = _SMALL) -> Document:
    width, height = size
    solid: Document = {
        "ty": 1,
        "nm": name,
        "ind": index,
        "sc": "#2244aa",
        "sw": width,
        "sh": height,
    }
    return solid | {"ks": _transform()}


def _text(name: str, index: int) -> Document:
    style: Document = {"s": 12, "f": "", "t": "A", "j": 0, "tr": 0, "lh": 14, "fc": [1, 1, 1]}
    text: Document = {"d": {"k": [{"s": style, "t": 0}]}, "p": {}, "m": {"g": 1}, "a": []}
    transform: Document = _transform() | {"p": {"a": 0, "k": [4, 14, 0]}}  # the baseline's left end
    return {"ty": 5, "nm": name, "ind": index, "t": text, "ks": transform}


def _precomposition(name: str, index: int) -> Document:
    size: Document = {"w": 32, "h": 18, "refId": "badge"}
    return {"ty": 0, "nm": name, "ind": index, "ks": _transform(), **size}

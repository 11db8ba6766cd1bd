"""Small Lottie documents to start from."""

import json
from typing import Any

from reelbatch.engines.lottie.document import is_object

Json = dict[str, Any]
FRAMES = 3


def still(value: Any) -> Json:
    return {"a": 0, "k": value}


def layer(kind: int, name: str = "Layer", **fields: Any) -> Json:
    transform: Json = {
        "o": still(100),
        "r": still(0),
        "p": still([0, 0, 0]),
        "a": still([0, 0, 0]),
        "s": still([100, 100, 100]),
    }
    return {"ty": kind, "nm": name, "ks": transform, "ip": 0, "op": FRAMES, "st": 0} | fields


def solid(name: str = "Sky", **fields: Any) -> Json:
    return layer(1, name, **{"sc": "#0000ff", "sw": 40, "sh": 30} | fields)


def picture(asset: str = "picture", **fields: Any) -> Json:
    return layer(2, "Picture", refId=asset, **fields)


def precomp(asset: str, **fields: Any) -> Json:
    return layer(0, "Inner", refId=asset, **{"w": 40, "h": 30} | fields)


def shape(*items: Any, **fields: Any) -> Json:
    placed: Json = {"ty": "tr", **layer(3)["ks"]}
    return layer(4, "Box", shapes=[{"ty": "gr", "it": [*items, placed]}], **fields)


def rectangle(width: Any = 20, height: Any = 20) -> Json:
    return {"ty": "rc", "p": still([20, 15]), "s": still([width, height]), "r": still(0)}


def fill() -> Json:
    return {"ty": "fl", "c": still([1, 0, 0, 1]), "o": still(100)}


def text(words: Any = "Hello", **style: Any) -> Json:
    written: Json = {"t": words, "s": 12, "f": "Inter-Bold", "fc": [0, 0, 0], "j": 0, "lh": 14}
    document: Json = {"d": {"k": [{"t": 0, "s": written | style}]}, "a": []}
    return layer(5, "Words", t=document)


def document(*layers: Any, **fields: Any) -> Json:
    for index, item in enumerate(layers, start=1):
        if is_object(item):
            item.setdefault("ind", index)
    header: Json = {"v": "5.7.0", "nm": "Main", "fr": 30, "ip": 0, "op": FRAMES}
    return {**header, "w": 40, "h": 30, "assets": [], "layers": list(layers)} | fields


def packed(value: Any) -> bytes:
    return json.dumps(value).encode()

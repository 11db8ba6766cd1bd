"""What layers show that is not their own: solids, pictures, sequences, sound."""

from pathlib import PurePosixPath

from reelbatch.projects.conversion.keyframes import Clock, Json, animated, rounded
from reelbatch.projects.conversion.scene import Scene
from reelbatch.projects.footage import is_picture, is_sound, name_of
from reelbatch.projects.model import Footage, Layer, Solid, Value
from reelbatch.projects.reasons import Feature, Reasons

_SOLID, _IMAGE, _NULL, _AUDIO, _PRECOMPOSITION = 1, 2, 3, 6, 0
_FOLDER = "images/"
_LOUDEST = 20.0  # decibels; more is an error of the project's


def solid(item: Solid) -> Json:
    channels = (round(min(max(channel, 0.0), 1.0) * 255) for channel in (*item.color, 0, 0, 0)[:3])
    return {
        "ty": _SOLID,
        "sw": item.width,
        "sh": item.height,
        "sc": "#" + "".join(f"{channel:02x}" for channel in channels),
    }


def footage(item: Footage, layer: Layer, scene: Scene, reasons: Reasons) -> Json:
    """The fields of a layer that shows a file, or plays it.

    Whatever cannot be shown keeps the place and size of a picture, so that a job can fill it.
    """
    if item.pixel_aspect != 1 and item.has_picture:
        reasons.add(
            Feature.PIXEL_ASPECT, f"The footage {item.name!r} has pixels that are no squares."
        )
    if not item.has_picture:
        return _sound(item, layer, scene, reasons)
    if item.frames or (item.path and item.frame_rate and is_picture(item.path)):
        return _sequence(item, scene, reasons)
    if not item.path:
        reasons.add(Feature.FOOTAGE_MISSING, f"The footage {item.name!r} is a placeholder.")
    elif not is_picture(item.path):
        reasons.add(Feature.FOOTAGE_FORMAT, f"Footage like {name_of(item.path)!r} is not drawn.")
    elif scene.files.find(item.path) is None:
        reasons.add(
            Feature.FOOTAGE_MISSING, f"The file {name_of(item.path)!r} is not beside the project."
        )
    return {"ty": _IMAGE, "refId": _picture(f"image_{item.identity}", item, item.path, scene)}


def _picture(identity: str, item: Footage, path: str, scene: Scene) -> str:
    name = name_of(path) or f"{item.name}.png"
    found = scene.files.find(path)
    if found is not None:
        scene.used[identity] = str(found)
    scene.assets[identity] = {
        "id": identity,
        "nm": item.name,
        "w": item.width,
        "h": item.height,
        "u": _FOLDER,
        "p": found.name if found is not None else name,
        "e": 0,
    }
    return identity


def _sequence(item: Footage, scene: Scene, reasons: Reasons) -> Json:
    """A composition with a layer for each picture, which is shown for its frame."""
    identity = f"sequence_{item.identity}"
    missing = [name for name in item.frames if scene.files.find(name) is None]
    if missing or not item.frames:
        name = missing[0] if missing else name_of(item.path)
        reasons.add(Feature.FOOTAGE_MISSING, f"The file {name!r} is not beside the project.")
    step = scene.clock.frame_rate / item.frame_rate if item.frame_rate else 1.0
    layers: list[Json] = []
    for number, name in enumerate(item.frames, start=1):
        picture = _picture(f"image_{item.identity}_{number}", item, name, scene)
        layers.append(_shown_once(number, picture, step))
    if not layers:
        layers = [_shown_once(1, _picture(f"image_{item.identity}", item, item.path, scene), 1e6)]
    scene.assets[identity] = {
        "id": identity,
        "nm": item.name,
        "w": item.width,
        "h": item.height,
        "layers": layers,
    }
    return {"ty": _PRECOMPOSITION, "refId": identity, "w": item.width, "h": item.height}


def _shown_once(number: int, picture: str, step: float) -> Json:
    still = {"o": 100, "r": 0, "p": [0, 0, 0], "a": [0, 0, 0], "s": [100, 100, 100]}
    return {
        "ty": _IMAGE,
        "ind": number,
        "nm": f"{number}",
        "refId": picture,
        "ip": rounded((number - 1) * step),
        "op": rounded(number * step),
        "st": 0,
        "sr": 1,
        "ks": {key: {"a": 0, "k": value} for key, value in still.items()},
    }


def _sound(item: Footage, layer: Layer, scene: Scene, reasons: Reasons) -> Json:
    """A sound that is switched off is nothing."""
    if not (item.has_sound and layer.switches.audio):
        return {"ty": _NULL}
    if layer.stretch != 1:
        reasons.add(
            Feature.FOOTAGE_FORMAT, f"The sound {item.name!r} is stretched: it is not heard."
        )
    if not is_sound(item.path) or scene.files.find(item.path) is None:
        reasons.add(
            Feature.FOOTAGE_MISSING, f"The file {name_of(item.path)!r} is not beside the project."
        )
    identity = f"sound_{item.identity}"
    found = scene.files.find(item.path)
    if found is not None:
        scene.used[identity] = str(found)
    name = PurePosixPath(name_of(item.path)).name
    scene.assets[identity] = {"id": identity, "nm": item.name, "u": _FOLDER, "p": name, "e": 0}
    return {"ty": _AUDIO, "refId": identity, "au": _levels(layer, scene.clock)}


def _levels(layer: Layer, clock: Clock) -> Json:
    """Lottie counts loudness in percent of the recorded one; After Effects in decibels."""
    one = layer.tree.group("ADBE Audio Group").leaf("ADBE Audio Levels")
    return {"lv": animated(one, [100, 100], clock, _loudness)}


def _loudness(value: Value) -> list[float]:
    decibels = value if isinstance(value, tuple) else (0.0, 0.0)
    return [rounded(100 * 10 ** (min(level, _LOUDEST) / 20)) for level in decibels]

"""Converts the sources of layers: solids, pictures, sequences, videos and sounds."""

from pathlib import PurePosixPath

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import Clock, Json, animated, rounded, still
from reelbatch.projects.conversion.scene import Scene
from reelbatch.projects.footage import ShownFile, is_design, is_picture, is_video, name_of
from reelbatch.projects.model import Footage, Item, Layer, Solid, Value, Vector
from reelbatch.projects.reasons import Reasons

_SOLID, _IMAGE, _NULL, _AUDIO, _PRECOMPOSITION = 1, 2, 3, 6, 0
FOLDER = "images/"
_MAX_FRAMES = 5000  # of a sequence, including its repetitions
_LOUDEST = 20.0  # decibels; more is a mistake in the project


def solid(item: Solid, reasons: Reasons) -> Json:
    check_pixels(item, reasons)
    color = color_code(item.color)
    return {"ty": _SOLID, "sw": item.width, "sh": item.height, "sc": color}


def color_code(color: Vector) -> str:
    """The colour as `#rrggbb`."""
    channels = (round(min(max(channel, 0.0), 1.0) * 255) for channel in (*color, 0, 0, 0)[:3])
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def footage(item: Footage, layer: Layer, scene: Scene, reasons: Reasons) -> Json:
    """The fields of a layer that shows or plays a file.

    Footage that cannot be shown keeps the position and size of a picture, so that a job can fill
    it.
    """
    if item.has_picture:
        check_pixels(item, reasons)
    if item.alpha:
        message = f"The transparency of {item.name!r} is {item.alpha}, which is not drawn."
        reasons.add(WarningCode.FOOTAGE_NOT_DRAWN, message)
    if not item.has_picture:
        return sound(item, layer, scene, reasons)
    if item.frames or (item.path and item.frame_rate and is_picture(item.path)):
        return _sequence(item, scene, reasons)
    if item.frame_rate and is_video(item.path):
        return _video(item, layer, scene, reasons)
    if item.path and not is_picture(item.path):
        message = f"The format of the footage {name_of(item.path)!r} is not supported."
        reasons.add(WarningCode.FOOTAGE_NOT_DRAWN, message)
    return {"ty": _IMAGE, "refId": _picture(f"image_{item.identity}", item, item.path, scene)}


def check_pixels(item: Item, reasons: Reasons) -> None:
    if item.pixel_aspect != 1:
        reasons.add(
            WarningCode.PIXELS_NOT_SQUARE,
            f"The footage {item.name!r} has non-square pixels.",
        )


def _picture(identity: str, item: Footage, path: str, scene: Scene) -> str:
    size = {"w": item.width, "h": item.height}
    file = _file(path or f"{item.name}.png", scene, item)
    scene.assets[identity] = {"id": identity, "nm": item.name, **size, **file}
    return identity


def _file(path: str, scene: Scene, item: Footage) -> Json:
    """The path of an asset's file: below `images`, in the same folders as in the archive."""
    found = scene.files.find(path)
    name = name_of(path)
    if found is None:
        return {"u": FOLDER, "p": name, "e": 0}
    folder = FOLDER if found.parent == PurePosixPath() else f"{FOLDER}{found.parent}/"
    layer = item.layer_of_file if is_design(name) else None
    number = "" if layer is None else f".{item.identity}"  # several layers of one file may be shown
    name = f"{found.name}{number}.png" if is_design(name) else found.name
    scene.used[f"{folder}{name}"] = ShownFile(found, layer)
    return {"u": folder, "p": name, "e": 0}


def _video(item: Footage, layer: Layer, scene: Scene, reasons: Reasons) -> Json:
    """A video, which plays from the layer's start at its own speed."""
    remapped = layer.tree.leaf("ADBE Time Remapping") is not None
    if item.retimed or remapped or layer.stretch != 1:
        reasons.add(
            WarningCode.FOOTAGE_NOT_DRAWN,
            f"The video {name_of(item.path)!r} plays at its own speed, once and forwards.",
        )
    picture = _picture(f"video_{item.identity}", item, item.path, scene)
    return {"ty": _IMAGE, "refId": picture, "au": levels(layer, scene.clock, reasons)}


def _sequence(item: Footage, scene: Scene, reasons: Reasons) -> Json:
    """A composition with a layer for each picture, which is visible for one frame."""
    if not item.frames:
        reasons.add(
            WarningCode.FOOTAGE_NOT_DRAWN,
            f"Only the first picture of the animation {name_of(item.path)!r} is drawn.",
        )
    identity = f"sequence_{item.identity}"
    step = scene.clock.frame_rate / item.frame_rate if item.frame_rate else 1.0
    pictures = [
        _picture(f"image_{item.identity}_{number}", item, name, scene)
        for number, name in enumerate(item.frames, start=1)
    ]
    loops = min(item.loops, _MAX_FRAMES // len(pictures)) if pictures else 1
    if loops < item.loops:
        reasons.add(
            WarningCode.FOOTAGE_NOT_DRAWN, f"The sequence {item.name!r} plays only {loops} times."
        )
    shown = enumerate(pictures * loops, start=1)
    layers = [_shown_once(number, picture, step) for number, picture in shown]
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


def sound(item: Footage, layer: Layer, scene: Scene, reasons: Reasons) -> Json:
    """A sound; if it is switched off, a null layer."""
    if not (item.has_sound and layer.switches.audio):
        return {"ty": _NULL}
    if layer.stretch != 1 or item.retimed or layer.tree.leaf("ADBE Time Remapping") is not None:
        reasons.add(
            WarningCode.FOOTAGE_NOT_DRAWN,
            f"The sound {item.name!r} plays at its own speed, once and forwards.",
        )
    identity = f"sound_{item.identity}"
    scene.assets[identity] = {"id": identity, "nm": item.name, **_file(item.path, scene, item)}
    return {"ty": _AUDIO, "refId": identity, "au": levels(layer, scene.clock, reasons)}


def levels(layer: Layer, clock: Clock, reasons: Reasons) -> Json:
    """The layer's volume, which is zero if its sound is off.

    Lottie's unit is percent of the recorded volume, After Effects' is decibels.
    """
    if not layer.switches.audio:
        return {"lv": still([0, 0])}
    one = layer.tree.group("ADBE Audio Group").leaf("ADBE Audio Levels")
    if one is not None and (len({key.value for key in one.keyframes}) > 1 or one.expression):
        reasons.add(WarningCode.FOOTAGE_NOT_DRAWN, "The layer's sound keeps its initial volume.")
    return {"lv": animated(one, [100, 100], clock, _loudness)}


def _loudness(value: Value) -> list[float]:
    decibels = value if isinstance(value, tuple) else (0.0, 0.0)
    return [rounded(100 * 10 ** (min(level, _LOUDEST) / 20)) for level in decibels]

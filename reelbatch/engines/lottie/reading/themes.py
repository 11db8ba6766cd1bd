"""Themes of a dotLottie: files with values for an animation's slots (https://dotlottie.io/spec/)."""

from collections.abc import Iterator
from typing import Any

from reelbatch.engines.lottie.document import Json, array, is_object, objects


def theme_slots(theme: object, animation: str | None) -> dict[str, Json]:
    """The properties of a theme's rules by slot name.

    Rules for other animations than `animation` and rules of unsupported types are skipped.
    """
    rules = objects(theme.get("rules")) if is_object(theme) else []
    slots: dict[str, Json] = {}
    for rule in rules:
        scope = array(rule.get("animations"))
        content = _content(rule)
        if isinstance(rule.get("id"), str) and content and (not scope or animation in scope):
            slots[rule["id"]] = content
    return slots


def _content(rule: Json) -> Json:
    kind, value = rule.get("type"), rule.get("value")
    if kind in ("Image", "Text"):
        return {}
    keyframes = list(_keyframes(rule))
    if keyframes:
        return {"a": 1, "k": keyframes}
    if value is None:
        return {}
    return {"a": 0, "k": _flat(value)}


def _keyframes(rule: Json) -> Iterator[Json]:
    for keyframe in objects(rule.get("keyframes")):
        if not isinstance(keyframe.get("frame"), (int, float)):
            continue
        flat = _flat(keyframe.get("value"))
        spelled: Json = {"t": keyframe["frame"], "s": flat if isinstance(flat, list) else [flat]}
        for key, name in (("i", "inTangent"), ("o", "outTangent")):
            if is_object(keyframe.get(name)):
                spelled[key] = keyframe[name]
        if keyframe.get("hold") is True:
            spelled["h"] = 1
        yield spelled


def _flat(value: Any) -> Any:
    """The value as in a document: gradient stops are objects in a theme, but numbers there."""
    stops = objects(value)
    if not stops:
        return value
    row = [
        number
        for stop in stops
        for number in (stop.get("offset", 0), *array(stop.get("color"))[:3])
    ]
    alphas = [array(stop.get("color"))[3:4] for stop in stops]
    if any(alpha and alpha[0] != 1 for alpha in alphas):
        row += [
            n
            for stop, alpha in zip(stops, alphas, strict=True)
            for n in (stop.get("offset", 0), (alpha or [1])[0])
        ]
    return row

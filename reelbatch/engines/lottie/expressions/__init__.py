"""Runs expressions, the scripts that animate properties, and writes their results as keyframes.

`runtime.js` provides what After Effects offers to expressions. It runs in a script engine (QuickJS)
without files or a clock, and with limits on time and memory. ThorVG, and the rewriting and
typesetting before it, only see the results. docs/decisions/0016-expressions.md has the reasons.
"""

import hashlib
import json
import math
import signal
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from time import monotonic
from typing import Any, NamedTuple

from pydantic import FiniteFloat, NonNegativeInt, TypeAdapter, ValidationError
from quickjs import Context, JSException

from reelbatch.engines.lottie.checks import MAX_CHARACTERS
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    array,
    at_rest,
    is_object,
    layer_name,
    number,
    objects,
)
from reelbatch.engines.lottie.expressions.texts import Typeset, forget_texts, typeset_texts
from reelbatch.models.errors import LimitExceeded
from reelbatch.models.wire.warnings import RenderWarning, WarningCode, expressions_stopped

_MEMORY = 256 * 1024**2  # bytes, of the script engine
_STACK = 512 * 1024  # bytes
_SECONDS = 2.0  # of processor time per frame
_LAST_SECONDS = 3.0  # of processor time per frame, if the engine ignores the limit above
_LARGEST = 32 * 1024**2  # characters of all values
_MAX_WORDS = 10 * MAX_CHARACTERS  # characters of a text in all of its states
_MEASURES = "sourceRectAtTime"
_CONTROLS = 5  # the type of effects that draw nothing and are only read by expressions
_OFF = "The template's expressions do not run here. Whatever they animate may stand still."
_RUNTIME = files("reelbatch.engines.lottie.expressions").joinpath("runtime.js").read_text("utf-8")


_Path = dict[str, list[tuple[FiniteFloat, FiniteFloat]] | bool]


class _Evaluation(NamedTuple):
    """The result of `evaluate` for one frame."""

    # the property's number, the frame of its composition, and its value there
    values: list[tuple[NonNegativeInt, FiniteFloat, FiniteFloat | list[FiniteFloat] | _Path | str]]
    failures: list[tuple[NonNegativeInt, str]]  # the property's number, and why it failed


_EVALUATION = TypeAdapter(_Evaluation)


class _Stopped(Exception):
    """The expressions took too long or too much memory, or misbehaved otherwise."""


@dataclass
class _Found:
    """A property with an expression, and its values by frame of its composition."""

    animated: Json
    layer: str
    composition: str
    is_color: bool
    kind: str
    samples: dict[float, Any] = field(default_factory=dict[float, Any])
    reason: str | None = None  # why it failed at a frame


def run_expressions(
    document: LottieDocument,
    composition: LottieComposition,
    precompositions: Mapping[str, list[Json]],
    frames: Iterable[int] | None,
    typeset: Typeset,
    seconds: float = math.inf,
) -> list[RenderWarning]:
    """Replace the expressions of all layers that `composition` shows with keyframes.

    A property whose expression fails keeps the values that the exporter wrote next to it.

    Args:
        document: The document.
        composition: The composition that is drawn.
        precompositions: The layers of the precompositions that it shows, by asset id.
        frames: The frames to evaluate, counted from the composition's first frame; None: the
            expressions do not run.
        typeset: Turns text layers into shape layers, for expressions that measure texts.
        seconds: The time that all expressions together may take.

    Returns:
        A warning for each expression that fails, or one for all of them if none runs.

    Raises:
        LimitExceeded: An expression makes a text too long.
    """
    comps = _described(document, composition, precompositions)
    found = list(_with_expressions(comps))
    if not found:
        return []
    if frames is None:
        return [RenderWarning(code=WarningCode.EXPRESSIONS_OFF, message=_OFF)]
    times = [composition.first_frame + frame for frame in frames]
    end = monotonic() + seconds
    try:
        for part in _in_turn(found, comps, typeset):
            _run(part, comps, document, times, end)
            for each in part:
                _bake(each)
    except _Stopped as error:
        return [expressions_stopped(str(error))]
    finally:
        forget_texts(comps)
    return [
        RenderWarning(
            code=WarningCode.EXPRESSION_FAILED,
            message=f"An expression failed: {each.reason}.",
            layer=each.layer,
            composition=each.composition,
        )
        for each in found
        if each.reason is not None
    ]


def _in_turn(found: list[_Found], comps: list[Json], typeset: Typeset) -> Iterator[list[_Found]]:
    """The expressions in the order of evaluation: words come before what depends on their size."""
    if not any(_MEASURES in json.dumps(comp["layers"]) for comp in comps):
        yield found
        return
    words = [each for each in found if each.kind == "words"]
    if words:
        yield words
    typeset_texts(comps, typeset)
    yield [each for each in found if each.kind != "words"]


def _described(
    document: LottieDocument,
    composition: LottieComposition,
    precompositions: Mapping[str, list[Json]],
) -> list[Json]:
    """The compositions as `runtime.js` expects them; the one that is drawn has an empty id."""
    end = composition.first_frame + composition.frames
    root: Json = {
        "id": "",
        "nm": composition.name,
        "w": composition.width,
        "h": composition.height,
        "ip": composition.first_frame,
        "op": end,
        "markers": document.root.get("markers"),
        "layers": composition.layers,
    }
    return [
        root,
        *(
            {
                "id": name,
                "nm": document.composition_names.get(name, name),
                "w": number(document.assets[name].get("w"), composition.width),
                "h": number(document.assets[name].get("h"), composition.height),
                "ip": 0,
                "op": max((number(layer.get("op"), 0.0) for layer in layers), default=0.0),
                "layers": layers,
            }
            for name, layers in precompositions.items()
        ),
    ]


def _with_expressions(comps: Iterable[Json]) -> Iterator[_Found]:
    for comp in comps:
        for position, layer in enumerate(comp["layers"], start=1):
            for animated, is_color in _animated_in(layer):
                yield _Found(
                    animated,
                    layer=layer_name(layer, position),
                    composition=comp["nm"],
                    is_color=is_color,
                    kind=_kind(at_rest(animated)),
                )


def _animated_in(layer: Json) -> Iterator[tuple[Json, bool]]:
    """The properties with an expression that affect the drawing; True for colours."""
    drawn = {key: value for key, value in layer.items() if key != "ef"}
    effects = [effect for effect in objects(layer.get("ef")) if effect.get("ty") != _CONTROLS]
    waiting: list[Any] = [drawn, *effects]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            color = value.get("c") if value.get("ty") in ("fl", "st") else None
            for inner in value.values():
                if is_object(inner) and isinstance(inner.get("x"), str) and "k" in inner:
                    yield inner, inner is color
            waiting.extend(value.values())
        waiting.extend(array(value))


def _run(
    found: list[_Found],
    comps: list[Json],
    document: LottieDocument,
    frames: Iterable[float],
    end: float,
) -> None:
    for identity, each in enumerate(found):
        each.animated["$id"] = identity
    content = json.dumps(comps)
    for each in found:
        del each.animated["$id"]
    pictures = {
        name: [asset.get("w"), asset.get("h")]
        for name, asset in document.assets.items()
        if isinstance(asset.get("p"), str)
    }
    head = {
        "fps": float(document.frame_rate),
        "seed": int.from_bytes(hashlib.sha256(content.encode()).digest()[:4]),
        "sizes": pictures,
    }
    size = 0
    try:
        start, evaluate = _open_runtime()
        with _watched():
            start(json.dumps(head), content)
        for frame in frames:
            with _watched():
                evaluation = evaluate(frame)
            size += len(evaluation)
            if size > _LARGEST:
                raise _Stopped("they produce too many values")
            if monotonic() > end:
                raise _Stopped("together they take too long")
            _store(found, evaluation)
    except JSException as error:
        raise _Stopped(str(error).partition("\n")[0]) from error


def _store(found: list[_Found], evaluation: str) -> None:
    """Store the values of a frame. They are untrusted: an expression may have forged them."""
    try:
        values, failures = _EVALUATION.validate_json(evaluation)
        for identity, frame, value in values:
            if _kind(value) != found[identity].kind:
                raise _Stopped("their values are of the wrong kind")
            found[identity].samples[frame] = value
        for identity, reason in failures:
            found[identity].reason = found[identity].reason or reason
    except (ValidationError, IndexError) as error:
        raise _Stopped("they produce something other than values") from error


def _kind(value: Any) -> str:
    inner = value[0] if array(value) else value
    if is_object(inner):
        return "path" if "v" in inner else "words"
    return "words" if isinstance(inner, str) else "numbers"


def _open_runtime() -> tuple[Any, Any]:
    context = Context()
    context.set_memory_limit(_MEMORY)
    context.set_max_stack_size(_STACK)
    context.set_time_limit(_SECONDS)
    runtime = context.eval(_RUNTIME)
    context.set("runtime", runtime)
    functions = context.eval("runtime.start"), context.eval("runtime.evaluate")
    context.eval("delete globalThis.runtime")
    return functions


@contextmanager
def _watched() -> Generator[None]:
    """End the process if the script engine is stuck in a built-in function that ignores the limits.

    An example is the search for a long text in a longer one. Windows has no such timer.
    """
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, _LAST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _bake(found: _Found) -> None:
    animated, steps = found.animated, list(_steps(found))
    del animated["x"]
    if steps and isinstance(steps[0][1], str):
        _bake_words(animated, steps)
    elif len(steps) == 1:
        value = steps[0][1]
        animated.update(a=0, k=_in_range(found, value) if isinstance(value, list) else value)
    elif steps:
        keyframes = [{"t": time, "s": _in_range(found, value), "h": 1} for time, value in steps]
        animated.update(a=1, k=keyframes)


def _steps(found: _Found) -> Iterator[tuple[float, Any]]:
    """The values with the times from which they hold, halfway between two frames."""
    samples = sorted(found.samples.items())
    former: Any = None
    for (before, _), (frame, value) in pairwise([*samples[:1], *samples]):
        if value != former:
            yield (before + frame) / 2, value
        former = value


def _in_range(found: _Found, value: Any) -> Any:
    """A value in the form that keyframes have."""
    values: list[Any] = array(value) or [value]
    return [min(max(channel, 0.0), 1.0) for channel in values] if found.is_color else values


def _bake_words(source: Json, steps: list[tuple[float, str]]) -> None:
    """Write the words of a text, each with the style of its time. Raises LimitExceeded."""
    if sum(len(words) for _, words in steps) > _MAX_WORDS:
        raise LimitExceeded("An expression makes a text too long.")
    styles = [each for each in objects(source.get("k")) if is_object(each.get("s"))]
    times = {number(each.get("t"), 0.0) for each in styles[1:]} | {time for time, _ in steps}
    source["k"] = [
        {"t": time, "s": {**_style_at(styles, time), "t": _words_at(steps, time)}}
        for time in sorted(times)
    ]


def _style_at(styles: list[Json], time: float) -> Json:
    past = [each["s"] for each in styles if number(each.get("t"), 0.0) <= time]
    return past[-1] if past else styles[0]["s"]


def _words_at(steps: list[tuple[float, str]], time: float) -> str:
    past = [words for start, words in steps if start <= time]
    return past[-1] if past else steps[0][1]

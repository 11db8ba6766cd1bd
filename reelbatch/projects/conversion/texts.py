"""Converts text layers: texts, styles, animators with their selectors, and text on a path."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import NamedTuple

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import (
    Clock,
    Converter,
    Json,
    animated,
    rounded,
    scalar,
    script,
    vector,
)
from reelbatch.projects.model import CharacterStyle, Group, Property, Text
from reelbatch.projects.reasons import Reasons

_SMALL_CAPS, _ALL_CAPS = 2, 1  # Lottie's numbers, which are the reverse of After Effects'
_CAPS = {1: _SMALL_CAPS, 2: _ALL_CAPS, 3: _SMALL_CAPS}
# By match name: the field of an animator, and how its value is written
# (https://lottie.github.io/lottie-spec/latest/specs/text/).
_ANIMATED: dict[str, tuple[str, Converter]] = {
    "ADBE Text Anchor Point 3D": ("a", vector),
    "ADBE Text Position 3D": ("p", vector),
    "ADBE Text Scale 3D": ("s", vector),
    "ADBE Text Skew": ("sk", scalar),
    "ADBE Text Skew Axis": ("sa", scalar),
    "ADBE Text Rotation X": ("rx", scalar),
    "ADBE Text Rotation Y": ("ry", scalar),
    "ADBE Text Rotation": ("r", scalar),
    "ADBE Text Opacity": ("o", scalar),
    "ADBE Text Fill Opacity": ("fo", scalar),
    "ADBE Text Fill Color": ("fc", vector),
    "ADBE Text Fill Hue": ("fh", scalar),
    "ADBE Text Fill Saturation": ("fs", scalar),
    "ADBE Text Fill Brightness": ("fb", scalar),
    "ADBE Text Stroke Opacity": ("so", scalar),
    "ADBE Text Stroke Color": ("sc", vector),
    "ADBE Text Stroke Width": ("sw", scalar),
    "ADBE Text Tracking Amount": ("t", scalar),
    "ADBE Text Line Spacing": ("ls", vector),
}
_ALONE = frozenset({"ADBE Text Track Type"})  # only modifies another property
_PERCENT = {
    "s": ("ADBE Text Percent Start", 0),
    "e": ("ADBE Text Percent End", 100),
    "o": ("ADBE Text Percent Offset", 0),
}
_INDEX = {
    "s": ("ADBE Text Index Start", 0),
    "e": ("ADBE Text Index End", 0),
    "o": ("ADBE Text Index Offset", 0),
}
_ADVANCED = {
    "a": ("ADBE Text Selector Max Amount", 100),
    "sm": ("ADBE Text Selector Smoothness", 100),
    "xe": ("ADBE Text Levels Max Ease", 0),
    "ne": ("ADBE Text Levels Min Ease", 0),
}
_CHOICES = {
    "b": ("ADBE Text Range Type2", 1),
    "r": ("ADBE Text Range Units", 1),
    "sh": ("ADBE Text Range Shape", 1),
    "rn": ("ADBE Text Randomize Order", 0),
}
_BY_INDEX = 2
_ON_PATH = {
    "r": "ADBE Text Reverse Path",
    "p": "ADBE Text Perpendicular To Path",
    "a": "ADBE Text Force Align Path",
    "f": "ADBE Text First Margin",
    "l": "ADBE Text Last Margin",
}
_MORE_OPTIONS = {
    "ADBE Text Render Order": "A text's order of fills and strokes is not drawn.",
    "ADBE Text Character Blend Mode": "The blending of a text's letters is not drawn.",
}
_STYLE_FIELDS = ("f", "s", "j", "tr", "lh", "ls", "fc", "sc", "sw", "of", "ca")
# The values of a run that does not have a field of its document; nulls would be dropped later.
_NOTHING: Json = {"fc": [], "sc": [], "sw": 0, "of": True, "ca": 0}


@dataclass
class Fonts:
    """The fonts in the texts of a document, by PostScript name."""

    named: dict[str, Json] = field(default_factory=dict[str, Json])

    def add(self, name: str) -> str:
        family, _, style = name.partition("-")
        entry: Json = {"fName": name, "fFamily": family, "fStyle": style or "Regular"}
        self.named.setdefault(name, entry | {"ascent": 75})
        return name


def text_of(properties: Group, clock: Clock, fonts: Fonts, reasons: Reasons) -> Json:
    """The `t` of a text layer."""
    source = properties.leaf("ADBE Text Document")
    options = properties.group("ADBE Text More Options")
    animators = properties.group("ADBE Text Animators")
    for name, message in _MORE_OPTIONS.items():
        if _choice(options, name, 1) != 1:
            reasons.add(WarningCode.TEXT_STYLE_NOT_DRAWN, message)
    return {
        "d": _documents(source, clock, fonts, reasons),
        "p": _path(properties.group("ADBE Text Path Options"), clock),
        "m": {
            "g": int(_choice(options, "ADBE Text Anchor Point Option", 1)),
            "a": animated(options.leaf("ADBE Text Anchor Point Align"), [0, 0], clock),
        },
        "a": [_animator(group, clock, reasons) for group in animators.groups if group.enabled],
    }


def _documents(source: Property | None, clock: Clock, fonts: Fonts, reasons: Reasons) -> Json:
    timed = [(keyframe.time, keyframe.value) for keyframe in source.keyframes] if source else []
    if source is not None and not timed:
        timed = [(0.0, source.value)]
    documents: Json = {
        "k": [
            {"s": _document(text, fonts, reasons), "t": clock.frames(time)}
            for time, text in timed
            if isinstance(text, Text)
        ]
    }
    if not documents["k"]:
        reasons.add(WarningCode.NOT_UNDERSTOOD, "The content of a text layer cannot be read.")
    if source is not None and source.expression:
        documents["x"] = script(source.expression)
    if source is not None and source.slot:
        documents["sid"] = source.slot
    return documents


def _document(text: Text, fonts: Fonts, reasons: Reasons) -> Json:
    runs = _runs(text)
    _check_document(text, [run.style for run in runs if run.words.strip()], reasons)
    document: Json = {"t": text.words, **_style(runs[0], fonts)}
    if len(runs) > 1:
        document["runs"] = [
            {"t": run.words, **_differences(_style(run, fonts), document)} for run in runs
        ]
    if text.box is not None:
        left, top, width, height = map(rounded, text.box)
        document |= {"ps": [left, top], "sz": [width, height]}
    return document


def _style(run: "_Run", fonts: Fonts) -> Json:
    """The fields of a document that describe the style of its letters."""
    style = run.style
    written: Json = {
        "f": fonts.add(style.font),
        "s": rounded(style.size),
        "j": run.justification,
        "tr": rounded(style.tracking),
        "lh": rounded(style.leading),
        "ls": rounded(style.baseline_shift),
    }
    if style.fill is not None:
        written["fc"] = list(map(rounded, style.fill))
    if style.stroke is not None:
        written |= {
            "sc": list(map(rounded, style.stroke)),
            "sw": rounded(style.stroke_width),
            "of": style.stroke_over_fill,
        }
    if style.caps in _CAPS:
        written["ca"] = _CAPS[style.caps]
    return written


def _differences(style: Json, document: Json) -> Json:
    """The fields of a run's style that differ from its document."""
    style, document = _NOTHING | style, _NOTHING | document
    return {key: style[key] for key in _STYLE_FIELDS if style[key] != document[key]}


def _check_document(text: Text, shown: Sequence[CharacterStyle], reasons: Reasons) -> None:
    if text.vertical:
        reasons.add(WarningCode.TEXT_STYLE_NOT_DRAWN, "Vertical text is drawn horizontally.")
    unsupported = dict.fromkeys(words for each in (text, *shown) for words in each.unsupported)
    if (
        "\r" in text.words or text.box is not None
    ):  # otherwise there is a single paragraph of one line
        unsupported |= dict.fromkeys(
            words
            for paragraph in text.paragraphs
            for words in paragraph.unsupported
            if "\r" in text.words or "space" not in words
        )
    for words in unsupported:
        reasons.add(WarningCode.TEXT_STYLE_NOT_DRAWN, f"A text has {words}, which is not drawn.")


class _Run(NamedTuple):
    """A piece of text with one style, and the justification of its paragraph."""

    words: str
    style: CharacterStyle
    justification: int


def _runs(text: Text) -> list[_Run]:
    """Split a text into runs, at least one. White space at its end belongs to the run before it,
    because the last run often contains nothing else."""
    units = text.words.encode("utf-16-le", "surrogatepass")
    styles = list(accumulate(max(0, run.characters) for run in text.runs))
    paragraphs = list(accumulate(max(0, run.characters) for run in text.paragraphs))
    ends = [end for end in sorted({*styles, *paragraphs}) if 0 < 2 * end < len(units)]
    shown = len(text.words.rstrip().encode("utf-16-le", "surrogatepass")) // 2
    runs: list[_Run] = []
    for start, end in pairwise([0, *ends, len(units) // 2]):
        run = _Run(
            words=units[2 * start : 2 * end].decode("utf-16-le", "replace"),
            style=text.runs[min(bisect_right(styles, start), len(styles) - 1)].style,
            justification=text.paragraphs[
                min(bisect_right(paragraphs, start), len(paragraphs) - 1)
            ].justification,
        )
        if runs and (run[1:] == runs[-1][1:] or start >= shown):
            runs[-1] = runs[-1]._replace(words=runs[-1].words + run.words)
        else:
            runs.append(run)
    return runs


def _path(options: Group, clock: Clock) -> Json:
    mask = _choice(options, "ADBE Text Path", 0)
    if mask < 1:
        return {}
    defaults = {"p": 1}
    found = {
        key: animated(options.leaf(name), defaults.get(key, 0), clock, scalar)
        for key, name in _ON_PATH.items()
    }
    return {"m": int(mask) - 1, **found}


def _animator(group: Group, clock: Clock, reasons: Reasons) -> Json:
    properties = group.group("ADBE Text Animator Properties")
    found: Json = {}
    for one in properties.properties:
        known = _ANIMATED.get(one.match_name)
        if known is not None:
            found[known[0]] = animated(one, 0, clock, known[1])
        elif one.match_name not in _ALONE and any(_is_set(one)):
            reasons.add(
                WarningCode.TEXT_STYLE_NOT_DRAWN, f"A text animator's {one.name} is not drawn."
            )
    selectors = [one for one in group.group("ADBE Text Selectors").groups if one.enabled]
    ranges = [one for one in selectors if one.match_name == "ADBE Text Selector"]
    if len(ranges) < len(selectors):
        reasons.add(
            WarningCode.TEXT_STYLE_NOT_DRAWN,
            "Wiggly and expression selectors of a text are not drawn.",
        )
    if len(ranges) > 1:
        reasons.add(
            WarningCode.TEXT_STYLE_NOT_DRAWN, "Only the first selector of a text animator is drawn."
        )
    return {"nm": group.name, "a": found, "s": _selector(ranges[0], clock) if ranges else {"t": 0}}


def _selector(group: Group, clock: Clock) -> Json:
    advanced = group.group("ADBE Text Range Advanced")
    choices = {
        key: int(_choice(advanced, name, default)) for key, (name, default) in _CHOICES.items()
    }
    ends = _INDEX if choices["r"] == _BY_INDEX else _PERCENT
    return {
        "t": 0,
        **choices,
        **{
            key: animated(group.leaf(name), default, clock, scalar)
            for key, (name, default) in ends.items()
        },
        **{
            key: animated(advanced.leaf(name), default, clock, scalar)
            for key, (name, default) in _ADVANCED.items()
        },
    }


def _choice(group: Group, match_name: str, default: float) -> float:
    one = group.leaf(match_name)
    return default if one is None else scalar(one.value)


def _is_set(one: Property) -> Iterator[bool]:
    for value in [keyframe.value for keyframe in one.keyframes] or [one.value]:
        yield isinstance(value, tuple) and any(value)

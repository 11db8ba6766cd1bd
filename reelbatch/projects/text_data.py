"""Reads After Effects' text documents, which are PDF objects with numbers as names.

The syntax is in section 7.3 of ISO 32000-1, and the meaning of the numbers at
https://lottiefiles.github.io/lottie-docs/aep/#list-btdk. The library's own reader is not used
(docs/decisions/0015-after-effects-projects.md).
"""

import math
import re
from collections.abc import Callable
from typing import Any, cast

from reelbatch.models.errors import TemplateInvalid
from reelbatch.projects.model import CharacterStyle, ParagraphRun, Text, TextRun, Vector

_MAX_DEPTH = 64  # the deepest real document has 14
_MAX_RUNS = 20_000  # in all documents of a layer
_TOKEN = re.compile(
    rb"\s*(?:(?P<open><<|\[)|(?P<close>>>|\])|/(?P<name>[^\s<>\[\]()/]*)"
    rb"|\((?P<string>(?:[^\\()]|\\.)*)\)|<(?P<hex>[0-9A-Fa-f\s]*)>"
    rb"|(?P<number>[+-]?(?:\d{1,300}(?:\.\d*)?|\.\d+))|(?P<word>[A-Za-z]+))",
    re.DOTALL,
)
_BRACKET = re.compile(rb"<<|>>|\[|\]|\((?:[^\\()]|\\.)*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_READ_DEPTH = 2
_READ = {("0", "1"), ("0", "8"), ("1", "1")}  # fonts, frames, documents
_LINES_AS_SET = ("1", "1", None, "1")
_UNREAD_AT = {_READ_DEPTH - 1, len(_LINES_AS_SET) - 1}  # levels
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}
_WORDS: dict[bytes, bool | None] = {b"true": True, b"false": False}

# Settings that Lottie does not have, by their numbers in a style, with the value at which they have
# no effect.
_CHARACTER_EXTRAS = {
    "2": (False, "faux bold"),
    "3": (False, "faux italic"),
    "6": (1.0, "a horizontal scale"),
    "7": (1.0, "a vertical scale"),
    "13": (0, "superscript or subscript"),
    "36": (0.0, "tsume"),
}
_PARAGRAPH_EXTRAS = {
    "1": (0.0, "a first line indent"),
    "2": (0.0, "a left indent"),
    "3": (0.0, "a right indent"),
    "4": (0.0, "space before paragraphs"),
    "5": (0.0, "space after paragraphs"),
}
_BOX_EXTRAS = {
    "9": (0.0, "an inset in its box"),
    "13": (0, "vertical alignment in its box"),
    "14": (0, "a box that grows with the text"),
}
_AUTO_LEADING = 1.2  # times the font size


Objects = dict[str, Any]


def read_texts(content: bytes) -> list[Text]:
    """Read a layer's text documents: one, or one for each keyframe. Raises TemplateInvalid."""
    objects = _read_objects(content)
    fonts = [_words(_at(entry, "0", "0", "0")) for entry in _list(_at(objects, "0", "1", "0"))]
    frame = _at(objects, "0", "8", "0", 0, "0")
    documents = _list(_at(objects, "1", "1"))
    runs = sum(len(_list(_at(one, "0", key, "0"))) for one in documents for key in ("5", "6"))
    if runs > _MAX_RUNS:
        raise TemplateInvalid(f"A text of the project has more than {_MAX_RUNS} styles.")
    return [_text(document, fonts, frame) for document in documents]


def _text(document: Any, fonts: list[str], frame: Any) -> Text:
    runs = [
        TextRun(int(_number(_at(run, "1"), 0)), _character_style(_at(run, "0", "0", "6"), fonts))
        for run in _list(_at(document, "0", "6", "0"))
    ]
    paragraphs = [
        _paragraph(_at(run, "0", "0", "5"), _at(run, "1"))
        for run in _list(_at(document, "0", "5", "0"))
    ]
    return Text(
        words=_words(_at(document, "0", "0")).removesuffix("\r"),
        runs=tuple(runs) or (TextRun(0, _character_style(None, fonts)),),
        paragraphs=tuple(paragraphs) or (_paragraph(None, 0),),
        box=_box(frame),
        vertical=_number(_at(frame, "2", "1"), 0) != 0,
        unsupported=(
            *_extras(_at(frame, "2"), _BOX_EXTRAS),
            *_kerning(_list(_at(document, "0", "8", "0"))),
        ),
    )


def _kerning(runs: list[Any]) -> tuple[str, ...]:
    """Whether letters are kerned manually; metric and optical kerning are left to the font."""
    is_set = any(_number(_at(run, "0", "0"), 0.0) for run in runs)
    return ("manual kerning",) if is_set else ()


def _character_style(style: Any, fonts: list[str]) -> CharacterStyle:
    size = _number(_at(style, "1"), 36.0)
    font = int(_number(_at(style, "0"), 0))
    automatic = _at(style, "4") is True
    return CharacterStyle(
        font=fonts[font] if 0 <= font < len(fonts) else "",
        size=size,
        fill=_color(_at(style, "53")) if _at(style, "56") is not False else None,
        stroke=_color(_at(style, "54")) if _at(style, "57") is True else None,
        stroke_width=_number(_at(style, "63"), 1.0),
        stroke_over_fill=_at(style, "58") is not False,
        tracking=_number(_at(style, "8"), 0.0),
        leading=size * _AUTO_LEADING if automatic else _number(_at(style, "5"), size),
        baseline_shift=_number(_at(style, "9"), 0.0),
        caps=int(_number(_at(style, "12"), 0)),
        unsupported=_extras(style, _CHARACTER_EXTRAS),
    )


def _paragraph(style: Any, characters: Any) -> ParagraphRun:
    return ParagraphRun(
        characters=int(_number(characters, 0)),
        justification=int(_number(_at(style, "0"), 0)),
        unsupported=_extras(style, _PARAGRAPH_EXTRAS),
    )


def _extras(style: Any, known: dict[str, tuple[float, str]]) -> tuple[str, ...]:
    return tuple(
        words for key, (none, words) in known.items() if _at(style, key) not in (none, None)
    )


def _color(paint: Any) -> Vector:
    channels = [_number(channel, 0.0) for channel in _list(_at(paint, "0", "1"))]
    return tuple(channels[1:4]) if len(channels) == 4 else (0.0, 0.0, 0.0)  # opacity comes first


def _box(frame: Any) -> tuple[float, float, float, float] | None:
    """The text box, whose outline has a vertex and two handles per corner, from the top left."""
    outline = [_number(number, 0.0) for number in _list(_at(frame, "1", "0"))]
    if len(outline) < 14:
        return None
    left, top, right, bottom = outline[0], outline[1], outline[12], outline[13]
    return left, top, abs(right - left), abs(bottom - top)


def _read_objects(content: bytes) -> Any:
    """Read the outermost dictionary, which has no brackets."""
    whole: Objects = {}
    container: Objects | list[Any] = whole
    outside: list[
        tuple[Objects | list[Any], str | None]
    ] = []  # each with the key of the object inside it
    key: str | None = None
    place = 0
    while (token := _TOKEN.match(content, place)) is not None:
        place, kind, text = token.end(), token.lastgroup, token[token.lastindex or 0]
        if kind == "close":
            if not outside:
                break
            container, key = outside.pop()[0], None
            continue
        is_list = isinstance(container, list)
        if kind == "name" and not is_list and key is None:
            key = text.decode("latin-1")
            continue
        value = _READERS[kind or ""](text)
        own_key = key
        if isinstance(container, list):
            container.append(value)
        elif key is not None:
            container[key] = value
            key = None
        if kind == "open":
            if len(outside) in _UNREAD_AT and _is_unread(outside, own_key):
                place = _end(content, place)
                continue
            if len(outside) >= _MAX_DEPTH:
                raise TemplateInvalid("A text of the project is nested too deeply.")
            outside.append((container, own_key))
            container, key = value, None
    if content[place:].strip():
        raise TemplateInvalid("A text of the project cannot be read.")
    return whole


def _is_unread(outside: list[tuple[Objects | list[Any], str | None]], key: str | None) -> bool:
    """Whether an object is not needed: typesetting rules, default styles or computed lines."""
    path = (*(each for _, each in outside), key)
    return path == _LINES_AS_SET or (len(path) == _READ_DEPTH and path not in _READ)


def _end(content: bytes, place: int) -> int:
    """Where the object ends that was opened just before `place`."""
    depth = 1
    for found in _BRACKET.finditer(content, place):
        opens = found[0] in (b"<<", b"[")
        depth += opens - (found[0] in (b">>", b"]"))
        if not depth:
            return found.end()
    raise TemplateInvalid("A text of the project cannot be read.")


def _string(text: bytes) -> str:
    return _decoded(_ESCAPED.sub(_unescaped, text) if b"\\" in text else text)


def _hexadecimal(text: bytes) -> str:
    digits = re.sub(rb"\s", b"", text).decode()
    return _decoded(bytes.fromhex(digits + "0" * (len(digits) % 2)))


def _name(text: bytes) -> str | None:
    return None if text == b"nil" else text.decode("latin-1")


_READERS: dict[str, Callable[[bytes], Any]] = {
    "open": lambda text: {} if text == b"<<" else [],
    "number": float,
    "string": _string,
    "hex": _hexadecimal,
    "name": _name,
    "word": _WORDS.get,
}


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, other = found.groups()
    return bytes([int(octal, 8) & 0xFF]) if octal else _ESCAPES.get(other, other)


def _decoded(content: bytes) -> str:
    if content.startswith(b"\xfe\xff"):
        return content[2:].decode("utf-16-be", "replace")
    return content.decode("latin-1")


def _at(value: Any, *keys: str | int) -> Any:
    """The value at the path of `keys`, or None."""
    for key in keys:
        if isinstance(value, dict):
            value = cast("Objects", value).get(str(key))
        elif isinstance(key, int) and key < len(_list(value)):
            value = _list(value)[key]
        else:
            return None
    return value


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any, default: float) -> float:
    return value if isinstance(value, float) and math.isfinite(value) else default

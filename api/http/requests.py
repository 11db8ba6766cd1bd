"""Reading requests: bodies with a limit, JSON, models, and errors that name the field."""

import asyncio
import json
import re
import zlib
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Iterable,
    Iterator,
    Mapping,
)
from typing import Any, NoReturn, TypeVar, cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue, ValidationError

from reelbatch.json_words import what_is_wrong
from reelbatch.models.errors import (
    BodyTooLarge,
    InvalidJson,
    NotFound,
    RequestError,
    UnsupportedMediaType,
)
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.problems import MAX_DETAILS, Problem, first_details, headline
from reelbatch.models.wire.errors import FieldError
from reelbatch.settings import ByteLimit

M = TypeVar("M", bound=BaseModel)

MAX_VALUES = 1_000_000
"""Lists, objects and items in a body, which take 150 MB as Python objects."""

_SMALL_BODY = ByteLimit(1024**2)  # for everything but batches, jobs and files
_ID = re.compile(ID_PATTERN)
_PLACES = {"query": "The parameter", "header": "The header", "path": "The path parameter"}
_PIECE = 64 * 1024  # bytes that are decompressed at a time
# Similar jobs compress to a two-hundredth at best, and zeros to a thousandth. Content up to the
# second number of bytes is accepted whatever its ratio.
_MAX_RATIO, _FREE_BYTES = 250, 4 * 1024**2
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # tells zlib to expect gzip's header and checksum


class JsonUnreadable(InvalidJson):
    """The text may be JSON, but a value in it exceeds what this server reads."""

    error_code = InvalidJson.error_code


async def limited_stream(request: Request, limit: ByteLimit) -> AsyncGenerator[bytes]:
    """The body in pieces. Raises BodyTooLarge as soon as it is known to exceed the limit.

    At the end, `request.state.after_body` is called if it is set: a body may take minutes, and the
    token may have become invalid meanwhile.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit.size:
        raise _too_large(limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit.size:
            raise _too_large(limit)
        yield chunk
    after_body = getattr(request.state, "after_body", None)
    if after_body is not None:
        await after_body()


async def read_body(request: Request, limit: ByteLimit) -> bytes:
    """The whole body, decompressed. Raises BodyTooLarge, UnsupportedMediaType or RequestError."""
    encoding = request.headers.get("content-encoding")
    pieces = _decompressed(limited_stream(request, limit), encoding, limit)
    return b"".join([piece async for piece in pieces])


def parse_json(body: bytes, what: str = "The body") -> JsonValue:
    """Raises InvalidJson, also for NaN and Infinity, which are not JSON.

    Raises BodyTooLarge before parsing if the Python objects would need far more memory than the
    text.
    """
    check_values(body, what)
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidJson(f"{what} is not valid UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(f"{what} is not JSON: {what_is_wrong(error)}.") from None
    except RecursionError:
        raise JsonUnreadable(f"{what} is nested too deeply.") from None
    except _NotJson as error:
        raise InvalidJson(f"{what} is not JSON: {error}.") from None
    except ValueError:  # CPython limits the digits, because huge numbers take hours to parse
        raise JsonUnreadable(f"{what} has a number with too many digits.") from None


def check_values(body: bytes, what: str = "The body") -> None:
    """Raises BodyTooLarge for too many values.

    Commas and brackets inside strings count too, but few bodies have that many of them.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise BodyTooLarge(f"{what} has more than {MAX_VALUES} values; send fewer at a time.")


async def read_model(request: Request, model: type[M], *, if_empty: bytes = b"") -> M:
    """A small JSON body as a model; `if_empty` is used if there is no body.

    Raises InvalidJson, BodyTooLarge or RequestError.
    """
    content = parse_json(await read_body(request, _SMALL_BODY) or if_empty)
    read = as_model(content, model)
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidJson(
            "The body contains half of a surrogate pair, which is not valid text."
        ) from None
    return read


def as_model(content: JsonValue, model: type[M]) -> M:
    """Raises RequestError with a message for every invalid field."""
    if not isinstance(content, dict):
        raise RequestError("The body must be a JSON object.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        details = field_errors(error, content)
        raise RequestError(headline(details), details=details) from None


def check_id(candidate: str, thing: str) -> str:
    """Raises RequestError for what cannot be an id."""
    if not _ID.fullmatch(candidate):
        raise RequestError(
            f"{candidate[:40]!r} is not a {thing} id: ids are ULIDs of 26 characters."
        )
    return candidate


def id_or_not_found(candidate: str, missing: type[NotFound]) -> str:
    """Like `check_id`, but raises `missing` because the contract has no 400 for the endpoint."""
    if not _ID.fullmatch(candidate):
        raise missing
    return candidate


def parameter_error(error: RequestValidationError) -> RequestError:
    """The problems of the query, the headers or the path, which is all that FastAPI reads."""
    items = error.errors()
    details = [
        FieldError(
            field=str(item["loc"][1]),
            message=_message(item["type"], item["msg"], item.get("ctx", {})),
        )
        for item in items
    ]
    place = _PLACES[items[0]["loc"][0]]
    return RequestError(f"{place} {details[0].field} {details[0].message}.", details=details)


def field_errors(error: ValidationError, content: JsonValue) -> list[FieldError]:
    """One message per field, in plain words instead of pydantic's; only as many as are useful."""
    messages: dict[str, list[str]] = {}
    number = error.error_count()
    for item in error.errors(include_url=False, include_input=False):
        if len(messages) > MAX_DETAILS:
            break
        number -= 1
        path = _path(item["loc"], content, is_missing=item["type"] == "missing")
        message = _message(item["type"], item["msg"], item.get("ctx", {}))
        found = messages.setdefault(path, [])
        if message not in found:
            found.append(message)
    wrong = {path: found for path, found in messages.items() if not _has_parts(path, messages)}
    details = (Problem(RequestError, path, _any_of(found)).detail for path, found in wrong.items())
    return first_details(details, len(wrong) + number)


def _has_parts(path: str, paths: Iterable[str]) -> bool:
    """Return whether a part of the field is wrong; if so, its type is the intended one."""
    return any(other.startswith(f"{path}.") for other in paths)


def _path(loc: tuple[int | str, ...], content: Any, *, is_missing: bool) -> str:
    """The field's path in the request, without the tags that pydantic inserts for unions."""
    parts: list[str] = []
    here = content
    for position, step in enumerate(loc):
        if isinstance(here, list) and isinstance(step, int):
            items = cast("list[Any]", here)
            here = items[step] if step < len(items) else None
        elif isinstance(here, dict):
            fields = cast("dict[Any, Any]", here)
            after_index = position > 0 and isinstance(loc[position - 1], int)
            if after_index and fields.get("type") == step:
                continue
            if step not in fields and not (is_missing and position == len(loc) - 1):
                continue
            here = fields.get(step)
        else:
            continue
        parts.append(str(step))
    return ".".join(parts)


_MUST_BE = "must be "
# How messages begin that complete a sentence after the field's name.
_PREDICATES = (
    *("must ", "cannot ", "may ", "has ", "needs ", "contains ", "holds ", "takes ", "accepts "),
)
_TEXTS = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "int_parsing_size": "must be a smaller integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "union_tag_not_found": "needs a `type`",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "has an unknown `type`: it must be one of {expected_tags}",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters or fewer",
    "too_short": "must have at least {min_length} item",
    "too_long": "must have {max_length} items or fewer",
    "string_pattern_mismatch": "must match {pattern}",
    "error_text": "{text}",
}


def _message(kind: str, fallback: str, context: Mapping[str, Any]) -> str:
    if kind == "value_error":
        text = str(context.get("error", fallback))
        return text if text.startswith(_PREDICATES) else f"cannot be used: {text}"
    if context.get("field_type") == "Value":  # how pydantic calls secret strings
        kind = kind.replace("too_", "string_too_")
    text = _TEXTS.get(kind)
    return text.format_map(context) if text else f"cannot be used: {fallback}"


def _any_of(messages: list[str]) -> str:
    """One message for a field that may have several types and matches none of them."""
    if len(messages) > 1 and all(message.startswith(_MUST_BE) for message in messages):
        return _MUST_BE + " or ".join(message.removeprefix(_MUST_BE) for message in messages)
    return "; ".join(messages)


def _too_large(limit: ByteLimit) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {limit}.")


class _NotJson(ValueError):
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJson(f"{name} is not a JSON value")


def _decompressed(
    pieces: AsyncIterable[bytes], encoding: str | None, limit: ByteLimit
) -> AsyncIterable[bytes]:
    """The body's pieces without their Content-Encoding (RFC 9110, 8.4).

    Raises UnsupportedMediaType. Iterating raises RequestError for invalid gzip data, and
    BodyTooLarge as soon as the content exceeds the limit, however small it was when compressed.
    """
    match (encoding or "identity").strip().lower():
        case "identity":
            return pieces
        case "gzip" | "x-gzip":
            return _gunzip(pieces, limit)
        case other:
            raise UnsupportedMediaType(
                f"The Content-Encoding {other[:40]} is not supported: send gzip or identity."
            )


async def _gunzip(pieces: AsyncIterable[bytes], limit: ByteLimit) -> AsyncIterator[bytes]:
    gunzip = _Gunzip()
    size = compressed_size = 0
    async for compressed in pieces:
        compressed_size += len(compressed)
        for piece in gunzip.feed(compressed):
            size += len(piece)
            if size > max(_FREE_BYTES, _MAX_RATIO * compressed_size):
                raise BodyTooLarge(
                    f"The body is compressed by more than a factor of {_MAX_RATIO}: send it "
                    "uncompressed."
                )
            if size > limit.size:
                raise BodyTooLarge(f"The uncompressed body is larger than {limit}.")
            yield piece
            await asyncio.sleep(0)  # let other tasks run between the pieces
    if not gunzip.is_complete:
        raise RequestError("The body is incomplete: its gzip data ends too early.")


class _Gunzip:
    """Decompresses gzip data, which may have several members in a row (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._started = False

    @property
    def is_complete(self) -> bool:
        return self._member.eof or not self._started

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        """Raises RequestError for invalid gzip data."""
        while compressed:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            self._started = True
            try:
                piece = self._member.decompress(compressed, _PIECE)
            except zlib.error as error:
                raise RequestError("The body is not gzip, or was damaged in transit.") from error
            if piece:
                yield piece
            compressed = self._member.unconsumed_tail or self._member.unused_data

"""Refuses meaningless numbers from the library, and turns its errors into TemplateInvalid."""

from collections.abc import Generator
from contextlib import contextmanager

from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.projects.model import Vector

_LARGEST = 1e9  # the largest meaningful number of pixels, seconds, degrees, …


@contextmanager
def refusing(what: str) -> Generator[None]:
    """Turn the library's errors, which may be of any type, into TemplateInvalid."""
    try:
        yield
    except RenderError:
        raise
    except RecursionError as error:
        raise TemplateInvalid(f"{what}: it is nested too deeply.") from error
    except Exception as error:
        raise TemplateInvalid(f"{what}: it is damaged or from an unknown version.") from error


def vector(values: list[float]) -> Vector:
    for value in values:
        number(value)
    return tuple(map(float, values))


def number(value: float) -> float:
    """Raises ValueError for NaN and for numbers that are too large to be meaningful."""
    if not -_LARGEST <= value <= _LARGEST:  # NaN is not between them either
        raise ValueError(f"the number {value} is out of range")
    return float(value)

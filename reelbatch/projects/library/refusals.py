"""What the library tells is held to what means something; its errors become one."""

from collections.abc import Generator
from contextlib import contextmanager

from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.projects.model import Vector

_LARGEST = 1e9  # of any number that means something: pixels, seconds, degrees


@contextmanager
def refusing(what: str) -> Generator[None]:
    """The library raises all kinds of errors at broken input: each becomes TemplateInvalid."""
    try:
        yield
    except RenderError:
        raise
    except RecursionError as error:
        raise TemplateInvalid(f"{what}: it is nested too deeply.") from error
    except Exception as error:
        raise TemplateInvalid(f"{what}: it is damaged, or of an unknown version.") from error


def vector(values: list[float]) -> Vector:
    for value in values:
        number(value)
    return tuple(map(float, values))


def number(value: float) -> float:
    """Raises ValueError for what is no number or too large to mean anything."""
    if not -_LARGEST <= value <= _LARGEST:  # what is no number is not between them, either
        raise ValueError(f"the number {value} is out of range")
    return float(value)

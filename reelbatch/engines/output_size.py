"""The size of a codec's frames."""

from reelbatch.models.wire.codecs import PROJECT_CODEC, find_codec

_SMALLEST = 2  # pixels a side
_SMALLEST_AV1 = 4  # SVT-AV1 refuses smaller pictures

# How many pixels share one colour sample, across and down; 1x1 for codecs that are not listed.
_SHARED_COLOUR = {"prores_422": (2, 1), "h264": (2, 2), "vp9": (2, 2), "av1": (2, 2)}


def output_size(codec: str, width: int, height: int, draft: bool) -> tuple[int, int]:
    """Return the size that frames must have for a codec.

    A side is rounded up to an even number if the codec stores one colour for two pixels, and it is
    never smaller than the codec allows.

    Args:
        codec: A name from `reelbatch.models.wire.codecs.CODECS`, or `aep` for a project.
        width: The composition's width in pixels.
        height: The composition's height in pixels.
        draft: Whether to halve the size.

    Returns:
        Width and height in pixels.

    Raises:
        ValueError: The codec is unknown, or the size is below 1x1.
    """
    known = PROJECT_CODEC if codec == PROJECT_CODEC.name else find_codec(codec)
    if known is None:
        raise ValueError(f"unknown codec {codec}")
    if width < 1 or height < 1:
        raise ValueError(f"a frame must have at least one pixel, not {width}x{height}")
    family = known.name.removeprefix("video_")
    smallest = _SMALLEST_AV1 if family == "av1" else _SMALLEST
    across, down = next(
        (step for name, step in _SHARED_COLOUR.items() if family.startswith(name)), (1, 1)
    )
    scale = 2 if draft else 1
    return (
        _round_up(max(smallest, _divide_up(width, scale)), across),
        _round_up(max(smallest, _divide_up(height, scale)), down),
    )


def _divide_up(length: int, divisor: int) -> int:
    return -(-length // divisor)


def _round_up(length: int, step: int) -> int:
    return _divide_up(length, step) * step

"""The few functions of ThorVG's C interface that the engine calls.

They come from the library inside the wheel `thorvg-cython`. Its own classes lack the asset
resolver, with which we provide the pixels of a picture and change them from frame to frame
(docs/decisions/0004-video-layers.md). Functions that return an int return 0 for success.
"""

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

Handle = ctypes.c_void_p
Frame = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): B, G, R, A, premultiplied."""
AssetResolver = ctypes.CFUNCTYPE(ctypes.c_bool, Handle, ctypes.c_char_p, Handle)
"""Called with a picture and the path that a document names for it, when it is first drawn."""

SUCCESS = 0
ARGB8888 = 1  # B, G, R, A in memory, premultiplied
_INT, _UINT, _FLOAT, _BOOL = ctypes.c_int, ctypes.c_uint32, ctypes.c_float, ctypes.c_bool
_NUMBER = ctypes.POINTER(_UINT)
_TEXT, _BYTE = ctypes.c_char_p, ctypes.c_uint8

# from thorvg_capi.h of 1.0.5: the result and the arguments of each function
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "tvg_engine_init": (_INT, (_UINT,)),
    "tvg_engine_version": (_INT, (_NUMBER, _NUMBER, _NUMBER, ctypes.POINTER(_TEXT))),
    "tvg_lottie_animation_new": (Handle, ()),
    "tvg_animation_get_picture": (Handle, (Handle,)),
    "tvg_animation_set_frame": (_INT, (Handle, _FLOAT)),
    "tvg_animation_del": (_INT, (Handle,)),
    "tvg_picture_new": (Handle, ()),
    "tvg_picture_get_size": (_INT, (Handle, ctypes.POINTER(_FLOAT), ctypes.POINTER(_FLOAT))),
    "tvg_picture_set_asset_resolver": (_INT, (Handle, AssetResolver, Handle)),
    "tvg_picture_load_data": (_INT, (Handle, _TEXT, _UINT, _TEXT, _TEXT, _BOOL)),
    "tvg_picture_load_raw": (_INT, (Handle, Handle, _UINT, _UINT, _INT, _BOOL)),
    "tvg_picture_set_size": (_INT, (Handle, _FLOAT, _FLOAT)),
    "tvg_shape_new": (Handle, ()),
    "tvg_shape_append_rect": (_INT, (Handle, *[_FLOAT] * 6, _BOOL)),
    "tvg_shape_set_fill_color": (_INT, (Handle, *[_BYTE] * 4)),
    "tvg_swcanvas_create": (Handle, (_INT,)),
    "tvg_swcanvas_set_target": (_INT, (Handle, Handle, _UINT, _UINT, _UINT, _INT)),
    "tvg_canvas_add": (_INT, (Handle, Handle)),
    "tvg_canvas_update": (_INT, (Handle,)),
    "tvg_canvas_draw": (_INT, (Handle, _BOOL)),
    "tvg_canvas_sync": (_INT, (Handle,)),
    "tvg_canvas_destroy": (_INT, (Handle,)),
}


def call(name: str, *arguments: Any) -> Any:
    """Call a function of ThorVG."""
    return load()[name](*arguments)


def version() -> str:
    """ThorVG's version, such as `1.0.5`."""
    numbers, text = [_UINT() for _ in range(3)], _TEXT()  # it reports nothing if one is missing
    call("tvg_engine_version", *map(ctypes.byref, (*numbers, text)))
    return (text.value or b"").decode()


def _library(binding: Path) -> Path:
    """The library to load.

    The binding itself also exposes what it is linked with, except on Windows.
    """
    return binding.with_name("thorvg-1.dll") if sys.platform == "win32" else binding


@cache
def load() -> dict[str, Callable[..., Any]]:
    """Initialise ThorVG and return its functions by name.

    It uses no threads, because each process draws a single render.
    """
    binding = find_spec("thorvg_cython.thorvg")
    if binding is None or binding.origin is None:
        raise ImportError("The package thorvg-cython is not installed.")
    library = ctypes.CDLL(str(_library(Path(binding.origin))))
    functions: dict[str, Callable[..., Any]] = {}
    for name, (result, arguments) in _SIGNATURES.items():
        function = library[name]
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    functions["tvg_engine_init"](0)
    return functions

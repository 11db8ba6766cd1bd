"""Tone mapping: high dynamic range (HLG and PQ, Rec. ITU-R BT.2100) for ordinary screens.

The white of text and of highlights on skin (203 cd/m2, Report ITU-R BT.2408) stays almost white.
Brighter light is compressed towards white instead of being cut off.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

HLG, PQ = 18, 16  # FFmpeg's AVCOL_TRC_ARIB_STD_B67 and AVCOL_TRC_SMPTE2084

_LEVELS = 1 << 10  # the signal is read with ten bits
_WHITE = 203.0  # cd/m2 of a picture's white
_HLG_PEAK = 1000.0  # cd/m2 of the reference screen for HLG,
_HLG_GAMMA = 1.2  # and the system gamma of such a screen
_KNEE = 0.75  # share of white from which light is compressed
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)  # BT.2020's weights
_TO_BT709 = np.array(  # from BT.2020's primaries (Report ITU-R BT.2407)
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_OUTPUT_LEVELS = 1 << 12  # steps of the square root of light

Deep = npt.NDArray[np.uint16]
"""(height, width, 3): red, green, blue in BT.2020, 16 bits, full range."""


def tone_mapped(picture: Deep, transfer: int) -> npt.NDArray[np.uint8]:
    """Return blue, green, red (height, width, 3) in sRGB; `transfer` is HLG or PQ."""
    light = _light_of(transfer)[picture >> 6]
    if transfer == HLG:
        scene = np.maximum(light @ _LUMA, 1e-6)
        light *= (scene ** (_HLG_GAMMA - 1) * (_HLG_PEAK / _WHITE))[..., np.newaxis]
    light = np.maximum(light @ _TO_BT709.T, 0.0)
    brightest = light.max(axis=-1, keepdims=True)
    light *= _compressed(brightest) / np.maximum(brightest, 1e-6)
    steps = np.sqrt(np.clip(light, 0.0, 1.0)) * (_OUTPUT_LEVELS - 1)
    return _signal()[steps.astype(np.uint16)][..., ::-1]


def _compressed(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Leave light below the knee as it is; above, approach 1 smoothly."""
    room = 1 - _KNEE
    return np.where(light < _KNEE, light, 1 - room * np.exp((_KNEE - light) / room))


@cache
def _light_of(transfer: int) -> npt.NDArray[np.float32]:
    """Return the light of each level of the signal.

    PQ gives shares of white, HLG shares of the scene's brightest light.
    """
    signal = np.linspace(0, 1, _LEVELS)
    return (_pq(signal) / _WHITE if transfer == PQ else _hlg(signal)).astype(np.float32)


def _pq(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return cd/m2 (BT.2100, table 4)."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    return 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def _hlg(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return light from 0 to 1 (BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


@cache
def _signal() -> npt.NDArray[np.uint8]:
    """Return sRGB's levels by the square root of light."""
    light = np.linspace(0, 1, _OUTPUT_LEVELS) ** 2
    low, high = light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055
    return np.rint(255 * np.where(light <= 0.0031308, low, high)).astype(np.uint8)

"""Finds lottie-web: one file of its npm package, which the server's operator has installed."""

import os
from pathlib import Path

SETTING = "REELBATCH_LOTTIE_WEB"
HOW_TO_GET_THE_PLAYER = (
    f"lottie-web is not installed. Set {SETTING} to the path of lottie_svg.min.js from its npm "
    "package (docs/lottie.md)."
)


def find_player() -> Path | None:
    """The player's file, or None. `Settings` has the same path, but is loaded later than this."""
    path = os.environ.get(SETTING)
    return Path(path) if path and os.access(path, os.R_OK) and Path(path).is_file() else None

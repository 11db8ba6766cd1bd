"""The PromQL expressions of the shipped alerts and dashboard."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser
import yaml

from tests.integration.service import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "reelbatch.json"


@dataclass(frozen=True)
class Selected:
    """A metric that a query reads, and the labels that it filters by."""

    metric: str
    labels: frozenset[str]


def alert_rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return json.loads(DASHBOARD.read_text())["panels"]


def all_queries() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    return [*(rule["expr"] for rule in alert_rules()), *shown]


def selected(query: str) -> set[Selected]:
    """The metrics that a query reads. Raises ValueError if it is not PromQL."""
    return set(_selectors(promql_parser.parse(query.replace("$__rate_interval", "5m"))))


def _selectors(expression: promql_parser.Expr) -> Iterator[Selected]:
    found: list[Selected] = []

    def look(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.MatrixSelector):
            part = part.vector_selector
        if isinstance(part, promql_parser.VectorSelector) and part.name:
            labels = frozenset(matcher.name for matcher in part.matchers.matchers)
            found.append(Selected(part.name, labels))

    promql_parser.walk(expression, look)
    return iter(found)

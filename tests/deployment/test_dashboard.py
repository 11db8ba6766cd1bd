"""The files of the dashboard and the alerts; test_topology checks that their metrics exist."""

import re

import yaml

from tests.deployment.compose_file import compose
from tests.deployment.queries import DASHBOARD, alert_rules, panels, selected
from tests.integration.service import ROOT


def test_panels_have_descriptions_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert panel["targets"]
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_every_alert_is_explained_in_the_guide() -> None:
    guide = (ROOT / "docs" / "monitoring.md").read_text().partition("### Alerts")[2]
    explained = set(re.findall(r"^\| `(Reelbatch\w+)` \|", guide, re.MULTILINE))
    assert explained == {rule["alert"] for rule in alert_rules()}
    for rule in alert_rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"]


def test_the_guide_lists_every_metric_of_ours_that_is_used() -> None:
    guide = (ROOT / "docs" / "monitoring.md").read_text()
    queries = [rule["expr"] for rule in alert_rules()]
    queries += [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    names = {found.metric for query in queries for found in selected(query)}
    ours = {re.sub(r"_(bucket|sum|count)$", "", n) for n in names if n.startswith("reelbatch_")}
    assert len(ours) > 10
    for name in ours:
        assert f"`{name}`" in guide


def test_grafana_finds_the_dashboard_and_prometheus() -> None:
    service = compose()["services"]["grafana"]
    mounts = dict(volume.split(":")[:2][::-1] for volume in service["volumes"])
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    [provider] = yaml.safe_load((folder / "dashboards" / "reelbatch.yml").read_text())["providers"]
    assert ROOT / mounts[provider["options"]["path"]] == DASHBOARD.parent
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/{DASHBOARD.name}"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"

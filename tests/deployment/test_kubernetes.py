"""The manifests in deploy/kubernetes, built with kustomize and checked without a cluster."""

import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from reelbatch.engines.registry import load_engines
from reelbatch.models.orchestration.names import render_task_queue
from reelbatch.settings import Settings
from reelbatch.storage.aes_keys import decode_aes_key
from tests.deployment.compose_file import compose
from tests.integration.service import ROOT

KUBECTL = Path(sys.executable).with_name("kubectl")
FOLDER = ROOT / "deploy" / "kubernetes"
OF_OPERATORS = {"ScaledObject", "PodMonitor"}  # Kubernetes does not define their schemas

# https://keda.sh/docs/2.20/scalers/temporal/ and https://keda.sh/docs/2.20/reference/scaledobject-spec/
SCALED_OBJECT = {
    *("scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod"),
    *("minReplicaCount", "maxReplicaCount", "idleReplicaCount", "fallback", "advanced", "triggers"),
}
TEMPORAL_TRIGGER = {
    *("endpoint", "namespace", "taskQueue", "queueTypes", "targetQueueSize"),
    *("activationTargetQueueSize", "workerDeploymentName", "workerDeploymentBuildId"),
    *("minConnectTimeout", "unsafeSsl", "tlsServerName", "apiKeyFromEnv", "endpointFromEnv"),
}

pytestmark = pytest.mark.skipif(not KUBECTL.exists(), reason="kubectl comes in a wheel for Linux")


@pytest.fixture(scope="module", params=["base", "example", "versioned"])
def resources(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    built = subprocess.run(
        [KUBECTL, "kustomize", FOLDER / request.param], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def of_kind(resources: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {r["metadata"]["name"]: r for r in resources if r["kind"] == kind}


def test_the_kubernetes_api_accepts_each_resource(resources: list[dict[str, Any]]) -> None:
    checked = [r for r in resources if r["kind"] not in OF_OPERATORS]
    assert len(checked) >= 9
    for resource in checked:
        kubernetes_validate.validate(resource, "1.33", strict=True)


def test_containers_have_no_more_privileges_than_in_the_compose_file(
    resources: list[dict[str, Any]],
) -> None:
    service = compose()["services"]["worker"]
    for pod in pods(resources):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in (*pod["initContainers"], *pod["containers"]):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is service["read_only"]
            assert context["capabilities"] == {"drop": service["cap_drop"]}
            assert context["allowPrivilegeEscalation"] is False
            assert {"requests", "limits"} <= set(container["resources"])


def test_the_namespace_is_prepared_by_the_image_that_needs_it(
    resources: list[dict[str, Any]],
) -> None:
    for pod in pods(resources):
        [first], [container] = pod["initContainers"], pod["containers"]
        assert first["command"] == ["reelbatch", "prepare-temporal"]
        assert (first["image"], first["envFrom"]) == (container["image"], container["envFrom"])


def test_settings_exist_and_have_valid_values(
    resources: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    [config] = of_kind(resources, "ConfigMap").values()
    fields = {f"REELBATCH_{name.upper()}" for name in Settings.model_fields}
    for name, value in config["data"].items():
        assert name in fields or name.startswith(("AWS_", "OTEL_"))
        monkeypatch.setenv(name, value)
    assert Settings().render_processes == 2


def test_a_worker_has_time_to_drain(resources: list[dict[str, Any]]) -> None:
    [config] = of_kind(resources, "ConfigMap").values()
    drain = int(config["data"]["REELBATCH_DRAIN_TIMEOUT"])
    for worker in deployments(resources, "worker"):
        assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain + 10


def test_probes_and_metrics_use_the_ports_of_the_settings(
    resources: list[dict[str, Any]],
) -> None:
    [config] = of_kind(resources, "ConfigMap").values()
    for name in ("api", "worker"):
        deployment = deployments(resources, name)[-1]
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        variable = f"REELBATCH_{name.upper()}_METRICS_ADDRESS"
        assert config["data"][variable] == f"0.0.0.0:{ports['metrics']}"
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            assert asked["path"] in ("/healthz", "/readyz")
            assert asked["port"] in ports
        if name == "worker":
            assert config["data"]["REELBATCH_WORKER_HEALTH_ADDRESS"].endswith(f":{ports['health']}")


def test_workers_scale_with_the_backlog_of_every_engine(resources: list[dict[str, Any]]) -> None:
    scaled = of_kind(resources, "ScaledObject").values()
    workers = {worker["metadata"]["name"]: worker for worker in deployments(resources, "worker")}
    targets = [each["spec"]["scaleTargetRef"]["name"] for each in scaled]
    assert sorted(targets) == sorted(workers)
    for each in scaled:
        spec, worker = each["spec"], workers[each["spec"]["scaleTargetRef"]["name"]]
        assert each["apiVersion"] == "keda.sh/v1alpha1"
        assert set(spec) <= SCALED_OBJECT
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
        for trigger in spec["triggers"]:
            assert trigger["type"] == "temporal"
            assert set(trigger["metadata"]) <= TEMPORAL_TRIGGER
            assert all(isinstance(value, str) for value in trigger["metadata"].values())
            assert trigger["metadata"]["queueTypes"] == "activity"
            assert version_of(trigger) == build_id_of(worker)
        queues = {trigger["metadata"]["taskQueue"] for trigger in spec["triggers"]}
        served = load_engines([]).keys() | {"html", "lottie-web"}  # these need a browser
        assert queues == {render_task_queue(engine) for engine in served}
        assert "replicas" not in worker["spec"]  # applying it again must not reset KEDA's number


def test_no_two_deployments_select_the_same_pods(resources: list[dict[str, Any]]) -> None:
    for kind in ("Deployment", "PodDisruptionBudget"):
        selectors = [r["spec"]["selector"] for r in of_kind(resources, kind).values()]
        for deployment in of_kind(resources, "Deployment").values():
            labels = deployment["spec"]["template"]["metadata"]["labels"]
            assert sum(s["matchLabels"].items() <= labels.items() for s in selectors) == 1


def test_every_selector_matches_pods(resources: list[dict[str, Any]]) -> None:
    templates = [d["spec"]["template"] for d in of_kind(resources, "Deployment").values()]
    chosen = [
        *(service["spec"]["selector"] for service in of_kind(resources, "Service").values()),
        *(
            resource["spec"][field]["matchLabels"]
            for kind, field in (
                ("PodDisruptionBudget", "selector"),
                ("NetworkPolicy", "podSelector"),
                ("PodMonitor", "selector"),
            )
            for resource in of_kind(resources, kind).values()
        ),
    ]
    assert len(chosen) >= 5
    for labels in chosen:
        assert any(labels.items() <= t["metadata"]["labels"].items() for t in templates), labels


def test_pods_reach_only_the_private_networks_that_they_need(
    resources: list[dict[str, Any]],
) -> None:
    policies = of_kind(resources, "NetworkPolicy").values()
    chosen = [policy["spec"]["podSelector"]["matchLabels"].items() for policy in policies]
    for deployment in of_kind(resources, "Deployment").values():
        labels = deployment["spec"]["template"]["metadata"]["labels"].items()
        assert sum(each <= labels for each in chosen) == 1
    for policy in of_kind(resources, "NetworkPolicy").values():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        for rule in policy["spec"]["egress"]:
            for peer in rule["to"]:
                block = peer.get("ipBlock", {})
                if block.get("cidr") == "0.0.0.0/0":
                    assert {"10.0.0.0/8", "169.254.0.0/16"} < set(block["except"])
                elif not block:
                    assert rule["ports"], "a namespace is reachable at every port"


def test_renders_are_confined_or_do_not_start(resources: list[dict[str, Any]]) -> None:
    [config] = of_kind(resources, "ConfigMap").values()
    assert config["data"]["REELBATCH_CONFINEMENT"] == "required"


def test_the_example_has_no_usable_key(resources: list[dict[str, Any]]) -> None:
    for secret in of_kind(resources, "Secret").values():
        key = b64decode(secret["data"]["REELBATCH_SECRETS_KEY"]).decode()
        assert decode_aes_key(key) is None


def deployments(resources: list[dict[str, Any]], component: str) -> list[dict[str, Any]]:
    label = ("app.kubernetes.io/component", component)
    found = of_kind(resources, "Deployment").values()
    return [r for r in found if label in r["spec"]["template"]["metadata"]["labels"].items()]


def version_of(trigger: dict[str, Any]) -> tuple[str, str] | None:
    """The deployment and the build id whose backlog triggers scaling."""
    metadata = trigger["metadata"]
    if "workerDeploymentName" not in metadata:
        return None
    return metadata["workerDeploymentName"], metadata["workerDeploymentBuildId"]


def build_id_of(worker: dict[str, Any]) -> tuple[str, str] | None:
    [container] = worker["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in container.get("env", ())}
    if not variables:
        return None
    return Settings().worker_deployment, variables["REELBATCH_WORKER_BUILD_ID"]


def pods(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r["spec"]["template"]["spec"] for r in of_kind(resources, "Deployment").values()]

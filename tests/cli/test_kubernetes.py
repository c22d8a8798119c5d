"""deploy/kubernetes holds to Kubernetes's own schemas, and its pods to what nagare promises."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.rules.forbidden_addresses import FORBIDDEN
from app.settings import VARIABLES
from tasks.shutdown import GRACE_S
from tests.cli.network_policy import FILE, written_anew

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
FILES = [path for path in sorted(FOLDER.glob("*/*.yaml")) if path.name != "kustomization.yaml"]
HELM = "prometheus-adapter.values.yaml"
OBJECTS: list[dict[str, Any]] = [
    each for path in FILES if path.name != HELM for each in yaml.safe_load_all(path.read_text())
]
PODS = {
    each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in OBJECTS if "template" in each.get("spec", {})
}
VERSIONS = ("1.30", "1.37")
"""The oldest that knows a `sleep` before the stop without a feature gate, and the newest that there is a schema of."""


def find(kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def container(name: str) -> dict[str, Any]:
    (only,) = PODS[name]["containers"]
    found: dict[str, Any] = only
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_fits_the_schema(version: str) -> None:
    assert len(OBJECTS) == 15
    for each in OBJECTS:
        kubernetes_validate.validate(each, version, strict=True)


def test_a_wrong_object_does_not_fit_the_schema() -> None:
    wrong = {**find("Service", "nagare-web"), "spec": {"port": [80]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[1], strict=True)


def test_each_kustomization_lists_its_files_and_no_example() -> None:
    listed = set()
    for path in FOLDER.glob("*/kustomization.yaml"):
        kustomization = yaml.safe_load(path.read_text())
        assert kustomization["namespace"] == "nagare"
        listed |= {path.parent / name for name in kustomization["resources"]}
    examples = {FOLDER / "setup/secret.example.yaml", FOLDER / "autoscaling" / HELM}
    assert listed == {*FILES} - examples


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_is_nobody_and_can_write_nowhere_else(name: str) -> None:
    pod, only = PODS[name], container(name)
    identity = pod["securityContext"]
    assert (identity["runAsNonRoot"], identity["runAsUser"]) == (True, 10001)
    assert identity["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in only["volumeMounts"]} == {"/tmp", "/var/lib/nagare"}
    assert all("emptyDir" in volume for volume in pod["volumes"])
    assert pod["automountServiceAccountToken"] is False
    assert only["resources"]["limits"]["memory"]
    # The cluster's own variables, NAGARE_WEB_PORT among them, would be refused as settings that nobody knows.
    assert pod["enableServiceLinks"] is False


def test_pods_get_only_settings_that_nagare_knows() -> None:
    given = {*find("ConfigMap", "nagare")["data"], *find("Secret", "nagare")["stringData"]}
    first_user = {*find("Secret", "nagare-first-user")["stringData"]}
    assert given | first_user <= {*VARIABLES}
    for name in PODS:
        sources = [next(iter(source.values()))["name"] for source in container(name)["envFrom"]]
        assert sources == ["nagare", "nagare"] + ["nagare-first-user"] * (name == "nagare-migrate")


def test_no_probe_ends_or_hides_what_redis_or_the_workers_being_away_does_not_hinder() -> None:
    web = container("nagare-web")
    assert web["livenessProbe"]["httpGet"]["path"] == web["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz?needs=database"
    assert not {"livenessProbe", "readinessProbe"} & {*container("nagare-worker")}


def test_a_worker_has_the_time_to_hand_its_tasks_back() -> None:
    assert PODS["nagare-worker"]["terminationGracePeriodSeconds"] > 5 * GRACE_S


def test_a_rollout_takes_no_process_away_before_another_one_is_there() -> None:
    for name in ("nagare-web", "nagare-worker"):
        spec = find("Deployment", name)["spec"]
        assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert find("PodDisruptionBudget", name)["spec"]["selector"] == spec["selector"]
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert find("Deployment", "nagare-beat")["spec"]["strategy"] == {"type": "Recreate"}


def test_what_points_at_something_finds_it() -> None:
    web = find("Deployment", "nagare-web")["spec"]["template"]["metadata"]["labels"]
    assert find("Service", "nagare-web")["spec"]["selector"].items() <= web.items()
    assert find("NetworkPolicy", "nagare-web")["spec"]["podSelector"]["matchLabels"].items() <= web.items()
    target = find("HorizontalPodAutoscaler", "nagare-worker")["spec"]["scaleTargetRef"]
    assert find(target["kind"], target["name"])["apiVersion"] == target["apiVersion"]
    (metric,) = find("HorizontalPodAutoscaler", "nagare-worker")["spec"]["metrics"]
    (rule,) = yaml.safe_load((FOLDER / "autoscaling" / HELM).read_text())["rules"]["external"]
    assert rule["name"]["as"] == metric["external"]["metric"]["name"]
    slots = container("nagare-worker")["command"][-1]
    assert metric["external"]["target"]["averageValue"] == slots


def test_no_pod_calls_what_nagare_does_not_call() -> None:
    assert FILE.read_text() == written_anew(FILE.read_text()), "run python -m tests.cli.network_policy"
    (rule,) = find("NetworkPolicy", "nagare")["spec"]["egress"]
    refused = {each for block in rule["to"] for each in block["ipBlock"]["except"]}
    assert refused >= {*FORBIDDEN}

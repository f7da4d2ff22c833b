"""The metrics: named alike, few labels, and each process exports its own."""

import re
import tomllib

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from headgate import metrics
from tests.conftest import ROOT

EVERY = metrics.declared()


@pytest.mark.parametrize("metric", EVERY, ids=lambda each: metrics.exported_names(each)[0])
def test_names_have_a_prefix_and_labels_are_bounded(metric: metrics.Metric) -> None:
    described = next(iter(metric.describe()))
    assert re.fullmatch(r"headgate_[a-z_]+", described.name)
    assert described.documentation
    # Sessions, venues, symbols, partitions: as many as the settings name. Never an order.
    assert set(metric._labelnames) <= {
        "process", "build", "settings_hash", "instruments_hash", "topic", "reason", "algo",
        "symbol", "venue", "kind", "exec_type", "session", "direction",
    }  # fmt: skip


def test_every_metric_is_measured_somewhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    sources = [path.read_text() for name in packages for path in (ROOT / name).rglob("*.py")]
    measured = {name for text in sources for name in re.findall(r"\bmetrics\.([A-Z_]+)\b", text)}
    names = [name for name, each in vars(metrics).items() if each in EVERY]
    assert [name for name in names if name not in measured and name != "BUILD"] == []


def test_every_metric_belongs_to_all_or_to_some_process() -> None:
    kept = {name for process in metrics.PROCESSES for name in exported_by(process)}
    declared = {next(iter(each.describe())).name for each in EVERY}
    assert kept == declared


@pytest.mark.parametrize("process", metrics.PROCESSES)
def test_a_process_exports_its_own(process: str) -> None:
    others = [f"headgate_{each}_" for each in ("oms", "venue", "worker", "venuesim", "tca",
                                                  "marketdata")
              if not f"headgate_{process}_".startswith(f"headgate_{each}")]  # fmt: skip
    names = exported_by(process)
    assert "headgate_build_info" in names
    assert not [name for name in names if name.startswith(tuple(others))]


def exported_by(process: str) -> set[str]:
    """The metric families that a process serves on /metrics."""
    registry = CollectorRegistry()
    for metric in EVERY:
        registry.register(metric)
    metrics.announce(process, "0123", "4567", registry)
    text = generate_latest(registry).decode()
    assert f'headgate_build_info{{build="{metrics.build()}"' in text
    families = re.findall(r"^# TYPE (headgate_\w+) \w+$", text, re.MULTILINE)
    return {name.removesuffix("_created").removesuffix("_total") for name in families}

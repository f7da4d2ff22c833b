"""The alert rules: they parse, read what is exported, and fire when they should."""

import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.operations.promql import unknown_metrics

FILE = ROOT / "helm/rules/headgate.yaml"
TEST = ROOT / "tests/operations/rules_test.yaml"
(GROUP,) = yaml.safe_load(FILE.read_text())["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]
NAMES = [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_says_what_it_reads_and_what_to_do(rule: dict[str, Any]) -> None:
    assert unknown_metrics(rule["expr"]) == []
    assert rule["labels"]["severity"] in ("page", "warn")
    assert rule["annotations"].keys() == {"summary", "description"}


def test_every_alert_is_exercised() -> None:
    exercised = TEST.read_text()
    assert [name for name in NAMES if name not in exercised] == []
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="no promtool: script/environment fetches it where apt-get is to be had",
)
def test_fire_when_they_should() -> None:
    for command in (["check", "rules", str(FILE)], ["test", "rules", str(TEST)]):
        ran = subprocess.run(["promtool", *command], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr

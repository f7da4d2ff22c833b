"""The dashboard: what Grafana needs of it, and that it shows what the code really exports."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.operations.promql import unknown_metrics

FILE = ROOT / "helm/dashboards/headgate.json"
BOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS: list[dict[str, Any]] = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_is_what_the_script_writes() -> None:
    script = [sys.executable, str(ROOT / "script/dashboard")]
    written = subprocess.run(script, check=True, capture_output=True, text=True).stdout
    assert written == FILE.read_text(), "run: script/dashboard > helm/dashboards/headgate.json"


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_expressions_parse_and_read_what_is_exported(expr: str) -> None:
    assert unknown_metrics(expr) == []


def test_grafana_can_tell_panels_and_datasource() -> None:
    assert BOARD["uid"] == "headgate"
    assert BOARD["schemaVersion"] == 39
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    (variable,) = BOARD["templating"]["list"]
    assert (variable["name"], variable["query"]) == ("datasource", "prometheus")
    for panel in PANELS:
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source["uid"] == "${datasource}" for source in sources)
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs))


def test_no_two_panels_overlap() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in BOARD["panels"]:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                assert (x, y) not in taken, f"{panel['title']} on {taken[x, y]}"
                taken[x, y] = panel["title"]


def test_every_panel_says_what_it_shows() -> None:
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    titles = [panel["title"] for panel in PANELS]
    assert len(titles) == len(set(titles))

"""The published settings of the styles, and orders at rest in the simulator's venues."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from algos.shared_parameters import STYLE
from algos.styles import STYLES, Style
from benchmarks.quality_runs import runs
from domain.parents import ParamValue
from simulation.scenario import Scenario, scenario_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "algorithms.md"


def row(style: Style) -> str:
    follows = f"{style.follows} times, every {style.follow_s:g} s" if style.follows else "never"
    yes = {True: "yes", False: "no"}
    return (f"| `{style.name}` | {yes[style.posts]} | {style.patience:g} | {follows} | "
            f"{yes[style.improves]} | {yes[style.weighs]} |")  # fmt: skip


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_the_document_has_the_settings(style: Style) -> None:
    assert row(style) in DOCUMENT.read_text()


def test_the_four_of_the_brief_may_be_asked_for() -> None:
    assert list(STYLE.choices) == list(STYLES) == ["aggressive", "normal", "passive", "adaptive"]


def styled(style: str, **params: ParamValue) -> Scenario:
    asked: Mapping[str, ParamValue] = {"interval": 20, "style": style, **params}
    return scenario_of({
        "name": "styled",
        "market": {"preset": "mid", "symbols": [{"symbol": "AAA"}], "warm_up_s": 60},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "orders": [{"id": "A", "symbol": "AAA", "side": "sell", "quantity": 3_000,
                    "start": "11:00", "window_s": 400, "params": dict(asked)}],
    })  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("style", ["normal", "passive", "adaptive"])
def test_what_must_complete_does_to_the_last_share(style: str) -> None:
    """The runs' own checks hold, too: no share twice, none lost, filled + open <= ordered."""
    found = runs(styled(style, completion="cross"), 2)
    assert [row.cum_qty for row in found.rows] == [3_000, 3_000]
    assert {row.status for row in found.rows} == {"filled"}


@pytest.mark.slow
def test_an_order_that_may_not_cross_earns_the_spread_with_every_share() -> None:
    found = runs(styled("normal", passive_only=True), 2)
    assert all(fill.added_liquidity for fill in found.fills)
    assert sum(row.cum_qty for row in found.rows) > 0


@pytest.mark.slow
def test_orders_at_rest_keep_within_the_participation_cap() -> None:
    found = runs(styled("passive", max_participation=0.05), 2)
    for each in found.rows:
        assert each.participation is not None
        assert each.participation <= 0.05 + 100 / 3_000  # and one lot, of what printed since

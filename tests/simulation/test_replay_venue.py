"""The replay venue: written scenarios."""

from pathlib import Path

import pytest

from domain.marketdata import MarketEvent, Trade
from simulation.replay_venue import ReplayRules
from tests.simulation.replay_notation import Script, venue

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("venue_*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = Script(venue()).play(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


def test_what_concerns_no_instrument_of_the_venue_passes_through() -> None:
    trade: MarketEvent = Trade("MSFT", "N", 5000, 100, 7)
    assert list(venue().on_market(trade)) == [trade]


@pytest.mark.parametrize("bad", [{"depletion_ns": 0}, {"match_ns": -1}])
def test_rules_that_cannot_be_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        ReplayRules(**bad)  # type: ignore[arg-type]  # the names are those of integer fields

"""Conditions of a market: one change for one change, none for noise, and no memory of their own."""

from math import log

import pytest

from algos.conditions import (
    COVERED_S_MIN,
    ENTER,
    LEAVE_FRACTION,
    MEASURES,
    PERSIST_NS,
    Conditions,
    Level,
    changed,
    log_ratios,
    noise,
    norm_now,
    thresholds,
)
from algos.norms import DaySoFar, Norm
from marketdata.market import SymbolMarket
from tests.algos.conditions_scene import (
    BEGIN,
    TOUCH,
    Factors,
    changes,
    flat,
    measured,
    plain,
    simulated,
)
from tests.venuesim.market_scene import SECOND
from venuesim.presets import MID
from venuesim.regimes import Regime

HOURS = 100
AT_S = 3_600


def after(factor: float, since_s: float = AT_S) -> Factors:
    """Volatility times `factor`, spread too, displayed size and volume by it, from then on."""
    return Factors(
        volatility=lambda s: factor if s >= since_s else 1.0,
        spread=lambda s: factor if s >= since_s else 1.0,
        touch=lambda s: 1 / factor if s >= since_s else 1.0,
    )


@pytest.mark.slow
def test_quiet_hours_have_no_change() -> None:
    """Of 100 quiet hours, each of another market, at most one in a hundred has a change."""
    spoiled = sum(bool(changes(plain(seed, 1.2), flat())) for seed in range(HOURS))
    assert spoiled <= HOURS // 100


@pytest.mark.slow
def test_quiet_hours_of_the_simulated_market_have_no_change() -> None:
    """Against what each measured in its first half hour: the weaker of the two kinds of norms."""
    for seed in range(3):
        seen = simulated(seed, 2.0)
        assert changes(seen, measured(seen, BEGIN + 1_800 * SECOND)) == []


@pytest.mark.parametrize("seed", range(3))
def test_one_change_of_the_market_is_one_change_of_conditions(seed: int) -> None:
    ((after_s, change),) = changes(plain(seed, 2.5, after(3.0)), flat())
    assert AT_S + PERSIST_NS // SECOND <= after_s <= AT_S + 600
    assert change.conditions.volatility is Level.HIGH
    assert change.conditions.spread is Level.HIGH
    assert change.conditions.touch is Level.LOW
    assert change.conditions.volume is Level.NORMAL
    assert list(change.ratios) == list(MEASURES)
    assert change.ratios["volatility"] is not None
    assert change.ratios["volatility"] > 1.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_same_in_the_simulated_market(seed: int) -> None:
    """Volatility times three, a third of the depth: seven minutes at the most."""
    stress = Regime(at_ns=BEGIN + AT_S * SECOND, volatility=3.0, depth=1 / 3)
    seen = simulated(seed, 2.0, MID, (stress,))
    ((after_s, change),) = changes(seen, measured(seen, BEGIN + 1_800 * SECOND))
    assert AT_S + 120 <= after_s <= AT_S + 420
    assert change.conditions == Conditions(volatility=Level.HIGH, spread=Level.HIGH)


def test_what_comes_back_changes_back_once() -> None:
    there = Factors(volatility=lambda s: 3.0 if AT_S <= s < 3 * AT_S else 1.0)
    found = changes(plain(1, 6.0, there), flat())
    assert [change.conditions.volatility for _, change in found] == [Level.HIGH, Level.NORMAL]
    assert 3 * AT_S < found[1][0] < 4 * AT_S + 1_800


def test_a_minute_is_no_change() -> None:
    """It moves the mean past its threshold, which decays before two minutes are over."""
    minute = Factors(touch=lambda s: 5.6 if AT_S <= s < AT_S + 60 else 1.0)
    assert changes(plain(2, 2.0, minute), flat()) == []


def market_after(hours: float, factors: Factors | None = None) -> tuple[int, SymbolMarket]:
    *_, last = plain(3, hours, factors)
    return last


def test_whether_it_lasts_is_in_the_market_not_in_the_reader() -> None:
    """Nobody has looked until now: who looks first sees what one who always looked would."""
    now_ns, market = market_after(2.0, after(3.0, 3_600))
    change = changed(Conditions(), market, flat(), now_ns)
    assert change is not None
    assert change.conditions.volatility is Level.HIGH
    assert changed(change.conditions, market, flat(), now_ns) is None


def test_nothing_is_said_of_what_is_not_known() -> None:
    now_ns, market = market_after(2.0, after(3.0, 3_600))
    assert changed(Conditions(), market, flat(), now_ns + 31 * SECOND) is None  # stale
    assert changed(Conditions(), market, flat(Norm()), now_ns) is None
    assert changed(Conditions(), SymbolMarket(symbol="SIM"), flat(), now_ns) is None
    touch_only = changed(Conditions(), market, flat(Norm(touch_qty=TOUCH)), now_ns)
    assert touch_only is not None
    assert touch_only.conditions == Conditions(touch=Level.LOW)
    assert touch_only.ratios["volatility"] is None
    early_ns, young = market_after((COVERED_S_MIN + 60) / 3_600, after(5.0, 0.0))
    assert changed(Conditions(), young, flat(), early_ns) is None


@pytest.mark.parametrize(
    ("held", "ratio", "level"),
    [
        (Level.NORMAL, 1.6, Level.HIGH),
        (Level.NORMAL, 1.4, Level.NORMAL),
        (Level.HIGH, 1.4, Level.HIGH),  # between the two thresholds it stays
        (Level.HIGH, 1.1, Level.NORMAL),
        (Level.HIGH, 0.6, Level.LOW),
        (Level.LOW, 0.75, Level.LOW),
        (Level.LOW, 0.9, Level.NORMAL),
    ],
)
def test_two_thresholds(held: Level, ratio: float, level: Level) -> None:
    now_ns, market = market_after(1.0)
    sample = market.statistics.samples[-1]
    ours = flat(Norm(touch_qty=sample.touch_qty / ratio))
    assert thresholds(sample, market, ours)[2] == pytest.approx(ENTER)
    change = changed(Conditions(touch=held), market, ours, now_ns)
    assert (held if change is None else change.conditions.touch) is level
    assert log(1.25) == pytest.approx(ENTER * LEAVE_FRACTION)


def test_ratios_are_of_what_others_trade() -> None:
    _, market = market_after(1.0)
    ratios = log_ratios(market.statistics.samples[-1], market, flat())
    assert all(ratio is not None and abs(ratio) < 0.4 for ratio in ratios)


def test_thresholds_are_wider_where_little_is_traded_and_little_was_measured() -> None:
    busy, thin = noise(2.0, 1e6), noise(0.03, 1e6)
    assert all(a <= b for a, b in zip(busy, thin, strict=True))
    assert 4 * busy[0] < ENTER < 4 * thin[0]
    young = noise(2.0, 300.0)
    assert young[0] > busy[0]
    _, market = market_after(1.0)
    sample = market.statistics.samples[-1]
    first = DaySoFar(norm=norm_now(sample, market), measured_ns=sample.at_ns, measured_s=600.0,
                     open_ns=BEGIN, close_ns=BEGIN + 1)  # fmt: skip
    ours, theirs = (thresholds(sample, market, norms)[3] for norms in (flat(), first))
    assert theirs > 1.3 * ours


def test_conditions_in_words() -> None:
    assert Conditions().text == "normal"
    assert Conditions(volatility=Level.HIGH, touch=Level.LOW).text == "volatility high, touch low"

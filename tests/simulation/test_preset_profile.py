"""Profiles of simulated symbols: against the flow's own clock, and against days of the flow."""

import math

import msgspec
import numpy as np
import pytest

from domain.sessions import Session
from marketdata.symbol_profile import ProfileSource, check_profile
from simulation.fact_days import DAY_S, OPEN_NS, SECOND_NS, flow_of, price_of
from simulation.preset_profile import MEASURED, NORM_S, preset_profile
from tests.marketdata.curve_scene import session, shares
from venuesim.activity import day_activity
from venuesim.book_events import Filled
from venuesim.order_book import OrderBook
from venuesim.presets import ILLIQUID, LIQUID, MID, PRESETS, Preset
from venuesim.random_streams import RandomStreams

DAY = session(5, 390)
TOKYO = session(5, 360, pause=(150, 210))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
@pytest.mark.parametrize("auctions", [False, True])
@pytest.mark.parametrize("day", [DAY, TOKYO, session(5, 210)])
def test_a_profile_adds_up(preset: Preset, auctions: bool, day: Session) -> None:
    found = preset_profile(preset, "AAA", "XNYS", day, auctions=auctions)
    check_profile(found, preset.name)
    assert found.source is ProfileSource.PRESET
    assert preset.name in found.made_from
    (curve,) = found.curves
    crosses = 0.115 if auctions else 0.0
    assert found.adv_qty * (1 - crosses) == pytest.approx(preset.adv_qty, rel=1e-5)
    traded = sum(norm.shares_per_s * (norm.end_s - norm.start_s) for norm in found.norms)
    assert traded == pytest.approx(preset.adv_qty)
    variance = sum(
        norm.volatility_per_sqrt_s**2 * (norm.end_s - norm.start_s)
        for norm in found.norms
        if norm.volatility_per_sqrt_s is not None
    )
    bounce = MEASURED[preset.name].bounce
    assert math.sqrt(variance) == pytest.approx(preset.daily_volatility * bounce)
    assert curve.opening_share + curve.closing_share == pytest.approx(crosses)
    assert sum(shares(curve)) == pytest.approx(1 - crosses)


def test_it_has_the_clock_of_the_flow() -> None:
    """Without random levels, the activity of each minute is that of the norm that it lies in."""
    flat = msgspec.structs.replace(MID, day_level_sd=0.0, bin_level_sd=0.0)
    activity = day_activity(DAY, flat, RandomStreams(1, "AAA"), flat=False)
    found = preset_profile(flat, "AAA", "XNYS", DAY, auctions=False)
    for minute, pace in enumerate(activity.levels):
        if minute % 15 == 0:
            continue  # the flow's own rounding puts some edges into the bin before
        norm = found.norm_at(60 * minute)
        assert norm is not None
        assert norm.shares_per_s == pytest.approx(pace * flat.adv_qty / DAY_S, rel=1e-3)
    (curve,) = found.curves
    done = np.cumsum(activity.levels) / activity.levels.sum()
    for minute in range(5, 391, 5):
        assert curve.cumulative(60 * minute) == pytest.approx(done[minute - 1], abs=1e-3)
    assert curve.expected_qty == pytest.approx(flat.adv_qty)
    assert found.norms[0].end_s == NORM_S


def test_random_levels_lower_the_typical_day_below_the_mean_one() -> None:
    (curve,) = preset_profile(LIQUID, "AAA", "XNYS", DAY, auctions=False).curves
    assert curve.expected_qty == pytest.approx(LIQUID.adv_qty * math.exp(-(0.35**2 + 0.3**2) / 2))
    assert curve.day_variance == pytest.approx(0.35**2)
    (thin,) = preset_profile(ILLIQUID, "AAA", "XNYS", DAY, auctions=False).curves
    assert thin.bin_variance > 0.2 > curve.bin_variance > 0.09  # ten orders a bin, or a thousand


@pytest.mark.slow
@pytest.mark.parametrize("preset", [MID, ILLIQUID], ids=lambda preset: preset.name)
def test_what_was_measured_is_what_the_flow_makes(preset: Preset) -> None:
    """Three days; spread and touch of one book are steady over days, the bounce less so."""
    known = MEASURED[preset.name]
    spread, qty, variance = np.mean([measured(preset, seed) for seed in (1, 2, 3)], axis=0)
    assert spread == pytest.approx(known.relative_spread, rel=0.1)
    assert qty == pytest.approx(known.qty, rel=0.1)
    assert math.sqrt(variance) / preset.daily_volatility == pytest.approx(known.bounce, rel=0.12)


def measured(preset: Preset, seed: int) -> tuple[float, float, float]:
    """(relative spread, shares of a side, variance of the mid's 10 s moves a day) of one day."""
    touches, sizes = [], []
    flow, book = flow_of(price_of(preset, seed)), OrderBook()
    for at_s in range(2, DAY_S, 2):
        for _, events in flow.advance(book, OPEN_NS + at_s * SECOND_NS):
            sizes += [each.qty for each in events if isinstance(each, Filled)]
        touches.append(book.touch())
    assert set(sizes) == {preset.lot_qty}  # so the median print is a lot
    every = np.array(touches, dtype=float)
    bids, bid_qty, asks, ask_qty = every[(every[:, 0] > 0) & (every[:, 2] > 0)].T
    mids = (bids + asks) / 2
    moves = np.log(mids[5::5] / mids[:-5:5])
    return (
        float(((asks - bids) / mids).mean()), float((bid_qty + ask_qty).mean() / 2),
        float((moves**2).mean() / 10 * DAY_S),
    )  # fmt: skip

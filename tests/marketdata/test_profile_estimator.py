"""Profiles of days that were made up: every figure is one that can be said beforehand."""

import math
from collections.abc import Iterator

import pytest

from domain.marketdata import MarketEvent, Quote, Trade, TradeCondition, TradingPhase, TradingStatus
from domain.sessions import Session, SessionKind, TradingCalendar
from marketdata.profile_days import ProfileDays
from marketdata.profile_estimator import MeasuredDay, ProfileTerms, estimate_profile
from marketdata.symbol_profile import ProfileError, ProfileFault, SymbolProfile, check_profile
from tests.marketdata.curve_scene import NS, session

TERMS = ProfileTerms(symbol="IBM", calendar="XNYS", as_of="2026-01-31", made_from="a test",
                     days_min=1, lookback=20)  # fmt: skip


def busy(day: Session, moves: int = 1, venue: str = "XA") -> Iterator[MarketEvent]:
    """The mid steps 1 % up and down every 10 s (`moves` of them), 2 ticks wide, 300 by 100 shares;
    a print of 200 shares every 5 s. Before the open another market, that is no part of it.
    """
    yield Quote("IBM", venue, 5_000, 9, 6_000, 9, day.open_ns - NS)
    for second in range((day.close_ns - day.open_ns) // NS):
        at_ns = day.open_ns + second * NS
        mid = 10_000 if second // 10 % 2 == 0 or moves == 0 else 10_100
        if second % 10 == 0:
            yield Quote("IBM", venue, mid - 1, 300, mid + 1, 100, at_ns)
        if second % 5 == 0:
            yield Trade("IBM", venue, mid, 200, at_ns + 1, f"{day.date}{second}")
    yield Trade("IBM", venue, 10_000, 4_000, day.close_ns + NS, f"{day.date}c",
                TradeCondition.CLOSING_AUCTION.value)  # fmt: skip


def measure(events: list[MarketEvent], *sessions: Session, norm_s: int = 900) -> list[MeasuredDay]:
    calendar = TradingCalendar("XNYS", list(sessions))
    days = ProfileDays(calendars=lambda first, last: calendar, bin_s=300, norm_s=norm_s)
    return days.measure(events)["IBM"]


def profile(*sessions: Session, moves: int = 1) -> SymbolProfile:
    events = [event for day in sessions for event in busy(day, moves)]
    made = estimate_profile(measure(events, *sessions), TERMS, ())
    check_profile(made, "made")
    return made


def test_what_a_day_is() -> None:
    made = profile(session(1), session(2))
    assert made.days == ("2026-01-01", "2026-01-02")
    assert made.adv_qty == 720 * 200 + 4_000
    assert made.median_trade_qty == 200.0
    assert made.touch_qty == pytest.approx(200.0)
    assert made.relative_spread == pytest.approx((2 / 10_000 + 2 / 10_100) / 2, rel=1e-3)
    assert [(norm.start_s, norm.end_s) for norm in made.norms] == [
        (0, 900), (900, 1_800), (1_800, 2_700), (2_700, 3_600)
    ]  # fmt: skip
    for norm in made.norms:
        expected = math.log(10_100 / 10_000) / math.sqrt(10)
        assert norm.volatility_per_sqrt_s == pytest.approx(expected)
        assert norm.shares_per_s == pytest.approx(40.0)
        assert norm.touch_qty == pytest.approx(200.0)
    # Seen every five minutes it stands where it stood: 30 steps there and back.
    assert made.daily_volatility is None


def test_a_market_that_does_not_move_has_no_volatility_to_speak_of() -> None:
    made = profile(session(1), moves=0)
    assert [norm.volatility_per_sqrt_s for norm in made.norms] == [0.0] * 4
    assert made.daily_volatility is None


def test_daily_volatility_is_of_five_minute_moves() -> None:
    """1 % every five minutes, twelve times an hour: the first is from the open on."""
    day = session(1)
    events: list[MarketEvent] = [Trade("IBM", "XA", 100, 1, day.open_ns, "t")]
    for step in range(12):
        mid = 10_000 if step % 2 == 0 else 10_100
        at_ns = day.open_ns + step * 300 * NS
        events.append(Quote("IBM", "XA", mid - 1, 1, mid + 1, 1, at_ns))
    (measured,) = measure(events, day)
    made = estimate_profile([measured], TERMS, ())
    expected = math.log(1.01) / math.sqrt(300) * math.sqrt(3_600)
    assert made.daily_volatility == pytest.approx(expected)


def test_halts_breaks_and_one_sided_markets_are_not_known() -> None:
    day = session(1, 60, pause=(15, 30))
    events: list[MarketEvent] = [
        Quote("IBM", "XA", 9_999, 300, 10_001, 100, day.open_ns),
        Trade("IBM", "XA", 100, 1, day.open_ns, "t"),
        TradingStatus("IBM", "XA", TradingPhase.HALTED, day.open_ns + 450 * NS),
        TradingStatus("IBM", "XA", TradingPhase.CONTINUOUS, day.open_ns + 1_800 * NS),
        Quote("IBM", "XA", 9_999, 300, 0, 0, day.open_ns + 2_700 * NS),
    ]
    (measured,) = measure(events, day)
    assert [each.start_s for each in measured.norms] == [0, 1_800, 2_700]
    assert [each.touch_qty for each in measured.norms[:2]] == [200.0, 200.0]
    assert math.isnan(measured.norms[2].touch_qty)
    made = estimate_profile([measured], TERMS, ())
    check_profile(made, "made")
    assert [norm.relative_spread is None for norm in made.norms] == [False, False, True]
    assert made.norm_at(1_000) is None


def test_the_touch_is_that_of_all_venues() -> None:
    """A second venue betters the offer, and stands at the bid."""
    day = session(1)
    other = Quote("IBM", "XB", 9_999, 700, 10_000, 500, day.open_ns)
    (measured,) = measure([*busy(day, 0), *[]], day)
    assert measured.norms[0].touch_qty == pytest.approx(200.0)
    events = sorted([*busy(day, 0), other], key=lambda event: event.at_ns)
    (measured,) = measure(events, day)
    assert measured.norms[0].touch_qty == pytest.approx((1_000 + 500) / 2, rel=0.01)
    assert measured.norms[0].relative_spread == pytest.approx(1 / 10_000, rel=0.01)


def test_which_days_count() -> None:
    """Full ones before the day, the last so many of them, with some volume."""
    half = session(3, 30, SessionKind.EARLY_CLOSE)
    days = measure([e for day in (session(1), session(2), half) for e in busy(day)],
                   session(1), session(2), half)  # fmt: skip
    assert len(days) == 3

    def used(**changes: object) -> tuple[str, ...]:
        terms = {name: getattr(TERMS, name) for name in TERMS.__struct_fields__} | changes
        return estimate_profile(days, ProfileTerms(**terms), ()).days

    assert used() == ("2026-01-01", "2026-01-02")
    assert used(as_of="2026-01-02") == ("2026-01-01",)
    assert used(lookback=1) == ("2026-01-02",)
    for changes in ({"days_min": 3}, {"as_of": "2026-01-01"}):
        with pytest.raises(ProfileError) as caught:
            used(**changes)
        assert caught.value.fault is ProfileFault.TOO_FEW_DAYS


def test_sources_that_overlap() -> None:
    day = session(2)
    with pytest.raises(ProfileError, match="comes after 2026-01-02"):
        measure([*busy(day), *busy(session(1))], session(1), day)

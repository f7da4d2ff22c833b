"""A curve that follows its day by the tape: the same for all who saw the same prints."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.marketdata import Quote, Trade, TradingPhase, TradingStatus
from domain.sessions import Session
from marketdata.curve_window import Window
from marketdata.dynamic_curve import BAND_LIQUID, DynamicCurve
from marketdata.known_profiles import CurveOrigin, SessionCurve
from marketdata.live_curve import GRACE_NS, LiveCurve, Pace
from marketdata.market import SymbolMarket
from marketdata.volume_curve import VolumeCurve
from tests.marketdata.curve_scene import NS, curve, session

DAY = session()  # an hour in four bins of a quarter, 40, 10, 20 and 30 % of 1,000 shares
BIN_NS = 900 * NS
BAND = 0.2  # wide, so that what is learnt shows
VENUES = ("XA", "XB")


def quote(venue: str = "XA", at_ns: int = DAY.open_ns - NS) -> Quote:
    return Quote("IBM", venue, 99, 100, 101, 100, at_ns)


def status(phase: TradingPhase, at_ns: int, venue: str = "XA") -> TradingStatus:
    return TradingStatus("IBM", venue, phase, at_ns)


def prints(volumes: list[int], day: Session = DAY) -> list[Trade]:
    """One in the middle of each bin."""
    return [
        Trade("IBM", "XA", 100, qty, day.open_ns + number * BIN_NS + BIN_NS // 2, f"t{number}")
        for number, qty in enumerate(volumes)
        if qty
    ]


def live(*events: Quote | Trade | TradingStatus, made: VolumeCurve | None = None) -> LiveCurve:
    market = SymbolMarket(symbol="IBM")
    for event in events:
        market.on_event(event)
    source = SessionCurve(curve=made or curve(), origin=CurveOrigin.OWN)
    return LiveCurve(source=source, session=DAY, market=market)


def target(found: LiveCurve, minutes: float, start: float = 0, end: float = 60) -> float:
    """The fraction due so many minutes after the open, of an order between two others."""
    at_ns, start_ns, end_ns = (
        DAY.open_ns + round(each * 60) * NS for each in (minutes, start, end)
    )
    return found.window(start_ns, end_ns, BAND).pace(at_ns).fraction(at_ns)


def dynamic(volumes: list[int], minutes: float) -> float:
    """What the curve itself says when it is fed by hand."""
    window = Window(session=DAY, start_ns=DAY.open_ns, end_ns=DAY.close_ns)
    found = DynamicCurve(curve=curve(), window=window, band=BAND)
    for qty in volumes:
        found.on_bin(qty)
    return found.target(DAY.open_ns + round(minutes * 60) * NS)


def test_without_news_it_is_the_static_curve() -> None:
    found = live(quote())
    for minutes, share in ((-1, 0.0), (0, 0.0), (7.5, 0.2), (15, 0.4), (60, 1.0), (61, 1.0)):
        assert target(found, minutes) == pytest.approx(share)


@pytest.mark.parametrize("volumes", [[800], [100], [400, 200], [1_000, 20]])
def test_it_learns_from_the_bins_that_are_over(volumes: list[int]) -> None:
    """At the end of the next bin it is where the curve wants it, and goes straight there."""
    found = live(quote(), *prints(volumes))
    minutes = 15 * len(volumes)
    wanted = dynamic(volumes, minutes + 15)
    begun = target(live(quote(), *prints(volumes[:-1])), minutes)
    assert target(found, minutes) == pytest.approx(begun)
    assert target(found, minutes + 7.5) == pytest.approx((begun + wanted) / 2, abs=1e-3)
    assert target(found, minutes + 15) == pytest.approx(wanted)
    assert wanted != pytest.approx(dynamic([], minutes + 15), abs=1e-3)


def test_a_bin_is_known_a_second_after_its_end() -> None:
    found = live(quote(), *prints([800]))
    edge_ns = DAY.open_ns + BIN_NS
    window = found.window(DAY.open_ns, DAY.close_ns, BAND)
    before, after = window.pace(edge_ns + GRACE_NS - 1), window.pace(edge_ns + GRACE_NS)
    assert (before.start_done, before.end_done) == pytest.approx((0.4, 0.5))
    assert after.start_done == pytest.approx(0.4 + 0.1 / 900)
    assert after.end_done == pytest.approx(dynamic([800], 30))


def test_nothing_is_taken_back() -> None:
    """What was done by a target that the day then lowers stays, until the target is there again."""
    found = live(quote(), *prints([4_000, 10]))
    fractions = [target(found, minutes) for minutes in range(61)]
    assert fractions == sorted(fractions)


def test_bins_before_the_first_quote_teach_nothing() -> None:
    """As after a restart, of the bins before the tail of market data."""
    late = live(quote(at_ns=DAY.open_ns + NS), *prints([800]))
    assert target(late, 20) == pytest.approx(0.4 + 0.1 / 3)
    # The second bin is seen, and shows twice the usual level: the first counts with its forecast.
    found = live(quote(at_ns=DAY.open_ns + NS), *prints([0, 200]))
    unseen, seen = target(found, 35), target(live(quote(), *prints([800, 200])), 35)
    assert unseen == pytest.approx(seen, abs=0.05)
    assert unseen != pytest.approx(0.5 + 0.2 / 3, abs=1e-4)


@settings(deadline=None)  # the machine may be busy
@given(
    volumes=st.lists(st.integers(0, 3_000), min_size=1, max_size=4),
    looks=st.lists(st.integers(0, 3_600), max_size=12).map(sorted),
    asked_s=st.integers(0, 3_700),
)
def test_what_it_says_does_not_depend_on_who_asked_before(
    volumes: list[int], looks: list[int], asked_s: int
) -> None:
    """One that was asked all day, and one that read the tape back in one go."""
    watched = live(quote())
    events = prints(volumes)
    for look_s in [look for look in looks if look <= asked_s]:
        now_ns = DAY.open_ns + look_s * NS
        while events and events[0].at_ns <= now_ns:
            watched.market.on_event(events.pop(0))
        watched.window(DAY.open_ns, DAY.close_ns, BAND).pace(now_ns)
    for event in events:
        if event.at_ns <= DAY.open_ns + asked_s * NS:
            watched.market.on_event(event)
    known = [event for event in prints(volumes) if event.at_ns <= DAY.open_ns + asked_s * NS]
    again = live(quote(), *known)
    assert target(watched, asked_s / 60) == target(again, asked_s / 60)


@settings(deadline=None)
@given(
    volumes=st.lists(st.integers(0, 10_000), min_size=4, max_size=4),
    start=st.integers(0, 50), length=st.integers(1, 60), band=st.floats(0.0, 0.3),
)  # fmt: skip
def test_it_stays_within_its_band_and_ends_at_one(
    volumes: list[int], start: int, length: int, band: float
) -> None:
    found = live(quote(), *prints(volumes))
    start_ns = DAY.open_ns + start * 60 * NS
    end_ns = min(start_ns + length * 60 * NS, DAY.close_ns)
    window = found.window(start_ns, end_ns, band)
    last = 0.0
    for at_ns in range(start_ns, end_ns, (end_ns - start_ns) // 40 + 1):
        pace = window.pace(at_ns)
        last = pace.fraction(at_ns)
        assert abs(last - window.static.fraction(at_ns)) <= band + 1e-9
        assert 0.0 <= last <= 1.0
    assert window.pace(end_ns).fraction(end_ns) == 1.0


@given(
    points=st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
    fraction=st.floats(0, 1),
)
def test_when_a_fraction_is_due(points: list[float], fraction: float) -> None:
    pace = Pace(start_ns=0, end_ns=900 * NS, start_done=points[0], end_done=points[1])
    at_ns = pace.time_of(fraction)
    if at_ns < pace.end_ns and fraction > points[0]:
        assert pace.fraction(at_ns) >= fraction - 1e-9
        assert pace.fraction(at_ns - NS) <= fraction + 1e-9


def test_before_its_stretch_a_pace_goes_on_backwards() -> None:
    pace = Pace(start_ns=100, end_ns=200, start_done=0.1, end_done=0.2)
    assert pace.fraction(50) == pytest.approx(0.05)
    assert pace.fraction(-100) == 0.0
    assert pace.fraction(300) == 0.2


def test_in_a_halt_it_stands_still_and_then_catches_up() -> None:
    """Every venue is halted from minute 20 to 25; one alone is no halt."""
    at_20, at_25 = DAY.open_ns + 1_200 * NS, DAY.open_ns + 1_500 * NS
    quotes = [quote(venue) for venue in VENUES]
    one = live(*quotes, *prints([400]), status(TradingPhase.HALTED, at_20))
    assert target(one, 24) > target(one, 20.5)
    both = [status(TradingPhase.HALTED, at_20, venue) for venue in VENUES]
    halted = live(*quotes, *prints([400]), *both)
    assert target(halted, 24) == pytest.approx(target(one, 20))
    resumed = live(
        *quotes, *prints([400]), *both,
        *(status(TradingPhase.CONTINUOUS, at_25, venue) for venue in VENUES),
    )  # fmt: skip
    fractions = [target(resumed, minutes) for minutes in (20, 25, 30, 45, 59.9)]
    assert fractions[1] == pytest.approx(fractions[0])
    assert all(later > earlier for earlier, later in pairwise(fractions[1:]))
    assert fractions[-1] == pytest.approx(1.0, abs=0.01)


def test_a_halt_before_the_open_is_no_halt() -> None:
    pre_open = status(TradingPhase.AUCTION, DAY.open_ns - 60 * NS)
    opened = status(TradingPhase.CONTINUOUS, DAY.open_ns)
    found = live(quote(), pre_open, opened, *prints([800]))
    assert target(found, 30) == pytest.approx(dynamic([800], 30))


def test_a_fingerprint_changes_with_the_curve() -> None:
    assert live().fingerprint == live().fingerprint
    assert live().fingerprint != live(made=curve(expected_qty=1_001.0)).fingerprint
    assert BAND_LIQUID < BAND

"""p*: a function of seed and time, a martingale of the right size, and an answer to fills."""

import msgspec
import numpy as np
import pytest

from domain.sessions import Session, TradingCalendar
from tests.venuesim.market_scene import CLOSE, HOURS, MINUTE, NEXT_OPEN, OPEN, SECOND
from venuesim.efficient_price import Alpha, EfficientPrice, MarketHours
from venuesim.presets import LIQUID, MID, Preset
from venuesim.random_streams import EventClass, RandomStreams


def price(seed: int = 1, preset: Preset = MID, alpha: Alpha | None = None,
          antithetic: bool = False, hours: MarketHours = HOURS) -> EfficientPrice:  # fmt: skip
    streams = RandomStreams(seed, "SIM")
    return EfficientPrice(preset, preset.px_ticks, hours, streams, alpha, antithetic)


def test_the_path_does_not_depend_on_who_looks_when() -> None:
    often, once, backward = price(), price(), price()
    times = range(OPEN, CLOSE, 7 * MINUTE + 3 * SECOND)
    path = [often.exo_ticks(at_ns) for at_ns in times]
    assert once.exo_ticks(times[-1]) == path[-1]
    assert [backward.exo_ticks(at_ns) for at_ns in reversed(times)] == path[::-1]
    assert price(2).exo_ticks(CLOSE - 1) != path[-1]


def test_each_session_begins_at_the_start_price_and_the_last_stays_at_its_end() -> None:
    found = price()
    assert found.exo_ticks(OPEN - 1) == MID.px_ticks
    assert abs(found.exo_ticks(NEXT_OPEN) - MID.px_ticks) < 5
    end = NEXT_OPEN + 390 * MINUTE
    assert found.exo_ticks(end + MINUTE) == found.exo_ticks(end - 1)


@pytest.mark.slow
def test_the_moves_have_the_size_of_the_day_and_of_the_curve() -> None:
    ends, mornings, middays = [], [], []
    for seed in range(100):
        found = price(seed, LIQUID)
        at = [found.exo_ticks(OPEN + minute * MINUTE) for minute in (0, 30, 180, 210)]
        mornings.append(at[1] - at[0])
        middays.append(at[3] - at[2])
        ends.append(found.exo_ticks(CLOSE - 1) - LIQUID.px_ticks)
    sd = LIQUID.daily_volatility * LIQUID.px_ticks
    assert np.std(ends) == pytest.approx(sd, rel=0.21)  # three errors of 100 draws
    assert abs(np.mean(ends)) < 3 * sd / np.sqrt(100)
    assert np.var(mornings) / np.var(middays) == pytest.approx(15.28 / 4.6, rel=0.8)


def test_antithetic_paths_mirror() -> None:
    one, other = price(), price(antithetic=True)
    for at_ns in range(OPEN, CLOSE, 31 * MINUTE):
        mean = (one.exo_ticks(at_ns) + other.exo_ticks(at_ns)) / 2
        assert mean == pytest.approx(MID.px_ticks)


def test_alpha_moves_the_price_but_not_the_martingale() -> None:
    plain = price()
    alpha = Alpha(drift_bps=50.0, jumps=((OPEN + 60 * MINUTE, -20.0),))
    moved = price(alpha=alpha)
    for minute, bps in ((0, 0.0), (39, 5.0), (78, 10.0 - 20.0), (389, 50.0 * 389 / 390 - 20.0)):
        at_ns = OPEN + minute * MINUTE
        assert moved.exo_ticks(at_ns) == plain.exo_ticks(at_ns)
        assert moved.star_ticks(at_ns) - plain.star_ticks(at_ns) == pytest.approx(
            MID.px_ticks * bps / 1e4, abs=0.01
        )


def test_a_fill_moves_the_price_and_looking_does_not() -> None:
    seldom, often = price(), price()
    for each in (seldom, often):
        each.on_client_fill(13_200, OPEN + 10 * MINUTE)  # a hundredth of a day
    assert seldom.impact_ticks(OPEN + 10 * MINUTE) == pytest.approx(0.1 * 120, rel=0.05)
    for second in range(0, 3_000, 2):
        often.impact_ticks(OPEN + 10 * MINUTE + second * SECOND)
    assert seldom.impact_ticks(OPEN + 60 * MINUTE) == often.impact_ticks(OPEN + 60 * MINUTE)
    assert 0 < often.impact_ticks(OPEN + 60 * MINUTE) < 6


def test_impact_lasts_over_the_night_and_fades_on_the_next_day() -> None:
    found = price()
    found.on_client_fill(13_200, CLOSE - SECOND)
    evening = found.impact_ticks(CLOSE - 1)
    morning = found.impact_ticks(NEXT_OPEN)
    assert morning == pytest.approx(evening)
    assert found.impact_ticks(NEXT_OPEN + 60 * MINUTE) < 0.5 * morning


def test_a_permanent_part_stays() -> None:
    preset = msgspec.structs.replace(MID, permanent_g=0.1)
    found = price(preset=preset)
    found.on_client_fill(132_000, OPEN)
    found.impact_ticks(NEXT_OPEN + 300 * MINUTE)
    plain = price()
    plain.on_client_fill(132_000, OPEN)
    left = found.impact_ticks(NEXT_OPEN + 300 * MINUTE) - plain.impact_ticks(
        NEXT_OPEN + 300 * MINUTE
    )
    assert left == pytest.approx(0.1 * 0.1 * 120)


def test_the_hours_of_a_market_that_never_closes() -> None:
    day = Session(date="2026-01-02", open_ns=OPEN, close_ns=CLOSE)
    always = MarketHours(TradingCalendar("XNYS", [day]), always=True)
    assert always.at(OPEN) == (day, False)
    before, after = always.at(OPEN - MINUTE), always.at(CLOSE + 5 * 1440 * MINUTE)
    assert before is not None
    assert before[1]
    assert before[0].close_ns == OPEN
    assert after is not None
    assert after[1]
    assert after[0].open_ns <= CLOSE + 5 * 1440 * MINUTE < after[0].close_ns
    assert MarketHours(TradingCalendar("XNYS", [day])).at(CLOSE) is None


def test_a_break_has_no_activity() -> None:
    pause = (OPEN + 120 * MINUTE, OPEN + 180 * MINUTE)
    day = Session(date="2026-01-02", open_ns=OPEN, close_ns=CLOSE, break_start_ns=pause[0],
                  break_end_ns=pause[1])  # fmt: skip
    found = price(hours=MarketHours(TradingCalendar("XTKS", [day])))
    activity = found.day_at(OPEN)
    assert activity is not None
    assert activity.clock_s(pause[0]) == activity.clock_s(pause[1])
    assert found.exo_ticks(pause[0]) == found.exo_ticks(pause[1] - 1)
    assert activity.curve.sum() == pytest.approx(330)
    assert (activity.at_ns(activity.clocks_s(np.array([pause[1] + SECOND]))) > pause[1]).all()


def test_the_volume_of_days_varies_and_depends_on_the_day_before() -> None:
    days = [
        Session(date=f"d{number}", open_ns=OPEN + number * 1440 * MINUTE,
                close_ns=CLOSE + number * 1440 * MINUTE)
        for number in range(250)
    ]  # fmt: skip
    found = price(hours=MarketHours(TradingCalendar("XNYS", days)))
    logs = []
    for each in days:
        activity = found.day_at(each.open_ns)
        assert activity is not None
        logs.append(np.log(activity.clock_s(each.close_ns) / 23_400))
    assert 0.25 < np.std(logs) < 0.45
    assert 0.4 < np.corrcoef(logs[:-1], logs[1:])[0, 1] < 0.75  # quant.md 3.6: .53 to .72


def test_streams_are_their_own() -> None:
    streams = RandomStreams(1, "SIM")
    seen = {
        float(made.block(event_class, block, venue).random())
        for made in (streams, RandomStreams(2, "SIM"), RandomStreams(1, "OTHER"))
        for event_class in EventClass
        for block in (0, 1)
        for venue in ("A", "B")
    }
    assert len(seen) == 3 * len(EventClass) * 4
    first = streams.block(EventClass.SNIPER, 5, "A").random(3)
    assert (streams.block(EventClass.SNIPER, 5, "A").random(3) == first).all()

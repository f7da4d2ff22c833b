"""The share of the volume: its check values, the usual errors, and bounds (quant.md section 4)."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.participation import BURST, Interval, Range, interval_qty, shares_for

AT = Interval(
    target_qty=1_000.0, fresh_qty=200.0, done_qty=900, forecast_qty=200.0, usual_qty=200.0,
    elapsed_s=600.0, interval_s=10.0, lot=100,
)  # fmt: skip


def at(**changes: float) -> Interval:
    return msgspec.structs.replace(AT, **changes)


@pytest.mark.parametrize(
    ("share", "per_other"), [(0.05, 0.052632), (0.1, 0.111111), (0.2, 0.25), (0.3, 0.428571)]
)
def test_shares_for_each_of_others(share: float, per_other: float) -> None:
    assert shares_for(share, 1.0) == pytest.approx(per_other, abs=5e-7)


@pytest.mark.parametrize(
    ("interval", "qty"),
    [
        (at(), 200),  # on track: what is fresh, and half of what comes, less the half before
        (at(done_qty=1_000), 100),
        (at(done_qty=1_100), 0),
        (at(done_qty=1_050), 100),  # 50 shares are half a lot: to the nearest
        (at(done_qty=1_051), 0),
        (at(done_qty=500), 400),  # 300 are old: a third of them in ten of thirty seconds
        (at(done_qty=500, elapsed_s=3_000.0), 400),  # 300 over 60 s: 50, and 200 + 100
        (at(done_qty=0, target_qty=30_000.0), 600),  # three times the forecast, no more
        (at(done_qty=0, forecast_qty=0.0, usual_qty=0.0), 100),  # and yet a lot
        (at(forecast_qty=0.0), 100),
        (at(forecast_qty=4_000.0, done_qty=2_900), 0),  # below 5 % of what the interval needs
    ],
)
def test_what_an_interval_sends(interval: Interval, qty: int) -> None:
    assert interval_qty(interval) == qty


def played(
    qty: Callable[[float, float, float, int], float], volumes: list[float], others: int = 1
) -> float:
    """The share of the volume that a rule gets: rule(others', total before, last interval's, own).

    `others`: how many more do the same, in engines of their own: each sees the rest as others.
    """
    own = [0.0] * (others + 1)
    market, total = 0.0, 0.0
    for volume in volumes:
        before, market = total, market + volume
        seen = [market + sum(own) - each for each in own]
        own = [
            each + max(qty(other, before, volume, int(each)), 0.0)
            for each, other in zip(own, seen, strict=True)
        ]
        total = market + sum(own)
    return own[0] / total


def ours(share: float) -> Callable[[float, float, float, int], float]:
    def qty(others: float, before: float, last: float, own: int) -> float:
        fresh = shares_for(share, last)
        return interval_qty(
            Interval(
                target_qty=shares_for(share, others), fresh_qty=fresh, done_qty=own,
                forecast_qty=0.0, usual_qty=fresh, elapsed_s=0.0, interval_s=10.0, lot=1,
            )
        )  # fmt: skip

    return qty


STEADY = [1_000.0] * 400
UNEVEN = [float(100 + 37 * number % 1_700) for number in range(400)]


@pytest.mark.parametrize("volumes", [STEADY, UNEVEN])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.3])
def test_the_share_is_of_the_total_volume(share: float, volumes: list[float]) -> None:
    """Error (a): p of others' volume is p / (1 + p) of all of it, 9.09 % for 10 %."""
    assert played(ours(share), volumes, others=0) == pytest.approx(share, abs=0.002)
    wrong = played(lambda others, before, last, own: share * others - own, volumes, others=0)
    assert wrong == pytest.approx(share / (1.0 + share), abs=0.002)


def test_it_does_not_echo_itself() -> None:
    """Error (b): p of the total before, own prints and all, follows itself for a while."""
    burst = [10_000.0] + [0.0] * 20
    assert played(ours(0.3), burst, others=0) == pytest.approx(0.3, abs=0.001)
    sent: list[float] = []

    def echoing(others: float, before: float, last: float, own: int) -> float:
        sent.append(0.3 * before - own)
        return sent[-1]

    played(echoing, burst, others=0)
    assert sum(qty > 1.0 for qty in sent) > 3  # it is still at it, with nobody else there


def test_rounding_loses_nothing() -> None:
    """Error (d): 10 % of 900 a interval is 90, and no lot; in sum it is what is asked for."""

    def qty(others: float, before: float, last: float, own: int) -> float:
        return interval_qty(
            Interval(
                target_qty=shares_for(0.1, others), fresh_qty=shares_for(0.1, last), done_qty=own,
                forecast_qty=0.0, usual_qty=shares_for(0.1, last), elapsed_s=0.0, interval_s=10.0,
                lot=100,
            )
        )  # fmt: skip

    assert played(qty, [300.0] * 300, others=0) == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.4])
def test_two_of_them_in_two_engines_do_not_diverge(share: float) -> None:
    """Each follows the other, and both come to rest where each has its share of all."""
    assert played(ours(share), STEADY, others=1) == pytest.approx(share, abs=0.01)


@given(
    st.floats(0, 1e9), st.floats(0, 1e6), st.integers(0, 10**9), st.floats(0, 1e6),
    st.floats(0, 1e6), st.floats(0, 30_000), st.floats(1, 600), st.sampled_from([1, 100]),
)  # fmt: skip
def test_bounds(
    target: float, fresh: float, done: int, forecast: float, usual: float, elapsed: float,
    seconds: float, lot: int,
) -> None:  # fmt: skip
    qty = interval_qty(
        Interval(
            target_qty=target, fresh_qty=fresh, done_qty=done, forecast_qty=forecast,
            usual_qty=usual, elapsed_s=elapsed, interval_s=seconds, lot=lot,
        )
    )  # fmt: skip
    assert qty >= 0
    assert qty % lot == 0
    assert qty <= max(BURST * max(forecast, usual), lot) + lot / 2
    assert qty == 0 or done + qty <= target + forecast / 2 + lot / 2 + 1e-6


RANGE = Range(floor=0.05, target=0.1, ceiling=0.3, spreads=4.0)


@pytest.mark.parametrize(
    ("better", "share"),
    [(0.0, 0.1), (2.0, 0.2), (4.0, 0.3), (40.0, 0.3), (-2.0, 0.075), (-4.0, 0.05), (-40.0, 0.05)],
)
def test_a_share_that_goes_with_the_price(better: float, share: float) -> None:
    assert RANGE.at(better) == pytest.approx(share)

"""Prints and shares a second: right from the start on, and forgetful."""

from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.trade_rate import HALF_LIFE_S, TradeRate

S = 10**9


def rate(prints: list[tuple[int, int]]) -> TradeRate:
    found = TradeRate()
    for at_ns, qty in prints:
        found.add([(at_ns, qty, 0, 0)])
    return found


@pytest.mark.parametrize("seconds", [60, 600, 6_000])
def test_a_constant_rate_is_told_whatever_the_time(seconds: int) -> None:
    found = rate([(number * S // 2, 300) for number in range(2 * seconds)])
    assert found.prints_per_s(seconds * S) == pytest.approx(2.0, rel=0.02)
    assert found.shares_per_s(seconds * S) == pytest.approx(600.0, rel=0.02)


@settings(deadline=None)
@given(
    prints=st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 900)), min_size=1).map(sorted),
    after_s=st.integers(0, 2_000), void=st.integers(0, 1_000),
)  # fmt: skip
def test_it_is_the_sum_over_all_prints(
    prints: list[tuple[int, int]], after_s: int, void: int
) -> None:
    stamped = [(at_s * S, qty) for at_s, qty in prints]
    found = rate(stamped)
    busted = stamped.pop(void % len(stamped))
    found.remove(*busted)
    now_ns = prints[-1][0] * S + after_s * S
    k = log(2) / HALF_LIFE_S
    elapsed_s = max(now_ns / S - prints[0][0], 1.0)
    weight = (1 - exp(-k * elapsed_s)) / k
    shares = sum(qty * exp(-k * (now_ns - at_ns) / S) for at_ns, qty in stamped)
    assert found.shares_per_s(now_ns) == pytest.approx(shares / weight, abs=1e-9)
    count = sum(exp(-k * (now_ns - at_ns) / S) for at_ns, _ in stamped)
    assert found.prints_per_s(now_ns) == pytest.approx(count / weight, abs=1e-9)


def test_nothing_is_no_rate() -> None:
    assert TradeRate().shares_per_s(5) == 0.0

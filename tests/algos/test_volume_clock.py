"""Intervals that begin at jittered times, and what others traded in them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.volume_clock import JITTER, OthersVolume, VolumeClock
from domain.marketdata import Trade
from marketdata.market import SymbolMarket
from marketdata.volume_history import Mark

S = 10**9
CLOCK = VolumeClock(order_id="P", since_ns=100 * S, interval_ns=10 * S)


def test_intervals_are_jittered_and_do_not_run_backwards() -> None:
    begins = [CLOCK.begin_ns(number) for number in range(200)]
    assert begins[0] == 100 * S
    gaps = [later - earlier for earlier, later in itertools.pairwise(begins)]
    assert min(gaps) > 0
    assert max(gaps) < (1 + JITTER) * 10 * S
    assert len(set(gaps)) == len(gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(10 * S, rel=0.01)
    assert begins != [VolumeClock(order_id="Q", since_ns=100 * S, interval_ns=10 * S).begin_ns(n)
                      for n in range(200)]  # fmt: skip


@given(st.integers(100 * S, 10**5 * S), st.text(max_size=3))
def test_a_time_lies_in_its_interval(now_ns: int, order_id: str) -> None:
    clock = VolumeClock(order_id=order_id, since_ns=100 * S, interval_ns=10 * S)
    number = clock.number_at(now_ns)
    assert clock.begin_ns(number) <= now_ns < clock.begin_ns(number + 1)


def test_volume_of_others_and_its_rate() -> None:
    market = SymbolMarket(symbol="IBM")
    for second in range(0, 300, 2):
        market.on_event(Trade("IBM", "XA", 100, 100, second * S))
    others = OthersVolume(tape=market.tape, start=Mark(5_000, 0))
    assert others.until(198 * S) == 5_000
    assert others.until(10**6 * S) == 10_000
    assert OthersVolume(tape=market.tape, start=None).until(198 * S) == 0
    assert others.per_s(280 * S, 10 * S) == pytest.approx(50.0)
    assert others.per_s(280 * S, 20 * S) == pytest.approx(50.0)
    assert others.per_s(10**6 * S, 10 * S) == 0.0

"""The latent book against the check values of quant.md 8.3 and the closed form of 2.7.

Units: price in daily volatilities, quantity in days' volumes, time in days.
"""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venuesim.latent_book import LatentBook

CHI = 0.02


def bursts(qty: float, fills: int, days: float = 1.0) -> float:
    """Average cost of `fills` equal fills, each at the start of its part of `days`."""
    book = LatentBook()
    steps, done, cost = round(days / book.step_days), 0, 0.0
    for number in range(1, fills + 1):
        cost += book.fill(qty / fills) / fills
        until = round(number * steps / fills)
        book.diffuse(until - done)
        done = until
    return cost


def trade(book: LatentBook, fills: Sequence[float]) -> float:
    """A fill every step; the signed cash paid for them."""
    cash = 0.0
    for qty in fills:
        cash += qty * book.fill(qty)
        book.diffuse(1)
    return cash


def twap(qty: float, days: float) -> tuple[float, float, list[float]]:
    """(peak, average / peak, what is left of the peak after T/4, T and 2 T)."""
    book = LatentBook()
    steps = round(days / book.step_days)
    cash = trade(book, [qty / steps] * (steps - 1))
    cash += qty / steps * book.fill(qty / steps)
    peak, left = book.impact, []
    for more in (0.25, 0.75, 1.0):
        book.diffuse(round(more * steps))
        left.append(book.impact / peak)
    return peak, cash / qty / peak, left


def exact_peak(qty: float, days: float) -> float:
    """quant.md 2.7: I = A sqrt(chi T / 2), A = u int_0^1 ... dz with u = rho / chi."""
    u = qty / days / CHI
    z = (np.arange(20_000) + 0.5) / 20_000
    root = np.sqrt(1.0 - z * z)
    low, high = 0.0, 100.0
    for _ in range(60):
        a = (low + high) / 2
        integral = np.mean(np.exp(-a * a * (1 - root) / (4 * (1 + root)))) * 2
        low, high = (low, a) if a > u * integral / math.sqrt(4 * math.pi) else (a, high)
    return low * math.sqrt(CHI * days / 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("qty", "days", "peak"), [(0.01, 1.0, 0.0279), (0.1, 1.0, 0.2353), (0.05, 0.25, 0.1910)]
)
def test_twap_peaks(qty: float, days: float, peak: float) -> None:
    found, _, _ = twap(qty, days)
    assert found == pytest.approx(peak, rel=0.006)
    assert found == pytest.approx(exact_peak(qty, days), rel=0.01)


@pytest.mark.slow
def test_average_and_decay() -> None:
    _, average, left = twap(0.1, 1.0)
    assert average == pytest.approx(0.66, abs=0.015)
    assert left == pytest.approx([0.629, 0.436, 0.344], abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fills", "cost"),
    [(390, 0.09052), (50, 0.09437), (10, 0.10300), (5, 0.11040), (2, 0.12724), (1, 0.14907)],
)
def test_bursts_cost_more_the_fewer_they_are(fills: int, cost: float) -> None:
    assert bursts(0.05, fills) == pytest.approx(cost, abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "cost"), [(0.0, 0.08884), (-2.0, 0.09570), (2.0, 0.09290)])
def test_a_steady_rate_is_cheapest(slope: float, cost: float) -> None:
    book = LatentBook()
    times = np.arange(round(1 / book.step_days)) * book.step_days
    rates = np.exp(slope * times)
    assert trade(book, (0.05 * rates / rates.sum()).tolist()) / 0.05 == pytest.approx(
        cost, abs=1e-4
    )


@pytest.mark.slow
def test_a_round_trip_of_the_check_value() -> None:
    book = LatentBook()
    steps = round(0.5 / book.step_days)
    loss = trade(book, [0.05 / steps] * steps + [-0.05 / steps] * steps)
    assert loss == pytest.approx(0.00935, abs=2e-5)


def test_one_shot_is_the_square_root() -> None:
    book = LatentBook()
    assert book.fill(0.05) == pytest.approx(2 / 3 * math.sqrt(0.05), abs=2e-5)
    assert book.impact == pytest.approx(math.sqrt(0.05), abs=0.002)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-0.05, 0.05, allow_nan=False), st.integers(0, 20)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_no_round_trip_gains(trades: list[tuple[float, int]]) -> None:
    """Whatever was bought and sold and when: being flat again has cost something."""
    book = LatentBook()
    cash, held = 0.0, 0.0
    for qty, steps in trades:
        cash += qty * book.fill(qty)
        held += qty
        book.diffuse(steps)
    cash -= held * book.fill(-held)
    assert cash >= -1e-9


def test_a_sell_mirrors_a_buy() -> None:
    up, down = LatentBook(), LatentBook()
    for qty in (0.01, 0.002, -0.004, 0.03):
        assert up.fill(qty) == pytest.approx(-down.fill(-qty))
        up.diffuse(7)
        down.diffuse(7)
        assert up.impact == pytest.approx(-down.impact)


def test_the_grid_grows_and_has_an_end() -> None:
    """Three days' volume at once is far off the first grid; 200 are off every grid."""
    book = LatentBook()
    assert book.fill(3.0) == pytest.approx(2 / 3 * math.sqrt(3.0), rel=0.001)
    assert book.impact == pytest.approx(math.sqrt(3.0), rel=0.002)
    book.fill(200.0)
    assert 9.0 < book.impact < 9.7

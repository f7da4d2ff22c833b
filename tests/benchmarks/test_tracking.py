"""What "kept to its schedule" means: by hand, and against the theory it is held to."""

import numpy as np
import pytest

from algos.schedule import even_schedule
from benchmarks import twap_quality
from benchmarks.tracking import (
    Traded,
    curve_lag,
    jittered_rms_bps,
    price_gap_bps,
    quantity_lag,
    rms,
)

LENGTH = 1_000_000


def _order(*fills: tuple[float, int], qty: int = 100, px: tuple[float, ...] = ()) -> Traded:
    return Traded(
        start_ns=5, end_ns=5 + LENGTH, order_qty=qty,
        at_ns=tuple(5 + round(at * LENGTH) for at, _ in fills),
        fill_qty=tuple(each for _, each in fills), exo_px=px or tuple(10.0 for _ in fills),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fills", "lag"),
    [
        (((0.5, 100),), 0.5),  # nothing until the middle, all of it then
        (((0.25, 50), (0.75, 50)), 0.25),
        (((0.25, 50), (0.75, 40)), 0.25),
        (((0.0, 100),), 0.95),  # all ahead: seen from 5 % on, whenever the fill was
        ((), 1.0),
        (((0.1, 10), (0.2, 10), (0.3, 10)), 0.7),  # what is missing at the end
        (((0.04, 0), *((each / 100, 1) for each in range(1, 101))), 0.01),
    ],
)
def test_quantity_lag_by_hand(fills: tuple[tuple[float, int], ...], lag: float) -> None:
    assert quantity_lag(_order(*fills)) == pytest.approx(lag)


def test_the_first_twentieth_does_not_count() -> None:
    fills = ((0.01, 5), *((each / 100, 1) for each in range(6, 101)))
    assert quantity_lag(_order(*fills)) == pytest.approx(0.01)
    assert quantity_lag(_order(*fills), ignored=0.0) == pytest.approx(0.04)


def test_price_gap_is_of_the_weighted_fills_against_the_even_average() -> None:
    order = _order((0.1, 30), (0.9, 70), px=(99.0, 101.0))
    assert price_gap_bps(order, np.full(10, 100.0)) == pytest.approx(0.4 / 100 * 1e4)


def test_slices_anywhere_in_their_bins_have_the_rms_that_is_called_the_theory() -> None:
    """A Monte Carlo of Brownian paths of 20 slices: the root of the mean square within 6 %."""
    generator, slices, steps = np.random.default_rng(7), 20, 2_000
    gaps, theory = [], []
    for seed in range(600):
        path = 100.0 * (1.0 + np.cumsum(generator.standard_normal(steps)) * 1e-5)
        plan = even_schedule(qty=slices, base_qty=0, lot=1, start_ns=0, end_ns=steps, slices=slices,
                             size_jitter=0.0, time_jitter=1.0, seed=seed)  # fmt: skip
        order = Traded(
            start_ns=0, end_ns=steps, order_qty=slices, at_ns=plan.times_ns,
            fill_qty=(1,) * slices, exo_px=tuple(path[list(plan.times_ns)].tolist()),
        )  # fmt: skip
        gaps.append(price_gap_bps(order, path))
        theory.append(jittered_rms_bps(path, slices))
    assert rms(gaps) / rms(theory) == pytest.approx(1.0, abs=0.06)


@pytest.mark.slow
def test_a_crowd_has_its_figures() -> None:
    done, late = twap_quality.crowd(3, slices=2)
    assert done.value == 100.0
    assert late.value < 0.5


@pytest.mark.parametrize(
    ("at_ns", "qty", "lag"),
    [
        ((0, 25, 50, 75), (25, 25, 25, 25), 0.25),  # each a step ahead of the line
        ((25, 50, 75, 100), (25, 25, 25, 25), 0.25),  # each a step behind it
        ((50,), (100,), 0.5),
        ((), (), 1.0),
        ((10,), (40,), 0.6),  # never done
    ],
)
def test_the_lag_behind_a_curve(at_ns: tuple[int, ...], qty: tuple[int, ...], lag: float) -> None:
    order = Traded(start_ns=0, end_ns=100, order_qty=100, at_ns=at_ns, fill_qty=qty, exo_px=())
    assert curve_lag(order, lambda now_ns: now_ns / 100) == pytest.approx(lag)


@pytest.mark.parametrize(
    ("fills", "late"),
    [
        ([(0, 100), (30, 100)], 0.0),
        ([(3, 100), (30, 100)], 0.1),
        ([(0, 100), (45, 40), (60, 60)], 1.0),  # the rest of the second slice, an interval late
        ([(60, 200)], 2.0),  # both at once: the first slice is two late
        ([(0, 100)], float("inf")),  # never done
        ([], float("inf")),
    ],
)
def test_how_late_a_slice_of_a_lot_is(fills: list[tuple[int, int]], late: float) -> None:
    order = Traded(
        start_ns=5, end_ns=5 + 60 * 10**9, order_qty=200,
        at_ns=tuple(5 + at * 10**9 for at, _ in fills), fill_qty=tuple(qty for _, qty in fills),
        exo_px=tuple(10.0 for _ in fills),
    )  # fmt: skip
    assert twap_quality.late_intervals(order) == pytest.approx(late)

"""The race of two queues: quant.md 5.2 (i) and (ii)."""

import numpy as np
import pytest

from algos.models.model_error import ModelError
from algos.models.queue_race import QueueRates, fill_chances, up_chances

RATES = QueueRates(limit_rate=1.85, market_rate=0.94, cancel_rate=0.71)


@pytest.mark.parametrize(
    ("place", "ask", "chance"),
    [(1, 1, 0.5025), (1, 5, 0.8824), (5, 1, 0.2243), (3, 3, 0.5784), (5, 5, 0.6071)],
)
def test_filled_before_the_ask_is_gone(place: int, ask: int, chance: float) -> None:
    assert fill_chances(RATES, 5, 5)[place - 1, ask - 1] == pytest.approx(chance, abs=5.1e-5)


@pytest.mark.parametrize(
    ("bid", "row"),
    [
        (1, [0.500, 0.336, 0.259, 0.216, 0.188]),
        (3, [0.741, 0.593, 0.500, 0.437, 0.391]),
        (5, [0.812, 0.693, 0.609, 0.548, 0.500]),
    ],
)
def test_the_mid_goes_up_first(bid: int, row: list[float]) -> None:
    """Table 3 of the paper, which an exact solution meets to 8.3e-4."""
    assert up_chances(RATES, 5, 5)[bid - 1] == pytest.approx(row, abs=8.4e-4)


def test_up_and_down_are_all_there_is() -> None:
    up = up_chances(RATES, 12, 12)
    assert np.abs(up + up.T - 1.0).max() < 1e-12


def test_against_the_chain_walked_by_hand() -> None:
    """Alone at both touches without new orders or cancels: the first market order decides."""
    bare = QueueRates(limit_rate=0.0, market_rate=1.0, cancel_rate=0.0)
    assert fill_chances(bare, 1, 1)[0, 0] == pytest.approx(0.5)
    # Two sales before one buy: (1/2)^2; before two buys: 1/4 + 2 * 1/8.
    assert fill_chances(bare, 2, 2)[1].tolist() == pytest.approx([0.25, 0.5])
    assert up_chances(bare, 2, 2)[1].tolist() == pytest.approx([0.75, 0.5])
    # Our order never cancels, an ask does: 1 of the 3 kinds of events that may come is ours.
    fleeting = QueueRates(limit_rate=0.0, market_rate=1.0, cancel_rate=1.0)
    assert fill_chances(fleeting, 1, 1)[0, 0] == pytest.approx(1 / 3)


def test_the_further_back_the_less_likely_the_longer_the_ask_the_more() -> None:
    chances = fill_chances(RATES, 40, 20)
    assert (np.diff(chances, axis=0) < 0).all()
    assert (np.diff(chances, axis=1) > 0).all()
    assert 0.0 < chances.min() < chances.max() < 1.0


def test_bad_rates_and_sizes() -> None:
    with pytest.raises(ModelError, match="negative: limit_rate"):
        QueueRates(limit_rate=-1.0, market_rate=1.0, cancel_rate=0.0)
    with pytest.raises(ModelError, match="not_positive: market_rate"):
        QueueRates(limit_rate=1.0, market_rate=0.0, cancel_rate=0.0)
    with pytest.raises(ModelError, match="above_bound: places"):
        fill_chances(RATES, 10_000, 1)
    with pytest.raises(ModelError, match="above_bound: asks"):
        up_chances(RATES, 1, 10_000)

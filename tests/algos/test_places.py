"""What a place in the book is worth, and when it is not worth resting at all."""

import msgspec
import pytest

from algos.tactics.places import BookSide, Place, crosses_at_once, worth
from domain.instruments import Side

BOOK = BookSide(
    side=Side.BUY, own_px_ticks=100, other_px_ticks=105, step_ticks=1, flow_qty_per_s=10.0,
    sd_ticks=1.0,
)  # fmt: skip
JOIN = Place(venue="V", px_ticks=100, ahead_qty=500)


def test_the_worth_is_a_chance_times_what_it_saves() -> None:
    found = worth(BOOK, JOIN, 100, 60.0)
    assert 0.0 < found < 5.0
    assert worth(BOOK, msgspec.structs.replace(JOIN, ahead_qty=0), 100, 60.0) > found
    assert worth(BOOK, JOIN, 100, 600.0) > found
    assert worth(BOOK, JOIN, 100, 0.0) == 0.0


def test_behind_the_touch_it_counts_whether_the_price_comes_back() -> None:
    """2 ticks at a deviation of sqrt(60): erfc(2 / sqrt(120)) = 0.796."""
    behind = Place(venue="V", px_ticks=98, ahead_qty=500)
    ratio = worth(BOOK, behind, 100, 60.0) / worth(BOOK, JOIN, 100, 60.0)
    assert ratio == pytest.approx(0.7962 * 7 / 5, abs=1e-3)
    unknown = msgspec.structs.replace(BOOK, sd_ticks=None)
    assert worth(unknown, behind, 100, 60.0) == 0.0


def test_a_sale_is_the_same_the_other_way_round() -> None:
    mirror = BookSide(
        side=Side.SELL, own_px_ticks=205, other_px_ticks=200, step_ticks=1, flow_qty_per_s=10.0,
        sd_ticks=1.0,
    )  # fmt: skip
    for px in (98, 100, 101):
        sale = Place(venue="V", px_ticks=305 - px, ahead_qty=500)
        buy = Place(venue="V", px_ticks=px, ahead_qty=500)
        assert worth(mirror, sale, 100, 60.0) == worth(BOOK, buy, 100, 60.0)


@pytest.mark.parametrize(
    ("drift", "left_s", "crosses"),
    [(0.0, 0.1, False), (-3.0, 0.1, False), (2.0, 1.0, True), (0.5, 600.0, False),
     (50.0, 30.0, True)],
)  # fmt: skip
def test_it_crosses_where_the_price_is_leaving_and_a_fill_is_unlikely(
    drift: float, left_s: float, crosses: bool
) -> None:
    assert crosses_at_once(BOOK, JOIN, 100, left_s, drift) is crosses

"""Instruments: every fault of every number, and the sums that hold on any tick table."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import (
    MAX_PX,
    MAX_QTY,
    GridFault,
    Instrument,
    InstrumentTable,
    OffGrid,
    Side,
    TickBand,
)


def instrument(**changes: object) -> Instrument:
    terms: dict[str, Any] = {
        "symbol": "VOD",
        "currency": "GBX",
        "lot": 100,
        "ticks": (
            TickBand(tick=Decimal("0.0001")),
            TickBand(from_px=Decimal(1), tick=Decimal("0.01")),
            TickBand(from_px=Decimal(100), tick=Decimal("0.05")),
        ),
        "calendar": "XLON",
        "venues": ("XLON", "BATE"),
        "max_order_qty": 1_000_000,
        "max_order_notional": Decimal(10_000_000),
    }
    return Instrument(**(terms | changes))


VOD = instrument()


@pytest.mark.parametrize(
    ("px", "px_ticks"),
    [
        ("0.0001", 1),
        ("0.9999", 9_999),
        ("1", 10_000),  # a band starts at its from_px
        ("1.00", 10_000),
        ("99.99", 999_900),
        ("100", 1_000_000),
        ("100.05", 1_000_500),
        ("1E+9", 10**13),
    ],
)
def test_price_on_its_band(px: str, px_ticks: int) -> None:
    assert VOD.px_ticks(Decimal(px), "limit_px") == px_ticks
    assert VOD.px(px_ticks) == Decimal(px)


PX_FAULTS = [
    (GridFault.NOT_FINITE, "NaN"),
    (GridFault.NOT_FINITE, "sNaN"),
    (GridFault.NOT_FINITE, "Infinity"),
    (GridFault.NOT_POSITIVE, "0"),
    (GridFault.NOT_POSITIVE, "-0.01"),
    (GridFault.TOO_LARGE, "1000000000.05"),
    (GridFault.TOO_LARGE, "1E+999999"),
    (GridFault.OFF_TICK, "0.00001"),
    (GridFault.OFF_TICK, "1.001"),  # good below 1.00
    (GridFault.OFF_TICK, "100.01"),  # good below 100.00
    (GridFault.OFF_TICK, "1E-400"),
    (GridFault.OFF_TICK, "99.99000000000000000000000000000000000001"),
]
QTY_FAULTS = [
    (GridFault.NOT_FINITE, "NaN"),
    (GridFault.NOT_FINITE, "-Infinity"),
    (GridFault.NOT_POSITIVE, "0"),
    (GridFault.NOT_POSITIVE, "-100"),
    (GridFault.TOO_LARGE, str(MAX_QTY + 100)),
    (GridFault.TOO_LARGE, "9" * 60_000),
    (GridFault.NOT_WHOLE, "100.5"),
    (GridFault.NOT_WHOLE, "1E-400"),
    (GridFault.OFF_LOT, "150"),
]


@pytest.mark.parametrize(("fault", "px"), PX_FAULTS, ids=lambda value: value[:20])
def test_price_refused(fault: GridFault, px: str) -> None:
    with pytest.raises(OffGrid) as caught:
        VOD.px_ticks(Decimal(px), "limit_px")
    assert (caught.value.field, caught.value.fault) == ("limit_px", fault)


@pytest.mark.parametrize(("fault", "qty"), QTY_FAULTS, ids=lambda value: value[:20])
def test_quantity_refused(fault: GridFault, qty: str) -> None:
    with pytest.raises(OffGrid) as caught:
        VOD.order_qty(Decimal(qty), "order_qty")
    assert (caught.value.field, caught.value.fault) == ("order_qty", fault)
    assert len(caught.value.text) < 150  # it goes into a report


def test_every_fault_has_a_row() -> None:
    assert {fault for fault, _ in PX_FAULTS + QTY_FAULTS} == set(GridFault)


def test_a_fill_may_be_an_odd_lot() -> None:
    assert VOD.fill_qty(Decimal(150), "last_qty") == 150
    assert VOD.order_qty(Decimal("1E+3"), "order_qty") == 1_000


@pytest.mark.parametrize(
    ("px_ticks", "buy", "sell"),
    [
        (9_999, 9_999, 9_999),
        (10_001, 10_000, 10_100),
        (999_901, 999_900, 1_000_000),  # a sell rounds up into the next band
        (1_000_499, 1_000_000, 1_000_500),
    ],
)
def test_rounding(px_ticks: int, buy: int, sell: int) -> None:
    assert VOD.round_px_ticks(px_ticks, Side.BUY) == buy
    assert VOD.round_px_ticks(px_ticks, Side.SELL) == sell


@given(px_ticks=st.integers(1, 10**13))
def test_rounded_price_is_admitted_and_never_more_aggressive(px_ticks: int) -> None:
    buy = VOD.round_px_ticks(px_ticks, Side.BUY)
    sell = VOD.round_px_ticks(px_ticks, Side.SELL)
    assert buy <= px_ticks <= sell
    assert sell - buy in (0, 1, 100, 500)
    for rounded in (buy, sell):
        assert VOD.px_ticks(VOD.px(rounded), "px") == rounded
        assert VOD.round_px_ticks(rounded, Side.BUY) == rounded


@given(px=st.decimals(min_value=Decimal("0.00001"), max_value=MAX_PX, places=5))
def test_px_of_px_ticks_is_the_price(px: Decimal) -> None:
    taken = attempt(VOD.px_ticks, px)
    if isinstance(taken, OffGrid):
        assert taken.fault is GridFault.OFF_TICK
    else:
        assert VOD.px(taken) == px


@given(px=st.decimals(), qty=st.decimals())
def test_any_decimal_is_taken_or_refused(px: Decimal, qty: Decimal) -> None:
    for taken in (attempt(VOD.px_ticks, px), attempt(VOD.order_qty, qty)):
        assert isinstance(taken, OffGrid) or taken > 0


def attempt(convert: Callable[[Decimal, str], int], number: Decimal) -> int | OffGrid:
    try:
        return convert(number, "field")
    except OffGrid as refused:
        return refused


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": ""},
        {"lot": 0},
        {"venues": ()},
        {"ticks": ()},
        {"max_order_qty": 0},
        {"max_order_notional": Decimal(0)},
        {"max_order_notional": Decimal("NaN")},
        {"ticks": (TickBand(tick=Decimal(0)),)},
        {"ticks": (TickBand(tick=Decimal("NaN")),)},
        {"ticks": (TickBand(tick=Decimal("1E-13")),)},
        {"ticks": (TickBand(from_px=Decimal(1), tick=Decimal("0.01")),)},
        {"ticks": (TickBand(tick=Decimal(1)), TickBand(tick=Decimal(2)))},
        {"ticks": (TickBand(tick=Decimal(2)), TickBand(from_px=Decimal(6), tick=Decimal(3)))},
        {"ticks": (TickBand(tick=Decimal(1)), TickBand(from_px=Decimal(5), tick=Decimal(2)))},
        {"ticks": (TickBand(tick=Decimal(4)), TickBand(from_px=Decimal(6), tick=Decimal(2)))},
    ],
    ids=str,
)
def test_an_instrument_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="instrument"):
        instrument(**changes)


def test_the_table() -> None:
    bp = instrument(symbol="BP", venues=("CHIX", "XLON"))
    table = InstrumentTable([VOD, bp])
    assert table["BP"] is bp
    assert table.get("NONE") is None
    assert table.venues() == ["XLON", "BATE", "CHIX"]
    assert table.hash == InstrumentTable([bp, VOD]).hash
    assert table.hash != InstrumentTable([VOD, msgspec.structs.replace(bp, lot=1)]).hash
    with pytest.raises(ValueError, match="listed twice"):
        InstrumentTable([VOD, VOD])


def test_side_sign() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)

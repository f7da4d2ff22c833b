"""What one parent does now, and every reason why it does nothing."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from algos.actions import Send
from algos.child import Child
from algos.completion import clean_up_ns
from algos.decision import decide, goal_of
from algos.due import participation_allows
from algos.parent import Parent, Terms
from algos.schedule import Schedule
from algos.surroundings import Surroundings
from algos.twap import TWAP
from bus.code_meanings import CODES
from domain.fix_codes import TimeInForce
from domain.instruments import Side
from domain.marketdata import Quote, Trade, TradingPhase, TradingStatus
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from marketdata.own_prints import OwnFill
from tests.algos.partition_scene import BEGIN_NS, IBM, ROUND, S
from tests.algos.test_scenarios import SCENARIOS

W = WaitReason
NOW_NS = BEGIN_NS + 10 * S
END_NS = BEGIN_NS + 1_000 * S


class Case:
    """A parent that would send 500 shares to XA; each test spoils one thing."""

    def __init__(self) -> None:
        self.parent = Parent(
            order_id="P", source="OMS", cl_ord_id="A", instrument=IBM, side=Side.BUY,
            algorithm=TWAP,
            params={"completion": "leave"}, arrival_px=None,
            terms=Terms(order_qty=1_000, limit_px_ticks=None, start_ns=BEGIN_NS, end_ns=END_NS),
            schedule=Schedule((BEGIN_NS, BEGIN_NS + 500 * S), (500, 1_000)),
        )  # fmt: skip
        self.market = SymbolMarket(symbol="IBM")
        self.market.on_event(Quote("IBM", "XA", 9_999, 900, 10_000, 900, NOW_NS))
        self.live = {"XA": True, "XB": False}
        self.killed = False
        self.now_ns = NOW_NS
        self.pause: tuple[int, int] | None = None

    def open_child(self, venue: str, qty: int) -> None:
        child = Child(
            cl_ord_id=f"c{venue}", order_id="P", venue=venue, order_qty=qty, px_ticks=10_000,
            time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, decided_ns=NOW_NS,
        )  # fmt: skip
        self.parent.child_changed(child, 0, 0)

    def decided(self) -> tuple[int, WaitReason]:
        """(shares sent, reason)."""
        found = decide(self.parent, self.around())
        assert found.wake_ns > self.now_ns
        assert found.wake_ns <= END_NS
        return sum(each.qty for each in found.actions if isinstance(each, Send)), found.reason

    def around(self) -> Surroundings:
        return Surroundings(self.market, self.live, self.killed, self.now_ns, self.pause)

    def terms(self, **changes: int) -> None:
        now = self.parent.terms
        self.parent.terms = Terms(
            order_qty=changes.get("order_qty", now.order_qty),
            limit_px_ticks=changes.get("limit_px_ticks", now.limit_px_ticks),
            start_ns=changes.get("start_ns", now.start_ns), end_ns=now.end_ns,
        )  # fmt: skip


def later(case: Case) -> None:
    case.terms(start_ns=NOW_NS + S)


def stale(case: Case) -> None:
    case.now_ns += 6 * S


def halted(case: Case) -> None:
    case.market.on_event(TradingStatus("IBM", "XA", TradingPhase.HALTED, NOW_NS))


def busy(case: Case) -> None:
    case.open_child("XA", 100)


def backing_off(case: Case) -> None:
    case.parent.retry_ns, case.parent.retry_reason = NOW_NS + S, W.REJECTED_BY_VENUE


def pacing(case: Case) -> None:
    case.parent.retry_ns, case.parent.retry_reason = NOW_NS + S, W.PACING


def out_of_reach(case: Case) -> None:
    case.open_child("XB", 500)


def odd(case: Case) -> None:
    case.parent.instrument = ROUND
    case.parent.cum_qty = 450


def odd_end(case: Case) -> None:
    odd(case)
    case.terms(order_qty=500)


def set_to(name: str, value: object) -> Callable[[Case], None]:
    return lambda case: setattr(case.parent, name, value)


SPOILED: list[tuple[WaitReason, Callable[[Case], None]]] = [
    (W.OVERFILLED, set_to("cum_qty", 1_001)),
    (W.PAUSED, set_to("paused", True)),
    (W.KILLED, lambda case: setattr(case, "killed", True)),
    (W.BEFORE_START, later),
    (W.SESSION_CLOSED, lambda case: setattr(case, "pause", (NOW_NS, NOW_NS + S))),
    (W.WAITING_FOR_SLICE, set_to("cum_qty", 500)),
    (W.WAITING_FOR_SLICE, set_to("schedule", None)),
    (W.WORKING, lambda case: case.open_child("XA", 500)),  # all that is due is there
    (W.WORKING, busy),
    (W.REJECTED_BY_VENUE, backing_off),
    (W.REJECTED_BY_VENUE, lambda case: case.parent.avoid_until_ns.update(XA=NOW_NS + S)),
    (W.PARTICIPATION_CAP, set_to("params", {"max_participation": 0.1})),
    (W.MIN_QTY, set_to("params", {"min_child_qty": 600})),
    (W.MIN_QTY, odd),
    (W.ODD_LOT, odd_end),
    (W.MISSED, set_to("retry_ns", NOW_NS + S)),
    (W.PACING, pacing),
    (W.VENUE_DOWN, lambda case: case.live.update(XA=False)),
    (W.VENUE_DOWN, out_of_reach),
    (W.NO_MARKET_DATA, lambda case: case.market.quotes.clear()),
    (W.STALE_MARKET_DATA, stale),
    (W.HALTED, halted),
    (W.CROSSED_MARKET, lambda case: case.market.on_event(
        Quote("IBM", "XA", 10_000, 900, 10_000, 900, NOW_NS))),
    (W.NO_LIQUIDITY, lambda case: case.market.on_event(
        Quote("IBM", "XA", 9_999, 900, 10_000, 0, NOW_NS))),
    (W.OWN_ORDER, lambda case: case.market.on_own_order(
        OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=10_000, qty=100,
                 since_ns=NOW_NS, may_rest=True))),
    (W.TOO_LITTLE_SHOWN, set_to("params", {"min_child_qty": 500})),
    (W.TOO_LITTLE_SHOWN, lambda case: case.market.on_event(
        Quote("IBM", "XA", 9_999, 900, 10_000, 90, NOW_NS))),
    (W.NO_REFERENCE_PX, set_to(
        "params", {"relative_limit": 5.0, "relative_limit_reference": "arrival"})),
    (W.ABOVE_LIMIT, lambda case: case.terms(limit_px_ticks=9_999)),
]  # fmt: skip


ELSEWHERE = {W.MESSAGE_RATE, W.NO_VOLUME}  # in test_crowd.py, and those of POV


def test_nothing_spoiled() -> None:
    assert Case().decided() == (500, W.WORKING)


@pytest.mark.parametrize(("reason", "spoil"), SPOILED)
def test_why_nothing_is_sent(reason: WaitReason, spoil: Callable[[Case], None]) -> None:
    case = Case()
    if reason is W.TOO_LITTLE_SHOWN:
        case.market.on_event(Quote("IBM", "XA", 9_999, 900, 10_000, 400, NOW_NS))
    spoil(case)
    assert case.decided() == (0, reason)


def test_every_reason_is_reached() -> None:
    """In this table, or where it is not decided here, in a scenario; and each has its words."""
    reached = {reason for reason, _ in SPOILED} | ELSEWHERE
    for path in SCENARIOS:
        said = re.findall(r" waits: (\w+)", path.read_text())
        reached.update(WaitReason(reason) for reason in said)
    assert set(WaitReason) == reached
    assert set(CODES[WaitReason]) == {reason.value for reason in WaitReason}


@pytest.mark.parametrize(
    ("cap", "volume", "cum_qty", "open_qty", "allowed"),
    [
        (0.05, 10_000, 0, 0, 526),  # p / (1 - p) = 0.052632 (quant.md 4)
        (0.1, 10_000, 0, 0, 1_111),
        (0.2, 10_000, 0, 0, 2_500),
        (0.3, 10_000, 0, 0, 4_285),
        (0.2, 10_000, 2_000, 0, 0),  # own prints are not others' volume: 20 % are reached
        (0.2, 10_000, 0, 400, 2_100),
        (0.2, 0, 0, 0, 0),
        (0.2, 100, 300, 0, -300),
        (1.0, 0, 0, 0, None),
    ],
)
def test_the_cap_is_on_all_of_others_volume_since_the_start(
    cap: float, volume: int, cum_qty: int, open_qty: int, allowed: int | None
) -> None:
    case = Case()
    case.parent.params = {"max_participation": cap}
    case.market.on_event(Trade("IBM", "XA", 10_000, 700, BEGIN_NS))  # before its start is over
    if volume:
        case.market.on_event(Trade("IBM", "XB", 10_000, volume, NOW_NS))
    if cum_qty:
        case.market.on_own_fill(
            OwnFill(venue="XB", exec_id="e", px_ticks=10_000, qty=cum_qty, at_ns=NOW_NS)
        )
    case.parent.volume_mark = case.market.tape.mark(BEGIN_NS)
    case.parent.cum_qty, case.parent.open_qty = cum_qty, open_qty
    assert participation_allows(case.parent, case.market) == allowed


def test_what_was_planned_before_the_order_was_made_smaller_is_not_sent() -> None:
    case = Case()
    case.terms(order_qty=300)
    assert goal_of(case.parent, case.around()).target_qty == 300
    assert case.decided() == (300, W.WORKING)


@pytest.mark.parametrize(
    ("window_s", "clean_up_s"), [(5, 5), (100, 10), (1_000, 20), (6_000, 120), (23_400, 120)]
)
def test_the_clean_up_is_a_fiftieth_of_the_window(window_s: int, clean_up_s: int) -> None:
    case = Case()
    case.parent.terms = Terms(
        order_qty=1_000, limit_px_ticks=None, start_ns=BEGIN_NS, end_ns=BEGIN_NS + window_s * S
    )
    assert clean_up_ns(case.parent) == BEGIN_NS + (window_s - clean_up_s) * S


@pytest.mark.parametrize(
    ("at_s", "planned", "target_qty", "overdue_qty", "next_s"),
    [
        (979, True, 900, 0, 980),  # before the clean-up, the last 20 s of 1,000: all may wait
        (980, True, 900, 900, 985),  # what is due may not wait; the last slice is still to come
        (985, True, 1_000, 1_000, 990),
        (989, True, 1_000, 1_000, 990),
        (990, True, 1_000, 1_000, None),
        (979, False, 900, 0, 980),
        (980, False, 1_000, 1_000, 985),  # nobody planned the end: all of it, from here on
    ],
)
def test_what_must_complete_is_due_in_time(
    at_s: int, planned: bool, target_qty: int, overdue_qty: int, next_s: int | None
) -> None:
    case = Case()
    case.parent.params = {"completion": "cross", "passive_only": True}
    slices = (BEGIN_NS, BEGIN_NS + 985 * S)
    case.parent.schedule = Schedule(slices, (900, 1_000 if planned else 999))
    case.now_ns = BEGIN_NS + at_s * S
    found = goal_of(case.parent, case.around())
    next_ns = None if next_s is None else BEGIN_NS + next_s * S
    assert (found.target_qty, found.overdue_qty, found.next_ns) == (
        target_qty, overdue_qty, next_ns,
    )  # fmt: skip


def test_a_child_is_no_more_than_is_shown_in_lots() -> None:
    case = Case()
    case.market.on_event(Quote("IBM", "XA", 9_999, 900, 10_000, 390, NOW_NS))
    assert case.decided() == (300, W.WORKING)


def test_the_odd_end_of_an_order_goes_whole() -> None:
    case = Case()
    case.parent.cum_qty = 463
    case.now_ns = BEGIN_NS + 600 * S
    case.market.on_event(Quote("IBM", "XA", 9_999, 900, 10_000, 900, case.now_ns))
    assert case.decided() == (537, W.WORKING)
    assert Decimal(case.parent.terms.order_qty) == 1_000

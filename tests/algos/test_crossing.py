"""Immediate orders: a sweep in the last call, within the limit; and ever rarer after misses."""

from algos.actions import Send
from algos.decision import decide
from algos.schedule import Schedule
from algos.tactics.crossing import MISS_DOUBLINGS, MISS_NS, MISS_VARIED, miss_pause_ns
from domain.instruments import Side
from domain.marketdata import Depth
from marketdata.own_orders import OwnOrder
from tests.algos.partition_scene import BEGIN_NS, S
from tests.algos.test_decision import END_NS, NOW_NS, Case

LADDER = ((10_000, 300), (10_002, 300), (10_005, 300), (10_009, 900), (10_014, 900), (10_020, 900))


def last_call(qty: int = 1_000, limit: int | None = None, left_s: int = 5) -> Case:
    """All of an order that must complete is due, and 300 are shown at the touch."""
    case = Case()
    case.parent.params = {"completion": "cross", "style": "aggressive"}
    case.parent.schedule = Schedule((BEGIN_NS,), (qty,))
    case.terms(order_qty=qty)
    if limit is not None:
        case.terms(order_qty=qty, limit_px_ticks=limit)
    case.now_ns = END_NS - left_s * S
    case.market.on_event(Depth("IBM", "XA", ((9_999, 900),), LADDER, case.now_ns))
    return case


def sent(case: Case) -> tuple[int, int | None]:
    (action,) = decide(case.parent, case.around()).actions
    assert isinstance(action, Send)
    return action.qty, action.px_ticks


def test_it_goes_as_deep_as_it_needs_and_no_deeper() -> None:
    assert sent(last_call(300)) == (300, 10_000)
    assert sent(last_call(500)) == (500, 10_002)
    assert sent(last_call(1_000)) == (1_000, 10_009)


def test_some_levels_at_the_most() -> None:
    assert sent(last_call(5_000)) == (2_700, 10_014)


def test_never_beyond_the_limit() -> None:
    assert sent(last_call(1_000, limit=10_004)) == (600, 10_002)
    assert sent(last_call(1_000, limit=10_000)) == (300, 10_000)


def test_never_into_an_order_of_ours() -> None:
    case = last_call()
    case.market.on_own_order(
        OwnOrder(
            cl_ord_id="X", venue="XA", side=Side.SELL, px_ticks=10_005, qty=300, since_ns=0,
            displayed_px_ticks=10_005, displayed_qty=300, may_rest=True,
        )
    )  # fmt: skip
    assert sent(case) == (600, 10_002)


def test_only_in_the_last_call() -> None:
    assert sent(last_call(left_s=11)) == (300, 10_000)


def test_the_pause_after_a_miss_doubles_up_to_a_bound() -> None:
    case = Case()
    pauses = []
    for misses in range(8):
        case.parent.misses, case.parent.children = misses, misses
        pauses.append(miss_pause_ns(case.parent, NOW_NS))
    assert pauses[0] == MISS_NS
    for misses, pause in enumerate(pauses[1:], 1):
        usual = MISS_NS * 2 ** min(misses, MISS_DOUBLINGS)
        assert (1 - MISS_VARIED) * usual <= pause <= (1 + MISS_VARIED) * usual
    assert len(set(pauses)) == len(pauses)  # no rhythm


def test_a_clean_up_has_no_time_for_it() -> None:
    case = last_call()
    case.parent.misses = 5
    assert miss_pause_ns(case.parent, case.now_ns) == MISS_NS

"""Pegs of ours: where they stand, how often they move, what they take, and why they wait."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.pegged import PEGGED
from algos.surroundings import Surroundings
from algos.tactics.peg_price import others_best, peg_px_ticks
from domain.children import NewChild, ReplaceChild
from domain.executions import VenueState
from domain.fix_codes import ExecType, PegInstruction
from domain.instruments import Side
from domain.marketdata import Quote
from domain.parents import ParamValue
from domain.venue_offer import VenueOffer
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from tests.algos.partition_scene import BEGIN_NS, S, Scene, new_parent
from tests.algos.plan_scene import plan_request

P, M, T = PegInstruction.PRIMARY, PegInstruction.MIDPOINT, PegInstruction.MARKET
BUY, SELL = Side.BUY, Side.SELL
PRICES: list[tuple[Side, PegInstruction, int, int | None, tuple[int, int], int | None]] = [
    # side, peg, offset, limit, (bid, ask), price
    (BUY, P, 0, None, (9_990, 10_000), 9_990),
    (SELL, P, 0, None, (9_990, 10_000), 10_000),
    (BUY, P, 3, None, (9_990, 10_000), 9_993),
    (SELL, P, 3, None, (9_990, 10_000), 9_997),
    (BUY, P, -3, None, (9_990, 10_000), 9_987),
    (BUY, P, 50, None, (9_990, 10_000), 9_999),  # a tick short of the other side
    (SELL, P, 50, None, (9_990, 10_000), 9_991),
    (BUY, M, 0, None, (9_990, 10_000), 9_995),
    (BUY, M, 0, None, (9_990, 9_999), 9_994),  # between two prices: the less aggressive one
    (SELL, M, 0, None, (9_990, 9_999), 9_995),
    (BUY, M, 0, None, (9_999, 10_000), 9_999),
    (SELL, M, 0, None, (9_999, 10_000), 10_000),
    (BUY, T, 0, None, (9_990, 10_000), 10_000),  # takes
    (BUY, T, -2, None, (9_990, 10_000), 9_998),
    (SELL, T, -2, None, (9_990, 10_000), 9_992),
    (BUY, M, 0, 9_992, (9_990, 10_000), 9_992),
    (SELL, M, 0, 9_998, (9_990, 10_000), 9_998),
    (BUY, T, 0, 9_980, (9_990, 10_000), 9_980),
    (BUY, P, 0, None, (0, 10_000), None),
    (BUY, M, 0, None, (0, 10_000), None),
    (BUY, T, 0, None, (9_990, 0), None),
    (BUY, P, 0, None, (9_990, 0), 9_990),
    (BUY, P, -20, None, (15, 20), None),  # there is no such price
]


def priced(
    side: Side, peg: PegInstruction, offset: int, limit: int | None, touch: tuple[int, int],
    own: OwnOrder | None = None,
) -> int | None:  # fmt: skip
    parent = plan_request(PEGGED, 1_000).parent
    parent.side = side
    market = SymbolMarket(symbol="IBM")
    bid, ask = touch
    market.on_event(Quote("IBM", "XA", bid, 500 if bid else 0, ask, 500 if ask else 0, 0))
    if own is not None:
        market.on_own_order(own)
    around = Surroundings(market=market, live={}, killed=False, now_ns=0)
    return peg_px_ticks(parent, others_best(around), peg, offset, limit)


@pytest.mark.parametrize(("side", "peg", "offset", "limit", "touch", "px"), PRICES)
def test_where_it_stands(
    side: Side, peg: PegInstruction, offset: int, limit: int | None, touch: tuple[int, int],
    px: int | None,
) -> None:  # fmt: skip
    assert priced(side, peg, offset, limit, touch) == px


def test_it_does_not_follow_itself() -> None:
    """What is shown at the bid is ours alone: two pegs would lead each other up."""
    own = OwnOrder(cl_ord_id="c", venue="XA", side=BUY, px_ticks=9_990, qty=500, since_ns=0,
                   displayed_px_ticks=9_990, displayed_qty=500)  # fmt: skip
    assert priced(BUY, P, 1, None, (9_990, 10_000), own) is None
    some = msgspec.structs.replace(own, qty=400, displayed_qty=400)
    assert priced(BUY, P, 1, None, (9_990, 10_000), some) == 9_991


# -- its throttle, its limit, its side of the market

MARKETS = st.lists(
    st.tuples(st.integers(1, 2_000), st.integers(9_950, 10_050), st.integers(1, 30),
              st.sampled_from(["accept", "accept", "accept", "refuse", "wait", "fill"])),
    min_size=1, max_size=40,
)  # fmt: skip


class Play:
    """A hidden peg at one venue, which answers replaces as the draw says."""

    def __init__(self, params: dict[str, ParamValue]) -> None:
        self.scene = Scene()
        self.scene.offers["XA"] = VenueOffer(hidden=True)
        self.scene.venue("XA", VenueState.LIVE)
        self.quote(9_990, 10)
        self.scene.ask(
            new_parent("A", 1_000, end_s=600, limit="100.10", algo="pegged", params=params)
        )
        [child] = self.scene.children
        self.name = child.cl_ord_id
        self.scene.say(self.scene.execution(self.name, ExecType.NEW))

    def quote(self, bid: int, spread: int) -> None:
        self.bid, self.ask = bid, bid + spread
        self.scene.show(Quote("IBM", "XA", bid, 500, bid + spread, 500, self.scene.now_ns))
        self.scene.step_to(self.scene.now_ns)

    def answer(self, how: str) -> None:
        for replace in list(self.scene.sent[self.name].asked.values()):
            if how == "refuse":
                self.scene.say(self.scene.cancel_rejected(replace))
            elif how == "accept":
                self.scene.say(self.scene.execution(
                    self.name, ExecType.REPLACED, replace=replace.cl_ord_id))  # fmt: skip
        if how == "fill":
            sent = self.scene.sent[self.name]
            if sent.order_qty - sent.cum_qty > 10:
                self.scene.say(self.scene.execution(self.name, ExecType.TRADE, qty=10, px="99"))


@pytest.mark.parametrize("peg", ["primary", "mid"])
@settings(max_examples=30, deadline=None)
@given(moves=MARKETS)
def test_it_keeps_to_its_throttle_its_limit_and_its_side(
    peg: str, moves: list[tuple[int, int, int, str]]
) -> None:
    play = Play({"peg": peg, "reprice_interval": 0.5, "peg_offset": 2})
    for wait_ms, bid, spread, how in moves:
        play.scene.step_to(play.scene.now_ns + wait_ms * S // 1_000)
        seen = len(play.scene.children)
        play.quote(bid, spread)
        for command in play.scene.children[seen:]:
            assert isinstance(command, ReplaceChild)
            ticks = int(command.px * 100)
            assert ticks < bid + spread, "it would take"
            assert ticks <= 10_010, "it is beyond its limit"
        play.answer(how)
    priced_ns = [each.decided_ns for each in play.scene.children
                 if isinstance(each, NewChild | ReplaceChild)]  # fmt: skip
    gaps = [after - before for before, after in pairwise(priced_ns)]
    assert all(gap >= S // 2 for gap in gaps), "it moved twice within its interval"
    # and once the market is quiet and its venue answers it stands where it should
    play.answer("accept")
    for _ in range(3):
        play.scene.step_to(play.scene.now_ns + 2 * S)
        play.quote(play.bid, play.ask - play.bid)
        play.answer("accept")
    wanted = min(play.bid + 2, play.ask - 1) if peg == "primary" else min(
        (play.bid + play.ask) // 2 + 2, play.ask - 1)  # fmt: skip
    child = play.scene.partition.blotter.child(play.name)
    assert child.px_ticks == min(wanted, 10_010)


def test_a_fold_stands_where_the_worker_did() -> None:
    play = Play({"peg": "primary"})
    play.scene.step_to(BEGIN_NS + 2 * S)
    play.quote(9_995, 10)
    play.answer("accept")
    live = play.scene.partition.blotter.child(play.name)
    play.scene.restart()
    folded = play.scene.partition.blotter.child(play.name)
    assert (folded.px_ticks, folded.order_qty) == (live.px_ticks, live.order_qty) == (9_995, 1_000)
    assert len(play.scene.children) == 2, "it is not moved again"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_venues_peg_without_a_limit_has_a_collar_that_follows(side: str) -> None:
    """Venue access sends no peg that nothing holds back."""
    sign = 1 if side == "buy" else -1
    scene = Scene()
    scene.offers["XA"] = VenueOffer(hidden=True, pegs=tuple(PegInstruction))
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_990, 500, 10_010, 500, scene.now_ns))
    scene.ask(new_parent("A", 1_000, end_s=600, side=Side[side.upper()], algo="pegged"))
    [child] = scene.children
    assert isinstance(child, NewChild)
    assert child.px is not None
    assert (child.peg, int(child.px * 100)) == (M, 10_000 + 100 * sign)
    scene.say(scene.execution(child.cl_ord_id, ExecType.NEW))
    for at_s, drift, replaces in ((2, 40, 0), (4, 60, 1)):  # of 100 ticks, half may be used up
        scene.step_to(BEGIN_NS + at_s * S)
        mid = 10_000 + drift * sign
        scene.show(Quote("IBM", "XA", mid - 10, 500, mid + 10, 500, scene.now_ns))
        scene.step_to(scene.now_ns)
        found = [each for each in scene.children if isinstance(each, ReplaceChild)]
        assert len(found) == replaces
    assert int(found[0].px * 100) == 10_060 + 100 if side == "buy" else 9_940 - 99

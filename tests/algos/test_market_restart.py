"""A market folded from the log is the market that was live: same statistics, same own prints."""

from random import Random

import pytest

from algos.partition import Partition
from domain.children import NewChild
from domain.executions import VenueState
from domain.fix_codes import ExecType
from domain.instruments import Side
from domain.marketdata import Depth, Quote, Trade, TradingPhase, TradingStatus
from marketdata.market import SymbolMarket
from tests.algos.partition_scene import BEGIN_NS, VENUES, S, Scene, new_parent


class Session:
    """Random quotes and prints, and orders of ours that fill, each fill printed before or after."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.scene = Scene()
        self.prints = 0
        self.others: dict[str, int] = {}  # by id, what others printed on the book after the start
        for venue in VENUES:
            self.scene.venue(venue, VenueState.LIVE)
            self.quote(venue)

    def quote(self, venue: str) -> None:
        bid_px = 9_999 - self.random.randrange(2)
        qty = 100 * self.random.randrange(1, 9)
        now_ns = self.scene.now_ns
        if self.random.random() < 0.2:
            bids, asks = ((bid_px, qty), (bid_px - 2, 500)), ((10_000, qty), (10_003, 900))
            self.scene.show(Depth("IBM", venue, bids, asks, now_ns))
        else:
            self.scene.show(Quote("IBM", venue, bid_px, qty, 10_000, 100, now_ns))

    def print(self, venue: str, qty: int, trade_id: str = "", condition: str = "") -> None:
        self.scene.show(Trade("IBM", venue, 10_000, qty, self.scene.now_ns, trade_id, condition))

    def others_print(self) -> None:
        self.prints += 1
        condition = self.random.choice(["", "", "", "F", "O", "L", "A"])
        qty = 100 * self.random.randrange(1, 9)
        venue = self.random.choice(VENUES)
        self.print(venue, qty, f"t{self.prints}", condition)
        if not condition and self.scene.now_ns > BEGIN_NS:
            self.others[f"t{self.prints}"] = qty
        if self.random.random() < 0.1:
            self.print(venue, 1, f"t{self.prints}", "X")
            self.others.pop(f"t{self.prints}", None)

    def fill(self) -> None:
        sent = [each for each in self.scene.sent.values() if not each.closed]
        if not sent:
            return
        order = self.random.choice(sent).order
        assert isinstance(order, NewChild)
        execution = self.scene.execution(
            order.cl_ord_id, ExecType.TRADE, qty=order.order_qty, px="100"
        )
        trade_id = execution.exec_id if self.random.random() < 0.5 else ""
        if self.random.random() < 0.5:
            self.print(order.venue, order.order_qty, trade_id)
            self.scene.say(execution)
        else:
            self.scene.say(execution)
            self.print(order.venue, order.order_qty, trade_id)

    def run(self, steps: int) -> None:
        self.scene.ask(new_parent("A", 9_000, end_s=900, params={"max_participation": 0.4}))
        self.scene.ask(new_parent("B", 5_000, end_s=600, side=Side.BUY))
        for _ in range(steps):
            self.scene.step_to(self.scene.now_ns + self.random.choice([S // 50, S // 3, 2 * S]))
            kind = self.random.random()
            if kind < 0.5:
                self.quote(self.random.choice(VENUES))
            elif kind < 0.8:
                self.others_print()
            elif kind < 0.98:
                self.fill()
            else:
                phase = self.random.choice([TradingPhase.HALTED, TradingPhase.CONTINUOUS])
                self.scene.show(TradingStatus("IBM", VENUES[1], phase, self.scene.now_ns))


def facts(partition: Partition) -> list[object]:
    """All that a market knows but for what is only open or on its way."""
    market: SymbolMarket = partition.markets["IBM"]
    found, tape = market.statistics, market.tape
    now_ns = found.at_ns
    return [
        market.quotes, market.depths, market.phases, market.faults,
        found.touch, found.covered_ns, found.spread_sum, found.flow_qty, found.spread_ticks,
        found.flow_qty_per_s, found.depth_qty, found.volatility, found.microprice_px_ticks,
        found.microprice.samples, tape.by_kind, tape.median_qty, tape.last_trade,
        tape.rate.shares_per_s(now_ns), tape.rate.prints_per_s(now_ns),
        tape.own_qty + tape.own.awaited_qty, list(market.own.orders.values()),
        [tape.mark(BEGIN_NS + after_s * S) is None for after_s in (0, 10, 10_000)],
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_a_folded_market_is_the_live_one(seed: int) -> None:
    session = Session(seed)
    session.run(300)
    scene = session.scene
    assert sum(each.cum_qty for each in scene.sent.values()) > 0
    assert facts(scene.folded()) == facts(scene.partition)


def others_floor(scene: Scene) -> int:
    """Others' volume since the start of order A, by which its cap goes."""
    parent = scene.partition.blotter.parent_of("OMS", "A")
    assert parent is not None
    assert parent.volume_mark is not None
    return scene.partition.markets["IBM"].tape.others_qty_floor(parent.volume_mark)


@pytest.mark.parametrize("seed", range(6))
def test_a_cap_is_never_wider_than_the_truth_nor_far_from_it(seed: int) -> None:
    session = Session(seed)
    session.run(200)
    scene, truth_qty = session.scene, sum(session.others.values())
    parent = scene.partition.blotter.parent_of("OMS", "A")
    assert parent is not None
    mark, floor = parent.volume_mark, others_floor(scene)
    open_qty = sum(each.order.order_qty for each in scene.sent.values() if not each.closed)
    assert truth_qty - open_qty - 900 <= floor <= truth_qty
    scene.restart()
    again = scene.partition.blotter.parent_of("OMS", "A")
    assert again is not None
    assert again.volume_mark == mark
    assert others_floor(scene) <= truth_qty


def test_of_a_tape_that_is_cut_less_is_others_volume() -> None:
    """Own fills from before what is left of the tape are not taken out of what is left."""
    session = Session(1)
    session.run(200)
    scene = session.scene
    live = scene.partition.blotter.parent_of("OMS", "A")
    assert live is not None
    assert live.volume_mark is not None
    before = scene.partition.markets["IBM"].tape.others_qty(live.volume_mark)
    scene.market = scene.market[len(scene.market) // 2 :]
    scene.restart()
    cut = scene.partition.blotter.parent_of("OMS", "A")
    assert cut is not None
    assert cut.volume_mark is not None
    tape = scene.partition.markets["IBM"].tape
    assert tape.own.charged_qty > 0
    assert 0 < tape.others_qty(cut.volume_mark) < before

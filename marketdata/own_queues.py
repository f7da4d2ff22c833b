"""Where our displayed orders stand in the queues of a symbol's venues, from public data alone.

`queue_position` says how; here it is told which quotes, ladders and prints concern an order of
ours. An order joins behind all that its venue displays when the venue has taken it. While a
better price stands before ours, or after a restart, what is displayed at ours may be unknown: then
nothing is told of the place until it shows again. Costs nothing while nothing of ours is displayed.
"""

from dataclasses import dataclass, field
from typing import Final

from domain.instruments import Side
from domain.marketdata import Depth, Quote, Trade
from marketdata.own_orders import OwnOrder, OwnOrders
from marketdata.queue_position import CancelRule, Place, Queue

# How far apart a print and its change of the displayed size may lie: as simulation/replay_rules.py
# measured it on recorded days.
MATCH_NS: Final = 10_000_000

_Key = tuple[str, Side, int]  # venue, our side, price in ticks


@dataclass(slots=True, kw_only=True)
class OwnQueues:
    """One symbol's. `own`: our open orders, as they are before each call here.

    `rule`: whose a cancel is taken for; BEHIND_FIRST is the conservative one. `places`: of our
    displayed orders by ClOrdID(11), with where they rest, and since which entry. `lost`: how often
    one went to the end of its queue at the price that it had, an iceberg's next tranche above all;
    `lost_behind_qty`: shares that stood before it then, all together, at the most: its own new
    tranche is among them where its venue showed it before it told us of the fill.
    """

    own: OwnOrders
    rule: CancelRule = CancelRule.UNIFORM
    places: dict[str, tuple[_Key, int, Place]] = field(default_factory=dict)
    lost: int = 0
    lost_behind_qty: int = 0
    _queues: dict[_Key, Queue] = field(default_factory=dict)
    _since_ns: dict[_Key, int] = field(default_factory=dict)

    def ahead_qty(self, cl_ord_id: str) -> int | None:
        """Shares of others in front of our order; None if that is not known, or it rests nowhere.

        An estimate as of the last event of its venue.
        """
        found = self.places.get(cl_ord_id)
        return None if found is None else found[2].ahead_qty

    def on_order(self, order: OwnOrder, displayed_qty: int | None) -> None:
        """An order of ours is open, changed or over. Tell it after `own` was.

        `displayed_qty`: all that its venue shows at its price now, None if that is not known; it
        may hold the order or not, so the order is placed behind the whole of it.
        """
        known = self.places.get(order.cl_ord_id)
        if order.displayed_px_ticks is None or not order.qty:
            self._leave(order.cl_ord_id)
            return
        key = (order.venue, order.side, order.displayed_px_ticks)
        if known is not None and known[:2] == (key, order.entries):
            place = known[2]
            if order.displayed_qty <= place.leaves_qty:
                place.leaves_qty = order.displayed_qty
                return
        self._leave(order.cl_ord_id)
        lost = known is not None and known[0] == key
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = Queue(px_ticks=key[2], rule=self.rule, match_ns=MATCH_NS)
            self._since_ns[key] = order.since_ns
        if displayed_qty is not None:
            older_qty = self.own.displayed_qty(*key) - order.displayed_qty
            displayed_qty = max(displayed_qty - older_qty, 0)
        place = queue.join(order.cl_ord_id, order.displayed_qty, displayed_qty)
        if lost:
            self.lost += 1
            self.lost_behind_qty += place.ahead_qty or 0
        self.places[order.cl_ord_id] = (key, order.entries, place)

    def _leave(self, cl_ord_id: str) -> None:
        found = self.places.pop(cl_ord_id, None)
        if found is None:
            return
        key, _, place = found
        queue = self._queues[key]
        queue.places.remove(place)
        if not queue.places:
            del self._queues[key], self._since_ns[key]

    def on_quote(self, quote: Quote) -> None:
        """The touch of a venue changed: at its price it says what is displayed."""
        for key, queue in self._queues.items():
            venue, side, px_ticks = key
            if venue != quote.venue or quote.at_ns < self._since_ns[key]:
                continue
            buys = side is Side.BUY
            best_px = quote.bid_px_ticks if buys else quote.ask_px_ticks
            best_qty = quote.bid_qty if buys else quote.ask_qty
            if best_qty and best_px == px_ticks:
                self._displayed(queue, key, best_qty, quote.at_ns)
            elif not best_qty or (px_ticks - best_px) * side.sign > 0:
                self._displayed(queue, key, 0, quote.at_ns)  # nobody at our price, or not yet us

    def on_depth(self, depth: Depth) -> None:
        """The ladder of a venue changed; tell it beside the quote that its touch makes."""
        for key, queue in self._queues.items():
            venue, side, px_ticks = key
            levels = depth.bids if side is Side.BUY else depth.asks
            if venue != depth.venue or depth.at_ns < self._since_ns[key] or not levels:
                continue
            shown = dict(levels).get(px_ticks)
            if shown is not None and px_ticks != levels[0][0]:
                self._displayed(queue, key, shown, depth.at_ns)

    def on_trade(self, trade: Trade) -> None:
        """A print: at our price it serves the queue from the front."""
        if trade.condition:
            return  # not against displayed orders, or not of this time
        for key, queue in self._queues.items():
            venue, side, px_ticks = key
            if (venue, px_ticks) != (trade.venue, trade.px_ticks):
                continue
            if trade.at_ns >= self._since_ns[key] and trade.aggressor_side != side.value:
                queue.on_print(trade.qty, trade.at_ns)

    def _displayed(self, queue: Queue, key: _Key, qty: int, at_ns: int) -> None:
        queue.on_displayed(max(qty - self.own.displayed_qty(*key), 0), at_ns)

"""From what a book says to what clients and the public are told: reports and prints.

The answer to a request itself (accepted, rejected, replaced, cancelled on request) is the venue's;
here is everything that follows from it. Ids of clients' orders are positive, of others negative.
"""

from collections.abc import Iterable
from typing import Final

from domain.fix_codes import ExecType, LastLiquidityInd, OrdStatus
from domain.instruments import Instrument, Side
from domain.marketdata import Trade, TradeCondition
from venuesim.book_events import (
    AuctionFilled,
    BookEvent,
    CancelCause,
    Canceled,
    Decremented,
    Filled,
    Triggered,
    Uncrossed,
)
from venuesim.client_orders import ClientOrder, ClientOrders
from venuesim.requests import Report
from venuesim.venue_terms import VenueTerms

PARTIAL_DECLINE: Final = 5  # ExecRestatementReason(378): "Partial decline of OrderQty"
_WORDS: Final = {
    CancelCause.SELF_TRADE: "it would have traded with the same owner",
    CancelCause.MIN_QTY: "less than MinQty(110) could be had",
    CancelCause.EXPIRED: "its day or its auction is over",
}


class BookReports:
    """Tells one venue's clients and its tape. `filled`: (symbol, signed quantity) of their fills,
    for the caller to take."""

    def __init__(self, terms: VenueTerms, orders: ClientOrders) -> None:
        self._terms = terms
        self._orders = orders
        self._trades = 0
        self.filled: list[tuple[str, int]] = []

    def tell(
        self, instrument: Instrument, events: Iterable[BookEvent], now_ns: int
    ) -> list[Report | Trade]:
        """A print for each trade, and a report for each client whose order it concerns."""
        told: list[Report | Trade] = []
        for event in events:
            if isinstance(event, Filled):
                told += self._trade(instrument, event, now_ns)
            elif isinstance(event, Uncrossed):
                if event.qty:
                    told.append(self._print(instrument, event.px_ticks, event.qty, now_ns,
                                            condition=event.condition))  # fmt: skip
            elif isinstance(event, AuctionFilled):
                if event.order_id > 0:
                    told.append(self._fill(instrument, event.order_id, event, None, now_ns))
            elif isinstance(event, Canceled | Decremented | Triggered) and event.order_id > 0:
                told.append(self._change(self._orders.by_number[event.order_id], event, now_ns))
        return told

    def _trade(self, instrument: Instrument, event: Filled, now_ns: int) -> list[Report | Trade]:
        """The print comes first; it bears the ExecID(17) of the client who took, or gave."""
        reports = []
        if event.maker_id > 0:
            added = LastLiquidityInd.ADDED
            reports.append(self._fill(instrument, event.maker_id, event, added, now_ns))
        if event.taker_id > 0:
            removed = LastLiquidityInd.REMOVED
            reports.append(self._fill(instrument, event.taker_id, event, removed, now_ns))
        conditions = [TradeCondition.OFF_BOOK] if self._terms.dark else []
        if event.maker_hidden:
            conditions.append(TradeCondition.HIDDEN)
        printed = self._print(
            instrument, event.px_ticks, event.qty, now_ns,
            condition="".join(conditions),
            aggressor_side="" if self._terms.dark else event.taker_side,
            trade_id=reports[-1].exec_id if reports else "",
        )  # fmt: skip
        return [printed, *reports]

    def _print(
        self, instrument: Instrument, px_ticks: int, qty: int, now_ns: int, *,
        condition: str, aggressor_side: str = "", trade_id: str = "",
    ) -> Trade:  # fmt: skip
        self._trades += 1
        return Trade(
            instrument.symbol,
            self._terms.name,
            px_ticks,
            qty,
            now_ns,
            trade_id or f"{now_ns}-{self._trades}",  # unique over restarts, for time goes on
            condition,
            aggressor_side,
        )

    def _fill(
        self, instrument: Instrument, number: int, event: Filled | AuctionFilled,
        liquidity: LastLiquidityInd | None, now_ns: int,
    ) -> Report:  # fmt: skip
        order = self._orders.by_number[number]
        px = instrument.px(event.px_ticks)
        order.book_fill(event.qty, px)
        self.filled.append((order.symbol, Side(order.side).sign * event.qty))
        fee = self._terms.fee(order.special, liquidity) * event.qty
        if liquidity is None:
            return self._orders.report(
                order, ExecType.TRADE, now_ns, last_qty=event.qty, last_px=px, fee=fee
            )
        return self._orders.report(
            order, ExecType.TRADE, now_ns, last_qty=event.qty, last_px=px, fee=fee,
            liquidity=liquidity,
        )  # fmt: skip

    def _change(
        self, order: ClientOrder, event: Canceled | Decremented | Triggered, now_ns: int
    ) -> Report:
        if isinstance(event, Triggered):
            return self._orders.report(order, ExecType.TRIGGERED, now_ns)
        if isinstance(event, Decremented):
            order.order_qty = event.order_qty
            return self._orders.report(
                order, ExecType.RESTATED, now_ns,
                exec_restatement_reason=PARTIAL_DECLINE, text=_WORDS[CancelCause.SELF_TRADE],
            )  # fmt: skip
        expired = event.cause is CancelCause.EXPIRED
        order.status = OrdStatus.EXPIRED if expired else OrdStatus.CANCELED
        exec_type = ExecType.EXPIRED if expired else ExecType.CANCELED
        text = _WORDS.get(event.cause, event.cause.value.replace("_", " "))
        return self._orders.report(order, exec_type, now_ns, text=text)

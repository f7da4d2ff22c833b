"""What the market was when an order arrived and when it ended: for what was not done, too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.fix_codes import ExecType
from domain.marketdata import MarketEvent, Quote
from domain.orders import PARENT_TERMINAL
from domain.reports import ParentPlan, ParentReport

FRESH_NS: Final = 5_000_000_000  # as old as a quote may be that the worker sends on


@dataclass(slots=True, kw_only=True)
class Mark:
    """One instant. `mid_ticks`: half way between the best bid and offer, None if there never was a
    market; `exo_px_ticks`: the exogenous efficient price, None if the market tells none."""

    at_ns: int
    mid_ticks: float | None
    exo_px_ticks: float | None


@dataclass(slots=True)
class OrderMarks:
    """By OrderID. An order that is revived by a replace ends anew."""

    exogenous: Callable[[str, int], float | None]
    arrivals: dict[str, Mark] = field(default_factory=dict)
    ends: dict[str, Mark] = field(default_factory=dict)
    expected_bps: dict[str, float] = field(default_factory=dict)  # see on_plan
    _quotes: dict[str, dict[str, Quote]] = field(default_factory=dict)

    def on_market(self, event: MarketEvent) -> None:
        """Keep the last two-sided quote of every venue."""
        if type(event) is Quote and event.bid_qty and event.ask_qty:
            quotes = self._quotes.get(event.symbol)
            if quotes is None:
                quotes = self._quotes[event.symbol] = {}
            quotes[event.venue] = event

    def on_events(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """The same for several events of one symbol, in order."""
        quotes = self._quotes.setdefault(symbol, {})
        for event in events:
            if type(event) is Quote:
                quotes[event.venue] = event

    def on_report(self, report: ParentReport, now_ns: int) -> None:
        """Mark the arrival of a new order and the end of one that is over."""
        if report.exec_type is ExecType.NEW:
            self.arrivals[report.order_id] = self._mark(report.symbol, now_ns)
            if report.estimate is not None and report.estimate.cost_bps is not None:
                self.expected_bps[report.order_id] = report.estimate.cost_bps
        elif report.ord_status in PARENT_TERMINAL:
            if report.order_id not in self.ends:
                self.ends[report.order_id] = self._mark(report.symbol, now_ns)
        else:
            self.ends.pop(report.order_id, None)

    def on_plan(self, plan: ParentPlan) -> None:
        """What an order is expected to cost: by its first plan, if that says so, for it knows the
        pace; else by its acceptance."""
        cost_bps = plan.inputs.get("expected_cost_bps")
        if plan.version == 1 and isinstance(cost_bps, float):
            self.expected_bps[plan.order_id] = cost_bps

    def _mark(self, symbol: str, now_ns: int) -> Mark:
        return Mark(
            at_ns=now_ns, mid_ticks=self._mid_ticks(symbol, now_ns),
            exo_px_ticks=self.exogenous(symbol, now_ns),
        )  # fmt: skip

    def _mid_ticks(self, symbol: str, now_ns: int) -> float | None:
        """By the fresh quotes of all venues; where there is none, by the newest that there was."""
        quotes = list(self._quotes.get(symbol, {}).values())
        if not quotes:
            return None
        fresh = [quote for quote in quotes if now_ns - quote.at_ns <= FRESH_NS]
        used = fresh or [max(quotes, key=lambda quote: quote.at_ns)]
        best_bid = max(quote.bid_px_ticks for quote in used)
        return (best_bid + min(quote.ask_px_ticks for quote in used)) / 2

"""Pre-trade limits of venue access: what a child may be before it may leave.

Pure: limits, last market and time come in. What needs the book of children (kill switch,
duplicates, overfill) is `venue_access`'s to check; the order of all checks is that of
domain.refusals.RefusalReason. A limit that is not set blocks (FIA 2024, 1.1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from domain.children import NewChild
from domain.control import SetLimits
from domain.fix_codes import OrdType
from domain.instruments import Instrument, OffGrid, Side
from domain.marketdata import MarketEvent, Quote, Trade
from domain.refusals import RefusalReason

NS: Final = 1_000_000_000


class Refusal(NamedTuple):
    """Why a command may not leave; `text` is for people."""

    reason: RefusalReason
    text: str


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Per child; None means not set, which blocks. `price_collar` is a fraction."""

    max_child_qty: int | None = None
    max_child_notional: Decimal | None = None
    price_collar: Decimal | None = None
    messages_per_second: int | None = None
    stale_market_data_ns: int | None = None
    stale_order_ns: int | None = None


class LimitTable:
    """The limits of every symbol: the default ones, and what operators changed."""

    def __init__(self, default: Limits) -> None:
        self.default = default
        self._by_symbol: dict[str, Limits] = {}

    def of(self, symbol: str) -> Limits:
        return self._by_symbol.get(symbol, self.default)

    def apply(self, order: SetLimits) -> None:
        """Change what the order names; without a symbol, for all of them."""
        changes: dict[str, object] = {
            name: value
            for name in ("max_child_qty", "max_child_notional", "messages_per_second")
            if (value := getattr(order, name)) is not None
        }
        if order.price_collar is not None:
            changes["price_collar"] = Decimal(str(order.price_collar))
        if order.symbol is not None:
            self._by_symbol[order.symbol] = _changed(self.of(order.symbol), changes)
            return
        self.default = _changed(self.default, changes)
        for symbol, limits in self._by_symbol.items():
            self._by_symbol[symbol] = _changed(limits, changes)


def _changed(limits: Limits, changes: dict[str, object]) -> Limits:
    return msgspec.structs.replace(limits, **changes)


class Reference(NamedTuple):
    """A price to judge others by. Half ticks, so that the middle of any quote is an integer."""

    px_half_ticks: int
    at_ns: int


@dataclass(slots=True)
class LastMarket:
    """The last quote of each venue and the last trade, by symbol."""

    _quotes: dict[str, dict[str, Reference]] = field(default_factory=dict)
    _trades: dict[str, Reference] = field(default_factory=dict)

    def on_event(self, event: MarketEvent) -> None:
        """Remember a trade or a two-sided quote; a crossed or one-sided quote says no price."""
        if isinstance(event, Quote):
            if _says_px(event):
                middle = Reference(event.bid_px_ticks + event.ask_px_ticks, event.at_ns)
                self._quotes.setdefault(event.symbol, {})[event.venue] = middle
        elif isinstance(event, Trade) and event.px_ticks > 0:
            self._trades[event.symbol] = Reference(2 * event.px_ticks, event.at_ns)

    def on_events(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """The same for several events of one symbol, in order."""
        quotes: dict[str, Quote] = {}
        trade: Trade | None = None
        for event in events:
            kind = type(event)
            if kind is Quote:
                quotes[event.venue] = event  # type: ignore[assignment]  # a Quote
            elif kind is Trade and event.px_ticks > 0:  # type: ignore[union-attr]  # a Trade
                trade = event  # type: ignore[assignment]  # a Trade
        if not all(map(_says_px, quotes.values())):  # rare: those before them count
            says = (each for each in events if type(each) is not Quote or _says_px(each))
            quotes = {each.venue: each for each in says if type(each) is Quote}
        for last in quotes.values():
            self.on_event(last)
        if trade is not None:
            self.on_event(trade)

    def reference(self, symbol: str, venue: str, not_before_ns: int) -> Reference | None:
        """The venue's middle, else the last trade, else another venue's newest middle.

        The first of these that is not older than `not_before_ns`; else the newest of all.
        """
        quotes = self._quotes.get(symbol, {})
        at_venue = quotes.get(venue)
        if at_venue is not None and at_venue.at_ns >= not_before_ns:
            return at_venue  # nearly always
        own = [quotes[venue]] if venue in quotes else []
        trade = [self._trades[symbol]] if symbol in self._trades else []
        others = sorted(
            (quote for name, quote in quotes.items() if name != venue), key=_age, reverse=True
        )
        candidates = own + trade + others
        fresh = (each for each in candidates if each.at_ns >= not_before_ns)
        return next(fresh, max(candidates, key=_age, default=None))


def _says_px(quote: Quote) -> bool:
    """Two-sided, and not crossed."""
    return quote.bid_qty > 0 and quote.ask_qty > 0 and 0 < quote.bid_px_ticks <= quote.ask_px_ticks


def _age(reference: Reference) -> int:
    return reference.at_ns


class Terms(NamedTuple):
    """What a new or replaced child asks for."""

    symbol: str
    venue: str
    side: Side
    order_qty: int
    ord_type: OrdType
    px: Decimal | None
    decided_ns: int


def stale_order_refusal(terms: Terms, limits: Limits, now_ns: int) -> Refusal | None:
    """A decision too old describes a market that is gone."""
    if limits.stale_order_ns is None:
        return Refusal(RefusalReason.STALE_ORDER, "limit stale_order is not set")
    age_ns = now_ns - terms.decided_ns
    if age_ns > limits.stale_order_ns:
        return Refusal(RefusalReason.STALE_ORDER, f"decided {age_ns / 1e6:.0f} ms ago")
    return None


def overfill_refusal(committed_qty: int, more_qty: int, parent_qty: int) -> Refusal | None:
    """What is filled, open or unknown may not pass the parent (invariant I1)."""
    if committed_qty + more_qty <= parent_qty:
        return None
    return Refusal(
        RefusalReason.OVERFILL,
        f"{committed_qty} filled or open and {more_qty} more exceed the parent's {parent_qty}",
    )


def terms_refusal(
    terms: Terms, limits: Limits, instrument: Instrument, market: LastMarket, now_ns: int
) -> Refusal | None:
    """Quantity, notional, reference price and collar, in this order."""
    stale_ns = limits.stale_market_data_ns
    not_before_ns = now_ns - (stale_ns or 0)
    reference = market.reference(terms.symbol, terms.venue, not_before_ns)
    reference_px = None if reference is None else instrument.tick * reference.px_half_ticks / 2
    found = _qty_refusal(terms, limits) or _notional_refusal(terms, limits, reference_px)
    if found is not None:
        return found
    if reference is None or reference_px is None:
        return Refusal(RefusalReason.NO_REFERENCE_PX, f"no market in {terms.symbol} seen yet")
    if stale_ns is None:
        return Refusal(RefusalReason.STALE_MARKET_DATA, "limit stale_market_data is not set")
    if reference.at_ns < not_before_ns:
        age_ms = (now_ns - reference.at_ns) / 1e6
        return Refusal(RefusalReason.STALE_MARKET_DATA, f"last market is {age_ms:.0f} ms old")
    return _collar_refusal(terms, limits, reference_px)


def _qty_refusal(terms: Terms, limits: Limits) -> Refusal | None:
    if limits.max_child_qty is None:
        return Refusal(RefusalReason.MAX_QTY, "limit max_child_qty is not set")
    if terms.order_qty > limits.max_child_qty:
        return Refusal(RefusalReason.MAX_QTY, f"{terms.order_qty} > {limits.max_child_qty}")
    return None


def _notional_refusal(terms: Terms, limits: Limits, reference_px: Decimal | None) -> Refusal | None:
    if limits.max_child_notional is None:
        return Refusal(RefusalReason.MAX_NOTIONAL, "limit max_child_notional is not set")
    px = terms.px if terms.px is not None else reference_px
    if px is not None and px * terms.order_qty > limits.max_child_notional:
        return Refusal(
            RefusalReason.MAX_NOTIONAL, f"{px * terms.order_qty} > {limits.max_child_notional}"
        )
    return None


def _collar_refusal(terms: Terms, limits: Limits, reference_px: Decimal) -> Refusal | None:
    if limits.price_collar is None:
        return Refusal(RefusalReason.PRICE_COLLAR, "limit price_collar is not set")
    if terms.px is None:
        return None
    bound = reference_px * (1 + terms.side.sign * limits.price_collar)
    if (terms.px - bound) * terms.side.sign > 0:
        return Refusal(
            RefusalReason.PRICE_COLLAR,
            f"{terms.px} is more than {limits.price_collar} through the market at {reference_px}",
        )
    return None


def id_refusal(cl_ord_id: str) -> Refusal | None:
    """A ClOrdID(11) that a venue may not take, or that would garble the message."""
    if re.fullmatch(r"[!-~]{1,20}", cl_ord_id):
        return None
    return Refusal(RefusalReason.OFF_GRID, "cl_ord_id: not 1 to 20 printable ASCII characters")


def grid_refusal(terms: Terms, instrument: Instrument) -> Refusal | None:
    """Off-grid numbers are a bug of the worker's; they stop here rather than at the venue."""
    try:
        instrument.child_qty(Decimal(terms.order_qty), "order_qty")
        if terms.px is not None:
            instrument.px_ticks(terms.px, "px")
    except OffGrid as error:
        return Refusal(RefusalReason.OFF_GRID, str(error))
    if (terms.px is None) != (terms.ord_type is OrdType.MARKET):
        return Refusal(RefusalReason.OFF_GRID, "px: limit orders have one, market orders none")
    return None


def special_refusal(child: NewChild) -> Refusal | None:
    """Special terms that no venue could mean, and a peg that nothing holds back.

    A peg's limit is what the collar is about; without one it would follow the market anywhere.
    """
    if child.peg is not None and child.px is None:
        return Refusal(RefusalReason.PRICE_COLLAR, "px: a pegged order needs a limit")
    if child.peg is None and child.peg_offset:
        return Refusal(RefusalReason.OFF_GRID, "peg_offset: the order is not pegged")
    for name, qty in (("display_qty", child.display_qty or 0), ("min_qty", child.min_qty)):
        if not 0 <= qty <= child.order_qty:
            return Refusal(RefusalReason.OFF_GRID, f"{name}: {qty} is not 0 to {child.order_qty}")
    return None


@dataclass(slots=True)
class TokenBucket:
    """At most `1 s` of messages at once, refilled by the engine's time. Integer nano-tokens.

    What must go regardless of it (a cancel) may overdraw it, down to one second's worth.
    """

    _nano: int = 0
    _at_ns: int | None = None

    def has(self, now_ns: int, per_second: int) -> bool:
        self._refill(now_ns, per_second)
        return self._nano >= NS

    def take(self, now_ns: int, per_second: int) -> None:
        self._refill(now_ns, per_second)
        self._nano = max(self._nano - NS, -per_second * NS)

    def _refill(self, now_ns: int, per_second: int) -> None:
        full = per_second * NS
        elapsed_ns = full if self._at_ns is None else max(now_ns - self._at_ns, 0)
        self._nano = min(self._nano + elapsed_ns * per_second, full)
        self._at_ns = now_ns if self._at_ns is None else max(now_ns, self._at_ns)


@dataclass(slots=True)
class MessageRates:
    """Messages by venue, and by symbol where an operator limited one."""

    _buckets: dict[tuple[str, str], TokenBucket] = field(default_factory=dict)

    def refusal(self, venue: str, symbol: str, limits: LimitTable, now_ns: int) -> Refusal | None:
        """Orders and replaces need a token in every bucket that concerns them."""
        for name, per_second in self._rates(venue, symbol, limits):
            if per_second is None:
                return Refusal(RefusalReason.MESSAGE_RATE, "limit messages_per_second is not set")
            if not self._bucket(name).has(now_ns, per_second):
                return Refusal(RefusalReason.MESSAGE_RATE, f"more than {per_second}/s: {name[1]}")
        return None

    def count(self, venue: str, symbol: str, limits: LimitTable, now_ns: int) -> None:
        """A message left, whatever it was."""
        for name, per_second in self._rates(venue, symbol, limits):
            self._bucket(name).take(now_ns, per_second or 0)

    def _bucket(self, name: tuple[str, str]) -> TokenBucket:
        return self._buckets.setdefault(name, TokenBucket())

    def _rates(
        self, venue: str, symbol: str, limits: LimitTable
    ) -> list[tuple[tuple[str, str], int | None]]:
        rates = [(("venue", venue), limits.default.messages_per_second)]
        own = limits.of(symbol).messages_per_second
        if own != limits.default.messages_per_second:
            rates.append((("symbol", symbol), own))
        return rates

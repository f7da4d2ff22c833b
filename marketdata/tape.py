"""The tape of one symbol: volume by kind of print, ours and others', and how it stood when.

`eligible_qty` is the volume of the continuous book (PrintKind.REGULAR), all of whose prints count
for participation and forecasts; auctions, off-book prints, blocks, late and average-price prints
have sums of their own. A bust (TradeCondition.BUSTED) takes the print it names out of every sum.
Shares throughout, nanoseconds UTC. Every print costs O(1), amortised.
"""

from dataclasses import dataclass, field
from typing import Final

from domain.instruments import MAX_QTY
from domain.marketdata import Trade, TradeCondition
from marketdata.event_fault import TIME_END_NS, EventFault, trade_fault
from marketdata.giant_prints import GiantPrints
from marketdata.minute_volumes import MinuteVolumes
from marketdata.own_prints import OwnFill, OwnPrints, PrintId
from marketdata.print_kind import (
    PrintKind,
    is_block,
    kind_by_condition,
)
from marketdata.running_median import RunningMedian
from marketdata.trade_rate import TradeRate
from marketdata.volume_history import Mark, Point, VolumeHistory

# Prints remembered by id, in two generations: for busts, repeats, and fills told after their print.
# Between one and two times so many; a bust of an older one finds nothing (see `_bust`).
REMEMBERED_MAX: Final = 8_192
UNREAD_MAX: Final = 256  # prints that wait for the history and the rate
CONDITIONS_MAX: Final = 256  # looked up once each: a tape has some twenty, rubbish has any number
# As of quotes: see market.TIME_BACK_RUN_MAX.
TIME_BACK_RUN_MAX: Final = 16


@dataclass(slots=True)
class _Print:
    """A print that is remembered, if there is more to it than that it is regular.

    `own_qty`: how much of it is known to be ours. `by_terms`: the fill that it was taken to be of
    for its price and size alone.
    """

    trade: Trade
    kind: PrintKind = PrintKind.REGULAR
    own_qty: int = 0
    by_terms: OwnFill | None = None


@dataclass(slots=True, kw_only=True)
class Tape:
    """One symbol's. `adv_qty`: average daily volume, shares, for the rule of blocks; None: unknown.

    `eligible_qty`: of the continuous book since this object began. `own_qty`: of it, ours: matched
    to a fill, or charged after the allowance (own_prints.py). `last_trade`: the last eligible one.
    """

    own: OwnPrints
    adv_qty: int | None = None
    eligible_qty: int = 0
    own_qty: int = 0
    last_trade: Trade | None = None
    _others_by_kind: dict[PrintKind, int] = field(default_factory=dict)
    _rate: TradeRate = field(default_factory=TradeRate)
    _history: VolumeHistory = field(default_factory=VolumeHistory)
    _sizes: RunningMedian = field(default_factory=RunningMedian)
    _giants: GiantPrints = field(default_factory=GiantPrints)
    _minutes: MinuteVolumes = field(default_factory=MinuteVolumes)
    _unread: list[Point] = field(default_factory=list)
    _kinds: dict[str, PrintKind] = field(default_factory=dict)
    _last_ns: dict[str, int] = field(default_factory=dict)
    _behind: dict[str, int] = field(default_factory=dict)
    _young: dict[PrintId, Trade | _Print] = field(default_factory=dict)
    _old: dict[PrintId, Trade | _Print] = field(default_factory=dict)

    def on_trade(  # noqa: C901  # the way of nearly every print in one piece: calls cost more
        self, trade: Trade
    ) -> EventFault | None:
        """Take a print in, or say why it is skipped."""
        if trade.condition and TradeCondition.BUSTED in trade.condition:
            return self._bust(trade)
        at_ns, qty, venue = trade.at_ns, trade.qty, trade.venue
        if not (0 < qty <= MAX_QTY and trade.px_ticks > 0 and 0 <= at_ns < TIME_END_NS):
            return trade_fault(trade)
        key = (venue, trade.trade_id) if trade.trade_id else None
        if key is not None and (key in self._young or key in self._old) and self._repeats(trade):
            return EventFault.DUPLICATE
        late = at_ns < self._last_ns.get(venue, 0) and self._goes_back(trade)
        if not late:
            self._last_ns[venue] = at_ns
            if self._behind:
                self._behind.pop(venue, None)
        own = self.own
        if own.queue:
            self.own_qty += own.charge(at_ns)
        if trade.condition or late:
            self._count_other(trade, PrintKind.LATE if late else self._kind(trade), key)
            return None
        unread = self._unread
        unread.append((at_ns, qty, self.eligible_qty, self.own_qty))
        if qty > self._giants.bound_qty:
            self._giants.add(trade, self.eligible_qty)
        self.eligible_qty += qty
        self.last_trade = trade
        if own.queue or own.orders.orders:
            self._settle_own(_Print(trade), key)
        elif key is not None:
            self._remember(key, trade)
        if len(unread) >= UNREAD_MAX:
            self._read()
        return None

    def _count_other(self, trade: Trade, kind: PrintKind, key: PrintId | None) -> None:
        """A print with a condition, which may be regular all the same, or one out of time."""
        if kind is PrintKind.REGULAR:
            self._unread.append((trade.at_ns, trade.qty, self.eligible_qty, self.own_qty))
            if trade.qty > self._giants.bound_qty:
                self._giants.add(trade, self.eligible_qty)
            self.eligible_qty += trade.qty
            self.last_trade = trade
        else:
            self._others_by_kind[kind] = self._others_by_kind.get(kind, 0) + trade.qty
            if kind is PrintKind.OFF_BOOK:
                self._minutes.count(trade.at_ns, trade.qty)
            elif kind is PrintKind.AUCTION:
                self.own.on_cross(trade)
        self._settle_own(_Print(trade, kind), key)

    def _kind(self, trade: Trade) -> PrintKind:
        kind = self._kinds.get(trade.condition)
        if kind is None:
            if len(self._kinds) >= CONDITIONS_MAX:
                self._kinds.clear()
            kind = self._kinds[trade.condition] = kind_by_condition(trade.condition)
        if kind is PrintKind.OFF_BOOK and is_block(trade.qty, self.median_qty, self.adv_qty):
            return PrintKind.BLOCK
        return kind

    def _goes_back(self, trade: Trade) -> bool:
        """Whether a print is late by its time; False once its venue's clock is taken to be set."""
        behind = self._behind[trade.venue] = self._behind.get(trade.venue, 0) + 1
        if behind < TIME_BACK_RUN_MAX:
            return True
        self._read()
        self._history.rewind(trade.at_ns)
        self._rate.rewind()
        return False

    def _read(self) -> None:
        """Put the prints that wait into what is only looked at now and then, in one go."""
        if not self._unread:
            return
        self._history.note(self._unread)
        self._rate.add(self._unread)
        self._sizes.add(self._unread)
        self._giants.on_median(self._sizes.value)
        self._minutes.add(self._unread)
        self._unread.clear()

    # -- what is remembered

    def _repeats(self, trade: Trade) -> bool:
        """Whether this very print came before; a venue may use its ids again another day."""
        known = self._known(trade.venue, trade.trade_id)
        return known is not None and known.trade.at_ns == trade.at_ns

    def _known(self, venue: str, trade_id: str) -> _Print | None:
        """The print of this id. What is done to it has to be kept by `_remember`."""
        key = (venue, trade_id)
        found = self._young.get(key) or self._old.get(key)
        return _Print(found) if isinstance(found, Trade) else found

    def _remember(self, key: PrintId, found: Trade | _Print) -> None:
        self._young[key] = found
        if len(self._young) >= REMEMBERED_MAX:
            self._old, self._young = self._young, {}

    def _bust(self, bust: Trade) -> EventFault | None:
        """Take the print that `bust` names out of every sum.

        One that is not remembered leaves the sums as they are: whether it is in them is unknown.
        """
        key = (bust.venue, bust.trade_id)
        found = self._known(*key)
        if found is None:
            return EventFault.UNKNOWN_BUST
        self._young.pop(key, None)
        self._old.pop(key, None)
        trade = found.trade
        self.own.explained(trade)
        if found.kind is PrintKind.REGULAR:
            self._read()
            self.eligible_qty -= trade.qty
            self.own_qty -= found.own_qty
            self._sizes.remove(trade.qty)
            self._rate.remove(trade.at_ns, trade.qty)
            self._giants.remove(trade)
            self._minutes.count(trade.at_ns, -trade.qty)
        else:
            self._others_by_kind[found.kind] -= trade.qty
            if found.kind is PrintKind.OFF_BOOK:
                self._minutes.count(trade.at_ns, -trade.qty)
        if found.by_terms is not None:  # ours may be another print, which stands
            self.on_own_fill(found.by_terms)
        return None

    # -- own fills

    def on_own_fill(self, fill: OwnFill) -> None:
        """A fill of ours was told; its print may have come, or is still to come."""
        placed: OwnFill | None = fill
        while placed is not None:
            placed = self._place(placed)

    def _place(self, fill: OwnFill) -> OwnFill | None:
        """Find the print of a fill, or wait for it. Returns a fill that has to give up its print.

        The id says whose a print is: one that took it for its price and size has to look again.
        """
        key: PrintId | None = (fill.venue, fill.exec_id)
        found = self._known(fill.venue, fill.exec_id)
        displaced = None
        if found is not None:
            self.own.explained(found.trade)
            displaced, found.by_terms = found.by_terms, None
            if displaced is not None:
                self._own_part(found, -found.own_qty)
        else:
            trade = self.own.explain(fill)
            if trade is None:
                self.own_qty += self.own.await_print(fill)
                return None
            key = (trade.venue, trade.trade_id) if trade.trade_id else None
            found = self._known(trade.venue, trade.trade_id) or _Print(trade)
            found.by_terms = fill
        self._own_part(found, fill.qty)
        if key is not None:
            self._remember(key, found)
        return displaced

    def _settle_own(self, found: _Print, key: PrintId | None) -> None:
        """A new print: is it of a fill that we know, or may it be of one that we do not?"""
        regular = found.kind is PrintKind.REGULAR
        fill = self.own.claim(found.trade, regular=regular) if self.own.queue else None
        if fill is not None:
            if fill.exec_id != found.trade.trade_id:
                found.by_terms = fill
            self._own_part(found, fill.qty)
        elif regular:
            self.own.suspect(found.trade)
        if key is not None:
            self._remember(key, found)

    def _own_part(self, found: _Print, qty: int) -> None:
        """So much of a print is ours; both sides of it may be, but it is one print."""
        added = min(qty, found.trade.qty - found.own_qty)
        found.own_qty += added
        if found.kind is PrintKind.REGULAR:
            self.own_qty += added
            self._giants.own_part(found.trade, added)

    # -- what it tells

    @property
    def by_kind(self) -> dict[PrintKind, int]:
        """Shares printed since this object began."""
        found = {kind: self._others_by_kind.get(kind, 0) for kind in PrintKind}
        found[PrintKind.REGULAR] = self.eligible_qty
        return found

    @property
    def volume(self) -> int:
        """All shares printed, but for what only repeats a cross."""
        return sum(qty for kind, qty in self.by_kind.items() if kind is not PrintKind.REPEAT)

    @property
    def median_qty(self) -> float | None:
        """Shares of the median regular print; None before there are enough of them."""
        self._read()
        return self._sizes.value

    @property
    def minutes(self) -> MinuteVolumes:
        """Shares by minute, of the prints that volume curves are made of."""
        self._read()
        return self._minutes

    @property
    def rate(self) -> TradeRate:
        """How fast it trades: regular prints, ours among them."""
        self._read()
        return self._rate

    # -- volume since a time

    def mark(self, since_ns: int) -> Mark | None:
        """Where volume since a time counts from: before the first print after it.

        None while none has come. Keep it: of an old time it is less exact later.
        """
        self._read()
        return self._history.mark(since_ns)

    def others_qty(self, mark: Mark) -> int:
        """Others' eligible shares since `mark`, as best known: own prints are left out as they
        come, so that volume and own part of it lag alike (quant.md section 4).
        """
        own_qty = self.own_qty - mark.own_qty
        return max(self.eligible_qty - mark.volume - own_qty, 0)

    def usual_others_qty(self, since: Mark, until: Mark | None = None) -> int:
        """As `others_qty` up to `until` (None: now), a giant print counting for no more than the
        largest usual one: for targets, which must not chase a block.
        """
        end = Mark(self.eligible_qty, self.own_qty) if until is None else until
        qty = end.volume - since.volume - (end.own_qty - since.own_qty)
        return max(qty - self._giants.excess_qty(since.volume, end.volume), 0)

    def others_qty_floor(self, mark: Mark) -> int:
        """Others' eligible shares since `mark`, at the least: for limits on our share.

        Left out are also fills whose print may be on the tape in another form, and prints that
        may be of fills not told yet.
        """
        own_qty = self.own.awaited_qty + self.own.suspect_qty
        return max(self.others_qty(mark) - own_qty, 0)

    def others_per_s(self, start_ns: int, end_ns: int) -> float | None:
        """Others' eligible shares a second over [start_ns, end_ns), past times both.

        None of a time that began before the first print that is known: how much it lacks is not.
        """
        self._read()
        first_ns = self._history.first_ns
        if first_ns is None or first_ns > start_ns:
            return None
        start, end = self._history.mark(start_ns - 1), self._history.mark(end_ns - 1)
        if start is None:
            return 0.0
        volume, own_qty = (
            (self.eligible_qty, self.own_qty) if end is None else (end.volume, end.own_qty)
        )
        others_qty = max(volume - start.volume - (own_qty - start.own_qty), 0)
        return others_qty / ((end_ns - start_ns) / 1e9)

"""FIX 4.4 market data (V, W, X, Y, e, f) to events on the instrument table's grid. No FIX engine.

What cannot be used is told apart by its reason: an entry of the book that is off the grid or lacks
a field makes the book unusable (a book that leaves a level out is a wrong one), a print is dropped.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from domain.fix_market_data import (
    MORE_SELLERS,
    PHASE_OF,
    MDEntryType,
    MDUpdateAction,
    MDUpdateType,
    SubscriptionRequestType,
    condition_of,
    entry_ns,
)
from domain.fix_message import BadField, FixMessage, read_decimal
from domain.instruments import Instrument, OffGrid
from domain.marketdata import Imbalance, Trade, TradeCondition, TradingPhase

Fields = list[tuple[int, object]]
Group = dict[int, str]

SIDES: Final = (MDEntryType.BID, MDEntryType.OFFER)
MALFORMED: Final = "malformed"
# The engine's time that a venue's clock may be ahead of ours (a few ms, at a clock.speed of a
# thousand). One wrong stamp far ahead would be the last word on its symbol: times do not go back.
AHEAD_MAX_NS: Final = 5_000_000_000
AGGREGATED: Final = "Y"  # AggregatedBook(266): one entry a price


class Unusable(Exception):
    """An entry that cannot be used; the venue's fault. `reason`: for a metric."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Snapshot(msgspec.Struct, frozen=True):
    """A whole book: qty by px_ticks."""

    bids: dict[int, int]
    asks: dict[int, int]
    at_ns: int
    rpt_seq: int | None = None


class Level(msgspec.Struct, frozen=True):
    """One change of a book. `px_ticks` 0: the entry is named by `entry_id` alone."""

    action: MDUpdateAction
    side: MDEntryType
    px_ticks: int
    qty: int
    entry_id: str
    at_ns: int


Event = Level | Trade | Imbalance


def subscription(
    md_req_id: str, kind: SubscriptionRequestType, symbol: str, depth: int, *, imbalances: bool
) -> Fields:
    """MarketDataRequest(V) for one symbol, so that a refusal names it."""
    types = [MDEntryType.BID, MDEntryType.OFFER, MDEntryType.TRADE]
    if imbalances:
        types.append(MDEntryType.IMBALANCE)
    fields: Fields = [(262, md_req_id), (263, kind.value), (264, depth)]
    if kind is SubscriptionRequestType.SNAPSHOT_AND_UPDATES:
        fields += [(265, MDUpdateType.INCREMENTAL_REFRESH.value), (266, AGGREGATED)]
    fields += [(267, len(types)), *((269, each.value) for each in types)]
    return [*fields, (146, 1), (55, symbol)]


def status_request(req_id: str, symbol: str) -> Fields:
    """SecurityStatusRequest(e): the trading phase, now and whenever it changes."""
    kind = SubscriptionRequestType.SNAPSHOT_AND_UPDATES
    return [(324, req_id), (55, symbol), (263, kind.value)]


def read_snapshot(message: FixMessage, instrument: Instrument, now_ns: int) -> Snapshot:
    """The book of a W. Raises Unusable. Its trades are the past: they are not read."""
    sides: dict[str, dict[int, int]] = {side.value: {} for side in SIDES}
    at_ns = 0
    try:
        for entry in message.groups(268, 269):
            levels = sides.get(entry[269])
            if levels is None:
                continue
            px_ticks, qty = _px(entry, instrument), _qty(entry, instrument)
            if px_ticks in levels:
                raise Unusable("repeated_level", f"{entry[269]} at {entry[270]} twice")
            levels[px_ticks] = qty
            at_ns = max(at_ns, _at_ns(entry, now_ns))
        rpt_seq = message.integer(83) if message.get(83) else None
    except BadField as error:
        raise Unusable(MALFORMED, str(error)) from error
    bids, asks = (sides[side.value] for side in SIDES)
    return Snapshot(bids, asks, at_ns or now_ns, rpt_seq)


def increments(message: FixMessage) -> Iterator[tuple[str | None, Group]]:
    """(Symbol(55) or None, fields) of each entry of an X. Raises Unusable.

    An entry without Instrument is of the one before it (FIX 4.4 volume 3, X).
    """
    try:
        symbol: str | None = None
        for entry in message.groups(268, 279):
            symbol = entry.get(55, symbol)
            yield symbol, entry
    except BadField as error:
        raise Unusable(MALFORMED, str(error)) from error


def is_of_book(entry: Group) -> bool:
    """Whether an entry that cannot be used leaves the book in doubt.

    MDEntryType(269) may be absent on a change or deletion by MDEntryID(278): then it may be.
    """
    return entry.get(269) in (None, *SIDES)


def read_increment(entry: Group, instrument: Instrument, venue: str, now_ns: int) -> Event | None:
    """One entry of an X; None if it is of a type that was not asked for. Raises Unusable."""
    try:
        kind = entry.get(269)
        if is_of_book(entry):
            return _level(entry, instrument, now_ns)
        if kind == MDEntryType.TRADE:
            return _trade(entry, instrument, venue, now_ns)
        if kind == MDEntryType.IMBALANCE:
            return _imbalance(entry, instrument, venue, now_ns)
    except BadField as error:
        raise Unusable(MALFORMED, str(error)) from error
    return None


def read_rpt_seq(entry: Group) -> int | None:
    """RptSeq(83) of FIX 5.0, from venues that send it. Raises Unusable."""
    value = entry.get(83)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Unusable(MALFORMED, "tag 83: not a number")
    return int(value)


def not_ahead(at_ns: int, now_ns: int) -> int:
    """A venue's time, or ours if it is ahead by more than clocks are."""
    return at_ns if at_ns <= now_ns + AHEAD_MAX_NS else now_ns


def read_phase(message: FixMessage) -> TradingPhase | None:
    """What a SecurityStatus(f) says; None if it says no phase. Raises Unusable."""
    value = message.get(326)
    if value is None:
        return None
    phase = PHASE_OF.get(value)
    if phase is None:
        raise Unusable("unknown_status", f"SecurityTradingStatus(326) {value}")
    return phase


def _level(entry: Group, instrument: Instrument, now_ns: int) -> Level:
    action = _action(entry)
    entry_id = entry.get(278, "")
    is_deleted = action is MDUpdateAction.DELETE
    by_id = bool(entry_id) and 270 not in entry and action is not MDUpdateAction.NEW
    if 269 not in entry and not by_id:
        raise BadField(269, "missing")
    return Level(
        action,
        MDEntryType(entry.get(269, MDEntryType.BID)),
        0 if by_id else _px(entry, instrument),
        0 if is_deleted else _qty(entry, instrument),
        entry_id,
        _at_ns(entry, now_ns),
    )


def _trade(entry: Group, instrument: Instrument, venue: str, now_ns: int) -> Trade:
    condition = condition_of(entry.get(277, ""), entry.get(625, ""))
    action = _action(entry)
    if action is MDUpdateAction.CHANGE:
        raise Unusable("changed_trade", "a print that is changed is not understood")
    if action is MDUpdateAction.DELETE:
        condition += TradeCondition.BUSTED
        if not entry.get(278):
            raise BadField(278, "missing")
    return Trade(
        instrument.symbol, venue, _px(entry, instrument), _qty(entry, instrument),
        _at_ns(entry, now_ns), entry.get(278, ""), condition,
    )  # fmt: skip


def _imbalance(entry: Group, instrument: Instrument, venue: str, now_ns: int) -> Imbalance | None:
    """FIX 4.4 has no field for what is paired: 0."""
    if _action(entry) is MDUpdateAction.DELETE:
        return None
    px_ticks = _px(entry, instrument) if entry.get(270) else 0
    qty = 0 if entry.get(271) == "0" else _qty(entry, instrument)
    signed = -qty if MORE_SELLERS in entry.get(277, "").split() else qty
    return Imbalance(instrument.symbol, venue, px_ticks, 0, signed, _at_ns(entry, now_ns))


def _action(entry: Group) -> MDUpdateAction:
    try:
        return MDUpdateAction(entry[279])
    except ValueError as error:
        raise BadField(279, "not an action") from error


def _px(entry: Group, instrument: Instrument) -> int:
    try:
        return instrument.px_ticks(read_decimal(270, entry.get(270, "")), "MDEntryPx(270)")
    except OffGrid as error:
        raise Unusable(error.fault.value, str(error)) from error


def _qty(entry: Group, instrument: Instrument) -> int:
    try:
        return instrument.fill_qty(read_decimal(271, entry.get(271, "")), "MDEntrySize(271)")
    except OffGrid as error:
        raise Unusable(error.fault.value, str(error)) from error


def _at_ns(entry: Group, now_ns: int) -> int:
    """When it happened; without MDEntryDate(272) and MDEntryTime(273), when it came."""
    date, time_of_day = entry.get(272), entry.get(273)
    return not_ahead(entry_ns(date, time_of_day), now_ns) if date and time_of_day else now_ns

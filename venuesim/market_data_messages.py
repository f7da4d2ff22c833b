"""The venue's market data as FIX 4.4 fields: W, X, Y and f. No FIX engine, no state.

Fields of a group stand in the dictionary's order. A book entry is addressed by its side and price:
MDEntryID(278) is not in 4.4's W, so no id of a snapshot could be referred to later. Trades have
their id in X; 4.4 has no field for the aggressor, nor for what an auction has paired.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from domain.fix_market_data import (
    CANCELLATION,
    MORE_BUYERS,
    MORE_SELLERS,
    OVERLAY_LAST,
    STATUS_OF,
    UNKNOWN_SECURITY,
    MDEntryType,
    MDUpdateAction,
    condition_fields,
    date_and_time,
)
from domain.instruments import Instrument
from domain.marketdata import Imbalance, Trade, TradeCondition, TradingStatus
from venuesim.market_data_requests import Refused

Fields = list[tuple[int, object]]
Levels = dict[int, int]  # qty by px_ticks

SNAPSHOT: Final = "W"
INCREMENTAL: Final = "X"
REJECT: Final = "Y"
SECURITY_STATUS: Final = "f"


class Send(msgspec.Struct, frozen=True):
    """One message to the subscriber."""

    msg_type: str
    fields: Fields


def snapshot(
    md_req_id: str, instrument: Instrument, sides: Iterable[tuple[MDEntryType, Levels]],
    trades: Iterable[Trade], at_ns: int,
) -> Send:  # fmt: skip
    """MarketDataSnapshotFullRefresh(W), best levels first; NoMDEntries(268)=0 is an empty book."""
    when = _when(at_ns)
    entries: list[Fields] = [
        [(269, kind.value), (270, _px(instrument, px)), (271, qty), *when]
        for kind, levels in sides
        for px, qty in levels.items()
    ]
    entries += [
        [(269, MDEntryType.TRADE.value), (270, _px(instrument, each.px_ticks)),
         (271, each.qty), *_when(each.at_ns), *_condition(each)]
        for each in trades
    ]  # fmt: skip
    head: Fields = [(262, md_req_id), (55, instrument.symbol), (268, len(entries))]
    return Send(SNAPSHOT, [*head, *(field for entry in entries for field in entry)])


def incremental(md_req_id: str, entries: list[Fields], *, is_merged: bool) -> Send:
    """MarketDataIncrementalRefresh(X). `is_merged`: it stands for more than one change."""
    fields: Fields = [(262, md_req_id), (268, len(entries))]
    fields += [field for entry in entries for field in entry]
    return Send(INCREMENTAL, [*fields, (814, OVERLAY_LAST)] if is_merged else fields)


def level_entries(
    instrument: Instrument, kind: MDEntryType, before: Levels, after: Levels, at_ns: int
) -> list[Fields]:
    """The entries that lead from one image of a side to the next: deletions first."""
    when = _when(at_ns)
    entries = []
    for px in before:
        if px not in after:
            entries.append(_head(MDUpdateAction.DELETE, kind, instrument, px) + when)
    for px, qty in after.items():
        if before.get(px) != qty:
            action = MDUpdateAction.CHANGE if px in before else MDUpdateAction.NEW
            entries.append([*_head(action, kind, instrument, px), (271, qty), *when])
    return entries


def trade_entry(instrument: Instrument, trade: Trade) -> Fields:
    """A print, or the end of one that is void."""
    said = _condition(trade)
    is_void = TradeCondition.BUSTED in trade.condition
    fields: Fields = [(279, MDUpdateAction.DELETE.value), (285, CANCELLATION)]
    if not is_void:
        fields = [(279, MDUpdateAction.NEW.value)]
    fields += [(269, MDEntryType.TRADE.value), (278, trade.trade_id), (55, instrument.symbol)]
    fields += [(270, _px(instrument, trade.px_ticks)), (271, trade.qty), *_when(trade.at_ns)]
    return [*fields, *said]


def imbalance_entry(instrument: Instrument, imbalance: Imbalance) -> Fields:
    """An auction's imbalance: which side has more is TradeCondition(277) P or Q."""
    fields: Fields = [(279, MDUpdateAction.NEW.value), (269, MDEntryType.IMBALANCE.value)]
    fields += [(278, f"I{imbalance.at_ns}"), (55, instrument.symbol)]
    if imbalance.px_ticks:
        fields.append((270, _px(instrument, imbalance.px_ticks)))
    fields += [(271, abs(imbalance.imbalance_qty)), *_when(imbalance.at_ns)]
    more = MORE_BUYERS if imbalance.imbalance_qty >= 0 else MORE_SELLERS
    return [*fields, (277, more)]


def reject(refused: Refused) -> Send:
    """MarketDataRequestReject(Y)."""
    fields: Fields = [(262, refused.md_req_id)]
    if refused.reason is not None:
        fields.append((281, refused.reason.value))
    return Send(REJECT, [*fields, (58, refused.text)])


def security_status(
    req_id: str, symbol: str, status: TradingStatus | None, *, is_known: bool, is_asked: bool
) -> Send:
    """SecurityStatus(f); 326 is absent while the venue has not said a phase."""
    fields: Fields = [(324, req_id), (55, symbol)]
    fields.append((325, "N" if is_asked else "Y"))
    if not is_known:
        fields.append((326, UNKNOWN_SECURITY))
    elif status is not None:
        date, time_of_day = date_and_time(status.at_ns)
        fields += [(326, STATUS_OF[status.phase]), (60, f"{date}-{time_of_day}")]
    return Send(SECURITY_STATUS, fields)


def _head(
    action: MDUpdateAction, kind: MDEntryType, instrument: Instrument, px_ticks: int
) -> Fields:
    return [(279, action.value), (269, kind.value), (55, instrument.symbol),
            (270, _px(instrument, px_ticks))]  # fmt: skip


def _px(instrument: Instrument, px_ticks: int) -> str:
    return f"{instrument.px(px_ticks):f}"


def _when(at_ns: int) -> Fields:
    date, time_of_day = date_and_time(at_ns)
    return [(272, date), (273, time_of_day)]


def _condition(trade: Trade) -> Fields:
    fields = condition_fields(trade.condition)
    assert fields is not None, "the server keeps back what FIX 4.4 cannot say"
    return fields

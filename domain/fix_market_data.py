"""FIX 4.4's words for market data, shared by those who serve it and those who read it. Pure.

The numbers are those of FIX 4.4 volume 3 (V, W, X, Y, e, f) and of FIX44.xml; tests compare them
with the dictionary. What 4.4 has no field for is said where it is lost: `condition_fields`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.fix_message import read_timestamp_ns, timestamp_text
from domain.marketdata import TradeCondition, TradingPhase


class SubscriptionRequestType(StrEnum):
    """SubscriptionRequestType(263)."""

    SNAPSHOT = "0"
    SNAPSHOT_AND_UPDATES = "1"
    UNSUBSCRIBE = "2"


class MDUpdateType(StrEnum):
    """MDUpdateType(265): what follows a snapshot."""

    FULL_REFRESH = "0"
    INCREMENTAL_REFRESH = "1"


class MDEntryType(StrEnum):
    """MDEntryType(269), those that are served and read here."""

    BID = "0"
    OFFER = "1"
    TRADE = "2"
    IMBALANCE = "A"


class MDUpdateAction(StrEnum):
    """MDUpdateAction(279)."""

    NEW = "0"
    CHANGE = "1"
    DELETE = "2"


class MDReqRejReason(StrEnum):
    """MDReqRejReason(281)."""

    UNKNOWN_SYMBOL = "0"
    DUPLICATE_MD_REQ_ID = "1"
    INSUFFICIENT_BANDWIDTH = "2"
    INSUFFICIENT_PERMISSIONS = "3"
    UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE = "4"
    UNSUPPORTED_MARKET_DEPTH = "5"
    UNSUPPORTED_MD_UPDATE_TYPE = "6"
    UNSUPPORTED_AGGREGATED_BOOK = "7"
    UNSUPPORTED_MD_ENTRY_TYPE = "8"
    UNSUPPORTED_TRADING_SESSION_ID = "9"
    UNSUPPORTED_SCOPE = "A"
    UNSUPPORTED_OPEN_CLOSE_SETTLE_FLAG = "B"
    UNSUPPORTED_MD_IMPLICIT_DELETE = "C"


MORE_BUYERS: Final = "P"  # TradeCondition(277) of an imbalance entry
MORE_SELLERS: Final = "Q"
CANCELLATION: Final = "0"  # DeleteReason(285) of a trade that is void
OVERLAY_LAST: Final = "2"  # ApplQueueResolution(814): updates were merged for a slow reader
UNKNOWN_SECURITY: Final = "20"  # SecurityTradingStatus(326): unknown or invalid

# SecurityTradingStatus(326) that says a phase, and the phase that each of its values says.
STATUS_OF: Final = {
    TradingPhase.CONTINUOUS: "17",  # ready to trade
    TradingPhase.AUCTION: "21",  # pre-open
    TradingPhase.HALTED: "2",  # trading halt
    TradingPhase.CLOSED: "18",  # not available for trading
}
PHASE_OF: Final[Mapping[str, TradingPhase]] = {
    "1": TradingPhase.AUCTION,  # opening delay
    "2": TradingPhase.HALTED,
    "3": TradingPhase.CONTINUOUS,  # resume
    "4": TradingPhase.CLOSED,  # no open, no resume
    "5": TradingPhase.AUCTION,  # price indication
    "14": TradingPhase.AUCTION,  # ITS pre-opening
    "15": TradingPhase.AUCTION,  # new price indication
    "17": TradingPhase.CONTINUOUS,
    "18": TradingPhase.CLOSED,
    "19": TradingPhase.CLOSED,  # not traded on this market
    "21": TradingPhase.AUCTION,
    "22": TradingPhase.AUCTION,  # opening rotation
    "23": TradingPhase.CONTINUOUS,  # fast market
}

# TradingSessionSubID(625) of a print: free text in 4.4; the numbers are FIX 5.0's.
OPENING_AUCTION: Final = "2"
CLOSING_AUCTION: Final = "4"
INTRADAY_AUCTION: Final = "6"

_SAID_BY_CONDITION: Final = {  # TradeCondition(277)
    TradeCondition.AVERAGE_PRICE: "B",
    TradeCondition.BLOCK: "G",  # NYSE's rule 127, on positioning blocks
    TradeCondition.LATE: "M",  # sold, out of sequence
    TradeCondition.OTHER_SETTLEMENT: "J",  # next day trade
}
_SAID_BY_SESSION: Final = {
    TradeCondition.OPENING_AUCTION: OPENING_AUCTION,
    TradeCondition.CLOSING_AUCTION: CLOSING_AUCTION,
    TradeCondition.REOPENING_AUCTION: INTRADAY_AUCTION,
}
# A print with one of these is as regular without it (domain.marketdata.is_regular); a bust is said
# by MDUpdateAction(279)=2.
_NEED_NOT_BE_SAID: Final = (
    TradeCondition.OFF_BOOK,
    TradeCondition.ODD_LOT,
    TradeCondition.HIDDEN,
    TradeCondition.BUSTED,
)
_LETTERS_OF_CONDITION: Final = {
    "A": TradeCondition.OTHER_SETTLEMENT.value,  # cash
    "B": TradeCondition.AVERAGE_PRICE.value,
    "C": TradeCondition.OTHER_SETTLEMENT.value,  # cash trade, same day clearing
    "D": TradeCondition.OTHER_SETTLEMENT.value,  # next day
    "E": TradeCondition.OPENING_AUCTION.value,  # opening or reopening; 625 tells which
    "F": "",  # intraday trade detail
    "G": TradeCondition.BLOCK.value,
    "H": TradeCondition.BLOCK.value,  # AMEX's rule 155
    "I": TradeCondition.LATE.value,  # sold last
    "J": TradeCondition.OTHER_SETTLEMENT.value,
    "K": TradeCondition.OPENING_AUCTION + TradeCondition.LATE,  # opened: a late opening
    "L": TradeCondition.OTHER_SETTLEMENT.value,  # seller
    "M": TradeCondition.LATE.value,
    "N": TradeCondition.PRIOR_REFERENCE.value,  # stopped stock: at a price guaranteed before
    "P": "",  # imbalances say nothing of the print
    "Q": "",
    "R": TradeCondition.OPENING_AUCTION.value,  # opening price
}
_LETTERS_OF_SESSION: Final = {
    "1": TradeCondition.EXTENDED_HOURS.value,  # pre-trading
    OPENING_AUCTION: TradeCondition.OPENING_AUCTION.value,
    "3": "",  # continuous
    CLOSING_AUCTION: TradeCondition.CLOSING_AUCTION.value,
    "5": TradeCondition.EXTENDED_HOURS.value,  # post-trading
    INTRADAY_AUCTION: TradeCondition.REOPENING_AUCTION.value,
}


def condition_fields(condition: str) -> list[tuple[int, object]] | None:
    """TradingSessionSubID(625) and TradeCondition(277) that say `condition`.

    None if FIX 4.4 cannot say it (P, M, T, ?): such a print must not pass for a regular one.
    """
    session: str | None = None
    said: list[str] = []
    for letter in condition:
        kind = TradeCondition(letter)
        if kind in _SAID_BY_SESSION:
            if session is not None:  # 625 says one auction
                return None
            session = _SAID_BY_SESSION[kind]
        elif kind in _SAID_BY_CONDITION:
            said.append(_SAID_BY_CONDITION[kind])
        elif kind not in _NEED_NOT_BE_SAID:
            return None
    fields: list[tuple[int, object]] = [] if session is None else [(625, session)]
    return [*fields, (277, " ".join(said))] if said else fields


def condition_of(trade_condition: str, session: str) -> str:
    """The letters of TradeCondition(277) and TradingSessionSubID(625); "?" for an unknown one."""
    in_session = _LETTERS_OF_SESSION.get(session, "") if session else ""
    letters = in_session
    for value in trade_condition.split():
        if value == "E" and in_session:
            continue  # the session has said which auction it was
        letters += _LETTERS_OF_CONDITION.get(value, TradeCondition.UNKNOWN.value)
    return "".join(dict.fromkeys(letters))


def date_and_time(at_ns: int) -> tuple[str, str]:
    """MDEntryDate(272) and MDEntryTime(273): UTC, milliseconds, rounded down."""
    date, _, time_of_day = timestamp_text(at_ns).partition("-")
    return date, time_of_day


def entry_ns(date: str, time_of_day: str) -> int:
    """UTC nanoseconds of MDEntryDate(272) and MDEntryTime(273). Raises BadField."""
    return read_timestamp_ns(273, f"{date}-{time_of_day}")

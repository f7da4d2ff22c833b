"""MarketDataRequest(V) and SecurityStatusRequest(e) as a venue reads them, and why it says no.

Refusals are looked for in the order of the numbers here, except that a symbol is looked up last:
a request that is wrong in itself is so for every symbol.
"""

from typing import Final

import msgspec

from domain.fix_market_data import (
    MDEntryType,
    MDReqRejReason,
    MDUpdateType,
    SubscriptionRequestType,
)
from domain.fix_message import BadField, FixMessage

MARKET_DATA_REQUEST: Final = "V"
SECURITY_STATUS_REQUEST: Final = "e"
MSG_TYPES: Final = (MARKET_DATA_REQUEST, SECURITY_STATUS_REQUEST)
FULL_BOOK: Final = 0  # MarketDepth(264)
SYMBOLS_MAX: Final = 1_000  # of one request; a subscriber may send more of them


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a MarketDataRequest(V) asks to see. `depth`: levels a side, 0 is all."""

    md_req_id: str
    kind: SubscriptionRequestType
    symbols: tuple[str, ...]
    depth: int
    update_type: MDUpdateType
    entry_types: tuple[MDEntryType, ...]


class StatusWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A SecurityStatusRequest(e)."""

    security_status_req_id: str
    kind: SubscriptionRequestType
    symbol: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request is not served. `reason` None: FIX has no number for it; `text` says it."""

    md_req_id: str
    reason: MDReqRejReason | None
    text: str


def read_market_data_request(message: FixMessage) -> Wanted | Refused:
    """What is asked, or why it cannot be served. Raises BadField if it is no request at all."""
    md_req_id = message.require(262)
    kind = message.require(263)
    types = [entry.get(269, "") for entry in message.groups(267, 269)]
    symbols = [entry.get(55, "") for entry in message.groups(146, 55)]
    if not symbols or not types:
        raise BadField(146 if not symbols else 267, "nothing is asked for")
    if len(symbols) > SYMBOLS_MAX:
        raise BadField(146, f"more than {SYMBOLS_MAX} symbols in one request")
    refusal = _refusal(message, kind, types)
    if refusal is not None:
        reason, text = refusal
        return Refused(md_req_id=md_req_id, reason=reason, text=text)
    return Wanted(
        md_req_id=md_req_id,
        kind=SubscriptionRequestType(kind),
        symbols=tuple(dict.fromkeys(symbols)),
        depth=message.integer(264),
        update_type=MDUpdateType(message.get(265) or MDUpdateType.FULL_REFRESH),
        entry_types=tuple(MDEntryType(each) for each in dict.fromkeys(types)),
    )


def read_security_status_request(message: FixMessage) -> StatusWanted:
    """What is asked. Raises BadField."""
    kind = message.require(263)
    if kind not in tuple(SubscriptionRequestType):
        raise BadField(263, f"{kind} is not offered")
    return StatusWanted(
        security_status_req_id=message.require(324),
        kind=SubscriptionRequestType(kind),
        symbol=message.require(55),
    )


def _refusal(message: FixMessage, kind: str, types: list[str]) -> tuple[MDReqRejReason, str] | None:
    """The first thing of a request that is not offered. Raises BadField."""
    if kind not in tuple(SubscriptionRequestType):
        reason = MDReqRejReason.UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE
        return reason, f"SubscriptionRequestType(263) {kind}"
    if message.integer(264) < FULL_BOOK:
        return MDReqRejReason.UNSUPPORTED_MARKET_DEPTH, f"MarketDepth(264) {message.get(264)}"
    updates = message.get(265)
    needs_updates = kind == SubscriptionRequestType.SNAPSHOT_AND_UPDATES
    if updates not in tuple(MDUpdateType) and (needs_updates or updates is not None):
        return MDReqRejReason.UNSUPPORTED_MD_UPDATE_TYPE, f"MDUpdateType(265) {updates}"
    if message.get(266) == "N":
        return MDReqRejReason.UNSUPPORTED_AGGREGATED_BOOK, "AggregatedBook(266) N"
    for entry_type in types:
        if entry_type not in tuple(MDEntryType):
            return MDReqRejReason.UNSUPPORTED_MD_ENTRY_TYPE, f"MDEntryType(269) {entry_type}"
    for tag, value, reason in (
        (386, None, MDReqRejReason.UNSUPPORTED_TRADING_SESSION_ID),
        (546, None, MDReqRejReason.UNSUPPORTED_SCOPE),
        (286, None, MDReqRejReason.UNSUPPORTED_OPEN_CLOSE_SETTLE_FLAG),
        (547, "N", MDReqRejReason.UNSUPPORTED_MD_IMPLICIT_DELETE),  # we delete what falls out
    ):
        if message.get(tag) not in (None, value):
            return reason, f"tag {tag} {message.get(tag)}"
    return None

"""FIX 4.4 requests of an OMS to our messages. Pure; QuickFIX has checked them against FIX44.xml.

Nothing here knows an instrument, an algorithm or another order: this reads fields and refuses what
is not readable, or says something that we would have to drop.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Final, TypeVar

import msgspec

from domain.fix_codes import OrdType
from domain.fix_message import BadField, FixMessage
from domain.instruments import Side
from domain.parents import CancelParent, NewParent, ReplaceParent
from domain.refusals import RejectReason
from gateway.oms_fields import ALGOS, ID_MAX, READ_TAGS, SESSION_TAGS, field_name, shown
from gateway.refused import Refused
from gateway.strategy_parameters import read_parameters, term_time_ns

MAX_TIME_NS: Final = 2**63  # what domain.parents.TimeNs holds
SOURCE: Final = "FIX:"  # with the CompID of the OMS: the `source` of its orders

_Code = TypeVar("_Code", bound=Enum)


class Restated(msgspec.Struct, frozen=True, kw_only=True):
    """A term that a request repeats and may not change: `attribute` of NewParent has this value."""

    tag: int
    attribute: str
    value: str | int | None


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """A cancel or replace, with the terms of the order that it repeats."""

    request: ReplaceParent | CancelParent
    restated: tuple[Restated, ...]


class StatusQuery(msgspec.Struct, frozen=True, kw_only=True):
    """OrderStatusRequest(35=H)."""

    cl_ord_id: str
    symbol: str
    side: str
    ord_status_req_id: str | None


class MassStatusQuery(msgspec.Struct, frozen=True, kw_only=True):
    """OrderMassStatusRequest(35=AF) for all orders."""

    mass_status_req_id: str


Request = NewParent | Amendment | StatusQuery | MassStatusQuery


def translate(message: FixMessage, source: str) -> Request:
    """What an OMS asks. Raises Refused; KeyError for a message type that READ_TAGS lacks."""
    _check_tags(message)
    try:
        return _TRANSLATORS[message.msg_type](message, source)
    except BadField as error:
        reason = RejectReason.MISSING_FIELD if error.text == "missing" else RejectReason.MALFORMED
        raise Refused(reason, field_name(error.tag), error.text) from error


def identifier(message: FixMessage, tag: int) -> str:
    """A field that is a key: 1 to ID_MAX printable ASCII characters. Raises Refused, BadField."""
    value = message.require(tag)
    if len(value) > ID_MAX:
        raise Refused(
            RejectReason.FIELD_TOO_LONG, field_name(tag), f"more than {ID_MAX} characters"
        )
    if not (value.isascii() and value.isprintable()):
        raise Refused(RejectReason.MALFORMED, field_name(tag), "not printable ASCII")
    return value


def _new(message: FixMessage, source: str) -> NewParent:
    cl_ord_id = identifier(message, 11)
    ord_type = _ord_type(message)
    _check_time_in_force(message)
    return NewParent(
        source=source,
        cl_ord_id=cl_ord_id,
        symbol=identifier(message, 55),
        side=_code(message, 54, Side),
        order_qty=message.decimal(38),
        algo=_optional_algo(message),
        ord_type=ord_type,
        limit_px=_limit_px(message, ord_type),
        start_ns=_optional_time(message, 168),
        end_ns=_optional_time(message, 126),
        params=read_parameters(message),
        account=_optional_identifier(message, 1),
        sent_ns=_time(message, 60),
    )


def _replace(message: FixMessage, source: str) -> Amendment:
    cl_ord_id, orig_cl_ord_id = identifier(message, 11), identifier(message, 41)
    ord_type = _ord_type(message)
    _check_time_in_force(message)
    price = message.get(44)
    if price is not None and ord_type is OrdType.MARKET:
        raise Refused(RejectReason.MALFORMED, field_name(44), "a market order has no price")
    request = ReplaceParent(
        source=source,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=orig_cl_ord_id,
        symbol=identifier(message, 55),
        order_qty=None if message.get(38) is None else message.decimal(38),
        limit_px=None if price is None else message.decimal(44),
        end_ns=_optional_time(message, 126),
        params=read_parameters(message),
        sent_ns=_time(message, 60),
    )
    return Amendment(request=request, restated=(*_same_order(message), *_same_terms(message)))


def _cancel(message: FixMessage, source: str) -> Amendment:
    request = CancelParent(
        source=source,
        cl_ord_id=identifier(message, 11),
        orig_cl_ord_id=identifier(message, 41),
        symbol=identifier(message, 55),
        sent_ns=_time(message, 60),
    )
    return Amendment(request=request, restated=_same_order(message))


def _status(message: FixMessage, source: str) -> StatusQuery:
    return StatusQuery(
        cl_ord_id=identifier(message, 11),
        symbol=identifier(message, 55),
        side=identifier(message, 54),
        ord_status_req_id=_optional_identifier(message, 790),
    )


def _mass_status(message: FixMessage, source: str) -> MassStatusQuery:
    if message.require(585) != "7":
        raise Refused(RejectReason.UNSUPPORTED, field_name(585), "only 7, all orders, is supported")
    return MassStatusQuery(mass_status_req_id=identifier(message, 584))


_TRANSLATORS: Final[dict[str, Callable[[FixMessage, str], Request]]] = {
    "D": _new,
    "G": _replace,
    "F": _cancel,
    "H": _status,
    "AF": _mass_status,
}


def _check_tags(message: FixMessage) -> None:
    known = READ_TAGS[message.msg_type]
    for tag, _ in message.fields:
        if tag not in known and tag not in SESSION_TAGS:
            raise Refused(RejectReason.UNSUPPORTED, field_name(tag), "this field is not supported")


def _same_order(message: FixMessage) -> tuple[Restated, ...]:
    return (
        Restated(tag=55, attribute="symbol", value=identifier(message, 55)),
        Restated(tag=54, attribute="side", value=_code(message, 54, Side)),
    )


def _same_terms(message: FixMessage) -> list[Restated]:
    found = [Restated(tag=40, attribute="ord_type", value=_ord_type(message))]
    if message.get(847) is not None:
        found.append(Restated(tag=847, attribute="algo", value=_algo(message.require(847))))
    if message.get(1) is not None:
        found.append(Restated(tag=1, attribute="account", value=identifier(message, 1)))
    start_ns = _optional_time(message, 168)
    if start_ns is not None:
        found.append(Restated(tag=168, attribute="start_ns", value=start_ns))
    return found


def _optional_algo(message: FixMessage) -> str:
    """The algorithm's name; without TargetStrategy(847), none: what then, the worker knows."""
    return "" if message.get(847) is None else _algo(message.require(847))


def _algo(strategy: str) -> str:
    """The algorithm's name; a number that nobody agreed on is a name that no algorithm has."""
    return ALGOS.get(strategy) or f"847={shown(strategy, ID_MAX)}"


def _code(message: FixMessage, tag: int, codes: type[_Code]) -> _Code:
    value = message.require(tag)
    try:
        return codes(value)
    except ValueError as error:
        raise Refused(
            RejectReason.UNSUPPORTED, field_name(tag), f"{shown(value, 16)} is not supported"
        ) from error


def _ord_type(message: FixMessage) -> OrdType:
    return _code(message, 40, OrdType)


def _check_time_in_force(message: FixMessage) -> None:
    """A parent lives until its end time: Day(0), or GoodTillDate(6) with ExpireTime(126).

    At the close (7) says of a target close order what its algorithm says.
    """
    value = message.get(59, "0")
    if value == "7" and ALGOS.get(message.get(847) or "") == "close":
        return
    if value == "6" and _optional_time(message, 126) is None:
        raise Refused(RejectReason.MISSING_FIELD, field_name(126), "TimeInForce(59)=6 needs it")
    if value not in ("0", "6"):
        raise Refused(RejectReason.UNSUPPORTED, field_name(59), f"{value} is not supported")


def _limit_px(message: FixMessage, ord_type: OrdType) -> Decimal | None:
    if ord_type is OrdType.LIMIT:
        return message.decimal(44)
    if message.get(44) is not None:
        raise Refused(RejectReason.MALFORMED, field_name(44), "a market order has no price")
    return None


def _time(message: FixMessage, tag: int) -> int:
    return _possible_time(tag, message.timestamp_ns(tag))


def _possible_time(tag: int, at_ns: int) -> int:
    if not 0 <= at_ns < MAX_TIME_NS:
        raise BadField(tag, "not between 1970 and 2262")
    return at_ns


def _optional_time(message: FixMessage, tag: int) -> int | None:
    """Of a field, or of the entry of the 957 group that stands for it."""
    if message.get(tag) is not None:
        term_time_ns(message, tag)  # refused if given both ways
        return _time(message, tag)
    at_ns = term_time_ns(message, tag)
    return None if at_ns is None else _possible_time(tag, at_ns)


def _optional_identifier(message: FixMessage, tag: int) -> str | None:
    return None if message.get(tag) is None else identifier(message, tag)

"""FIX 4.4 text to the venue's requests, and its answers to FIX 4.4 text. No FIX engine.

A message that cannot be read is answered with BusinessMessageReject(35=j).
"""

from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_message import BadField, Fields, FixMessage, fix_text, timestamp_text
from venuesim.requests import (
    Answer,
    CancelOrder,
    CancelRejected,
    MassStatusRequest,
    NewOrder,
    ReplaceOrder,
    Report,
    Request,
    StatusRequest,
)

PARTICIPATE_DONT_INITIATE: Final = "6"  # ExecInst(18): post only
# ExecInst(18): every peg that FIX 4.4 names; admission says which of them are offered.
PEG_INSTRUCTIONS: Final = tuple("LMOPRWad")
# PegInstructions that would make another peg than the one offered: tag -> what it may say.
PEG_DEFAULTS: Final = {835: "0", 836: "0", 837: "0", 838: "2", 840: "1"}
SELF_TRADE_MODE: Final = 8000  # user-defined, as at CME
SELF_TRADE_OWNER: Final = 7928
ALL_ORDERS: Final = "7"  # MassStatusReqType(585)
ABSOLUTE: Final = "3"  # CommType(13): the total, in currency units
CONDITIONALLY_REQUIRED: Final = 5  # BusinessRejectReason(380)

MSG_TYPES: Final = ("D", "F", "G", "H", "AF")


def read_request(message: FixMessage, at_ns: int) -> Request:
    """The request of a message whose MsgType(35) is one of MSG_TYPES. Raises BadField."""
    if message.msg_type == "D":
        return _new_order(message, at_ns)
    if message.msg_type == "F":
        return CancelOrder(
            cl_ord_id=message.require(11),
            orig_cl_ord_id=message.require(41),
            symbol=message.require(55),
            side=message.require(54),
            at_ns=at_ns,
        )
    if message.msg_type == "G":
        return _replace_order(message, at_ns)
    if message.msg_type == "H":
        return StatusRequest(
            cl_ord_id=message.require(11),
            symbol=message.require(55),
            side=message.require(54),
            ord_status_req_id=message.get(790),
            at_ns=at_ns,
        )
    assert message.msg_type == "AF"
    if message.require(585) != ALL_ORDERS:
        raise BadField(585, "only 7, all orders, is offered")
    return MassStatusRequest(mass_status_req_id=message.require(584), at_ns=at_ns)


class Unreadable(msgspec.Struct, frozen=True):
    """A message that is no request; `answer` is what its sender is told."""

    error: str
    answer: str


def read_text(text: str, at_ns: int) -> Request | Unreadable:
    """The request in the text of a message, or the answer to what cannot be read."""
    try:
        message = FixMessage.parse(text)
    except BadField as error:  # a data field may hold what looks like the end of a field
        about: Fields = [(372, msg_type(text))]
        return Unreadable(str(error), _business_reject(about, error))
    try:
        return read_request(message, at_ns)
    except BadField as error:
        about = [(45, message.require(34)), (372, message.msg_type)]
        if message.get(11):
            about.append((379, message.require(11)))
        return Unreadable(str(error), _business_reject(about, error))


def msg_type(text: str) -> str:
    """MsgType(35) of a message, found without reading it all."""
    start = text.find("\x0135=") + 4
    return text[start : text.find("\x01", start)]


def answer_text(answer: Answer) -> str:
    """The FIX message of an answer."""
    if isinstance(answer, Report):
        return fix_text("8", _report_fields(answer))
    return fix_text("9", _cancel_rejected_fields(answer))


def _business_reject(about: Fields, error: BadField) -> str:
    """BusinessMessageReject(35=j)."""
    return fix_text("j", [*about, (380, str(CONDITIONALLY_REQUIRED)), (58, str(error))])


def _new_order(message: FixMessage, at_ns: int) -> NewOrder:
    return NewOrder(
        cl_ord_id=message.require(11),
        symbol=message.require(55),
        side=message.require(54),
        order_qty=message.decimal(38),
        ord_type=message.require(40),
        px=_optional(message, 44),
        time_in_force=message.get(59) or "0",
        post_only=_post_only(message),
        stop_px=_optional(message, 99),
        display_qty=_optional(message, 111),
        min_qty=_optional(message, 110),
        peg=_peg(message),
        peg_offset=_optional(message, 211),
        self_trade=message.get(SELF_TRADE_MODE) or "",
        owner=message.get(SELF_TRADE_OWNER) or "",
        poss_resend=message.get(97) == "Y",
        poss_dup=message.get(43) == "Y",
        at_ns=at_ns,
    )


def _replace_order(message: FixMessage, at_ns: int) -> ReplaceOrder:
    return ReplaceOrder(
        cl_ord_id=message.require(11),
        orig_cl_ord_id=message.require(41),
        symbol=message.require(55),
        side=message.require(54),
        order_qty=message.decimal(38),
        ord_type=message.require(40),
        px=_optional(message, 44),
        time_in_force=message.get(59) or "0",
        post_only=_post_only(message),
        stop_px=_optional(message, 99),
        display_qty=_optional(message, 111),
        min_qty=_optional(message, 110),
        peg=_peg(message),
        peg_offset=_optional(message, 211),
        self_trade=message.get(SELF_TRADE_MODE) or "",
        owner=message.get(SELF_TRADE_OWNER) or "",
        at_ns=at_ns,
    )


def _post_only(message: FixMessage) -> bool:
    return PARTICIPATE_DONT_INITIATE in (message.get(18) or "").split()


def _peg(message: FixMessage) -> str:
    """The peg instructions of ExecInst(18), strung together."""
    for tag, only in PEG_DEFAULTS.items():
        if message.get(tag, only) != only:
            raise BadField(tag, f"only {only} is offered")
    return "".join(each for each in (message.get(18) or "").split() if each in PEG_INSTRUCTIONS)


def _optional(message: FixMessage, tag: int) -> Decimal | None:
    return message.decimal(tag) if message.get(tag) else None


def _report_fields(report: Report) -> list[tuple[int, object]]:
    fields: list[tuple[int, object]] = [(97, "Y")] if report.poss_resend else []
    fields += [(37, report.order_id), (11, report.cl_ord_id)]
    optional: list[tuple[int, object]] = [
        (41, report.orig_cl_ord_id),
        (790, report.ord_status_req_id),
        (584, report.mass_status_req_id),
        (911, report.tot_num_reports),
        (912, _flag(report.last_rpt_requested)),
        (103, report.ord_rej_reason),
        (378, report.exec_restatement_reason),
        (58, report.text),
    ]
    fields += [(tag, value) for tag, value in optional if value is not None]
    fields += [
        (17, report.exec_id),
        (150, report.exec_type.value),
        (39, report.ord_status.value),
        (55, report.symbol),
        (54, report.side),
        (38, report.order_qty),
        (14, report.cum_qty),
        (151, report.leaves_qty),
        (6, f"{report.avg_px:f}"),
        (60, timestamp_text(report.at_ns)),
    ]
    if report.last_qty and report.last_px is not None:
        fields += [(32, report.last_qty), (31, f"{report.last_px:f}")]
    if report.liquidity is not None:
        fields.append((851, report.liquidity.value))
    if report.fee is not None:
        fields += [(12, f"{report.fee:f}"), (13, ABSOLUTE)]
    return fields


def _cancel_rejected_fields(rejected: CancelRejected) -> list[tuple[int, object]]:
    fields: list[tuple[int, object]] = [(97, "Y")] if rejected.poss_resend else []
    return [
        *fields,
        (37, rejected.order_id),
        (11, rejected.cl_ord_id),
        (41, rejected.orig_cl_ord_id),
        (39, rejected.ord_status.value),
        (434, rejected.response_to.value),
        (102, rejected.reason.value),
        (60, timestamp_text(rejected.at_ns)),
        (58, rejected.text),
    ]


def _flag(value: bool | None) -> str | None:
    return None if value is None else "Y" if value else "N"

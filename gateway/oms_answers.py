"""Answers that order entry gives by itself, to one message of an OMS. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import CxlRejResponseTo, ExecType, OrdStatus
from domain.fix_message import BadField, Fields, FixMessage, timestamp_text
from domain.refusals import RejectReason
from gateway.oms_fields import ID_MAX, ORD_REJ_REASONS, TEXT_MAX, reject_text, shown
from gateway.oms_reports import NONE
from gateway.oms_translation import SOURCE

STATUS_EXEC_ID: Final = "0"  # ExecID(17) of a status: FIX 4.4 allows 0 with ExecType(150)=I
NOTHING: Final = "[N/A]"  # a required field of an answer when there is nothing to put there


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Send a message to an OMS. `reason`: the code, if it is a refusal made here."""

    session: str
    msg_type: str
    fields: Fields
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Inbound:
    """One message of an OMS, with what every answer to it needs."""

    session: str
    message: FixMessage
    now_ns: int
    bus_available: bool

    @property
    def msg_type(self) -> str:
        """MsgType(35), or what stands for it in an answer."""
        return self.message.get(35) or NOTHING

    @property
    def source(self) -> str:
        return SOURCE + self.session

    @property
    def poss_dup(self) -> bool:
        return self.message.get(43) == "Y"

    @property
    def poss_resend(self) -> bool:
        return self.message.get(97) == "Y"

    @property
    def exec_id(self) -> str:
        """ExecID(17) of a refusal made here: the same if the message comes again."""
        return f"R{self.message.get(34) or 0}-{shown(self.message.get(11) or '', ID_MAX)}"


def response_to(msg_type: str) -> CxlRejResponseTo:
    """CxlRejResponseTo(434) of a request."""
    return CxlRejResponseTo.CANCEL_REQUEST if msg_type == "F" else CxlRejResponseTo.REPLACE_REQUEST


def reject_fields(reason: RejectReason, field: str, text: str) -> Fields:
    """OrdRejReason(103) and Text(58)."""
    return [(103, str(ORD_REJ_REASONS[reason])), (58, reject_text(reason, field, text))]


def no_order(inbound: Inbound, exec_type: ExecType, exec_id: str) -> Fields:
    """An ExecutionReport(8) on no order of ours: quantities 0, what was written echoed."""
    message = inbound.message
    symbol = message.get(55)
    return [
        (37, NONE),
        (11, shown(message.get(11) or NOTHING, ID_MAX)),
        (17, exec_id),
        (150, exec_type.value),
        (39, OrdStatus.REJECTED.value),
        (55, shown(symbol, ID_MAX) if symbol else NOTHING),
        (54, message.get(54) or "1"),
        (38, _echoed_qty(message)),
        (151, "0"),
        (14, "0"),
        (6, "0"),
        (60, timestamp_text(inbound.now_ns)),
    ]


def _echoed_qty(message: FixMessage) -> str:
    try:
        return format(max(message.decimal(38), Decimal(0)), "f")
    except BadField:
        return "0"


def business_reject(inbound: Inbound, code: int, reason: RejectReason | None, text: str) -> Reply:
    """BusinessMessageReject(35=j)."""
    message = inbound.message
    said = text if reason is None else f"{reason.value} {text}"
    cl_ord_id = message.get(11)
    known = cl_ord_id is not None and shown(cl_ord_id, ID_MAX) == cl_ord_id
    fields: Fields = [
        (45, message.get(34, "0") or "0"),
        (372, inbound.msg_type),
        *([(379, cl_ord_id)] if known and cl_ord_id is not None else []),
        (380, str(code)),
        (58, shown(said, TEXT_MAX)),
    ]
    name = "bus_unavailable" if reason is None else reason.value
    return Reply(session=inbound.session, msg_type="j", fields=fields, reason=name)


def not_available(inbound: Inbound) -> Reply:
    """BusinessMessageReject(35=j) 380=4: nothing of the request is kept."""
    return business_reject(inbound, 4, None, "not available: the order log does not answer")

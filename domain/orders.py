"""Order life cycles: the legal moves between statuses, one table per machine.

The statuses here are the settled ones. "Pending cancel" and "pending replace" are requests laid
over a settled status; `reported_status` merges the two by the precedence of FIX 4.4 volume 4
(appendix D, "OrdStatus precedence"). A pair that a table lacks raises IllegalTransition.
"""

from typing import Final

from domain.fix_codes import ExecType, OrdStatus


class IllegalTransition(Exception):
    """An event arrived that this order's status does not allow. The order is left as it was."""


# A child order, as its venue reports on it: (status, ExecType) -> next status.
# TRADE, TRADE_CANCEL and TRADE_CORRECT change quantities; `settled_by_qty` then decides between
# NEW, PARTIALLY_FILLED and FILLED, so the target given here is only where a closed order stays.
# Pairs that look odd and are legal: a fill before the ack (X-A.1.c), a late ack after a fill, a
# reject after the ack, fills and busts after a cancel (J.1.b), fills after done-for-day.
_OPEN: Final = (OrdStatus.PENDING_NEW, OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
_CLOSED: Final = (OrdStatus.FILLED, OrdStatus.DONE_FOR_DAY, OrdStatus.CANCELED, OrdStatus.EXPIRED)
_KEEPS: Final = (ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE, ExecType.STOPPED,
                 ExecType.CALCULATED, ExecType.RESTATED, ExecType.ORDER_STATUS,
                 ExecType.TRIGGERED)  # fmt: skip
_TRADES: Final = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)
_ENDS: Final = {
    ExecType.CANCELED: OrdStatus.CANCELED,
    ExecType.EXPIRED: OrdStatus.EXPIRED,
    ExecType.DONE_FOR_DAY: OrdStatus.DONE_FOR_DAY,
    ExecType.REJECTED: OrdStatus.REJECTED,
}

CHILD_TRANSITIONS: Final[dict[tuple[OrdStatus, ExecType], OrdStatus]] = {
    (OrdStatus.PENDING_NEW, ExecType.PENDING_NEW): OrdStatus.PENDING_NEW,
    (OrdStatus.PENDING_NEW, ExecType.NEW): OrdStatus.NEW,
    (OrdStatus.NEW, ExecType.NEW): OrdStatus.NEW,
    (OrdStatus.NEW, ExecType.SUSPENDED): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.NEW): OrdStatus.PARTIALLY_FILLED,  # the late ack
    (OrdStatus.PARTIALLY_FILLED, ExecType.SUSPENDED): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.NEW): OrdStatus.FILLED,  # the late ack of a marketable order
    (OrdStatus.CANCELED, ExecType.NEW): OrdStatus.CANCELED,  # the late ack of an IOC
    (OrdStatus.CANCELED, ExecType.CANCELED): OrdStatus.CANCELED,
    (OrdStatus.EXPIRED, ExecType.NEW): OrdStatus.EXPIRED,  # the late ack of an IOC that expired
    (OrdStatus.EXPIRED, ExecType.EXPIRED): OrdStatus.EXPIRED,
    (OrdStatus.DONE_FOR_DAY, ExecType.DONE_FOR_DAY): OrdStatus.DONE_FOR_DAY,
    (OrdStatus.DONE_FOR_DAY, ExecType.CANCELED): OrdStatus.CANCELED,
    (OrdStatus.DONE_FOR_DAY, ExecType.EXPIRED): OrdStatus.EXPIRED,
    (OrdStatus.FILLED, ExecType.CANCELED): OrdStatus.FILLED,  # cancel crossed the last fill
    (OrdStatus.FILLED, ExecType.EXPIRED): OrdStatus.FILLED,  # so may the end of the day
    (OrdStatus.FILLED, ExecType.DONE_FOR_DAY): OrdStatus.FILLED,
    (OrdStatus.REJECTED, ExecType.REJECTED): OrdStatus.REJECTED,
    (OrdStatus.REJECTED, ExecType.ORDER_STATUS): OrdStatus.REJECTED,
    **{(status, kind): status for status in _OPEN for kind in _KEEPS},
    **{(status, kind): status for status in _CLOSED for kind in _KEEPS},
    **{(status, kind): end for status in _OPEN for kind, end in _ENDS.items()},
    **{(status, ExecType.REPLACED): status for status in (*_OPEN, OrdStatus.FILLED)},
    **{(status, kind): status for status in (*_OPEN, *_CLOSED) for kind in _TRADES},
    # A real trade is booked even on an order that was thought never to have been there.
    **{(OrdStatus.REJECTED, kind): OrdStatus.REJECTED for kind in _TRADES},
}

CHILD_TERMINAL: Final = frozenset(
    {OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED,
     OrdStatus.DONE_FOR_DAY}
)  # fmt: skip


def next_child_status(status: OrdStatus, exec_type: ExecType) -> OrdStatus:
    """The status a child moves to. Raises IllegalTransition."""
    found = CHILD_TRANSITIONS.get((status, exec_type))
    if found is None:
        raise IllegalTransition(f"a child that is {status.name} cannot take {exec_type.name}")
    return found


def settled_by_qty(status: OrdStatus, order_qty: int, cum_qty: int) -> OrdStatus:
    """The status after quantities changed. An order that ended other than by fills stays so."""
    if status in CHILD_TERMINAL and status is not OrdStatus.FILLED:
        return status
    if cum_qty >= order_qty:
        return OrdStatus.FILLED
    if cum_qty:
        return OrdStatus.PARTIALLY_FILLED
    return status if status is OrdStatus.PENDING_NEW else OrdStatus.NEW


# A parent order, as we report on it to the OMS: (status, ExecType of our report) -> next status.
PARENT_TRANSITIONS: Final[dict[tuple[OrdStatus, ExecType], OrdStatus]] = {
    (OrdStatus.PENDING_NEW, ExecType.NEW): OrdStatus.NEW,
    (OrdStatus.PENDING_NEW, ExecType.REJECTED): OrdStatus.REJECTED,
    (OrdStatus.NEW, ExecType.TRADE): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.PARTIALLY_FILLED, ExecType.TRADE): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.TRADE): OrdStatus.FILLED,  # an overfill by the venue is booked
    (OrdStatus.CANCELED, ExecType.TRADE): OrdStatus.CANCELED,  # J.1.b
    (OrdStatus.EXPIRED, ExecType.TRADE): OrdStatus.EXPIRED,
    (OrdStatus.PARTIALLY_FILLED, ExecType.TRADE_CANCEL): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.TRADE_CANCEL): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.CANCELED, ExecType.TRADE_CANCEL): OrdStatus.CANCELED,
    (OrdStatus.EXPIRED, ExecType.TRADE_CANCEL): OrdStatus.EXPIRED,
    (OrdStatus.PARTIALLY_FILLED, ExecType.TRADE_CORRECT): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.TRADE_CORRECT): OrdStatus.FILLED,
    (OrdStatus.CANCELED, ExecType.TRADE_CORRECT): OrdStatus.CANCELED,
    (OrdStatus.EXPIRED, ExecType.TRADE_CORRECT): OrdStatus.EXPIRED,
    (OrdStatus.NEW, ExecType.PENDING_CANCEL): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.PENDING_CANCEL): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.NEW, ExecType.PENDING_REPLACE): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.PENDING_REPLACE): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.PENDING_REPLACE): OrdStatus.FILLED,  # C.1.c
    (OrdStatus.NEW, ExecType.REPLACED): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.REPLACED): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.FILLED, ExecType.REPLACED): OrdStatus.PARTIALLY_FILLED,  # C.1.c, then by quantity
    (OrdStatus.NEW, ExecType.CANCELED): OrdStatus.CANCELED,
    (OrdStatus.PARTIALLY_FILLED, ExecType.CANCELED): OrdStatus.CANCELED,
    (OrdStatus.NEW, ExecType.EXPIRED): OrdStatus.EXPIRED,
    (OrdStatus.PARTIALLY_FILLED, ExecType.EXPIRED): OrdStatus.EXPIRED,
    (OrdStatus.NEW, ExecType.SUSPENDED): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.SUSPENDED): OrdStatus.PARTIALLY_FILLED,
    (OrdStatus.NEW, ExecType.RESTATED): OrdStatus.NEW,
    (OrdStatus.PARTIALLY_FILLED, ExecType.RESTATED): OrdStatus.PARTIALLY_FILLED,
}

PARENT_TERMINAL: Final = frozenset(
    {OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED}
)


def next_parent_status(status: OrdStatus, exec_type: ExecType) -> OrdStatus:
    """The status a parent moves to, before quantities are looked at. Raises IllegalTransition."""
    found = PARENT_TRANSITIONS.get((status, exec_type))
    if found is None:
        raise IllegalTransition(f"a parent that is {status.name} cannot take {exec_type.name}")
    return found


def reported_status(
    status: OrdStatus, *, pending_cancel: bool, pending_replace: bool, suspended: bool = False
) -> OrdStatus:
    """OrdStatus(39) to put on a report: the highest precedence of what applies."""
    if status is OrdStatus.REJECTED:
        return status
    if pending_cancel:
        return OrdStatus.PENDING_CANCEL
    if pending_replace:
        return OrdStatus.PENDING_REPLACE
    if suspended and status not in PARENT_TERMINAL:
        return OrdStatus.SUSPENDED
    return status

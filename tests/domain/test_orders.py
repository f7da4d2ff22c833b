"""Order life cycles: every legal row, every other pair refused, and what is reported."""

from itertools import product

import pytest

from domain.fix_codes import ExecType, OrdStatus
from domain.orders import (
    CHILD_TERMINAL,
    CHILD_TRANSITIONS,
    PARENT_TERMINAL,
    PARENT_TRANSITIONS,
    IllegalTransition,
    next_child_status,
    next_parent_status,
    reported_status,
    settled_by_qty,
)

Pair = tuple[OrdStatus, ExecType]
PAIRS = list(product(OrdStatus, ExecType))


def pair_id(value: object) -> str:
    return value.name if isinstance(value, OrdStatus | ExecType) else str(value)


# Written by hand, apart from domain.orders, from FIX 4.4 volume 4, appendix D: status -> the
# ExecTypes it takes and where they lead ("." = it stays). A table change must be made twice.
CHILD = """
PENDING_NEW       PENDING_NEW:. NEW:NEW CANCELED:CANCELED EXPIRED:EXPIRED REJECTED:REJECTED
PENDING_NEW       DONE_FOR_DAY:DONE_FOR_DAY REPLACED:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
NEW               NEW:. SUSPENDED:. CANCELED:CANCELED EXPIRED:EXPIRED REJECTED:REJECTED
NEW               DONE_FOR_DAY:DONE_FOR_DAY REPLACED:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
PARTIALLY_FILLED  NEW:. SUSPENDED:. CANCELED:CANCELED EXPIRED:EXPIRED REJECTED:REJECTED
PARTIALLY_FILLED  DONE_FOR_DAY:DONE_FOR_DAY REPLACED:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
FILLED            NEW:. CANCELED:. EXPIRED:. DONE_FOR_DAY:. REPLACED:.
FILLED            TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
DONE_FOR_DAY      DONE_FOR_DAY:. CANCELED:CANCELED EXPIRED:EXPIRED
DONE_FOR_DAY      TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
CANCELED          NEW:. CANCELED:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
EXPIRED           NEW:. EXPIRED:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
REJECTED          REJECTED:. ORDER_STATUS:. TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
"""
KEEPS = "PENDING_CANCEL PENDING_REPLACE STOPPED CALCULATED RESTATED ORDER_STATUS TRIGGERED"
PARENT = """
PENDING_NEW       NEW:NEW REJECTED:REJECTED
NEW               TRADE:PARTIALLY_FILLED PENDING_CANCEL:. PENDING_REPLACE:. REPLACED:.
NEW               CANCELED:CANCELED EXPIRED:EXPIRED SUSPENDED:. RESTATED:.
PARTIALLY_FILLED  TRADE:. TRADE_CANCEL:. TRADE_CORRECT:. PENDING_CANCEL:. PENDING_REPLACE:.
PARTIALLY_FILLED  REPLACED:. CANCELED:CANCELED EXPIRED:EXPIRED SUSPENDED:. RESTATED:.
FILLED            TRADE:. TRADE_CANCEL:PARTIALLY_FILLED TRADE_CORRECT:. PENDING_REPLACE:.
FILLED            REPLACED:PARTIALLY_FILLED
CANCELED          TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
EXPIRED           TRADE:. TRADE_CANCEL:. TRADE_CORRECT:.
"""


def read_table(text: str) -> dict[Pair, OrdStatus]:
    found: dict[Pair, OrdStatus] = {}
    for line in text.strip().splitlines():
        status, *moves = line.split()
        for exec_type, _, target in (move.partition(":") for move in moves):
            pair = OrdStatus[status], ExecType[exec_type]
            found[pair] = pair[0] if target == "." else OrdStatus[target]
    return found


CHILD_EXPECTED = read_table(CHILD) | {
    (status, ExecType[keep]): status
    for status in OrdStatus
    for keep in KEEPS.split()
    if (status, ExecType.REPLACED) in read_table(CHILD)  # every one that lives
    or status in (OrdStatus.DONE_FOR_DAY, OrdStatus.CANCELED, OrdStatus.EXPIRED)  # or has lived
}
PARENT_EXPECTED = read_table(PARENT)


@pytest.mark.parametrize(("status", "exec_type"), PAIRS, ids=pair_id)
def test_child_pair(status: OrdStatus, exec_type: ExecType) -> None:
    expected = CHILD_EXPECTED.get((status, exec_type))
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{status.name} cannot take {exec_type.name}"):
            next_child_status(status, exec_type)
    else:
        assert next_child_status(status, exec_type) is expected


@pytest.mark.parametrize(("status", "exec_type"), PAIRS, ids=pair_id)
def test_parent_pair(status: OrdStatus, exec_type: ExecType) -> None:
    expected = PARENT_EXPECTED.get((status, exec_type))
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{status.name} cannot take {exec_type.name}"):
            next_parent_status(status, exec_type)
    else:
        assert next_parent_status(status, exec_type) is expected


@pytest.mark.parametrize(
    ("table", "terminal"),
    [(CHILD_TRANSITIONS, CHILD_TERMINAL), (PARENT_TRANSITIONS, PARENT_TERMINAL)],
    ids=["child", "parent"],
)
def test_shape(table: dict[Pair, OrdStatus], terminal: frozenset[OrdStatus]) -> None:
    """Every status is reached, some by quantity; what has ended never works again by itself."""
    reached = [OrdStatus.PENDING_NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED]
    for status in reached:
        reached += [to for (at, _), to in table.items() if at is status and to not in reached]
    assert set(reached) >= {status for status, _ in table} | terminal
    trades = {ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT, ExecType.REPLACED}
    for (status, exec_type), to in table.items():
        if status in terminal and exec_type not in trades:
            assert to in terminal


@pytest.mark.parametrize(
    ("status", "order_qty", "cum_qty", "settled"),
    [
        (OrdStatus.PENDING_NEW, 100, 0, OrdStatus.PENDING_NEW),
        (OrdStatus.PENDING_NEW, 100, 1, OrdStatus.PARTIALLY_FILLED),  # X-A.1.d
        (OrdStatus.PENDING_NEW, 100, 100, OrdStatus.FILLED),  # X-A.1.c
        (OrdStatus.NEW, 100, 0, OrdStatus.NEW),
        (OrdStatus.NEW, 100, 99, OrdStatus.PARTIALLY_FILLED),
        (OrdStatus.PARTIALLY_FILLED, 100, 100, OrdStatus.FILLED),
        (OrdStatus.PARTIALLY_FILLED, 100, 101, OrdStatus.FILLED),  # an overfill is booked
        (OrdStatus.PARTIALLY_FILLED, 100, 0, OrdStatus.NEW),  # the one fill was busted
        (OrdStatus.FILLED, 120, 100, OrdStatus.PARTIALLY_FILLED),  # C.1.c, replaced up
        (OrdStatus.CANCELED, 100, 100, OrdStatus.CANCELED),
        (OrdStatus.CANCELED, 100, 40, OrdStatus.CANCELED),  # J.1.b
        (OrdStatus.EXPIRED, 100, 40, OrdStatus.EXPIRED),
        (OrdStatus.DONE_FOR_DAY, 100, 40, OrdStatus.DONE_FOR_DAY),  # J.1.d
        (OrdStatus.REJECTED, 100, 0, OrdStatus.REJECTED),
        (OrdStatus.REJECTED, 100, 40, OrdStatus.REJECTED),
    ],
)
def test_settled_by_qty(
    status: OrdStatus, order_qty: int, cum_qty: int, settled: OrdStatus
) -> None:
    assert settled_by_qty(status, order_qty, cum_qty) is settled


# FIX 4.4 volume 4, "OrdStatus precedence", highest first.
PRECEDENCE = [
    (12, OrdStatus.PENDING_CANCEL),
    (11, OrdStatus.PENDING_REPLACE),
    (10, OrdStatus.DONE_FOR_DAY),
    (9, OrdStatus.CALCULATED),
    (8, OrdStatus.FILLED),
    (7, OrdStatus.STOPPED),
    (6, OrdStatus.SUSPENDED),
    (5, OrdStatus.CANCELED),
    (5, OrdStatus.EXPIRED),
    (4, OrdStatus.PARTIALLY_FILLED),
    (2, OrdStatus.NEW),
    (2, OrdStatus.REJECTED),
    (2, OrdStatus.PENDING_NEW),
]
RANK = {status: rank for rank, status in PRECEDENCE}
SETTLED = [OrdStatus.PENDING_NEW, OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, *PARENT_TERMINAL]


@pytest.mark.parametrize("status", sorted(SETTLED), ids=lambda status: status.name)
@pytest.mark.parametrize("pending_cancel", [False, True])
@pytest.mark.parametrize("pending_replace", [False, True])
@pytest.mark.parametrize("suspended", [False, True])
def test_reported_status_is_the_highest_that_applies(
    status: OrdStatus, pending_cancel: bool, pending_replace: bool, suspended: bool
) -> None:
    applies = [status]
    if status is not OrdStatus.REJECTED:  # nothing is pending on an order that never was
        applies += [OrdStatus.PENDING_CANCEL] * pending_cancel
        applies += [OrdStatus.PENDING_REPLACE] * pending_replace
        if status not in PARENT_TERMINAL:  # what has ended is not suspended any more
            applies += [OrdStatus.SUSPENDED] * suspended
    found = reported_status(
        status,
        pending_cancel=pending_cancel,
        pending_replace=pending_replace,
        suspended=suspended,
    )
    assert found is max(applies, key=lambda each: RANK[each])


def test_precedence_covers_every_status() -> None:
    assert set(RANK) == set(OrdStatus)

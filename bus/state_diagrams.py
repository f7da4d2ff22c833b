"""docs/states.md: the two transition tables of domain.orders, drawn."""

from typing import Final

from domain.fix_codes import ExecType, OrdStatus
from domain.orders import (
    CHILD_TERMINAL,
    CHILD_TRANSITIONS,
    PARENT_TERMINAL,
    PARENT_TRANSITIONS,
)

Transitions = dict[tuple[OrdStatus, ExecType], OrdStatus]

_HEAD: Final = """# States of orders

Generated from `domain/orders.py` by `headgate schemas`; do not edit. States are FIX OrdStatus(39),
arrows are the ExecType(150) of a report. A pair that is neither drawn nor listed is refused: it
changes nothing and goes to `deadletter`.

After a trade, bust, correction or replace the quantities decide: filled when CumQty(14) reaches
OrderQty(38), partially filled above zero, else new. An order that ended other than by fills stays
as it ended (FIX 4.4, J.1.b). "Pending cancel" and "pending replace" are requests laid over a state,
not states; of all that applies, a report shows what FIX ranks highest.
"""


def state_diagrams() -> str:
    """The whole page."""
    parent = _section("Parents", "What we report to the OMS.", PARENT_TRANSITIONS, PARENT_TERMINAL)
    child = _section("Children", "What venues report to us.", CHILD_TRANSITIONS, CHILD_TERMINAL)
    return f"{_HEAD}\n{parent}\n{child}"


def _section(title: str, text: str, table: Transitions, terminal: frozenset[OrdStatus]) -> str:
    moves: dict[tuple[OrdStatus, OrdStatus], list[str]] = {}
    keeps: dict[OrdStatus, list[str]] = {}
    for (status, exec_type), to in table.items():
        if to is status:
            keeps.setdefault(status, []).append(_words(exec_type.name))
        else:
            moves.setdefault((status, to), []).append(_words(exec_type.name))
    _by_quantity(table, moves)
    lines = [f"## {title}", "", text, "", "```mermaid", "stateDiagram-v2"]
    lines.append(f"    [*] --> {OrdStatus.PENDING_NEW.name}")
    lines += [f"    {at.name} --> {to.name} : {', '.join(by)}" for (at, to), by in moves.items()]
    lines += [f"    {status.name} --> [*]" for status in OrdStatus if status in terminal]
    lines += ["```", "", "| state | stays on |", "|---|---|"]
    lines += [f"| {status.name} | {', '.join(by)} |" for status, by in keeps.items()]
    return "\n".join(lines) + "\n"


def _by_quantity(table: Transitions, moves: dict[tuple[OrdStatus, OrdStatus], list[str]]) -> None:
    """The moves that quantities make (`settled_by_qty`) where the table alone would stay."""
    up = {
        OrdStatus.PENDING_NEW: (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED),
        OrdStatus.NEW: (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED),
        OrdStatus.PARTIALLY_FILLED: (OrdStatus.FILLED,),
    }
    for status, targets in up.items():
        if (status, ExecType.TRADE) in table:
            for to in targets:
                moves.setdefault((status, to), []).append("trade")
    down = {
        OrdStatus.PARTIALLY_FILLED: (OrdStatus.NEW,),
        OrdStatus.FILLED: (OrdStatus.PARTIALLY_FILLED, OrdStatus.NEW),
    }
    for status, targets in down.items():
        for to in targets:
            moves.setdefault((status, to), []).append("trade cancel")
    for words in moves.values():
        words[:] = dict.fromkeys(words)


def _words(name: str) -> str:
    return name.lower().replace("_", " ")

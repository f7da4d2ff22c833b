"""Rules across parameters, as data: one list serves validation, documents and order tickets.

A rule is a disjunction of conditions with the operators of FIXatdl 1.1 (Validation, Edit), so that
a StrategyEdit says the same as the worker does. Several rules must all hold.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from algos.parameters import Rejection, Value
from domain.refusals import RejectReason

# Terms of the order that a rule may name beside parameters. START_TIME and END_TIME: as asked for,
# in ns UTC, None if not. SIDE: FIX Side(54). Order tickets know these; the rest only the worker:
# WINDOW_S, of the window as it is kept; BID_PX and ASK_PX, the best ones when the order came, in
# currency units, None for a replace or without a market; RECEIVED_TIME, when the order came, in ns
# UTC, None for a replace.
ORDER_QTY: Final = "order_qty"
START_TIME: Final = "start_time"
END_TIME: Final = "end_time"
LIMIT_PX: Final = "limit_px"
SIDE: Final = "side"
WINDOW_S: Final = "window_s"
BID_PX: Final = "bid_px"
ASK_PX: Final = "ask_px"
RECEIVED_TIME: Final = "received_time"
WORKER_ONLY: Final = frozenset((WINDOW_S, BID_PX, ASK_PX, RECEIVED_TIME))


class Operator(StrEnum):
    """FIXatdl's operators. EX, NX: has a value, has none. The others are false without values."""

    EX = "EX"
    NX = "NX"
    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LE = "LE"
    GT = "GT"
    GE = "GE"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """`field` against `other`, another field, or else against `value`."""

    field: str
    operator: Operator
    other: str | None = None
    value: bool | int | float | str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """What it looks at."""
        return (self.field,) if self.other is None else (self.field, self.other)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """At least one of the conditions must hold. `text`: what is said if none does.

    The first condition names the parameter that is at fault.
    """

    any_of: tuple[Condition, ...]
    text: str

    @property
    def for_tickets(self) -> bool:
        """Whether an order ticket knows all that it looks at."""
        return not any(field in WORKER_ONLY for each in self.any_of for field in each.fields)


def not_above(low: str, high: str, *, text: str) -> Rule:
    """`low` is at most `high`, where both have values."""
    return Rule(
        any_of=(
            Condition(field=low, operator=Operator.NX),
            Condition(field=high, operator=Operator.NX),
            Condition(field=low, operator=Operator.LE, other=high),
        ),
        text=text,
    )


def never_both(first: str, second: str, *, text: str) -> Rule:
    """At most one of the two has a value."""
    return Rule(
        any_of=(
            Condition(field=first, operator=Operator.NX),
            Condition(field=second, operator=Operator.NX),
        ),
        text=text,
    )


def needs(first: str, second: str, *, text: str) -> Rule:
    """`first` has a value only if `second` has one."""
    return Rule(
        any_of=(
            Condition(field=first, operator=Operator.NX),
            Condition(field=second, operator=Operator.EX),
        ),
        text=text,
    )


# fit_window judges it, with the session in mind; order tickets check it by this.
END_AFTER_START: Final = Rule(
    any_of=(
        Condition(field=START_TIME, operator=Operator.NX),
        Condition(field=END_TIME, operator=Operator.NX),
        Condition(field=END_TIME, operator=Operator.GT, other=START_TIME),
    ),
    text="the end is not after the start",
)


def broken_rule(rules: tuple[Rule, ...], values: Mapping[str, Value]) -> Rejection | None:
    """The first rule that `values`, of parameters and of the order's terms, do not keep."""
    for rule in rules:
        if not any(holds(condition, values) for condition in rule.any_of):
            field = f"params.{rule.any_of[0].field}"
            return Rejection(RejectReason.BAD_PARAMETER, field, rule.text)
    return None


def holds(condition: Condition, values: Mapping[str, Value]) -> bool:
    """Whether a condition is true of `values`. Raises TypeError where text meets a number."""
    left = values[condition.field]
    if condition.operator is Operator.EX:
        return left is not None
    if condition.operator is Operator.NX:
        return left is None
    right = condition.value if condition.other is None else values[condition.other]
    if left is None or right is None:
        return False
    if condition.operator in _EQUALITY:
        return (left == right) is (condition.operator is Operator.EQ)
    if isinstance(left, str) or isinstance(right, str):
        raise TypeError(f"{condition.field}: text has no order")
    return _ORDER[condition.operator](left, right)


_EQUALITY: Final = (Operator.EQ, Operator.NE)
_ORDER: Final[dict[Operator, Callable[[float | Decimal, float | Decimal], bool]]] = {
    Operator.LT: lambda left, right: left < right,
    Operator.LE: lambda left, right: left <= right,
    Operator.GT: lambda left, right: left > right,
    Operator.GE: lambda left, right: left >= right,
}

"""Rules across parameters: every operator, and for every rule what keeps it and what breaks it."""

from decimal import Decimal

import pytest

from algos.admission import RuleTerms, Touch, rule_values
from algos.catalogue import ALGORITHMS
from algos.parameters import Rejection, Value, Values, read_parameters
from algos.rules import END_AFTER_START, Condition, Operator, Rule, broken_rule, holds, needs
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RejectReason

Plain = bool | int | float | str | None
OPERATORS: list[tuple[Operator, Plain, Plain, bool]] = [
    (Operator.EX, 1, None, True), (Operator.EX, None, None, False),
    (Operator.NX, 1, None, False), (Operator.NX, None, None, True),
    (Operator.EQ, 1, 1, True), (Operator.EQ, 1, 2, False), (Operator.EQ, "a", "a", True),
    (Operator.NE, 1, 1, False), (Operator.NE, "a", "b", True), (Operator.NE, None, 1, False),
    (Operator.LT, 1, 2, True), (Operator.LT, 2, 2, False),
    (Operator.LE, 2, 2, True), (Operator.LE, 3, 2, False), (Operator.LE, None, 2, False),
    (Operator.GT, 3, 2, True), (Operator.GT, 2, 2, False),
    (Operator.GE, 2, 2, True), (Operator.GE, 1, 2, False), (Operator.GE, 2, None, False),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "left", "right", "true"), OPERATORS)
def test_operators(operator: Operator, left: Plain, right: Plain, true: bool) -> None:
    values: Values = {"a": left, "b": right}
    assert holds(Condition(field="a", operator=operator, other="b"), values) is true
    if right is not None:
        assert holds(Condition(field="a", operator=operator, value=right), values) is true


def test_every_operator_has_a_row() -> None:
    assert {row[0] for row in OPERATORS} == set(Operator)


def test_text_has_no_order() -> None:
    with pytest.raises(TypeError):
        holds(Condition(field="a", operator=Operator.LT, value="b"), {"a": "a"})


NS = 10**9


def terms(order_qty: int, window_ns: int, end_time: int | None = None) -> RuleTerms:
    return RuleTerms(
        order_qty=order_qty, side=Side.BUY, limit_px=None, window_ns=window_ns, end_time=end_time
    )


# algorithm, parameters, order quantity, window in s, end asked for; the text of the broken rule
CASES: list[tuple[str, dict[str, ParamValue], int, int, int | None, str | None]] = [
    ("twap", {}, 100, 600, None, None),
    ("twap", {"duration": 600}, 100, 600, None, None),
    ("twap", {}, 100, 600, 600 * NS, None),
    ("twap", {"duration": 600}, 100, 600, 600 * NS, "give an end time or a duration, not both"),
    ("twap", {"min_child_qty": 100}, 100, 600, None, None),
    ("twap", {"min_child_qty": 101}, 100, 600, None,
     "min_child_qty is above the order's quantity"),
    ("twap", {"min_child_qty": 100, "max_child_qty": 100}, 100, 600, None, None),
    ("twap", {"min_child_qty": 100, "max_child_qty": 99}, 100, 600, None,
     "min_child_qty is above max_child_qty"),
    ("twap", {"interval": 600}, 100, 600, None, None),
    ("twap", {}, 100, 20, None, None),  # the default gives way to a short window
    ("twap", {"interval": 601}, 100, 600, None,
     "interval is longer than the window: all would be due at once"),
]  # fmt: skip


@pytest.mark.parametrize(("algo", "given", "qty", "window_s", "end", "text"), CASES)
def test_rules(
    algo: str, given: dict[str, ParamValue], qty: int, window_s: int, end: int | None,
    text: str | None,
) -> None:  # fmt: skip
    params = read_parameters(ALGORITHMS[algo].parameters, given)
    assert not isinstance(params, Rejection)
    found = broken_rule(
        ALGORITHMS[algo].rules, rule_values(params, terms(qty, window_s * NS, end_time=end))
    )
    assert (None if found is None else found.text) == text
    if found is not None:
        assert (found.reason, found.field) == (
            RejectReason.BAD_PARAMETER, f"params.{next(iter(given))}",
        )  # fmt: skip


def test_every_rule_has_a_row_that_breaks_it() -> None:
    wanted = {(name, rule.text) for name, each in ALGORITHMS.items() for rule in each.rules}
    assert {(case[0], case[5]) for case in CASES if case[5] is not None} == wanted


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_rules_name_what_there_is(algo: str) -> None:
    params: Values = {each.name: each.default for each in ALGORITHMS[algo].parameters}
    known = rule_values(params, terms(1, NS))
    for rule in ALGORITHMS[algo].rules:
        assert rule.any_of[0].field in params
        assert all(field in known for each in rule.any_of for field in each.fields)


def broken(rule: Rule, values: dict[str, Value]) -> bool:
    return broken_rule((rule,), values) is not None


def test_the_end_is_after_the_start() -> None:
    assert not broken(END_AFTER_START, {"start_time": 1, "end_time": 2})
    assert broken(END_AFTER_START, {"start_time": 2, "end_time": 2})
    assert not broken(END_AFTER_START, {"start_time": None, "end_time": 2})
    assert not broken(END_AFTER_START, {"start_time": 2, "end_time": None})


def test_one_parameter_needs_another() -> None:
    rule = needs("a", "b", text="a needs b")
    assert not broken(rule, {"a": None, "b": None})
    assert not broken(rule, {"a": 1, "b": 1})
    assert broken(rule, {"a": 1, "b": None})


def test_prices_are_compared_with_the_orders_and_the_markets() -> None:
    below = Condition(field="px", operator=Operator.LT, other="limit_px")
    below_ask = Condition(field="px", operator=Operator.LT, other="ask_px")
    kept = RuleTerms(
        order_qty=1, side=Side.SELL, limit_px=Decimal("10.5"), window_ns=NS,
        touch=Touch(ask_px=Decimal("10.01")), received_ns=5,
    )  # fmt: skip
    values = rule_values({"px": Decimal("10.02")}, kept)
    assert holds(below, values)
    assert not holds(below_ask, values)
    assert holds(Condition(field="side", operator=Operator.EQ, value="2"), values)
    assert holds(Condition(field="bid_px", operator=Operator.NX), values)
    assert (kept.touch.mid_px, values["received_time"]) == (None, 5)


def test_a_ticket_does_not_know_the_market() -> None:
    for field, known in (("order_qty", True), ("limit_px", True), ("side", True),
                         ("ask_px", False), ("window_s", False)):  # fmt: skip
        rule = Rule(any_of=(Condition(field="a", operator=Operator.LE, other=field),), text="")
        assert rule.for_tickets is known

"""Rules across parameters: every operator, and for every rule what keeps it and what breaks it."""

import pytest

from algos.admission import rule_values
from algos.catalogue import ALGORITHMS
from algos.parameters import Rejection, Values, read_parameters
from algos.rules import END_AFTER_START, Condition, Operator, Rule, Value, broken_rule, holds
from domain.parents import ParamValue
from domain.refusals import RejectReason

OPERATORS: list[tuple[Operator, Value, Value, bool]] = [
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
def test_operators(operator: Operator, left: Value, right: Value, true: bool) -> None:
    values = {"a": left, "b": right}
    assert holds(Condition(field="a", operator=operator, other="b"), values) is true
    if right is not None:
        assert holds(Condition(field="a", operator=operator, value=right), values) is true


def test_every_operator_has_a_row() -> None:
    assert {row[0] for row in OPERATORS} == set(Operator)


def test_text_has_no_order() -> None:
    with pytest.raises(TypeError):
        holds(Condition(field="a", operator=Operator.LT, value="b"), {"a": "a"})


NS = 10**9
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
        ALGORITHMS[algo].rules, rule_values(params, qty, 0, window_s * NS, end_time=end)
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
    known = rule_values(params, 1, 0, NS, end_time=None)
    for rule in ALGORITHMS[algo].rules:
        assert rule.any_of[0].field in params
        for condition in rule.any_of:
            assert condition.field in known
            assert condition.other is None or condition.other in known


def broken(rule: Rule, values: dict[str, Value]) -> bool:
    return broken_rule((rule,), values) is not None


def test_the_end_is_after_the_start() -> None:
    assert not broken(END_AFTER_START, {"start_time": 1, "end_time": 2})
    assert broken(END_AFTER_START, {"start_time": 2, "end_time": 2})
    assert not broken(END_AFTER_START, {"start_time": None, "end_time": 2})
    assert not broken(END_AFTER_START, {"start_time": 2, "end_time": None})

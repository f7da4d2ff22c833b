"""Rules across parameters: every operator, and for every rule what keeps it and what breaks it."""

from decimal import Decimal

import msgspec
import pytest

from algos.admission import RuleTerms, Touch, rule_values
from algos.catalogue import ALGORITHMS
from algos.parameters import Rejection, Value, Values, read_parameters
from algos.rules import END_AFTER_START, Condition, Operator, Rule, broken_rule, holds, needs
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RejectReason
from tests.algos.parameter_values import required_of

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
ORDER = RuleTerms(order_qty=100, side=Side.BUY, limit_px=None, window_ns=600 * NS)
D = Decimal


def order(**terms: object) -> RuleTerms:
    return msgspec.structs.replace(ORDER, **terms)


SALE = order(side=Side.SELL, limit_px=D(10), touch=Touch(bid_px=D(9), ask_px=D(11)))
BUY = order(limit_px=D(10), touch=Touch(bid_px=D(9), ask_px=D(11)))
Case = tuple[dict[str, ParamValue], RuleTerms, str | None]

# What breaks a shared rule (and what just keeps it), of every algorithm that has the rule.
SHARED: list[tuple[dict[str, ParamValue], RuleTerms, dict[str, ParamValue], RuleTerms, str]] = [
    ({"duration": 600}, order(end_time=600 * NS), {"duration": 600}, ORDER,
     "give an end time or a duration, not both"),
    ({"min_child_qty": 101}, ORDER, {"min_child_qty": 100}, ORDER,
     "min_child_qty is above the order's quantity"),
    ({"min_child_qty": 100, "max_child_qty": 99}, ORDER,
     {"min_child_qty": 100, "max_child_qty": 100}, ORDER,
     "min_child_qty is above max_child_qty"),
    ({"relative_limit": 5}, ORDER,
     {"relative_limit": 5, "relative_limit_reference": "mid"}, ORDER,
     "relative_limit needs relative_limit_reference"),
    ({"relative_limit_reference": "mid"}, ORDER,
     {"relative_limit": -5, "relative_limit_reference": "last"}, ORDER,
     "relative_limit_reference needs relative_limit"),
    ({"would_quantity": 0.5}, ORDER, {"would_price": "5", "would_quantity": 0.5}, ORDER,
     "would_quantity needs would_price"),
    ({"would_price": "10"}, order(limit_px=D(10)), {"would_price": "9.99"}, BUY,
     "the would_price of a buy is not below its limit price"),
    ({"would_price": "10"}, order(side=Side.SELL, limit_px=D(10)), {"would_price": "10.01"}, SALE,
     "the would_price of a sale is not above its limit price"),
    ({"would_price": "11"}, order(touch=BUY.touch), {"would_price": "10.99"},
     order(touch=BUY.touch),
     "the would_price of a buy is not below the offer: all would be wanted at once"),
    ({"would_price": "9"}, order(side=Side.SELL, touch=SALE.touch), {"would_price": "9.01"},
     order(side=Side.SELL, touch=SALE.touch),
     "the would_price of a sale is not above the bid: all would be wanted at once"),
    ({"display_qty": 10, "display_min_qty": 10, "display_max_qty": 20}, ORDER,
     {"display_min_qty": 10, "display_max_qty": 10}, ORDER,
     "give display_qty, or display_min_qty and display_max_qty"),
    ({"display_min_qty": 10}, ORDER, {"display_qty": 100}, ORDER,
     "display_min_qty needs display_max_qty"),
    ({"display_max_qty": 10}, ORDER, {}, ORDER, "display_max_qty needs display_min_qty"),
    ({"display_min_qty": 11, "display_max_qty": 10}, ORDER,
     {"display_min_qty": 10, "display_max_qty": 11}, ORDER,
     "display_min_qty is above display_max_qty"),
    ({"display_min_qty": 10, "display_max_qty": 101}, ORDER,
     {"display_min_qty": 10, "display_max_qty": 100}, ORDER,
     "display_max_qty is above the order's quantity"),
    ({"min_fill_qty": 101}, ORDER, {"min_fill_qty": 100}, ORDER,
     "min_fill_qty is above the order's quantity"),
]  # fmt: skip

SHARED += [
    ({"benchmark": "decision"}, ORDER, {"benchmark": "decision", "decision_price": "10"}, ORDER,
     "benchmark=decision needs decision_price"),
    ({"decision_time": 5}, ORDER, {"decision_time": 5, "decision_price": 10.5},
     order(received_ns=5), "decision_time needs decision_price"),
    ({"decision_time": 6, "decision_price": 10.5}, order(received_ns=5),
     {"decision_time": 6, "decision_price": 10.5}, order(received_ns=6),
     "decision_time is after the order came"),
    ({"passive_only": True, "completion": "cross"}, ORDER, {"passive_only": True}, ORDER,
     "passive_only never crosses, and completion=cross must"),
    ({"completion_collar": 20}, ORDER, {"completion_collar": 20, "completion": "cross"}, ORDER,
     "completion_collar needs completion=cross"),
]  # fmt: skip

# Of one algorithm: parameters, terms, the text of the broken rule.
OWN: dict[str, list[Case]] = {
    "close": [
        ({}, order(window_ns=20 * NS), None),
        ({"interval": 601}, ORDER, "interval is longer than the window: all would be due at once"),
    ],
    "twap": [
        ({}, ORDER, None),
        ({}, order(window_ns=20 * NS), None),  # the default gives way to a short window
        ({"interval": 600}, ORDER, None),
        ({"interval": 601}, ORDER, "interval is longer than the window: all would be due at once"),
    ],
    "vwap": [
        ({}, order(window_ns=20 * NS), None),
        ({"interval": 600}, ORDER, None),
        ({"interval": 601}, ORDER, "interval is longer than the window: all would be due at once"),
        ({"min_participation": 0.2}, ORDER, None),
        ({"min_participation": 0.1, "max_participation": 0.1}, ORDER, None),
        ({"min_participation": 0.2, "max_participation": 0.1}, ORDER,
         "min_participation is above max_participation"),
        ({"pricing": "participation", "style": "normal"}, ORDER, None),
        ({"pricing": "participation"}, ORDER,
         "pricing=participation is of children that rest, and style=aggressive crosses"),
        ({"passive_only": True, "pricing": "participation", "style": "passive"}, ORDER,
         "pricing=participation takes liquidity where it must, and passive_only never does"),
    ],
    "adaptive": [
        ({}, order(window_ns=20 * NS), None),
        ({"interval": 600}, ORDER, None),
        ({"interval": 601}, ORDER, "interval is longer than the window: all would be due at once"),
    ],
    "pov": [
        ({"target_participation": 0.2}, ORDER, None),
        ({"target_participation": 0.2, "max_participation": 0.2}, ORDER, None),
        ({"target_participation": 0.2, "max_participation": 0.1}, ORDER,
         "target_participation is above max_participation"),
        ({"min_participation": 0.3, "target_participation": 0.2, "max_participation": 0.4}, ORDER,
         "min_participation is above target_participation"),
        ({"min_participation": 0.2, "target_participation": 0.2}, ORDER,
         "min_participation needs max_participation"),
        ({"price_spreads": 4.0, "target_participation": 0.2}, ORDER,
         "price_spreads needs min_participation"),
        ({"price_spreads": 4.0, "min_participation": 0.1, "target_participation": 0.2,
          "max_participation": 0.2}, ORDER, None),
    ],
    "iceberg": [
        ({"display_qty": 101}, ORDER, "display_qty is above the order's quantity"),
        ({"display_qty": 100}, ORDER, None),
        ({"placement": "limit"}, ORDER, "placement=limit needs a limit price"),
        ({"placement": "limit"}, order(limit_px=D(10)), None),
    ],
    "pegged": [
        ({"display_qty": 101, "peg": "primary"}, ORDER,
         "display_qty is above the order's quantity"),
        ({"display_qty": 100, "peg": "primary"}, ORDER, None),
        ({"display_qty": 100}, ORDER, "display_qty: a mid peg shows nothing"),
        ({"display_qty": 10, "min_fill_qty": 10, "peg": "primary"}, ORDER,
         "min_fill_qty asks for a hidden order, display_qty for one that shows"),
        ({"discretion": 1, "peg": "market"}, ORDER, "discretion: a market peg has none"),
        ({"discretion": 0, "peg": "market"}, ORDER, None),
        ({"discretion": 1}, ORDER, None),
    ],
    "is": [
        ({}, ORDER, None),
        ({"urgency": "H", "half_life": 60}, ORDER, "give an urgency or a half_life, not both"),
        ({"urgency": "H", "risk_confidence": 0.9}, ORDER,
         "give an urgency or a risk_confidence, not both"),
        ({"half_life": 60, "risk_confidence": 0.9}, ORDER,
         "give a half_life or a risk_confidence, not both"),
        ({"alpha": 5}, ORDER, "alpha needs alpha_half_life"),
        ({"alpha_half_life": 5}, ORDER, "alpha_half_life needs alpha"),
        ({"alpha": 5, "alpha_half_life": 5, "urgency": "VL"}, ORDER, None),
    ],
}  # fmt: skip


def texts(algo: str) -> list[str]:
    return [rule.text for rule in ALGORITHMS[algo].rules]


CASES: list[tuple[str, Case]] = [
    *((algo, case) for algo, cases in OWN.items() for case in cases),
    *((algo, (required_of(ALGORITHMS[algo]) | params, terms, said))
      for algo in ALGORITHMS
      for broken, of_broken, kept, of_kept, text in SHARED if text in texts(algo)
      for params, terms, said in ((broken, of_broken, text), (kept, of_kept, None))),
]  # fmt: skip


@pytest.mark.parametrize(("algo", "case"), CASES)
def test_rules(algo: str, case: Case) -> None:
    given, kept, text = case
    params = read_parameters(ALGORITHMS[algo].parameters, given)
    assert not isinstance(params, Rejection)
    found = broken_rule(ALGORITHMS[algo].rules, rule_values(params, kept))
    assert (None if found is None else found.text) == text
    if found is not None:
        assert found.reason is RejectReason.BAD_PARAMETER
        assert found.field.removeprefix("params.") in given


def test_every_rule_has_a_row_that_breaks_it() -> None:
    wanted = {(algo, text) for algo in ALGORITHMS for text in texts(algo)}
    assert {(algo, case[2]) for algo, case in CASES if case[2] is not None} == wanted


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_rules_name_what_there_is(algo: str) -> None:
    params: Values = {each.name: each.default for each in ALGORITHMS[algo].parameters}
    known = rule_values(params, ORDER)
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

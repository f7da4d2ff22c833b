"""FIXatdl 1.1 of one algorithm: what an EMS needs to draw its order ticket and to check it.

Element order and attributes are those of the standard (with errata 20101221). The algorithm is
named by TargetStrategy(847), parameters travel in StrategyParametersGrp (957-960), times also in
their own fields. There are no price and quantity: they are the order's.
"""

from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree

from algos.algorithm import Algorithm
from algos.parameters import Parameter, Unit
from algos.rules import (
    END_AFTER_START,
    END_TIME,
    LIMIT_PX,
    ORDER_QTY,
    SIDE,
    START_TIME,
    Condition,
    Operator,
    Rule,
)
from algos.wire_values import fix_text, plain_decimal
from domain.fix_codes import TARGET_STRATEGIES, StrategyParameterType

PROVIDER_ID: Final = "HEADGATE"
CORE: Final = "http://www.fixprotocol.org/FIXatdl-1-1/Core"
VALIDATION: Final = "http://www.fixprotocol.org/FIXatdl-1-1/Validation"
LAYOUT: Final = "http://www.fixprotocol.org/FIXatdl-1-1/Layout"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE: Final = f"{{{XSI}}}type"
_PREFIXES: Final = {"": CORE, "val": VALIDATION, "lay": LAYOUT, "xsi": XSI}

# The parameter types of the standard by the StrategyParameterType(959) that they are sent as.
TYPES: Final = {
    StrategyParameterType.INT: "Int_t",
    StrategyParameterType.FLOAT: "Float_t",
    StrategyParameterType.QTY: "Qty_t",
    StrategyParameterType.PRICE: "Price_t",
    StrategyParameterType.PERCENTAGE: "Percentage_t",
    StrategyParameterType.BOOLEAN: "Boolean_t",
    StrategyParameterType.STRING: "String_t",
    StrategyParameterType.UTC_TIMESTAMP: "UTCTimestamp_t",
}
_STEPS: Final = {Unit.SHARES: "LotSize", Unit.PRICE: "Tick"}
_TIMES: Final = (
    (START_TIME, 168, False, "when the order starts; default now"),
    (END_TIME, 126, True, "when the order ends; default the end of the session"),
)
# What a rule may name beside parameters, as FIXatdl names it; what only the worker knows has none.
_TERMS: Final = {
    ORDER_QTY: "FIX_OrderQty",
    LIMIT_PX: "FIX_Price",
    SIDE: "FIX_Side",
    START_TIME: START_TIME,
    END_TIME: END_TIME,
}


def fixatdl(algorithm: Algorithm) -> bytes:
    """The document, indented, in UTF-8."""
    for prefix, uri in _PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.Element(
        f"{{{CORE}}}Strategies",
        {"strategyIdentifierTag": "847", "changeStrategyOnCxlRpl": "false",
         "tag957Support": "true"},
    )  # fmt: skip
    root.append(_strategy(algorithm))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _strategy(algorithm: Algorithm) -> ElementTree.Element:
    wires = {name: wire for wire, name in TARGET_STRATEGIES.items()}
    strategy = ElementTree.Element(
        f"{{{CORE}}}Strategy",
        {"name": algorithm.name, "uiRep": algorithm.title, "wireValue": wires[algorithm.name],
         "version": "1", "fixMsgType": "D", "providerID": PROVIDER_ID},
    )  # fmt: skip
    _text(strategy, "Description", algorithm.text)
    for name, tag, mutable, text in _TIMES:
        strategy.append(_time_parameter(name, tag, text, mutable=mutable))
    strategy.extend(_parameter(each) for each in algorithm.parameters)
    layout = ElementTree.SubElement(strategy, f"{{{LAYOUT}}}StrategyLayout")
    panel = ElementTree.SubElement(
        layout, f"{{{LAYOUT}}}StrategyPanel",
        {"title": algorithm.title, "collapsible": "false", "orientation": "VERTICAL",
         "border": "Line"},
    )  # fmt: skip
    for name, _, _, text in _TIMES:
        _control(panel, name, "Clock_t", text)
    for parameter in algorithm.parameters:
        _parameter_control(panel, parameter)
    strategy.extend(_edits(algorithm))
    return strategy


def _time_parameter(name: str, tag: int, text: str, *, mutable: bool) -> ElementTree.Element:
    found = ElementTree.Element(
        f"{{{CORE}}}Parameter",
        {"name": name, _TYPE: "UTCTimestamp_t", "fixTag": str(tag), "use": "optional",
         "mutableOnCxlRpl": _flag(mutable), "definedByFIX": "true"},
    )  # fmt: skip
    _text(found, "Description", text)
    return found


def _parameter(parameter: Parameter) -> ElementTree.Element:
    found = ElementTree.Element(
        f"{{{CORE}}}Parameter",
        {"name": parameter.name, _TYPE: TYPES[parameter.fix_type],
         "use": "required" if parameter.required else "optional",
         "mutableOnCxlRpl": _flag(parameter.mutable)},
    )  # fmt: skip
    if parameter.unit is not Unit.TIME:  # whose bounds FIXatdl has as times
        if parameter.low is not None:
            found.set("minValue", plain_decimal(parameter.low))
        if parameter.high is not None:
            found.set("maxValue", plain_decimal(parameter.high))
    if parameter.unit is Unit.FRACTION:
        found.set("multiplyBy100", "false")
    _text(found, "Description", _described(parameter))
    for choice, text in parameter.choices.items():
        pair = ElementTree.SubElement(
            found, f"{{{CORE}}}EnumPair", {"enumID": _enum_id(choice), "wireValue": choice}
        )
        _text(pair, "Description", text)
    return found


def _parameter_control(panel: ElementTree.Element, parameter: Parameter) -> None:
    kind = (
        "DropDownList_t" if parameter.choices
        else "CheckBox_t" if parameter.kind is bool
        else "Clock_t" if parameter.unit is Unit.TIME
        else "TextField_t" if parameter.kind is str
        else "SingleSpinner_t"
    )  # fmt: skip
    control = _control(panel, parameter.name, kind, _described(parameter))
    if parameter.default is not None:
        control.set("initValue", _initial(parameter, parameter.default))
    if parameter.unit in _STEPS:
        control.set("incrementPolicy", _STEPS[parameter.unit])
    for choice in parameter.choices:
        ElementTree.SubElement(
            control, f"{{{LAYOUT}}}ListItem", {"enumID": _enum_id(choice), "uiRep": _label(choice)}
        )


def _control(panel: ElementTree.Element, name: str, kind: str, tooltip: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        panel, f"{{{LAYOUT}}}Control",
        {"ID": f"c_{name}", _TYPE: f"lay:{kind}", "label": _label(name), "parameterRef": name,
         "tooltip": tooltip},
    )  # fmt: skip


def _initial(parameter: Parameter, value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return _flag(value)
    return _enum_id(str(value)) if parameter.choices else fix_text(value)


def _edits(algorithm: Algorithm) -> Iterable[ElementTree.Element]:
    """Rules that an order ticket can check; minValue admits its bound, so that is one of them."""
    for rule in (END_AFTER_START, *algorithm.rules):
        if rule.for_tickets:
            yield _strategy_edit(rule)
    for parameter in algorithm.parameters:
        if parameter.above_low and parameter.low is not None:
            yield _strategy_edit(_above_low(parameter, parameter.low))


def _above_low(parameter: Parameter, low: float) -> Rule:
    return Rule(
        any_of=(
            Condition(field=parameter.name, operator=Operator.NX),
            Condition(field=parameter.name, operator=Operator.GT, value=low),
        ),
        text=f"{parameter.name} is not above {plain_decimal(low)}",
    )


def _strategy_edit(rule: Rule) -> ElementTree.Element:
    found = ElementTree.Element(f"{{{VALIDATION}}}StrategyEdit", {"errorMessage": rule.text})
    parent = found
    if len(rule.any_of) > 1:
        parent = ElementTree.SubElement(found, f"{{{VALIDATION}}}Edit", {"logicOperator": "OR"})
    for condition in rule.any_of:
        edit = ElementTree.SubElement(
            parent, f"{{{VALIDATION}}}Edit",
            {"field": _TERMS.get(condition.field, condition.field),
             "operator": condition.operator.value},
        )  # fmt: skip
        if condition.other is not None:
            edit.set("field2", _TERMS.get(condition.other, condition.other))
        elif condition.value is not None:
            edit.set("value", fix_text(condition.value))
    return found


def _described(parameter: Parameter) -> str:
    if parameter.unit is Unit.FRACTION:
        return f"{parameter.text} (a fraction: 0.1 is 10 %)"
    if parameter.unit is Unit.TIME:
        return parameter.text
    return f"{parameter.text} ({parameter.unit.value})" if parameter.unit else parameter.text


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{CORE}}}{name}").text = text


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _enum_id(choice: str) -> str:
    return f"e_{choice}"


def _flag(value: bool) -> str:
    return "true" if value else "false"

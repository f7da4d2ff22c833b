"""An EMS's order ticket, read from a FIXatdl 1.1 document alone: it knows nothing of our code.

A control that has no value sends nothing (FIXatdl 1.1, Parameter-to-Control Bindings).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree

CORE = "{http://www.fixprotocol.org/FIXatdl-1-1/Core}"
VAL = "{http://www.fixprotocol.org/FIXatdl-1-1/Validation}"
LAY = "{http://www.fixprotocol.org/FIXatdl-1-1/Layout}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

# StrategyParameterType(959) of FIX 5.0 by the type of the parameter.
TAG_959 = {"Int_t": "1", "Float_t": "6", "Qty_t": "7", "Price_t": "8", "Percentage_t": "11",
           "Boolean_t": "13", "String_t": "14", "UTCTimestamp_t": "19"}  # fmt: skip
NUMERIC = ("Int_t", "Float_t", "Qty_t", "Price_t", "Percentage_t")


class NotSent(Exception):
    """The ticket shows its user an error instead of sending the order."""


@dataclass
class Ticket:
    """Controls by ID hold what the user sees: numbers, ticks, enumIDs or times as text."""

    root: ElementTree.Element
    controls: dict[str, str]

    @classmethod
    def of(cls, document: bytes) -> "Ticket":
        root = ElementTree.fromstring(document)
        controls = {
            each.attrib["ID"]: each.attrib["initValue"]
            for each in root.iter(f"{LAY}Control") if "initValue" in each.attrib
        }  # fmt: skip
        return cls(root, controls)

    @property
    def strategy(self) -> ElementTree.Element:
        (found,) = self.root.findall(f"{CORE}Strategy")
        return found

    def parameters(self) -> dict[str, ElementTree.Element]:
        return {each.attrib["name"]: each for each in self.strategy.findall(f"{CORE}Parameter")}

    def send(self, terms: Mapping[str, str], *, own_fields: bool) -> list[tuple[int, str]]:
        """The fields of the order. `own_fields`: a parameter with a fixTag is sent by it.

        `terms`: fields of the order that edits name, such as FIX_OrderQty. Raises NotSent.
        """
        wire = {}
        for control in self.root.iter(f"{LAY}Control"):
            shown = self.controls.get(control.attrib["ID"])
            if shown is not None:
                name = control.attrib["parameterRef"]
                wire[name] = _wire(self.parameters()[name], shown)
        for name, parameter in self.parameters().items():
            if parameter.attrib["use"] == "required" and name not in wire:
                raise NotSent(f"{name} is required")
        for edit in self.strategy.findall(f"{VAL}StrategyEdit"):
            if not _true(edit[0], {**terms, **wire}):
                raise NotSent(edit.attrib["errorMessage"])
        fields = [
            (int(self.root.attrib["strategyIdentifierTag"]), self.strategy.attrib["wireValue"])
        ]
        group: list[tuple[int, str]] = []
        for name, text in wire.items():
            parameter = self.parameters()[name]
            if own_fields and "fixTag" in parameter.attrib:
                fields.append((int(parameter.attrib["fixTag"]), text))
            else:
                group += [(958, name), (959, TAG_959[parameter.attrib[TYPE]]), (960, text)]
        return fields + ([(957, str(len(group) // 3)), *group] if group else [])


def _wire(parameter: ElementTree.Element, shown: str) -> str:
    kind = parameter.attrib[TYPE]
    pairs = {each.attrib["enumID"]: each.attrib["wireValue"]
             for each in parameter.findall(f"{CORE}EnumPair")}  # fmt: skip
    if pairs:
        return pairs[shown]
    if kind == "Boolean_t":
        return {"true": "Y", "false": "N"}[shown]
    if kind in NUMERIC:
        low, high = parameter.get("minValue"), parameter.get("maxValue")
        if low is not None and Decimal(shown) < Decimal(low):
            raise NotSent(f"{parameter.attrib['name']} is below {low}")
        if high is not None and Decimal(shown) > Decimal(high):
            raise NotSent(f"{parameter.attrib['name']} is above {high}")
        scale = 100 if parameter.get("multiplyBy100") == "true" else 1
        return f"{Decimal(shown) * scale:f}"
    return shown


def _true(edit: ElementTree.Element, values: Mapping[str, str]) -> bool:
    logic = edit.get("logicOperator")
    if logic is not None:
        assert logic == "OR"
        return any(_true(each, values) for each in edit)
    left, operator = values.get(edit.attrib["field"]), edit.attrib["operator"]
    if operator in ("EX", "NX"):
        return (left is None) is (operator == "NX")
    right = values.get(edit.attrib["field2"]) if "field2" in edit.attrib else edit.get("value")
    if left is None or right is None:
        return False
    order = _compared(left, right)
    return {"EQ": order == 0, "NE": order != 0, "LT": order < 0, "LE": order <= 0,
            "GT": order > 0, "GE": order >= 0}[operator]  # fmt: skip


def _compared(left: str, right: str) -> int:
    """Below, at or above 0. Times as FIX writes them are in the order of their text."""
    if left.replace(".", "").isdigit() and right.replace(".", "").isdigit():
        return int(Decimal(left).compare(Decimal(right)))
    return (left > right) - (left < right)

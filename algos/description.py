"""An algorithm's parameters and rules in words: for docs/algorithms.md and the command line."""

from collections.abc import Mapping
from decimal import Decimal

from algos.algorithm import Algorithm
from algos.parameters import Parameter, Unit
from algos.selector import selection_table
from algos.wire_values import fix_text, plain_decimal

_KINDS = {bool: "boolean", int: "integer", float: "number", str: "text", Decimal: "price"}


def parameter_table(algorithm: Algorithm) -> str:
    """One row for each parameter, in Markdown."""
    rows = [
        f"| `{each.name}` | {kind_of(each)} | {default_of(each)} | {range_of(each)} | "
        f"{'yes' if each.mutable else 'no'} | {each.fix_type.value} {_fix_name(each)} | "
        f"{each.text} |\n"
        for each in algorithm.parameters
    ]
    head = (
        "| parameter | type | default | range | may be amended | 959 | meaning |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(rows)


def rule_list(algorithm: Algorithm) -> str:
    """One item for each rule across parameters, with the words of its refusal."""
    return "".join(f"- `params.{rule.any_of[0].field}`: {rule.text}\n" for rule in algorithm.rules)


def choice_list(algorithm: Algorithm) -> str:
    """What each choice means."""
    return "".join(
        f"- `{parameter.name}={choice}`: {text}\n"
        for parameter in algorithm.parameters
        for choice, text in parameter.choices.items()
    )


def plain_description(algorithm: Algorithm) -> str:
    """The same for a terminal."""
    lines = [f"{algorithm.name}: {algorithm.text}", ""]
    for each in algorithm.parameters:
        amended = "may be amended" if each.mutable else "cannot be amended"
        lines.append(f"{each.name}  {kind_of(each)}, {range_of(each)}, default {default_of(each)}, "
                     f"{amended}")  # fmt: skip
        lines.append(f"    {each.text}")
        lines += [f"    {choice}: {text}" for choice, text in each.choices.items()]
    lines += ["", "refused:", *(f"    {rule.text}" for rule in algorithm.rules)]
    return "\n".join(lines).replace("`", "")


def kind_of(parameter: Parameter) -> str:
    """Its type, with its unit."""
    kind = _KINDS[parameter.kind]
    if parameter.unit is Unit.FRACTION:
        return "fraction (0.1 is 10 %)"
    if parameter.unit is Unit.TIME:
        return "time, ns UTC"
    return f"{kind}, {parameter.unit.value}" if parameter.unit else kind


def default_of(parameter: Parameter) -> str:
    """Its default, or none."""
    if parameter.required:
        return "required"
    return "none" if parameter.default is None else f"`{fix_text(parameter.default)}`"


def range_of(parameter: Parameter) -> str:
    """The values that are admitted."""
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    bounds = []
    if parameter.low is not None:
        word = "above" if parameter.above_low else "from"
        bounds.append(f"{word} {plain_decimal(parameter.low)}")
    if parameter.high is not None:
        bounds.append(f"to {plain_decimal(parameter.high)}")
    return " ".join(bounds) or "any"


def _fix_name(parameter: Parameter) -> str:
    return parameter.fix_type.name.title().replace("_", "")


def document_blocks(algorithms: Mapping[str, Algorithm]) -> dict[str, str]:
    """The generated blocks of docs/algorithms.md by name."""
    return {"selection": selection_table()} | {
        f"{kind}_{name}": text(algorithm)
        for name, algorithm in algorithms.items()
        for kind, text in (
            ("parameters", parameter_table),
            ("choices", choice_list),
            ("rules", rule_list),
        )
    }

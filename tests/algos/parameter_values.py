"""Values that a declared parameter may be given, for hypothesis; and order tickets' FIX texts."""

from decimal import Decimal

from hypothesis import strategies as st

from algos.algorithm import Algorithm
from algos.parameters import Parameter, Unit
from domain.parents import ParamValue

QTY_MAX = 10**9


def values_of(parameter: Parameter) -> st.SearchStrategy[ParamValue]:
    """Any value in its range."""
    if parameter.choices:
        return st.sampled_from(list(parameter.choices))
    if parameter.kind is bool:
        return st.booleans()
    if parameter.unit is Unit.TIME:  # FIX has milliseconds here
        return st.integers(0, 2**32 * 1_000).map(lambda ms: ms * 1_000_000)
    if parameter.kind is Decimal:
        return st.integers(1, QTY_MAX).map(lambda cents: f"{Decimal(cents) / 100:f}")
    if parameter.kind is str:
        return st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
    low, high = parameter.low or 0, QTY_MAX if parameter.high is None else parameter.high
    if parameter.kind is int:
        return st.integers(int(low), int(high))
    # Six decimals: order entry reads many more, nobody means finer ones.
    steps = st.integers(int(low * 10**6) + parameter.above_low, int(high * 10**6))
    return steps.map(lambda step: step / 10**6)


def params_of(algorithm: Algorithm) -> st.SearchStrategy[dict[str, ParamValue]]:
    """Any of its parameters, each in its range, and those that it requires."""
    return st.fixed_dictionaries(
        {each.name: values_of(each) for each in algorithm.parameters if each.required},
        optional={each.name: values_of(each) for each in algorithm.parameters if not each.required},
    )


def required_of(algorithm: Algorithm) -> dict[str, ParamValue]:
    """One value for each parameter that it requires."""
    return {
        each.name: (0.1 if each.unit is Unit.FRACTION else int(each.low or 0) + 1)
        for each in algorithm.parameters
        if each.required
    }

"""Values that a declared parameter may be given, for hypothesis; and order tickets' FIX texts."""

from hypothesis import strategies as st

from algos.catalogue import Algorithm
from algos.parameters import Parameter
from domain.parents import ParamValue

QTY_MAX = 10**9


def values_of(parameter: Parameter) -> st.SearchStrategy[ParamValue]:
    """Any value in its range."""
    if parameter.choices:
        return st.sampled_from(list(parameter.choices))
    if parameter.kind is bool:
        return st.booleans()
    if parameter.kind is str:
        return st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
    low, high = parameter.low or 0, QTY_MAX if parameter.high is None else parameter.high
    if parameter.kind is int:
        return st.integers(int(low), int(high))
    # Six decimals: order entry reads many more, nobody means finer ones.
    steps = st.integers(int(low * 10**6) + parameter.above_low, int(high * 10**6))
    return steps.map(lambda step: step / 10**6)


def params_of(algorithm: Algorithm) -> st.SearchStrategy[dict[str, ParamValue]]:
    """Any of its parameters, each in its range."""
    return st.fixed_dictionaries(
        {}, optional={each.name: values_of(each) for each in algorithm.parameters}
    )

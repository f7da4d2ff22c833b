"""Which algorithms there are. An order that names another one is refused."""

from typing import Final

import msgspec

from algos.adaptive import ADAPTIVE
from algos.algorithm import Algorithm
from algos.iceberg import ICEBERG
from algos.implementation_shortfall import IS
from algos.pegged import PEGGED
from algos.pov import POV
from algos.selector import selector
from algos.shared_parameters import BENCHMARK_RULES, BENCHMARK_SET
from algos.sniper import SNIPER
from algos.target_close import CLOSE
from algos.twap import TWAP
from algos.vwap import VWAP

_EVERY: Final = (
    TWAP,
    VWAP,
    POV,
    IS,
    CLOSE,
    ICEBERG,
    PEGGED,
    SNIPER,
    ADAPTIVE,
)


def _measured(algorithm: Algorithm) -> Algorithm:
    """With what every order may say of its own decision: nothing trades by it, TCA reads it."""
    return msgspec.structs.replace(
        algorithm,
        parameters=(*algorithm.parameters, *BENCHMARK_SET),
        rules=(*algorithm.rules, *BENCHMARK_RULES),
    )


_MEASURED: Final = tuple(_measured(each) for each in _EVERY)
ALGORITHMS: Final[dict[str, Algorithm]] = {
    each.name: each for each in (*_MEASURED, selector(_MEASURED))
}

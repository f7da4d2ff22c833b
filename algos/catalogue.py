"""Which algorithms there are. An order that names another one is refused."""

from typing import Final

from algos.adaptive import ADAPTIVE
from algos.algorithm import Algorithm
from algos.iceberg import ICEBERG
from algos.implementation_shortfall import IS
from algos.pegged import PEGGED
from algos.pov import POV
from algos.selector import selector
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
ALGORITHMS: Final[dict[str, Algorithm]] = {
    algorithm.name: algorithm for algorithm in (*_EVERY, selector(_EVERY))
}

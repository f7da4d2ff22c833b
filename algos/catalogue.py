"""Which algorithms there are. An order that names another one is refused."""

from collections.abc import Callable
from typing import Final

import msgspec

from algos import twap
from algos.parameters import Parameter
from algos.schedule import Schedule


class Algorithm(msgspec.Struct, frozen=True, kw_only=True):
    """One algorithm: its parameters and how it plans (see twap.plan)."""

    name: str
    parameters: tuple[Parameter, ...]
    plan: Callable[..., Schedule]


ALGORITHMS: Final[dict[str, Algorithm]] = {
    twap.NAME: Algorithm(name=twap.NAME, parameters=twap.PARAMETERS, plan=twap.plan),
}

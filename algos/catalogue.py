"""Which algorithms there are. An order that names another one is refused."""

from collections.abc import Callable
from typing import Final

import msgspec

from algos import twap
from algos.parameters import Parameter
from algos.rules import Rule
from algos.schedule import Schedule


class Algorithm(msgspec.Struct, frozen=True, kw_only=True):
    """One algorithm: its parameters, the rules across them, and how it plans (see twap.plan).

    `title`, `text`: its name and what it does, for people.
    """

    name: str
    title: str
    text: str
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...]
    plan: Callable[..., Schedule]


ALGORITHMS: Final[dict[str, Algorithm]] = {
    twap.NAME: Algorithm(
        name=twap.NAME, title=twap.TITLE, text=twap.TEXT, parameters=twap.PARAMETERS,
        rules=twap.RULES, plan=twap.plan,
    ),
}  # fmt: skip

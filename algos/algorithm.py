"""What an algorithm is: declared parameters, and pure functions over one parent.

`plan` makes the schedule that is published with the order; `goal` says how much should be done by
now; `tactic` works what is due. Most algorithms are a plan, or a goal, and take the shared rest.
"""

from collections.abc import Callable

import msgspec

from algos.actions import Step
from algos.due import Due
from algos.goal import Goal, schedule_goal
from algos.parameters import Parameter, Rejection, Values
from algos.parent import Parent
from algos.rules import Rule
from algos.schedule import Schedule, TradingClock
from algos.surroundings import Surroundings
from algos.tactics.styled import styled
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile

PlanInputs = dict[str, bool | int | float | str | None]


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Plan `qty` shares over `clock`, on top of `base_qty` that are done or open.

    `parent` as it is, with its new terms and parameters; `around`: the market at this moment.
    `seed`: of every random choice in the plan.
    """

    parent: Parent
    around: Surroundings
    qty: int
    base_qty: int
    clock: TradingClock
    seed: int

    @property
    def params(self) -> Values:
        """The parameters in force."""
        return self.parent.params

    @property
    def lot(self) -> int:
        """Shares of a round lot."""
        return self.parent.instrument.lot


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule on the request's clock, and what it was made from, for people to read."""

    schedule: Schedule
    inputs: PlanInputs = {}


def never(parent: Parent, around: Surroundings) -> str | None:
    """No new plan."""
    return None


def nothing_lacks(
    params: Values, market: SymbolMarket, profile: SymbolProfile | None, session_s: float,
    now_ns: int,
) -> Rejection | None:  # fmt: skip
    """Whatever is known of a symbol will do."""
    return None


class Algorithm(msgspec.Struct, frozen=True, kw_only=True):
    """One algorithm. `title`, `text`: its name and what it does, for people.

    `goal` is asked with the patience of the style (goal.schedule_goal). `replan`: why a new plan is
    to be made now, None if the one in force stands. `reads_touch`: it reads the market's statistics
    of the touch, which cost as much as the rest of a quote: without it they may not be kept.
    `lacks`: which of its parameters needs what nobody knows of the symbol, given the seconds of a
    session and the time; such an order is refused.
    """

    name: str
    title: str
    text: str
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...]
    plan: Callable[[PlanRequest], Plan]
    goal: Callable[[Parent, Surroundings, int | None], Goal] = schedule_goal
    tactic: Callable[[Parent, Surroundings, Due], Step] = styled
    replan: Callable[[Parent, Surroundings], str | None] = never
    reads_touch: bool = False
    lacks: Callable[[Values, SymbolMarket, SymbolProfile | None, float, int], Rejection | None] = (
        nothing_lacks
    )

"""Which algorithm works an order that leaves the choice to us (`algo` = "auto"): a table, one row.

Pure: what is known of the order and of its symbol goes in, a name and why it was chosen come out,
and the acceptance says both, with the parameters. The table is read from the top; the first row
whose conditions all hold is taken. What is not known makes a condition false.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.models.urgency_names import Urgency
from algos.parameters import Parameter, Value, Values
from algos.parent import Terms
from algos.rules import Condition, Operator, Rule, holds
from algos.shared_parameters import URGENCY as ALGORITHMS_URGENCY
from domain.parents import ParamValue
from domain.sessions import Session
from marketdata.known_profiles import SessionCurve
from marketdata.symbol_profile import SymbolProfile

AUTO: Final = "auto"

# Above this part of a day's volume the schedule decides the cost, below it the spread does: the
# models' anchors (quant.md 9.2) have impact above half the spread from some 3 % on, mid cap.
LARGE: Final = 0.03
# Of the volume expected in the window. Above it an even schedule leads the market instead of going
# with it, and the impact models are out of their data (quant.md 2.3).
CROWDED: Final = 0.25
FOLLOWS: Final = 0.2  # own share of all volume of an order that follows it
WIDE_BPS: Final = 30.0  # the whole spread; the presets have 3.5, 8 and 50
LONG_MINUTES: Final = 30.0  # two bins of a volume curve: shorter ones are straight lines

URGENCY_RANKS: Final = {each.value: rank for rank, each in enumerate(Urgency, start=1)}

BENCHMARK: Final = Parameter(
    name="benchmark", kind=str, default=None,
    choices={"arrival": "the mid when the order was accepted",
             "vwap": "the market's VWAP over the window",
             "twap": "the mid's mean over the window",
             "close": "the closing price"},
    text="what the order is measured against: it decides which algorithm is chosen",
)  # fmt: skip
URGENCY: Final = msgspec.structs.replace(
    ALGORITHMS_URGENCY, default=None, mutable=False,
    text="how much risk counts against cost: it bears on which algorithm is chosen",
)  # fmt: skip
OWN: Final = (BENCHMARK, URGENCY)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the choice is made of. None: not known, or not said.

    `size`: of a day's volume; `participation`: of the volume expected in the window (fractions).
    `spread_bps`: the whole spread. `at_close`: whether the window ends with the session.
    `urgency`: 1 to 5, very low to very high. `house_cap`: the participation that an order may ask
    for at the most.
    """

    symbol: str
    minutes: float
    at_close: bool = False
    size: float | None = None
    participation: float | None = None
    spread_bps: float | None = None
    urgency: int | None = None
    benchmark: str | None = None
    house_cap: float = 1.0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`why`: for the OMS, with what was asked filled in. `params`: what the algorithm is given
    where the order leaves it open."""

    all_of: tuple[Condition, ...]
    algo: str
    why: str
    params: dict[str, float] = {}


def _if(field: str, operator: Operator, value: float | str | bool) -> Condition:
    return Condition(field=field, operator=operator, value=value)


TABLE: Final[tuple[Row, ...]] = (
    Row(all_of=(_if("benchmark", Operator.EQ, "close"), _if("at_close", Operator.EQ, True)),
        algo="close", why="its benchmark is the closing price, which its window reaches"),
    Row(all_of=(_if("benchmark", Operator.EQ, "vwap"),),
        algo="vwap", why="its benchmark is the volume-weighted average price"),
    Row(all_of=(_if("benchmark", Operator.EQ, "twap"),),
        algo="twap", why="its benchmark is the time-weighted average price"),
    Row(all_of=(_if("urgency", Operator.GE, URGENCY_RANKS["H"]),),
        algo="is", why="its urgency is high: risk counts above cost"),
    Row(all_of=(Condition(field="size", operator=Operator.NX),),
        algo="twap", why="no profile says what volume {symbol} has: evenly over time"),
    Row(all_of=(_if("participation", Operator.GT, CROWDED),),
        algo="pov", params={"target_participation": FOLLOWS},
        why="{participation:.0%} of the volume expected in its window: it follows what volume "
            "there is"),
    Row(all_of=(_if("spread_bps", Operator.GE, WIDE_BPS),
                _if("urgency", Operator.LE, URGENCY_RANKS["L"])),
        algo="sniper", why="a spread of {spread_bps:.0f} bps and no hurry: it waits for size or "
                           "a better price"),
    Row(all_of=(_if("benchmark", Operator.EQ, "arrival"),),
        algo="is", why="its benchmark is the price at arrival"),
    Row(all_of=(_if("size", Operator.GE, LARGE),),
        algo="is", why="{size:.1%} of a day's volume: its schedule decides what it costs"),
    Row(all_of=(_if("minutes", Operator.GE, LONG_MINUTES),),
        algo="vwap", why="{minutes:.0f} minutes: long enough for volume to come and go"),
    Row(all_of=(),
        algo="twap", why="{size:.2%} of a day's volume in {minutes:.0f} minutes: small and short, "
                         "evenly over time"),
)  # fmt: skip


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`given`: the parameters of the order that the algorithm takes, and what it needs beside
    them; not yet read by its declarations. `why`: for the OMS."""

    algorithm: Algorithm
    given: dict[str, ParamValue]
    why: str


def choose(
    ask: Ask, params: Values, asked: Mapping[str, ParamValue], algorithms: Mapping[str, Algorithm]
) -> Choice:  # fmt: skip
    """The first row that fits, and names one of `algorithms` that takes all that the order gives.
    `asked`: its parameters as they came, `params` as they were read."""
    values: dict[str, Value] = msgspec.structs.asdict(ask)
    row = next(row for row in TABLE if row.algo in algorithms
               and _takes_all(algorithms[row.algo], asked)
               and all(holds(each, values) for each in row.all_of))  # fmt: skip
    algorithm = algorithms[row.algo]
    given = {name: value for name, value in asked.items() if _takes(algorithm, name, value)}
    for name, value in row.params.items():
        if name not in given:
            cap = params.get("max_participation")
            given[name] = min(value, ask.house_cap, cap if isinstance(cap, float) else 1.0)
    return Choice(algorithm=algorithm, given=given,
                  why=f"{row.algo} chosen: {row.why.format(**values)}")  # fmt: skip


def _takes_all(algorithm: Algorithm, asked: Mapping[str, ParamValue]) -> bool:
    """Whether an algorithm has every parameter that was given for more than the choice alone."""
    names = [each.name for each in (*OWN, *algorithm.parameters)]
    return all(name in names for name in asked)


def _takes(algorithm: Algorithm, name: str, value: ParamValue) -> bool:
    """Whether an algorithm takes a value of this name: what only the choice was made by, not."""
    found = next((each for each in algorithm.parameters if each.name == name), None)
    return found is not None and (not found.choices or value in found.choices)


def ask_of(
    terms: Terms, session: Session, params: Values, profile: SymbolProfile | None,
    curve: SessionCurve, spread_bps: float | None, symbol: str,
) -> Ask:  # fmt: skip
    """What the choice of an order is made of. A spread of now goes before the profile's."""
    start_ns, end_ns, order_qty = terms.start_ns, terms.end_ns, terms.order_qty
    size = participation = None
    if profile is not None:
        size = order_qty / profile.adv_qty
        shares = [
            curve.curve.cumulative((at_ns - session.open_ns) / 1e9) for at_ns in (start_ns, end_ns)
        ]
        expected = (shares[1] - shares[0]) * profile.adv_qty
        participation = order_qty / expected if expected > 0.0 else None
        if spread_bps is None and profile.relative_spread is not None:
            spread_bps = profile.relative_spread * 1e4
    benchmark, urgency = params["benchmark"], params["urgency"]
    return Ask(
        symbol=symbol, minutes=(end_ns - start_ns) / 60e9, at_close=end_ns >= session.close_ns,
        size=size, participation=participation, spread_bps=spread_bps,
        benchmark=benchmark if isinstance(benchmark, str) else None,
        urgency=URGENCY_RANKS[urgency] if isinstance(urgency, str) else None,
    )  # fmt: skip


def selector(algorithms: Iterable[Algorithm]) -> Algorithm:
    """The declaration of `auto`: its own two parameters, and those of the last row's algorithm,
    which takes every order, that another one of the table declares alike."""
    by_name = {each.name: each for each in algorithms}
    last = by_name.pop(TABLE[-1].algo)
    others = [by_name[name] for name in dict.fromkeys(row.algo for row in TABLE) if name in by_name]
    parameters = tuple(
        each for each in last.parameters
        if each.name not in (BENCHMARK.name, URGENCY.name)
        and any(each in other.parameters for other in others)
    )  # fmt: skip
    return Algorithm(
        name=AUTO, title="Auto",
        text="Leaves the choice of the algorithm to us; the acceptance says which it is, and why.",
        parameters=(*OWN, *parameters),
        rules=tuple(rule for rule in last.rules if _of(rule, parameters)
                    and any(rule in other.rules for other in others)),
        plan=_never,
    )  # fmt: skip


def _of(rule: Rule, parameters: tuple[Parameter, ...]) -> bool:
    """Whether a rule is about one of these parameters in the first place."""
    return any(rule.any_of[0].field == each.name for each in parameters)


def _never(request: PlanRequest) -> Plan:
    raise AssertionError("an order is worked by the algorithm that was chosen for it")


def selection_table() -> str:
    """The table in Markdown, for docs/algorithms.md."""
    rows = [f"| {_conditions(row)} | `{row.algo}`{_given(row)} | {row.why} |\n" for row in TABLE]
    return "| if | then | what the OMS is told |\n|---|---|---|\n" + "".join(rows)


_WORDS: Final = {
    Operator.EQ: "is", Operator.GE: "at least", Operator.LE: "at most", Operator.GT: "above",
    Operator.NX: "not known",
}  # fmt: skip


def _conditions(row: Row) -> str:
    return " and ".join(
        f"`{each.field}` {_WORDS[each.operator]}"
        + ("" if each.operator is Operator.NX else f" {_shown(each)}")
        for each in row.all_of
    ) or "otherwise"  # fmt: skip


def _shown(condition: Condition) -> str:
    value = condition.value
    if condition.field == "urgency":
        return next(name for name, rank in URGENCY_RANKS.items() if rank == value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _given(row: Row) -> str:
    told = ", ".join(f"{name}={value:g}" for name, value in row.params.items())
    return f" with `{told}`" if told else ""

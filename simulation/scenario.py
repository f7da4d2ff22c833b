"""A simulation as a TOML file: orders, market, venues, faults, variants. Unknown keys are refused.

The structs are the reference: docs/simulate.md has a table made from them. What one table alone can
say is checked here, algorithms and their parameters too; what needs a session's times is checked
where it is built.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from domain.file_format import FileFormat
from domain.parents import ParamValue
from domain.trading_day import AuctionTimes
from simulation.replay_rules import Replay
from simulation.scenario_algorithms import unfit_order
from simulation.scenario_faults import (
    Fault,
    Probability,
    Redeliveries,
    Seconds,
    SymbolHalt,
    WorkerDeath,
    WorkerPause,
)

Share = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
Micros = Annotated[int, msgspec.Meta(ge=0, le=60_000_000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]  # of orders: what a run can hold in memory
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,24}$")]
Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9.]{1,12}$")]

_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_KEY: Final = re.compile(r"(?:unknown|required) field `([^`]*)`")


class BadScenario(Exception):
    """A scenario that cannot be used; the text begins with the key."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}" if key else text)
        self.key = key


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Order(_Table, frozen=True, kw_only=True):
    """One parent order. Its quantity is `quantity` shares or `adv_fraction` of the average daily
    volume, rounded to lots. It is sent at `start`; its window ends at `end` or after `window_s`.
    """

    id: Name
    symbol: Symbol
    side: Literal["buy", "sell"]
    quantity: Annotated[int, msgspec.Meta(gt=0)] | None = None
    adv_fraction: Share | None = None
    algo: str = "twap"
    params: dict[str, ParamValue] = {}
    limit_price: Decimal | None = None
    start: str = "open+5m"
    end: str | None = None
    window_s: Annotated[float, msgspec.Meta(gt=0.0)] | None = None


class Generator(_Table, frozen=True, kw_only=True):
    """Many orders, `id` and a number each: one every `spacing_s` from `start` on, its symbol the
    next of `symbols` (empty: all), its quantity uniform within the bounds given.

    `side`: "random" draws from the seed.
    """

    id: Name
    count: Count
    symbols: tuple[Symbol, ...] = ()
    side: Literal["buy", "sell", "random"] = "random"
    quantity: tuple[int, int] | None = None
    adv_fraction: tuple[Share, Share] | None = None
    algo: str = "twap"
    params: dict[str, ParamValue] = {}
    start: str = "open+5m"
    spacing_s: Seconds = 0.0
    window_s: Annotated[float, msgspec.Meta(gt=0.0)] = 1_800.0


class Amendment(_Table, frozen=True, kw_only=True):
    """What the OMS asks of an order later. `quantity`, `limit_price`, `end`: of a replace."""

    order: str
    at: str
    ask: Literal["replace", "cancel", "pause", "resume"]
    quantity: Annotated[int, msgspec.Meta(gt=0)] | None = None
    limit_price: Decimal | None = None
    end: str | None = None


Factor = Annotated[float, msgspec.Meta(gt=0.0, le=100.0)]


class RegimeTable(_Table, frozen=True, kw_only=True):
    """The simulated market of a symbol becomes another one at `at`, until the next regime begins:
    its volatility, the orders that rest in its books and the market orders by these factors.
    """

    at: str
    volatility: Factor = 1.0
    depth: Factor = 1.0
    volume: Factor = 1.0


class SymbolMarket(_Table, frozen=True, kw_only=True):
    """One instrument. `start_price`, `adv`: default those of the preset; a recorded day has
    neither, so there `adv` must be given where an order names a fraction of it.

    `flow`: parameters of the preset's order flow that are to differ. `regimes`: by rising time.
    """

    symbol: Symbol
    preset: str | None = None
    start_price: Decimal | None = None
    adv: Annotated[int, msgspec.Meta(gt=0)] | None = None
    lot: Annotated[int, msgspec.Meta(gt=0)] = 100
    drift_bps_per_day: float = 0.0
    flow: dict[str, float] = {}
    regimes: tuple[RegimeTable, ...] = ()


class Market(_Table, frozen=True, kw_only=True):
    """Where orders trade: simulated presets, or recorded days (files of `format` below `data`,
    relative to where one is; `--data` says otherwise), of `dates` one a seed in turn.

    `preset`: of every symbol that names none. It runs from `warm_up_s` before the first order to
    the end of the last. `step_ms`: a simulated venue trades event by event and tells of its quotes
    that often; an order of ours finds it as it is at that instant. `auctions`: simulated venues
    open and close with a cross, else they trade continuously for ever.
    """

    symbols: Annotated[tuple[SymbolMarket, ...], msgspec.Meta(min_length=1)]
    preset: str = "mid"
    calendar: str = "XNYS"
    date: str = "2026-03-02"
    data: str | None = None
    format: FileFormat = FileFormat.LEAN
    dates: tuple[str, ...] = ()
    replay: Replay | None = None
    warm_up_s: Seconds = 60.0
    step_ms: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    partitions: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    bus_latency_us: Micros = 300
    auctions: bool = False


class VenueTable(_Table, frozen=True, kw_only=True):
    """One simulated venue. `share`: of each symbol's flow; default 35, 25, 20, 20 % in the order in
    which venues are named, scaled to one. Fees in currency units a share, a rebate below zero.
    Latencies one way; `latency_jitter`: the mean, as a fraction of the latency, of an exponential
    time on top. `stale_ms`: how old the efficient price is by which its flow goes.

    `reject_every`: it refuses every n-th order; 0: none. A `dark` venue trades at the midpoint of
    the lit ones and has contra flow instead of a share, of which the part `informed` knows where
    the price goes. `auctions`: when its crosses are, in a market that has them.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9_]{1,12}$")]
    kind: Literal["lit", "dark"] = "lit"
    share: Share | None = None
    taker_fee: Decimal = Decimal("0.003")
    maker_fee: Decimal = Decimal("-0.002")
    order_latency_us: Micros = 500
    market_data_latency_us: Micros = 200
    latency_jitter: Annotated[float, msgspec.Meta(ge=0.0, lt=100.0)] = 0.2
    stale_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    reject_every: Annotated[int, msgspec.Meta(ge=0)] = 0
    informed: Probability = 0.0
    # Unset, it is left out of the hash: results of files that do not say it stay comparable.
    auctions: AuctionTimes | msgspec.UnsetType = msgspec.UNSET

    @property
    def auction_times(self) -> AuctionTimes:
        """When its crosses are; those of New York unless the file says otherwise."""
        return AuctionTimes() if self.auctions is msgspec.UNSET else self.auctions


class Variant(_Table, frozen=True, kw_only=True):
    """The same orders in the same market, done otherwise: what is given replaces it in every one.

    `params` replaces all parameters.
    """

    name: Name
    algo: str | None = None
    params: dict[str, ParamValue] | None = None
    start: str | None = None
    end: str | None = None
    window_s: Annotated[float, msgspec.Meta(gt=0.0)] | None = None


class Scenario(_Table, frozen=True, kw_only=True):
    """The file."""

    name: Name
    market: Market
    venues: tuple[VenueTable, ...] = ()
    orders: tuple[Order, ...] = ()
    generators: tuple[Generator, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    faults: tuple[Fault, ...] = ()
    variants: tuple[Variant, ...] = ()

    def hash(self) -> str:
        """Twelve hex digits that change with anything in it but where the data lie; kept with its
        results."""
        market = msgspec.structs.replace(self.market, data=None)
        told = msgspec.json.encode(msgspec.structs.replace(self, market=market))
        return sha256(told).hexdigest()[:12]


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file. Raises BadScenario."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadScenario("", f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadScenario("", f"not TOML: {error}") from error
    return scenario_of(raw)


def scenario_of(raw: dict[str, object]) -> Scenario:
    """The scenario of a file's tables. Raises BadScenario."""
    try:
        scenario = msgspec.convert(raw, Scenario, strict=True)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from error
    for check in _CHECKS:
        check(scenario)
    return scenario


def _bad(text: str) -> BadScenario:
    """msgspec's words with the key in front."""
    path = _PATH.search(text)
    key = path.group(1) if path else ""
    named = _KEY.search(text)
    if named:
        key = ".".join(filter(None, (key, named.group(1))))
    return BadScenario(key, _PATH.sub("", text))


# -- what one table says to another; each raises BadScenario


def _check_names(scenario: Scenario) -> None:
    named: tuple[tuple[str, Sequence[str]], ...] = (
        ("venues[].name", [each.name for each in scenario.venues]),
        ("market.symbols[].symbol", [each.symbol for each in scenario.market.symbols]),
        ("orders[].id", [each.id for each in scenario.orders]),
        ("generators[].id", [each.id for each in scenario.generators]),
        ("variants[].name", [each.name for each in scenario.variants]),
    )
    for key, names in named:
        for name in names:
            if names.count(name) > 1:
                raise BadScenario(key, f"{name!r} is there twice")
    for index, order in enumerate(scenario.orders):
        if _generated(order.id, scenario.generators):
            raise BadScenario(f"orders[{index}].id", f"{order.id!r} is generated too")


def _check_orders(scenario: Scenario) -> None:
    if not scenario.orders and not scenario.generators:
        raise BadScenario("orders", "there are none, and no generators")
    symbols = [each.symbol for each in scenario.market.symbols]
    for index, order in enumerate(scenario.orders):
        key = f"orders[{index}]"
        if order.symbol not in symbols:
            raise BadScenario(f"{key}.symbol", f"{order.symbol!r} is not in market.symbols")
        _check_one(key, ("quantity", order.quantity), ("adv_fraction", order.adv_fraction))
        if order.end is not None and order.window_s is not None:
            raise BadScenario(f"{key}.window_s", "end is given too; one of them is enough")
    for index, generator in enumerate(scenario.generators):
        key = f"generators[{index}]"
        for symbol in generator.symbols:
            if symbol not in symbols:
                raise BadScenario(f"{key}.symbols", f"{symbol!r} is not in market.symbols")
        _check_one(key, ("quantity", generator.quantity), ("adv_fraction", generator.adv_fraction))
        for name, bounds in (("quantity", generator.quantity),
                             ("adv_fraction", generator.adv_fraction)):  # fmt: skip
            if bounds is not None and not 0 < bounds[0] <= bounds[1]:
                raise BadScenario(f"{key}.{name}", "not two rising numbers above zero")


def _check_one(key: str, *given: tuple[str, object]) -> None:
    names = [name for name, value in given if value is not None]
    if len(names) != 1:
        text = "both are given" if names else "neither is given"
        raise BadScenario(f"{key}.{given[0][0]}", f"{given[0][0]} or {given[1][0]}: {text}")


def _check_algorithms(scenario: Scenario) -> None:
    """Of every order as it is, and as each variant has it."""
    orders: list[tuple[str, Order | Generator]] = [
        *((f"orders[{index}]", each) for index, each in enumerate(scenario.orders)),
        *((f"generators[{index}]", each) for index, each in enumerate(scenario.generators)),
    ]
    for key, order in orders:
        _check_algorithm({"algo": key, "params": key}, order, order.algo, order.params)
        for index, each in enumerate(scenario.variants):
            by = f"variants[{index}]"
            keys = {"algo": by, "params": key if each.params is None else by}
            params = order.params if each.params is None else each.params
            _check_algorithm(keys, order, each.algo or order.algo, params, f" ({key}, {by})")


def _check_algorithm(
    keys: dict[str, str], order: Order | Generator, algo: str, params: dict[str, ParamValue],
    which: str = "",
) -> None:  # fmt: skip
    """`keys`: the tables that give `algo` and `params`. A generator draws, and gives no limit."""
    terms = (order.quantity, order.limit_price) if isinstance(order, Order) else (None, None)
    fault = unfit_order(algo, params, order.side, *terms)
    if fault is not None:
        key = keys[fault.field.partition(".")[0]]
        raise BadScenario(f"{key}.{fault.field}", f"{fault.text}{which}")


def _check_amendments(scenario: Scenario) -> None:
    known = {each.id for each in scenario.orders}
    for index, each in enumerate(scenario.amendments):
        key = f"amendments[{index}]"
        if each.order not in known and not _generated(each.order, scenario.generators):
            raise BadScenario(f"{key}.order", f"there is no order {each.order!r}")
        changes = [name for name in ("quantity", "limit_price", "end")
                   if getattr(each, name) is not None]  # fmt: skip
        if each.ask == "replace" and not changes:
            raise BadScenario(f"{key}.quantity", "a replace changes quantity, limit_price or end")
        if each.ask != "replace" and changes:
            raise BadScenario(f"{key}.{changes[0]}", f"a {each.ask} changes nothing")


def _generated(name: str, generators: Sequence[Generator]) -> bool:
    return any(
        name.startswith(f"{each.id}-")
        and name[len(each.id) + 1 :].isdecimal()
        and 1 <= int(name[len(each.id) + 1 :]) <= each.count
        for each in generators
    )


def _check_market(scenario: Scenario) -> None:
    market = scenario.market
    if market.data is None:
        for name, given in (("format", market.format is not FileFormat.LEAN),
                            ("dates", market.dates), ("replay", market.replay)):  # fmt: skip
            if given:
                raise BadScenario(f"market.{name}", "recorded days need market.data")
        _check_venues(scenario)
        return
    if market.auctions:
        raise BadScenario("market.auctions", "the auctions of a recorded day are not replayed")
    if not market.dates:
        raise BadScenario("market.dates", "which of the recorded days?")
    if scenario.venues:
        raise BadScenario("venues", "a recorded day is its own venue")
    for index, symbol in enumerate(market.symbols):
        for name in ("preset", "start_price", "regimes"):
            if getattr(symbol, name) not in (None, ()):
                raise BadScenario(f"market.symbols[{index}].{name}", "the day is recorded")


def _check_venues(scenario: Scenario) -> None:
    if all(each.kind == "dark" for each in scenario.venues):
        raise BadScenario("venues", "a simulated market needs a lit one at least")
    for index, each in enumerate(scenario.venues):
        if each.kind == "dark" and each.share is not None:
            raise BadScenario(f"venues[{index}].share", "a dark venue has contra flow, no share")
        if each.kind == "lit" and each.informed:
            raise BadScenario(f"venues[{index}].informed", "is of dark venues' contra flow")


def _check_faults(scenario: Scenario) -> None:
    venues = [each.name for each in scenario.venues]
    symbols = [each.symbol for each in scenario.market.symbols]
    for index, fault in enumerate(scenario.faults):
        if isinstance(fault, WorkerDeath | WorkerPause | Redeliveries):
            continue
        key = f"faults[{index}].{'symbol' if isinstance(fault, SymbolHalt) else 'venue'}"
        if scenario.market.data is not None:
            raise BadScenario(key, "the venue of a recorded day has no faults")
        if isinstance(fault, SymbolHalt):
            if fault.symbol not in symbols:
                raise BadScenario(key, f"{fault.symbol!r} is not in market.symbols")
        elif fault.venue not in venues:
            raise BadScenario(key, f"there is no venue {fault.venue!r}")


_CHECKS: Final[tuple[Callable[[Scenario], None], ...]] = (
    _check_names, _check_market, _check_orders, _check_algorithms, _check_amendments, _check_faults,
)  # fmt: skip

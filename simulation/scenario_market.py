"""The market of one run of a scenario: instruments, simulated venues, the efficient price."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import PegInstruction
from domain.instruments import Instrument, InstrumentTable, OffGrid, TickBand
from domain.sessions import Session, TradingCalendar
from domain.trading_day import AuctionTimes
from domain.venue_offer import EVERYTHING, VenueOffer
from marketdata.symbol_profile import SymbolProfile
from simulation.agenda import NEVER
from simulation.fix_port import VenueClock
from simulation.moments import NS, moment_ns
from simulation.preset_profile import preset_profile
from simulation.recorded_day import recorded_instrument
from simulation.scenario import BadScenario, Scenario, SymbolMarket, VenueTable
from simulation.scenario_faults import Rejects, SymbolHalt
from venuesim.client_orders import ClientOrders, Numbers
from venuesim.dark_flow import DarkTerms
from venuesim.efficient_price import Alpha, MarketHours
from venuesim.faults import Halt, VenueFaults
from venuesim.presets import PRESETS, Preset
from venuesim.regimes import Regime
from venuesim.simulated_market import MarketSymbol, MarketVenue, default_shares, simulated_market
from venuesim.venue import Venue, VenueTerms

# Pre-trade limits per child remain the settings'; a parent may be as large as one likes here.
_MAX_ORDER_QTY: Final = 1_000_000_000
_MAX_ORDER_NOTIONAL: Final = Decimal(10) ** 12
_TICK: Final = Decimal("0.01")  # presets are stated in it
_MS: Final = 1_000_000


@dataclass(slots=True, kw_only=True)
class ScenarioMarket:
    """`engines`: by venue, then by symbol. `exogenous`: see VenuePort."""

    engines: dict[str, dict[str, Venue]]
    clock: VenueClock
    exogenous: Callable[[str, int], float | None]


def instruments_of(scenario: Scenario) -> InstrumentTable:
    """The symbols of the market, each on all of its venues."""
    calendar = scenario.market.calendar
    if scenario.market.data is not None:
        return InstrumentTable([recorded_instrument(each.symbol, each.lot, calendar)
                                for each in scenario.market.symbols])  # fmt: skip
    venues = tuple(each.name for each in scenario.venues)
    return InstrumentTable([
        Instrument(
            symbol=each.symbol, currency="USD", lot=each.lot, ticks=(TickBand(tick=_TICK),),
            calendar=scenario.market.calendar, venues=venues, max_order_qty=_MAX_ORDER_QTY,
            max_order_notional=_MAX_ORDER_NOTIONAL,
        )
        for each in scenario.market.symbols
    ])  # fmt: skip


def adv_of(scenario: Scenario) -> dict[str, int]:
    """Shares a day of each symbol for which the file or its preset says so. Raises BadScenario."""
    found: dict[str, int] = {}
    for index, each in enumerate(scenario.market.symbols):
        if each.adv is not None:
            found[each.symbol] = each.adv
        elif scenario.market.data is None:
            found[each.symbol] = preset_of(scenario, index, each).adv_qty
    return found


def preset_profiles(scenario: Scenario, session: Session) -> dict[str, SymbolProfile]:
    """What the presets say of each symbol of a simulated market. Raises BadScenario."""
    market = scenario.market
    return {
        each.symbol: preset_profile(
            preset_of(scenario, index, each), each.symbol, market.calendar, session,
            auctions=market.auctions,
        )
        for index, each in enumerate(market.symbols)
    }  # fmt: skip


def offers_of(scenario: Scenario) -> dict[str, VenueOffer]:
    """The special orders that each venue takes: simulated ones all, a replayed day none."""
    if scenario.market.data is not None:
        return {}
    offers = {"lit": EVERYTHING, "dark": VenueOffer(hidden=True, min_qty=True,
                                                    pegs=(PegInstruction.MIDPOINT,))}  # fmt: skip
    return {venue.name: offers[venue.kind] for venue in scenario.venues}


def auctions_of(scenario: Scenario) -> dict[str, AuctionTimes]:
    """When the crosses of each venue are: of lit ones, in a market with auctions."""
    if not scenario.market.auctions:
        return {}
    return {each.name: each.auction_times for each in scenario.venues if each.kind == "lit"}


def preset_of(scenario: Scenario, index: int, symbol: SymbolMarket) -> Preset:
    """The preset of a symbol, with what the file changes. Raises BadScenario."""
    name = symbol.preset or scenario.market.preset
    key = f"market.symbols[{index}]"
    if name not in PRESETS:
        where = "market.preset" if symbol.preset is None else f"{key}.preset"
        raise BadScenario(where, f"{name!r} is not one of {', '.join(PRESETS)}")
    plain = msgspec.structs.asdict(PRESETS[name])
    for flow, value in symbol.flow.items():
        if flow not in plain or flow == "name":
            known = ", ".join(each for each in plain if each != "name")
            raise BadScenario(f"{key}.flow.{flow}", f"is not one of {known}")
        if value < 0:
            raise BadScenario(f"{key}.flow.{flow}", f"{value:g} is below zero")
        plain[flow] = value
    try:
        return msgspec.convert(plain, Preset)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`")
        raise BadScenario(f"{key}.flow.{field}", "is not a whole number") from error


def open_market(
    scenario: Scenario, table: InstrumentTable, calendar: TradingCalendar, seed: int, start_ns: int
) -> ScenarioMarket:
    """Venues and flows as of `start_ns`. Every random stream is a function of seed, symbol, venue
    and what it is for, so no order of ours moves what the market draws. Raises BadScenario."""
    session = calendar.session_on(scenario.market.date)
    assert session is not None  # the case has asked
    venues = _venues(scenario, _halts(scenario, session))
    hours = {calendar.name: MarketHours(calendar)}
    engines: dict[str, dict[str, Venue]] = {each.terms.name: {} for each in venues}
    exogenous: dict[str, Callable[[int], float]] = {}
    for index, each in enumerate(scenario.market.symbols):
        ids = {name: ClientOrders(Numbers(f"{name}.{each.symbol}")) for name in engines}
        symbol = _symbol(scenario, index, each, table[each.symbol], session)
        market = simulated_market([symbol], venues, hours, seed, start_ns, orders=ids,
                                  auctions=scenario.market.auctions)  # fmt: skip
        for name, venue in market.venues.items():
            engines[name][each.symbol] = venue
        exogenous[each.symbol] = market.prices[each.symbol].exo_ticks
    return ScenarioMarket(
        engines=engines, clock=stepping(scenario.market.step_ms * _MS),
        exogenous=lambda symbol, now_ns: exogenous[symbol](now_ns),
    )  # fmt: skip


def stepping(step_ns: int) -> VenueClock:
    """Looks at a venue when something is due there, at most every `step_ns`; requests do not wait
    for it, they are done at once."""

    def clock(venue: Venue, now_ns: int) -> int:
        next_ns = venue.next_ns()
        return NEVER if next_ns is None else max(now_ns + step_ns, next_ns)

    return clock


def _symbol(
    scenario: Scenario, index: int, symbol: SymbolMarket, instrument: Instrument, session: Session
) -> MarketSymbol:
    start_ticks = 0
    if symbol.start_price is not None:
        try:
            start_ticks = instrument.px_ticks(symbol.start_price, "start_price")
        except OffGrid as error:
            raise BadScenario(f"market.symbols[{index}].start_price", error.text) from error
    drift = symbol.drift_bps_per_day
    return MarketSymbol(
        instrument=instrument, preset=preset_of(scenario, index, symbol),
        start_px_ticks=start_ticks, alpha=Alpha(drift_bps=drift) if drift else None,
        regimes=_regimes(f"market.symbols[{index}].regimes", symbol, session),
    )  # fmt: skip


def _regimes(key: str, symbol: SymbolMarket, session: Session) -> tuple[Regime, ...]:
    """Those of the file. Raises BadScenario, also where a later one is not later."""
    found: list[Regime] = []
    for index, each in enumerate(symbol.regimes):
        at_ns = moment_ns(f"{key}[{index}].at", each.at, session)
        if found and at_ns <= found[-1].at_ns:
            raise BadScenario(f"{key}[{index}].at", "not after the regime before it")
        found.append(Regime(at_ns=at_ns, volatility=each.volatility, depth=each.depth,
                            volume=each.volume))  # fmt: skip
    return tuple(found)


def _halts(scenario: Scenario, session: Session) -> tuple[Halt, ...]:
    """Those of the file, at every venue. Raises BadScenario, also where they overlap."""
    found: list[Halt] = []
    for index, each in enumerate(scenario.faults):
        if not isinstance(each, SymbolHalt):
            continue
        start_ns = moment_ns(f"faults[{index}].at", each.at, session)
        halt = Halt(symbol=each.symbol, start_ns=start_ns, call_ns=int(each.call_s * NS),
                    end_ns=start_ns + int(each.seconds * NS))  # fmt: skip
        if any(_overlap(halt, other) for other in found):
            raise BadScenario(f"faults[{index}].at", f"{each.symbol} is halted then already")
        found.append(halt)
    return tuple(found)


def _overlap(one: Halt, other: Halt) -> bool:
    return (one.symbol == other.symbol and one.start_ns <= other.end_ns + other.call_ns
            and other.start_ns <= one.end_ns + one.call_ns)  # fmt: skip


def _venues(scenario: Scenario, halts: tuple[Halt, ...]) -> list[MarketVenue]:
    shares = default_shares([each.name for each in scenario.venues if each.kind == "lit"])
    return [
        MarketVenue(
            terms=_terms(scenario, each, halts),
            share=shares.get(each.name, 0.0) if each.share is None else each.share,
            stale_ns=each.stale_ms * _MS,
            dark=DarkTerms(informed=each.informed),
        )
        for each in scenario.venues
    ]


def _terms(scenario: Scenario, venue: VenueTable, halts: tuple[Halt, ...]) -> VenueTerms:
    probabilities = [each.probability for each in scenario.faults
                     if isinstance(each, Rejects) and each.venue == venue.name
                     and not each.at_door]  # fmt: skip
    return VenueTerms(
        name=venue.name, taker_fee=venue.taker_fee, maker_fee=venue.maker_fee,
        dark=venue.kind == "dark", auctions=venue.auction_times,
        faults=VenueFaults(
            reject_every=venue.reject_every,
            reject_probability=probabilities[-1] if probabilities else 0.0, halts=halts,
        ),
    )  # fmt: skip

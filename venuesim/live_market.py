"""The settings of `headgate venuesim` as a simulated market. A shell: it reads calendars."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.instruments import InstrumentTable
from headgate.calendars import UnknownCalendar, load_calendars
from headgate.settings import (
    Settings,
    SettingsError,
    SimHours,
    SimVenueSettings,
    VenueSettings,
)
from venuesim.book_order import SelfTradeMode
from venuesim.client_orders import ClientOrders
from venuesim.dark_flow import DarkTerms
from venuesim.efficient_price import MarketHours
from venuesim.faults import Halt, Outage, VenueFaults
from venuesim.latency import Delay, DelayLine, UnderWay
from venuesim.presets import PRESETS, Preset
from venuesim.random_streams import RandomStreams
from venuesim.simulated_market import (
    MarketSymbol,
    MarketVenue,
    default_shares,
    simulated_market,
)
from venuesim.venue import MarketEvent, Venue, VenueTerms

DEFAULT_START_PX: Final = Decimal(100)  # of a symbol that venuesim.start_px does not name
# After a stop of the process the flow takes up again at most so far back, not at the beginning.
CATCH_UP_NS: Final = 10_000_000_000
HORIZON: Final = timedelta(days=370)  # of the calendars; beyond it, the market is one without hours
_SECOND_NS: Final = 1_000_000_000


def live_market(
    settings: Settings,
    venues: Sequence[VenueSettings],
    instruments: InstrumentTable,
    orders: Mapping[str, ClientOrders],
    now_ns: int,
) -> dict[str, Venue]:
    """The venues that start at `now_ns`. Raises SettingsError."""
    simulated = settings.venuesim
    _refuse_unknown("presets", simulated.presets, list(instruments.by_symbol))
    _refuse_unknown("venues", simulated.venues, [each.name for each in settings.venues])
    for name, venue in simulated.venues.items():
        halted = dict.fromkeys(each[0] for each in venue.halts)
        _refuse_unknown(f"venues.{name}.halts", halted, list(instruments.by_symbol))
    symbols = [
        MarketSymbol(
            instrument=each,
            preset=_preset(settings, symbol),
            start_px_ticks=int(simulated.start_px.get(symbol, DEFAULT_START_PX) / each.tick),
        )
        for symbol, each in instruments.by_symbol.items()
    ]
    lit = [each.name for each in settings.venues if not _special(settings, each).dark]
    shares = default_shares(lit)
    market = simulated_market(
        symbols,
        [_market_venue(settings, each, shares.get(each.name, 1.0), now_ns) for each in venues],
        _hours(instruments, simulated.hours, now_ns),
        simulated.seed,
        now_ns,
        catch_up_ns=CATCH_UP_NS,
        auctions=simulated.hours is SimHours.SESSIONS,
        orders=orders,
    )
    return market.venues


def ways_of_market_data(
    settings: Settings, venues: Sequence[VenueSettings]
) -> dict[str, UnderWay[MarketEvent]]:
    """What each venue's market data goes through before anybody sees it."""
    streams = RandomStreams(settings.venuesim.seed, "")
    ways = {}
    for venue in venues:
        special = _special(settings, venue)
        base_ns = special.market_data_latency_ms * 1_000_000
        delay = Delay(base_ns=base_ns, jitter=special.latency_jitter)
        ways[venue.name] = UnderWay[MarketEvent](
            DelayLine(delay, streams, f"{venue.name}/market data")
        )
    return ways


def _preset(settings: Settings, symbol: str) -> Preset:
    name = settings.venuesim.presets.get(symbol, settings.venuesim.preset)
    if name not in PRESETS:
        raise SettingsError(f"venuesim.preset: {name!r} is not one of {', '.join(PRESETS)}")
    return PRESETS[name]


def _refuse_unknown(key: str, named: Mapping[str, object], known: list[str]) -> None:
    unknown = [name for name in named if name not in known]
    if unknown:
        raise SettingsError(f"venuesim.{key}: {', '.join(unknown)} is not among {known}")


def _hours(table: InstrumentTable, hours: SimHours, now_ns: int) -> dict[str, MarketHours]:
    today = datetime.fromtimestamp(now_ns // _SECOND_NS, UTC).date()
    names = [each.calendar for each in table.by_symbol.values()]
    try:
        calendars = load_calendars(names, today - timedelta(days=7), today + HORIZON)
    except UnknownCalendar as error:
        raise SettingsError(str(error)) from error
    always = hours is SimHours.ALWAYS
    return {name: MarketHours(found, always) for name, found in calendars.items()}


def _market_venue(
    settings: Settings, venue: VenueSettings, share: float, now_ns: int
) -> MarketVenue:
    special = _special(settings, venue)
    latency_ms = settings.venuesim.latency_ms if special.latency_ms is None else special.latency_ms
    terms = VenueTerms(
        name=venue.name,
        taker_fee=venue.taker_fee,
        maker_fee=venue.maker_fee,
        latency_ns=latency_ms * 1_000_000,
        latency_jitter=special.latency_jitter,
        auctions=venue.auctions,
        depth_levels=special.depth_levels,
        dark=special.dark,
        self_trade=SelfTradeMode(special.self_trade),
        refresh_range=special.refresh_range,
        hidden_fee=special.hidden_fee,
        peg_fee=special.peg_fee,
        auction_fee=special.auction_fee,
        faults=VenueFaults(
            reject_every=settings.venuesim.reject_every,
            reject_probability=special.reject_probability,
            outages=tuple(_outage(now_ns, *each) for each in special.outages),
            halts=tuple(_halt(now_ns, *each) for each in special.halts),
        ),
    )
    share = share if special.share is None else special.share
    dark = DarkTerms(informed=special.informed)
    return MarketVenue(terms=terms, share=share, stale_ns=special.stale_ms * 1_000_000, dark=dark)


def _special(settings: Settings, venue: VenueSettings) -> SimVenueSettings:
    return settings.venuesim.venues.get(venue.name, SimVenueSettings())


def _outage(now_ns: int, after_s: float, for_s: float) -> Outage:
    start_ns = now_ns + int(after_s * _SECOND_NS)
    return Outage(start_ns=start_ns, end_ns=start_ns + max(1, int(for_s * _SECOND_NS)))


def _halt(now_ns: int, symbol: str, after_s: float, for_s: float, call_s: float) -> Halt:
    outage = _outage(now_ns, after_s, for_s)
    return Halt(
        symbol=symbol,
        start_ns=outage.start_ns,
        end_ns=outage.end_ns,
        call_ns=int(call_s * _SECOND_NS),
    )

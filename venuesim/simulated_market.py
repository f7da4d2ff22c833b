"""A simulated market: venues with background flow around one efficient price a symbol.

The one place where presets, shares, hours and seeds become venues, for `headgate venuesim` and for
virtual time alike. The same seed gives the same background whatever agents do; only prices answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from domain.instruments import Instrument
from venuesim.client_orders import ClientOrders
from venuesim.dark_flow import DarkFlow, DarkTerms
from venuesim.efficient_price import Alpha, EfficientPrice, MarketHours
from venuesim.order_flow import BackgroundFlow, OrderFlow
from venuesim.presets import Preset
from venuesim.random_streams import RandomStreams
from venuesim.regimes import Regime
from venuesim.venue import Venue, VenueTerms

# quant.md 8.2: shares of up to four venues, in the order in which they are named; more than four
# share what the fourth has.
DEFAULT_SHARES = (0.35, 0.25, 0.20, 0.20)


class MarketSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol and its market. `start_px_ticks` 0: the preset's own price. `regimes`: by time."""

    instrument: Instrument
    preset: Preset
    start_px_ticks: int = 0
    alpha: Alpha | None = None
    regimes: tuple[Regime, ...] = ()


class MarketVenue(msgspec.Struct, frozen=True, kw_only=True):
    """One venue. `share`: of each symbol's flow; `stale_ns`: how old the p* is that it sees.

    `dark`: the contra flow of a dark venue, which has no other and so no share.
    """

    terms: VenueTerms
    share: float
    stale_ns: int = 0
    dark: DarkTerms = DarkTerms()


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Venues and prices by name. A venue trades the symbols whose instruments name it."""

    venues: dict[str, Venue]
    prices: dict[str, EfficientPrice]

    def p_exo_ticks(self, symbol: str, at_ns: int) -> float:
        """The martingale of the control variate (quant.md 8.5), at any time in any order."""
        return self.prices[symbol].exo_ticks(at_ns)


def simulated_market(
    symbols: Sequence[MarketSymbol],
    venues: Sequence[MarketVenue],
    hours: Mapping[str, MarketHours],
    seed: int,
    start_ns: int,
    *,
    antithetic: bool = False,
    catch_up_ns: int | None = None,
    auctions: bool = False,
    orders: Mapping[str, ClientOrders] | None = None,
) -> SimulatedMarket:
    """The market from `start_ns` on. `hours`: by the calendar's name of each instrument.

    `antithetic`: p_exo mirrored. `catch_up_ns`: see OrderFlow. `auctions`: venues go through the
    phases of their days, and the background brings orders to the crosses; without, they are
    continuous for ever. `orders`: what a venue remembers.
    """
    prices = {
        each.instrument.symbol: EfficientPrice(
            each.preset,
            each.start_px_ticks or each.preset.px_ticks,
            hours[each.instrument.calendar],
            RandomStreams(seed, each.instrument.symbol),
            each.alpha,
            antithetic,
            each.regimes,
        )
        for each in symbols
    }
    made = {}
    for venue in venues:
        name = venue.terms.name
        traded = [each.instrument for each in symbols if name in each.instrument.venues]
        flows = {
            each.symbol: _flow(each, prices[each.symbol], venue, start_ns, catch_up_ns, auctions)
            for each in traded
        }
        days = {each.symbol: hours[each.calendar].days(venue.terms.auctions, start_ns)
                for each in traded} if auctions else None  # fmt: skip
        streams = RandomStreams(seed, "")
        recalled = orders.get(name) if orders is not None else None
        made[name] = Venue(venue.terms, traded, flows, recalled, streams, days)
    return SimulatedMarket(made, prices)


def _flow(instrument: Instrument, price: EfficientPrice, venue: MarketVenue, start_ns: int,
          catch_up_ns: int | None, auctions: bool) -> BackgroundFlow:  # fmt: skip
    name = venue.terms.name
    if venue.terms.dark:
        return DarkFlow(instrument, price, name, start_ns, venue.dark, catch_up_ns=catch_up_ns)
    return OrderFlow(
        instrument, price, name, start_ns, share=venue.share, stale_ns=venue.stale_ns,
        catch_up_ns=catch_up_ns, auctions=auctions,
    )  # fmt: skip


def default_shares(venues: Sequence[str]) -> dict[str, float]:
    """What each of these venues has of a symbol's flow if nothing is said; they sum to one."""
    weights = [DEFAULT_SHARES[min(index, 3)] for index in range(len(venues))]
    return {name: each / sum(weights) for name, each in zip(venues, weights, strict=True)}

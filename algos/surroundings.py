"""What a decision sees beside its parent."""

from collections.abc import Mapping

import msgspec

from algos.models.known_calibrations import PUBLISHED, ChosenModel
from domain.sessions import Session
from domain.trading_day import TradingDay
from domain.venue_offer import PLAIN, VenueOffer
from marketdata.known_profiles import SessionCurve
from marketdata.live_curve import LiveCurve
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile


class Surroundings(msgspec.Struct, frozen=True):
    """The world of one symbol at `now_ns`. `live`: by venue, whether it takes new orders.

    `pause`: the break [start_ns, end_ns) of the parent's session, None if it has none. `session`:
    the one that the parent is for, None if it is for none. `curve`: the volume curve to go by in
    it, with its name, `live_curve`: the same as the day goes on. `profile`: what was known of the
    symbol before the day, None: nothing. `offers`: the special orders that venues take, by venue.
    `impact`: the house's impact model, with the coefficients there are for the symbol.
    `days`: the phases of the session at those venues that have auctions. `child_qty_max`: shares,
    beyond which venue access would refuse a child; None: there is no bound.
    """

    market: SymbolMarket
    live: Mapping[str, bool]
    killed: bool
    now_ns: int
    pause: tuple[int, int] | None = None
    session: Session | None = None
    curve: SessionCurve | None = None
    live_curve: LiveCurve | None = None
    profile: SymbolProfile | None = None
    impact: ChosenModel = PUBLISHED
    offers: Mapping[str, VenueOffer] = {}
    days: Mapping[str, TradingDay] = {}
    child_qty_max: int | None = None

    def offer(self, venue: str) -> VenueOffer:
        """The special orders that a venue takes."""
        return self.offers.get(venue, PLAIN)

"""The house's rules for parents: plain numbers that the worker's shell takes from the settings."""

import msgspec

from algos.child_limits import ChildLimits
from domain.impact_model import ImpactModelName
from domain.trading_day import AuctionTimes
from domain.venue_offer import VenueOffer
from marketdata.stale_limits import StaleLimits


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`stale_ns`: no order is sent on an older quote; `stale_ns_by_venue`: of a venue with a limit
    of its own. `start_past_bound_s`: an older start is refused. `reject_backoff_ns`: a venue that
    refused a child is left alone so long. `max_participation_cap`: no order may ask for a higher
    cap. `impact_model`: of estimates. `refuse_below`: an order of which less than this fraction can
    be expected to be done is refused; None: none is. `default_algo`: of an order that names none;
    "": it is refused. `touch_statistics`: whether spread, volatility and the like are kept of every
    symbol that a live parent trades, for those who watch it. `offers`: by venue, the special orders
    that it takes; one that is not named takes none. `auctions`: by venue, when its crosses are; one
    that is not named has none. `child_limits`: what venue access refuses a child beyond.
    """

    stale_ns: int = 5_000_000_000
    stale_ns_by_venue: dict[str, int] = {}
    start_past_bound_s: int = 300
    reject_backoff_ns: int = 1_000_000_000
    max_participation_cap: float = 0.5
    default_algo: str = ""
    touch_statistics: bool = True
    offers: dict[str, VenueOffer] = {}
    impact_model: ImpactModelName = ImpactModelName.CROSSOVER
    refuse_below: float | None = None
    auctions: dict[str, AuctionTimes] = {}
    child_limits: ChildLimits = ChildLimits()

    @property
    def stale_limits(self) -> StaleLimits:
        """How old a quote may be, by venue."""
        return StaleLimits(default_ns=self.stale_ns, by_venue=self.stale_ns_by_venue)

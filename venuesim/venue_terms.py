"""What a venue charges, shows and offers: data that it is made with."""

from decimal import Decimal

import msgspec

from domain.fix_codes import LastLiquidityInd
from domain.trading_day import AuctionTimes
from venuesim.book_order import SelfTradeMode, Special
from venuesim.faults import VenueFaults


class VenueTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's rules. Fees are currency units a share, a rebate < 0.

    `hidden_fee` and `peg_fee`: instead of `maker_fee`, of an order that shows nothing, and of a
    pegged one (a hidden peg pays the latter); None: as any maker. `auction_fee`: of each side of an
    auction. `latency_ns` and `latency_jitter`: of a request on its way to the book, see Delay.
    `auctions`: when its crosses are, if it is given a calendar. `depth_levels`: it shows so many a
    side, 0: the best only. `imbalance_every_ns`: between two indications of an auction.
    `self_trade`: of orders that do not ask for another mode; one session's orders are one owner's.
    `refresh_range`: how far an iceberg's tranche is off its display, as a fraction of it. `dark`: a
    midpoint book that shows nothing and trades on the lit venues' quotes, of which it disregards
    those older than `reference_stale_ns`.
    """

    name: str
    taker_fee: Decimal = Decimal(0)
    maker_fee: Decimal = Decimal(0)
    hidden_fee: Decimal | None = None
    peg_fee: Decimal | None = None
    auction_fee: Decimal = Decimal(0)
    latency_ns: int = 0
    latency_jitter: float = 0.0
    faults: VenueFaults = VenueFaults()
    auctions: AuctionTimes = AuctionTimes()
    depth_levels: int = 0
    imbalance_every_ns: int = 1_000_000_000
    self_trade: SelfTradeMode = SelfTradeMode.NONE
    refresh_range: float = 0.0
    dark: bool = False
    reference_stale_ns: int = 2_000_000_000

    def __post_init__(self) -> None:
        if self.depth_levels < 0 or self.imbalance_every_ns <= 0 or self.reference_stale_ns <= 0:
            raise ValueError(f"venue {self.name}: a number of levels or a time below zero")
        if not 0.0 <= self.refresh_range < 1.0:
            raise ValueError(f"venue {self.name}: a refresh range outside [0, 1)")

    def fee(self, special: Special | None, liquidity: LastLiquidityInd | None) -> Decimal:
        """Of one share of an order; `liquidity` None: in an auction."""
        if liquidity is None:
            return self.auction_fee
        if liquidity is not LastLiquidityInd.ADDED:
            return self.taker_fee
        if special is not None and special.peg is not None and self.peg_fee is not None:
            return self.peg_fee
        if special is not None and special.hidden and self.hidden_fee is not None:
            return self.hidden_fee
        return self.maker_fee

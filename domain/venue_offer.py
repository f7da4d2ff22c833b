"""What special orders a venue takes, as its rule book says; the house's settings name it."""

import msgspec

from domain.fix_codes import PegInstruction


class VenueOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing but plain limit orders, unless said otherwise.

    `iceberg`: a resting order with MaxFloor(111), of which the venue shows one tranche after the
    other. `hidden`: one that shows nothing, MaxFloor(111)=0; `min_qty`: that one with MinQty(110).
    `pegs`: by ExecInst(18), orders that the venue itself re-prices.
    """

    iceberg: bool = False
    hidden: bool = False
    min_qty: bool = False
    pegs: tuple[PegInstruction, ...] = ()


PLAIN = VenueOffer()
EVERYTHING = VenueOffer(iceberg=True, hidden=True, min_qty=True, pegs=tuple(PegInstruction))

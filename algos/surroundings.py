"""What a decision sees beside its parent."""

from collections.abc import Mapping

import msgspec

from marketdata.market import SymbolMarket


class Surroundings(msgspec.Struct, frozen=True):
    """The world of one symbol at `now_ns`. `live`: by venue, whether it takes new orders.

    `pause`: the break [start_ns, end_ns) of the parent's session, None if it has none.
    """

    market: SymbolMarket
    live: Mapping[str, bool]
    killed: bool
    now_ns: int
    pause: tuple[int, int] | None = None

"""How old a venue's quote may be before it is no market any more."""

import msgspec


class StaleLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`default_ns`, but for the venues that have a limit of their own. Nanoseconds."""

    default_ns: int = 5_000_000_000
    by_venue: dict[str, int] = {}

    def limit_ns(self, venue: str) -> int:
        """The greatest age of a quote of `venue`."""
        return self.by_venue.get(venue, self.default_ns)

    def stale(self, venue: str, at_ns: int, now_ns: int) -> bool:
        """Whether a quote of `at_ns` is too old, or as far in the future: that would never age."""
        return abs(now_ns - at_ns) > self.by_venue.get(venue, self.default_ns)

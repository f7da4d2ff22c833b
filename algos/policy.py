"""The house's rules for parents: plain numbers that the worker's shell takes from the settings."""

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`stale_ns`: no order is sent on an older quote. `start_past_bound_s`: an older start is
    refused. `reject_backoff_ns`: a venue that refused a child is left alone so long.
    `max_participation_cap`: no order may ask for a higher cap.
    """

    stale_ns: int = 5_000_000_000
    start_past_bound_s: int = 300
    reject_backoff_ns: int = 1_000_000_000
    max_participation_cap: float = 0.5

"""The phases of a trading day: pre-open, opening auction, continuous trading, closing auction.

A session says when continuous trading is; a venue's `AuctionTimes` say what lies about it. Nothing
here matches an order: venues, flows and algorithms ask what phase it is and when the next one is.
"""

from bisect import bisect_right
from enum import StrEnum
from typing import Final

import msgspec

from domain.marketdata import TradingPhase
from domain.sessions import Session

_NS: Final = 1_000_000_000


class DayPhase(StrEnum):
    """What part of its day a venue is in."""

    CLOSED = "closed"
    PRE_OPEN = "pre_open"  # orders are taken, nothing is shown of the auction yet
    OPENING_AUCTION = "opening_auction"  # the call before the opening cross
    CONTINUOUS = "continuous"
    BREAK = "break"  # midday in Asia
    CLOSING_AUCTION = "closing_auction"  # the call before the closing cross

    @property
    def trading_phase(self) -> TradingPhase:
        """What a venue in this phase says on the market data; a halt is not the clock's matter."""
        return _TRADING_PHASES[self]


_TRADING_PHASES: Final = {
    DayPhase.CLOSED: TradingPhase.CLOSED,
    DayPhase.PRE_OPEN: TradingPhase.AUCTION,
    DayPhase.OPENING_AUCTION: TradingPhase.AUCTION,
    DayPhase.CONTINUOUS: TradingPhase.CONTINUOUS,
    DayPhase.BREAK: TradingPhase.CLOSED,
    DayPhase.CLOSING_AUCTION: TradingPhase.AUCTION,
}


class AuctionTimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A venue's auctions, as seconds about the session's open and close; an early close moves them.

    `opening`, `closing`: whether there is one. `pre_open_s`: orders are taken from so long before
    the open. `opening_call_s`: the call lasts so long, up to the opening cross at the open.
    `opening_cutoff_s`: in the last so many seconds at-open orders are neither taken nor cancelled.
    `closing_call_s`: continuous trading stops so long before the close; 0: it runs up to it, and
    the cross is made beside it, as in New York. `closing_delay_s`: the cross comes so long after
    the close, as in Frankfurt. `closing_imbalance_s`: the imbalance is shown from so long before
    the closing cross. `closing_cutoff_s`: in the last so many seconds before it at-close orders are
    neither taken nor cancelled. The defaults are those of a listing exchange in New York
    (quant.md 3.5: at-close orders until 15:50).
    """

    opening: bool = True
    closing: bool = True
    pre_open_s: int = 1_800
    opening_call_s: int = 120
    opening_cutoff_s: int = 120
    closing_call_s: int = 0
    closing_delay_s: int = 0
    closing_imbalance_s: int = 600
    closing_cutoff_s: int = 600

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is below zero")
        for name in ("opening_call_s", "opening_cutoff_s"):
            if getattr(self, name) > self.pre_open_s:
                raise ValueError(f"{name} is more than pre_open_s, {self.pre_open_s}")


class PhaseSpan(msgspec.Struct, frozen=True):
    """A phase over [start_ns, end_ns), never empty."""

    phase: DayPhase
    start_ns: int
    end_ns: int


class TradingDay(msgspec.Struct, frozen=True, kw_only=True):
    """One session at one venue. `spans` follow each other without a gap; outside it is CLOSED.

    The opening cross is at `opening_cross_ns`, the end of the OPENING_AUCTION and the start of
    CONTINUOUS; the closing one at `closing_cross_ns`, the end of the day. None: there is none.
    Orders for a cross are taken, and may be cancelled, before its `*_cutoff_ns`.
    """

    session: Session
    spans: tuple[PhaseSpan, ...]
    opening_cross_ns: int | None
    opening_cutoff_ns: int | None
    closing_cross_ns: int | None
    closing_cutoff_ns: int | None
    closing_imbalance_ns: int | None

    @property
    def start_ns(self) -> int:
        """When the venue begins to take orders."""
        return self.spans[0].start_ns

    @property
    def end_ns(self) -> int:
        """When its day is over."""
        return self.spans[-1].end_ns

    def phase_at(self, now_ns: int) -> DayPhase:
        """The phase at `now_ns`."""
        if not self.start_ns <= now_ns < self.end_ns:
            return DayPhase.CLOSED
        starts = [span.start_ns for span in self.spans]  # at most six
        return self.spans[bisect_right(starts, now_ns) - 1].phase

    def next_change_ns(self, now_ns: int) -> int | None:
        """The first time after `now_ns` at which the phase changes; None after the day."""
        edges = [*(span.start_ns for span in self.spans), self.end_ns]
        return next((edge for edge in edges if edge > now_ns), None)

    def takes_at_open(self, now_ns: int) -> bool:
        """Whether an order for the opening cross is taken at `now_ns`."""
        return self.opening_cutoff_ns is not None and (
            self.start_ns <= now_ns < self.opening_cutoff_ns
        )

    def takes_at_close(self, now_ns: int) -> bool:
        """Whether an order for the closing cross is taken at `now_ns`."""
        return self.closing_cutoff_ns is not None and (
            self.start_ns <= now_ns < self.closing_cutoff_ns
        )


def trading_day(session: Session, times: AuctionTimes | None = None) -> TradingDay:
    """The day of a venue with `times` (default: those of New York) in `session`."""
    kept = times or AuctionTimes()
    call_ns = kept.closing_call_s * _NS if kept.closing else 0
    delay_ns = kept.closing_delay_s * _NS if kept.closing else 0
    open_ns, close_ns = session.open_ns, session.close_ns
    cross_ns = close_ns + delay_ns
    break_start_ns, break_end_ns = session.pause
    stop_ns = max(break_end_ns if break_end_ns < close_ns else open_ns, close_ns - call_ns)
    open_call_ns = open_ns - (kept.opening_call_s * _NS if kept.opening else 0)
    spans = (
        PhaseSpan(DayPhase.PRE_OPEN, open_ns - kept.pre_open_s * _NS, open_call_ns),
        PhaseSpan(DayPhase.OPENING_AUCTION, open_call_ns, open_ns),
        PhaseSpan(DayPhase.CONTINUOUS, open_ns, min(break_start_ns, stop_ns)),
        PhaseSpan(DayPhase.BREAK, break_start_ns, min(break_end_ns, stop_ns)),
        PhaseSpan(DayPhase.CONTINUOUS, break_end_ns, stop_ns),
        PhaseSpan(DayPhase.CLOSING_AUCTION, stop_ns, cross_ns),
    )
    return TradingDay(
        session=session,
        spans=tuple(span for span in spans if span.start_ns < span.end_ns),
        opening_cross_ns=open_ns if kept.opening else None,
        opening_cutoff_ns=open_ns - kept.opening_cutoff_s * _NS if kept.opening else None,
        closing_cross_ns=cross_ns if kept.closing else None,
        closing_cutoff_ns=cross_ns - kept.closing_cutoff_s * _NS if kept.closing else None,
        closing_imbalance_ns=cross_ns - kept.closing_imbalance_s * _NS if kept.closing else None,
    )

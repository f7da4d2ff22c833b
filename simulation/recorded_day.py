"""A recorded day of one or several symbols as the market of a run: Lean's tick archives, replayed.

Every symbol trades at one venue, the consolidated market of the record.
"""

from datetime import date
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import Final

from domain.instruments import Instrument, InstrumentTable
from domain.sessions import Session
from gateway.child_book import ChildBook
from gateway.kill_switch import KillSwitch
from gateway.pre_trade import PreTrade
from gateway.risk import LimitTable
from headgate.settings import Settings
from marketdata.lean import US_TICKS, VENUE, read_day
from marketdata.tick_faults import Skipped
from simulation.house_rules import limits_of
from simulation.recorded_port import RecordedPort
from simulation.replay_venue import SESSION, Fees, ReplayRules, ReplayVenue
from simulation.venue_gate import VenueGate

# What US exchanges charge and pay about, per share.
FEES: Final = Fees(taker=Decimal("0.003"), maker=Decimal("-0.002"))
_MAX_ORDER_QTY: Final = 10_000_000
_MAX_ORDER_NOTIONAL: Final = Decimal(10) ** 10


def recorded_instrument(symbol: str, lot: int, calendar: str) -> Instrument:
    """A US stock that trades at the venue of the record."""
    return Instrument(
        symbol=symbol, currency="USD", lot=lot, ticks=US_TICKS, calendar=calendar,
        venues=(VENUE,), max_order_qty=_MAX_ORDER_QTY, max_order_notional=_MAX_ORDER_NOTIONAL,
    )  # fmt: skip


def recorded_port(
    table: InstrumentTable, data: Path, day: date, session: Session, settings: Settings,
    skipped: Skipped, rules: ReplayRules | None = None,
) -> RecordedPort:  # fmt: skip
    """The day of every symbol of `table`, merged by time. Raises BadTickFile."""
    days = [read_day(data, symbol, day, skipped) for symbol in table.by_symbol]
    market = days[0] if len(days) == 1 else merge(*days, key=lambda event: event.at_ns)
    venue = ReplayVenue(
        name=VENUE, instruments=table, trade_date=session.date.replace("-", ""), fees=FEES,
        close_ns=session.close_ns, rules=rules or ReplayRules(),
    )  # fmt: skip
    book = ChildBook()
    checks = PreTrade(book=book, kills=KillSwitch(), instruments=table,
                      limits=LimitTable(limits_of(settings.venue_access.limits)))  # fmt: skip
    gate = VenueGate(book=book, checks=checks, session=SESSION)
    return RecordedPort(market=market, venue=venue, gate=gate)

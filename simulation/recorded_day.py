"""A recorded day of one or several symbols as the market of a run, of any format that is read.

Every symbol trades at one venue, the consolidated market of the record.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec

from domain.file_format import FileFormat
from domain.instruments import Instrument, InstrumentTable
from domain.marketdata import MarketEvent, Trade
from domain.sessions import Session
from gateway.child_book import ChildBook
from gateway.kill_switch import KillSwitch
from gateway.pre_trade import PreTrade
from gateway.risk import LimitTable
from headgate.settings import Settings
from marketdata.lean import US_TICKS, VENUE, read_day
from marketdata.recording import Recording
from marketdata.tick_faults import Skipped, TickFault, bad_file
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


def recorded_events(
    table: InstrumentTable, data: Path, day: date, file_format: FileFormat, skipped: Skipped
) -> Iterator[MarketEvent]:
    """The day of every symbol of `table`, merged by time. Raises BadTickFile."""
    if file_format is FileFormat.LEAN:
        days = [read_day(data, symbol, day, skipped) for symbol in table.by_symbol]
        return days[0] if len(days) == 1 else merge(*days, key=attrgetter("at_ns"))
    recording = Recording(path=data, format=file_format, symbols=tuple(table.by_symbol),
                          days=(day,), skipped=skipped)  # fmt: skip
    return _of_one_venue(recording.events(table), data)


def _of_one_venue(events: Iterable[MarketEvent], data: Path) -> Iterator[MarketEvent]:
    """The same under the name of the consolidated market; prints keep where they were made. Raises
    BadTickFile where the quotes are those of several venues: one market they are not."""
    quoted: dict[str, None] = {}
    for event in events:
        if isinstance(event, Trade):
            yield event
            continue
        quoted[event.venue] = None
        if len(quoted) > 1:
            text = f"the market of one venue can be replayed, these are {' and '.join(quoted)}"
            raise bad_file(data, TickFault.WRONG_FORMAT, text)
        yield event if event.venue == VENUE else msgspec.structs.replace(event, venue=VENUE)


def recorded_port(
    table: InstrumentTable, market: Iterable[MarketEvent], session: Session, settings: Settings,
    rules: ReplayRules | None = None,
) -> RecordedPort:  # fmt: skip
    """A day's events, by rising time, as the market of a run. Raises BadTickFile."""
    venue = ReplayVenue(
        name=VENUE, instruments=table, trade_date=session.date.replace("-", ""), fees=FEES,
        close_ns=session.close_ns, rules=rules or ReplayRules(),
    )  # fmt: skip
    book = ChildBook()
    checks = PreTrade(book=book, kills=KillSwitch(), instruments=table,
                      limits=LimitTable(limits_of(settings.venue_access.limits)))  # fmt: skip
    gate = VenueGate(book=book, checks=checks, session=SESSION)
    return RecordedPort(market=market, venue=venue, gate=gate)

"""Whatever is in a file, no reader makes a false event of it, and none fails but by BadTickFile."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.codec import decode, encode
from bus.topics import Topic
from domain.file_format import FileFormat
from domain.instruments import Instrument, InstrumentTable, TickBand
from domain.marketdata import Depth, MarketEvent, Quote, Trade
from marketdata.recording import Recording
from marketdata.tick_faults import BadTickFile

IBM = Instrument(
    symbol="IBM", currency="USD", lot=1, ticks=(TickBand(tick=Decimal("0.0001")),),
    calendar="XNYS", venues=("N",), max_order_qty=1, max_order_notional=Decimal(1),
)  # fmt: skip
TABLE = InstrumentTable([IBM])
CELL = st.sampled_from(
    ("", "0", "1", "-1", "2", "4", "5", "6", "7", "100", "34200000", "34200.5", "34200", "1800100",
     "1800200", "-5", "9999999999", "-9999999999", "1e9", "nan", "IBM", "N", "D", "ffffffffff",
     "quote", "trade", "depth", "status", "imbalance", "halted", "buy", "OC?", "180.1:5",
     "180.1:5 180.2:5", "\u00e9", '"', "99999999999999999999", "2013-10-08T13:30:00Z")
)  # fmt: skip
# Rows of any cells, and good ones with one or two cells exchanged: these come further.
GOOD_ROWS = (
    "34200000,1800100,200,0,0,P,1,0", "34200000,1800200,50,D,1,0", "34200,4,1,10,1800100,1",
    "1800200,10,1800100,10,9999999999,0,-9999999999,0", "trade,IBM,N,1,180.1,5,,,",
    "quote,IBM,N,1,180.1,5,,,", "depth,IBM,N,1,,,180.1:5,,", "status,IBM,N,1,,,,halted,",
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    cells = draw(st.sampled_from(GOOD_ROWS)).split(",")
    for _ in range(draw(st.integers(0, 2))):
        cells[draw(st.integers(0, len(cells) - 1))] = draw(CELL)
    return ",".join(cells)


ROWS = st.lists(st.one_of(st.lists(CELL, max_size=9).map(",".join), spoilt()), max_size=12)


def lean(directory: Path, rows: list[str]) -> None:
    folder = directory / "tick" / "ibm"
    folder.mkdir(parents=True)
    quote, trade = "34200000,1800100,200,0,0,P,1,0", "34200000,1800200,50,D,1,0"
    for kind, good in (("quote", quote), ("trade", trade)):
        with ZipFile(folder / f"20131008_{kind}.zip", "w") as archive:
            archive.writestr("day.csv", "\n".join((good, *rows)))


def lobster(directory: Path, rows: list[str]) -> None:
    name = "IBM_2013-10-08_34200000_57600000_{}_2.csv"
    message, book = "34200,4,1,10,1800100,1", "1800200,10,1800100,10,9999999999,0,-9999999999,0"
    halves = rows[::2], rows[1::2]
    for kind, good, mine in zip(("message", "orderbook"), (message, book), halves, strict=True):
        (directory / name.format(kind)).write_text("\n".join((good, *mine)))


def plain(directory: Path, rows: list[str]) -> None:
    header = "event,symbol,venue,at,px,qty,bids,phase,condition"
    good = "trade,IBM,N,1,180.1,5,,,"
    (directory / "day.csv").write_text("\n".join((header, good, *rows)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "file_format"),
    [(lean, FileFormat.LEAN), (lobster, FileFormat.LOBSTER), (plain, FileFormat.PLAIN)],
)
@pytest.mark.parametrize("skip_bad", [True, False])
def test_no_file_makes_a_false_event(
    tmp_path_factory: pytest.TempPathFactory,
    make: Callable[[Path, list[str]], None],
    file_format: FileFormat,
    skip_bad: bool,
) -> None:
    @settings(max_examples=60, deadline=None)
    @given(ROWS)
    def check(rows: list[str]) -> None:
        directory = tmp_path_factory.mktemp("rubbish")
        make(directory, rows)
        recording = Recording(
            path=directory, format=file_format, skip_bad=skip_bad, days=(date(2013, 10, 8),)
        )
        found: list[MarketEvent] = []
        try:
            found.extend(recording.events(TABLE))
        except BadTickFile as error:
            said = str(error)
        else:
            said = str(directory)
        assert str(directory) in said
        assert all(is_true(event) for event in found)
        assert decode(Topic.MARKETDATA, encode(Topic.MARKETDATA, found)) == found
        assert all(one.at_ns <= two.at_ns for one, two in pairwise(found))

    check()


def is_true(event: MarketEvent) -> bool:
    if isinstance(event, Quote):
        bid, ask = (event.bid_px_ticks, event.bid_qty), (event.ask_px_ticks, event.ask_qty)
        there = [side for side in (bid, ask) if side != (0, 0)]
        crossed = len(there) == 2 and bid[0] > ask[0]
        return all(px > 0 and qty > 0 for px, qty in there) and not crossed
    if isinstance(event, Trade):
        return event.px_ticks > 0 and event.qty > 0
    if isinstance(event, Depth):
        levels = (*event.bids, *event.asks)
        return all(px > 0 and qty > 0 for px, qty in levels)
    return True

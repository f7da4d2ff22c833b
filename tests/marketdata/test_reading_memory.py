"""Reading takes the same memory however long the day is."""

import tracemalloc
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from domain.file_format import FileFormat
from domain.instruments import Instrument, InstrumentTable, TickBand
from domain.marketdata import MarketEvent, Trade
from marketdata.plain_files import PlainWriter
from marketdata.recording import Recording

SHORT, LONG = 8_000, 24_000  # rows; the shorter one is some blocks of each file
IBM = Instrument(
    symbol="IBM", currency="USD", lot=1, ticks=(TickBand(tick=Decimal("0.01")),), calendar="XNYS",
    venues=("N",), max_order_qty=1, max_order_notional=Decimal(1),
)  # fmt: skip
TABLE = InstrumentTable([IBM])


def lean(directory: Path, rows: int) -> FileFormat:
    folder = directory / "tick" / "ibm"
    folder.mkdir(parents=True)
    for kind, row in (("quote", "{},1800100,200,0,0,P,1,0\n"), ("trade", "{},1800200,50,D,1,0\n")):
        with ZipFile(folder / f"20131008_{kind}.zip", "w", ZIP_DEFLATED) as archive:
            archive.writestr("day.csv", "".join(row.format(ms) for ms in range(rows)))
    return FileFormat.LEAN


def lobster(directory: Path, rows: int) -> FileFormat:
    name = "IBM_2013-10-08_34200000_57600000_{}_1.csv"
    (directory / name.format("message")).write_text(
        "".join(f"{34_200 + at / 1_000:.3f},1,{at},10,1800100,1\n" for at in range(rows))
    )
    (directory / name.format("orderbook")).write_text(
        "".join(f"1800200,10,1800100,{10 + at}\n" for at in range(rows))
    )
    return FileFormat.LOBSTER


def plain(directory: Path, rows: int) -> FileFormat:
    with PlainWriter(directory / "day.csv.gz", TABLE) as writer:
        writer.write(trades(rows))
    return FileFormat.PLAIN


def trades(rows: int) -> Iterator[MarketEvent]:
    return (Trade("IBM", "N", 18_001, 5, at, str(at)) for at in range(rows))


@pytest.mark.slow
@pytest.mark.parametrize("make", [lean, lobster, plain])
def test_memory_is_flat_in_the_length_of_the_file(tmp_path: Path, make: type) -> None:
    peaks = []
    for rows in (SHORT, LONG):
        directory = tmp_path / str(rows)
        directory.mkdir()
        recording = Recording(path=directory, format=make(directory, rows))
        tracemalloc.start()
        try:
            deque(recording.events(TABLE), maxlen=0)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks

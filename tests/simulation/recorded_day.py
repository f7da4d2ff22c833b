"""A small day as Lean would have recorded it, for tests that need no real data."""

from datetime import date
from pathlib import Path
from zipfile import ZipFile

DAY = date(2013, 10, 8)
TEN_MS = 36_000_000


def write_day(data: Path, *, seconds: int = 400, size: int = 300) -> Path:
    """From 09:59 on a quote a second that moves up and down 2 cents, and a print every 2 s."""
    quotes, trades = [], []
    for second in range(-60, seconds):
        ms = TEN_MS + second * 1000
        bid = 1_800_000 + (second % 3) * 100
        quotes.append(f"{ms},{bid},{size},0,0,N,1,0")
        quotes.append(f"{ms},0,0,{bid + 200},{size},N,1,0")
        if second % 2:
            trades.append(f"{ms},{bid + 100},{100 + second % 7},D,1,0")
    folder = data / "tick" / "ibm"
    folder.mkdir(parents=True)
    for kind, rows in (("quote", quotes), ("trade", trades)):
        with ZipFile(folder / f"{DAY:%Y%m%d}_{kind}.zip", "w") as archive:
            archive.writestr("ticks.csv", "\n".join(rows))
    return data

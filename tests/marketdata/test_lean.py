"""Lean tick files: small ones written here row by row, and a whole recorded day."""

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest

from domain.marketdata import Quote, Trade, TradeCondition
from marketdata.lean import VENUE, BadTickFile, Skipped, read_day

DAY = date(2013, 10, 8)
MIDNIGHT_NS = int(datetime(2013, 10, 8, 4, tzinfo=UTC).timestamp()) * 1_000_000_000
MS = 1_000_000
QUOTES = ("34200000,1800100,200,0,0,P,1,0", "34200001,0,0,1800300,100,N,1,0")
TRADES = ("34200001,1800250,50,D,1,0",)


def write(data: Path, quotes: tuple[str, ...] = QUOTES, trades: tuple[str, ...] = TRADES,
          day: date = DAY) -> Path:  # fmt: skip
    folder = data / "tick" / "ibm"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in (("quote", quotes), ("trade", trades)):
        with ZipFile(folder / f"{day:%Y%m%d}_{kind}.zip", "w") as archive:
            archive.writestr(f"{day:%Y%m%d}_ibm_{kind}.csv", "\n".join(rows))
    return data


def test_each_row_moves_one_side_of_the_national_best(tmp_path: Path) -> None:
    assert list(read_day(write(tmp_path), "IBM", DAY)) == [
        Quote("IBM", VENUE, 1800100, 200, 0, 0, MIDNIGHT_NS + 34200000 * MS),
        Quote("IBM", VENUE, 1800100, 200, 1800300, 100, MIDNIGHT_NS + 34200001 * MS),
        Trade("IBM", "D", 1800250, 50, MIDNIGHT_NS + 34200001 * MS, "1", "F"),
    ]


def test_the_lean_folder_inside_the_data_directory_is_found_too(tmp_path: Path) -> None:
    write(tmp_path / "lean")
    assert len(list(read_day(tmp_path, "ibm", DAY))) == 3


@pytest.mark.parametrize(
    ("flags", "condition"),
    [
        ("0", ""),
        ("1", ""),  # regular
        ("20", ""),  # intermarket sweep
        ("20000020", ""),  # and exempt from the trade-through rule
        ("200000", ""),  # cross
        ("80000000", "I"),  # odd lot
        ("2", "S"),  # cash
        ("4", "S"),  # next day
        ("8", "S"),  # seller
        ("40", "O"),  # opening print
        ("80", "C"),  # closing print
        ("100", "R"),  # reopening print
        ("20000200", "P"),  # derivatively priced
        ("400", "T"),  # form T
        ("800", "L"),  # sold
        ("2000", "T"),  # extended hours
        ("4000", "L"),  # out of sequence
        ("100000", "A"),  # average price
        ("1000000", "M"),  # official close
        ("2000000", "P"),  # prior reference price
        ("4000000", "M"),  # official open
    ],
)
def test_what_the_flags_say_of_a_print(tmp_path: Path, flags: str, condition: str) -> None:
    write(tmp_path, quotes=(), trades=(f"1,10000,5,N,{flags},0",))
    (trade,) = read_day(tmp_path, "IBM", DAY)
    assert isinstance(trade, Trade)
    assert trade.condition == condition


@pytest.mark.parametrize(
    ("day", "open_utc"),
    [
        (date(2014, 3, 7), datetime(2014, 3, 7, 14, 30, tzinfo=UTC)),  # winter time
        (date(2014, 3, 9), datetime(2014, 3, 9, 13, 30, tzinfo=UTC)),  # the clocks went forward
        (date(2014, 3, 10), datetime(2014, 3, 10, 13, 30, tzinfo=UTC)),
        (date(2014, 11, 2), datetime(2014, 11, 2, 14, 30, tzinfo=UTC)),  # they went back
    ],
)
def test_times_are_those_of_the_wall_in_new_york(
    tmp_path: Path, day: date, open_utc: datetime
) -> None:
    write(tmp_path, trades=(), day=day)
    first = next(iter(read_day(tmp_path, "IBM", day)))
    assert first.at_ns == int(open_utc.timestamp()) * 1_000_000_000


def test_suspicious_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    write(
        tmp_path,
        quotes=(QUOTES[0], "34200000,9900000,200,0,0,P,1,1", QUOTES[1]),
        trades=("34200000,1,1,N,1,1", "34200000,2,1,N,1,1", TRADES[0]),
    )
    skipped = Skipped()
    assert len(list(read_day(tmp_path, "IBM", DAY, skipped))) == 3
    assert (skipped.quotes, skipped.trades) == (1, 2)


@pytest.mark.parametrize(
    ("kind", "row", "why"),
    [
        ("quote", "34200002,1800100,200,0,0,P,1", "not enough values"),
        ("quote", "34200002,1800100,200,0,0,P,1,0,9", "too many values"),
        ("quote", "noon,1800100,200,0,0,P,1,0", "invalid literal"),
        ("quote", "34200002,1800100.5,200,0,0,P,1,0", "invalid literal"),
        ("quote", "34200002,-5,200,0,0,P,1,0", "below zero"),
        ("quote", "34199999,1800100,200,0,0,P,1,0", "time is before"),
        ("quote", "86400000,1800100,200,0,0,P,1,0", "past the day"),
        ("trade", "34200002,1800100,50,D,1", "not enough values"),
        ("trade", "34200002,1800100,50,D,zz,0", "invalid literal"),
        ("trade", "34200002,0,50,D,1,0", "not above zero"),
        ("trade", "34200002,1800100,0,D,1,0", "not above zero"),
        ("trade", "34199999,1800100,50,D,1,0", "time is before"),
        ("trade", "", "not enough values"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, kind: str, row: str, why: str) -> None:
    quotes = (*QUOTES, row, "0,0,0,0,0,P,1,0") if kind == "quote" else QUOTES
    trades = (*TRADES, row, "0,0,0,D,1,0") if kind == "trade" else TRADES
    write(tmp_path, quotes=quotes, trades=trades)
    line = 3 if kind == "quote" else 2
    with pytest.raises(BadTickFile, match=rf"{DAY:%Y%m%d}_{kind}.zip, line {line}: .*{why}"):
        list(read_day(tmp_path, "IBM", DAY))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTickFile, match=r"no quote file of XYZ .*xyz.20131008_quote\.zip"):
        read_day(tmp_path, "XYZ", DAY)


def test_what_is_no_zip_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "tick" / "ibm" / "20131008_trade.zip").write_text("no zip")
    with pytest.raises(BadTickFile, match=r"20131008_trade\.zip: File is not a zip"):
        read_day(tmp_path, "IBM", DAY)


@pytest.mark.slow
def test_a_recorded_day(data_dir: Path) -> None:
    """Counts are those of the data's README; the mid is sane all through the session."""
    skipped = Skipped()
    events = list(read_day(data_dir, "IBM", DAY, skipped))
    quotes = [each for each in events if isinstance(each, Quote)]
    trades = [each for each in events if isinstance(each, Trade)]
    assert (len(quotes) + skipped.quotes, len(trades) + skipped.trades) == (125_750, 33_381)
    assert all(one.at_ns <= two.at_ns for one, two in pairwise(events))
    open_ns, close_ns = MIDNIGHT_NS + 34_200_000 * MS, MIDNIGHT_NS + 57_600_000 * MS
    session = [quote for quote in quotes if open_ns <= quote.at_ns < close_ns]
    crossed = sum(quote.bid_px_ticks > quote.ask_px_ticks for quote in session)
    assert crossed / len(session) < 0.001
    assert sum(TradeCondition.OPENING_AUCTION in trade.condition for trade in trades) == 1
    assert sum(TradeCondition.CLOSING_AUCTION in trade.condition for trade in trades) == 1

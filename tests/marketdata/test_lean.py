"""Lean tick files: small ones written here row by row, and a whole recorded day."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest

from domain.marketdata import Quote, Trade, TradeCondition
from marketdata.lean import VENUE, read_day, read_trades
from marketdata.tick_faults import BadTickFile, Skipped, TickFault

DAY = date(2013, 10, 8)
MIDNIGHT_NS = int(datetime(2013, 10, 8, 4, tzinfo=UTC).timestamp()) * 1_000_000_000
MS = 1_000_000
QUOTES = ("34200000,1800100,200,0,0,P,1,0", "34200001,0,0,1800300,100,N,1,0")
TRADES = ("34200001,1800250,50,D,1,0",)


def write(data: Path, quotes: tuple[str, ...] = QUOTES, trades: tuple[str, ...] = TRADES,
          day: date = DAY, symbol: str = "ibm") -> Path:  # fmt: skip
    folder = data / "tick" / symbol
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in (("quote", quotes), ("trade", trades)):
        with ZipFile(folder / f"{day:%Y%m%d}_{kind}.zip", "w") as archive:
            archive.writestr(f"{day:%Y%m%d}_{symbol}_{kind}.csv", "\n".join(rows))
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
    assert skipped.counts == {"suspicious": 3}


# One row per fault of a row: (file, row, what is said, how it is counted).
FAULTS = [
    ("quote", "34200002,1800100,200,0,0,P,1", "not enough values", "bad_row"),
    ("quote", "34200002,1800100,200,0,0,P,1,0,9", "too many values", "bad_row"),
    ("quote", "noon,1800100,200,0,0,P,1,0", "invalid literal", "bad_row"),
    ("quote", "34200002,dear,200,0,0,P,1,0", "no number", "bad_row"),
    ("quote", "34200002,1800100,2.5,0,0,P,1,0", "invalid literal", "bad_row"),
    ("quote", "34200002,-5,200,0,0,P,1,0", "below zero", "bad_price"),
    ("quote", "34200002,nan,200,0,0,P,1,0", "beyond any market", "bad_price"),
    ("quote", "34200002,1800100,-1,0,0,P,1,0", "not above zero", "bad_qty"),
    ("quote", "34200002,1800100,1000000000001,0,0,P,1,0", "above 1,000,000,000,000", "bad_qty"),
    ("trade", "34200002,1800100,1000000000001,D,1,0", "above 1,000,000,000,000", "bad_qty"),
    ("quote", "34200002,0,0,1800300,-1,P,1,0", "not above zero", "bad_qty"),
    ("quote", "34200002,1800100.5,200,0,0,P,1,0", "off the tick", "off_grid"),
    ("quote", "34199999,1800100,200,0,0,P,1,0", "time is before", "time_back"),
    ("quote", "-1,1800100,200,0,0,P,1,0", "time is before", "time_back"),
    ("quote", "86400000,1800100,200,0,0,P,1,0", "past the day", "outside_day"),
    ("trade", "34200002,1800100,50,D,1", "not enough values", "bad_row"),
    ("trade", "34200002,1800100,50,D,zz,0", "invalid literal", "bad_row"),
    ("trade", "34200002,0,50,D,1,0", "not above zero", "bad_price"),
    ("trade", "34200002,-1800100,50,D,1,0", "below zero", "bad_price"),
    ("trade", "34200002,1800100,0,D,1,0", "not above zero", "bad_qty"),
    ("trade", "34199999,1800100,50,D,1,0", "time is before", "time_back"),
    ("trade", "86400000,1800100,50,D,1,0", "past the day", "outside_day"),
    ("trade", "", "not enough values", "bad_row"),
]


def with_bad_row(data: Path, kind: str, row: str) -> int:
    """Write a day with `row` before a good last one; its line number."""
    quotes = (*QUOTES, row, "34200003,1800200,100,0,0,P,1,0")
    trades = (*TRADES, row, "34200003,1800200,10,N,1,0")
    write(data, quotes=quotes if kind == "quote" else QUOTES,
          trades=trades if kind == "trade" else TRADES)  # fmt: skip
    return 3 if kind == "quote" else 2


@pytest.mark.parametrize(("kind", "row", "why", "fault"), FAULTS)
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, kind: str, row: str, why: str, fault: str
) -> None:
    line = with_bad_row(tmp_path, kind, row)
    with pytest.raises(
        BadTickFile, match=rf"{DAY:%Y%m%d}_{kind}.zip: {fault}: line {line}: .*{why}"
    ):
        list(read_day(tmp_path, "IBM", DAY))


@pytest.mark.parametrize(("kind", "row", "why", "fault"), FAULTS)
def test_a_bad_row_is_left_out_and_counted(
    tmp_path: Path, kind: str, row: str, why: str, fault: str
) -> None:
    with_bad_row(tmp_path, kind, row)
    skipped = Skipped()
    found = list(read_day(tmp_path, "IBM", DAY, skipped, skip_bad=True))
    assert skipped.counts == {fault: 1}
    assert len(found) == len(QUOTES) + len(TRADES) + 1
    last = found[-1]
    if isinstance(last, Quote):  # the bad row left no trace in the touch
        assert (last.bid_px_ticks, last.bid_qty, last.ask_px_ticks) == (1800200, 100, 1800300)
    else:
        assert (last.px_ticks, last.qty) == (1800200, 10)


def test_a_row_of_one_side_may_cross_for_a_moment_and_yields_no_quote(tmp_path: Path) -> None:
    write(
        tmp_path,
        quotes=(*QUOTES, "34200002,1800400,10,0,0,P,1,0", "34200003,0,0,1800500,20,P,1,0"),
        trades=(),
    )
    skipped = Skipped()
    quotes = list(read_day(tmp_path, "IBM", DAY, skipped))
    assert skipped.counts == {"crossed": 1}
    at_ns = MIDNIGHT_NS + 34200003 * MS
    assert quotes[2:] == [Quote("IBM", VENUE, 1800400, 10, 1800500, 20, at_ns)]


def test_a_side_without_quantity_is_absent(tmp_path: Path) -> None:
    write(tmp_path, quotes=(*QUOTES, "34200002,1800100,0,0,0,P,1,0"), trades=())
    *_, last = read_day(tmp_path, "IBM", DAY)
    assert isinstance(last, Quote)
    assert (last.bid_px_ticks, last.bid_qty, last.ask_px_ticks) == (0, 0, 1800300)


@pytest.mark.parametrize("flags", ["40000000", "100000001"])
def test_an_unknown_flag_marks_the_print_and_is_counted(tmp_path: Path, flags: str) -> None:
    row = f"34200001,1800250,50,N,{flags},0"
    write(tmp_path, quotes=(), trades=(row, row))
    skipped = Skipped()
    trades = list(read_day(tmp_path, "IBM", DAY, skipped))
    assert [each.condition for each in trades if isinstance(each, Trade)] == ["?", "?"]
    assert skipped.counts == {"unknown_condition": 2}
    assert skipped.rows == 0


def test_prices_are_counted_in_the_tick_that_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path)
    skipped = Skipped()
    day = read_day(tmp_path, "IBM", DAY, skipped, tick=Decimal("0.01"), skip_bad=True)
    assert [each.bid_px_ticks for each in day if isinstance(each, Quote)] == [18001, 18001]
    assert skipped.counts == {"off_grid": 1}  # the print at 180.025


def test_trades_are_read_without_quotes(tmp_path: Path) -> None:
    write(tmp_path)
    both = [each for each in read_day(tmp_path, "IBM", DAY) if isinstance(each, Trade)]
    (tmp_path / "tick" / "ibm" / "20131008_quote.zip").unlink()
    assert list(read_trades(tmp_path, "IBM", DAY)) == both


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadTickFile, match=r"^no_file: no quote file of XYZ .*xyz.20131008_quote\.zip"
    ):
        read_day(tmp_path, "XYZ", DAY)


@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_cut_or_foreign_archive_is_never_passed_over(tmp_path: Path, skip_bad: bool) -> None:
    """(what is done to the file, the fault): whole archives, cut archives, rotten content."""
    write(tmp_path, trades=tuple(f"{ms},1800250,50,D,1,0" for ms in range(20_000)))
    path = tmp_path / "tick" / "ibm" / "20131008_trade.zip"
    whole = path.read_bytes()
    central = whole.rindex(b"PK\x01\x02")
    for content, fault in (
        (b"no zip", "wrong_format: File is not a zip file"),
        (b"", "wrong_format: File is not a zip file"),
        (whole[: len(whole) // 2], "truncated: File is not a zip file"),
        (whole[:5_000] + whole[-(len(whole) - central) :], "truncated: "),
        (whole[:300_000] + b"7" + whole[300_001:], "truncated: after line .* Bad CRC-32"),
    ):
        path.write_bytes(content)
        with pytest.raises(BadTickFile, match=rf"20131008_trade\.zip: {fault}"):
            list(read_day(tmp_path, "IBM", DAY, skip_bad=skip_bad))


def test_an_archive_of_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    with ZipFile(tmp_path / "tick" / "ibm" / "20131008_trade.zip", "a") as archive:
        archive.writestr("another.csv", "")
    with pytest.raises(BadTickFile, match="wrong_format: holds 2 files"):
        read_day(tmp_path, "IBM", DAY)


def test_rows_without_end_are_no_text(tmp_path: Path) -> None:
    write(tmp_path, trades=("7" * 400_000,))
    with pytest.raises(BadTickFile, match="wrong_format: line 1: no end of it"):
        list(read_day(tmp_path, "IBM", DAY, skip_bad=True))


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    write(tmp_path, quotes=tuple(f"{row}\r" for row in QUOTES))
    assert len(list(read_day(tmp_path, "IBM", DAY))) == 3


@pytest.mark.slow
def test_a_recorded_day(data_dir: Path) -> None:
    """Counts are those of the data's README; the mid is sane all through the session."""
    skipped = Skipped()
    events = list(read_day(data_dir, "IBM", DAY, skipped))
    quotes = [each for each in events if isinstance(each, Quote)]
    trades = [each for each in events if isinstance(each, Trade)]
    assert len(trades) == 33_381
    assert len(quotes) + skipped.rows == 125_750
    assert set(skipped.counts) == {TickFault.SUSPICIOUS.value, TickFault.CROSSED.value}
    assert skipped.of(TickFault.CROSSED) < 100
    assert all(one.at_ns <= two.at_ns for one, two in pairwise(events))
    open_ns, close_ns = MIDNIGHT_NS + 34_200_000 * MS, MIDNIGHT_NS + 57_600_000 * MS
    session = [quote for quote in quotes if open_ns <= quote.at_ns < close_ns]
    assert all(0 < quote.bid_px_ticks <= quote.ask_px_ticks for quote in session)
    assert sum(TradeCondition.OPENING_AUCTION in trade.condition for trade in trades) == 1
    assert sum(TradeCondition.CLOSING_AUCTION in trade.condition for trade in trades) == 1

"""LOBSTER-style files: small synthetic ones, written row by row by the published format's rules."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.marketdata import Depth, MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from marketdata.lobster import VENUE, lobster_day, read_day
from marketdata.tick_faults import BadTickFile, Skipped

DAY = date(2012, 6, 21)
MIDNIGHT_NS = int(datetime(2012, 6, 21, 4, tzinfo=UTC).timestamp()) * 1_000_000_000
NAME = "AAPL_2012-06-21_34200000_57600000_{}_2.csv"
EMPTY = "9999999999,0,-9999999999,0"
ONE = f"1001200,100,1000000,200,{EMPTY}"  # 100.12 / 100.00
TWO = "1001200,100,1000000,200,1001300,50,999900,70"
LESS = "1001200,60,1000000,200,1001300,50,999900,70"
OPEN_NS = MIDNIGHT_NS + 34_200_000_000_000
MESSAGES = (
    "34200.004241176,1,16113575,200,1000000,1",
    "34200.5,1,16113576,50,1001300,-1",
    "34201,4,16113577,40,1001200,-1",
)
BOOKS = (ONE, TWO, LESS)


def write(data: Path, messages: tuple[str, ...] = MESSAGES, books: tuple[str, ...] = BOOKS) -> Path:
    for kind, rows in (("message", messages), ("orderbook", books)):
        (data / NAME.format(kind)).write_text("".join(f"{row}\n" for row in rows))
    return data / NAME.format("message")


def read(path: Path, *, depth_levels: int = 10, skip_bad: bool = False,
         tick: str = "0.0001") -> tuple[list[MarketEvent], Skipped]:  # fmt: skip
    skipped = Skipped()
    found = lobster_day(path)
    assert found is not None
    events = read_day(found, skipped, tick=Decimal(tick), skip_bad=skip_bad,
                      depth_levels=depth_levels)  # fmt: skip
    return list(events), skipped


def test_the_name_says_symbol_day_and_levels(tmp_path: Path) -> None:
    found = lobster_day(tmp_path / NAME.format("message"))
    assert found is not None
    assert (found.symbol, found.day, found.levels) == ("AAPL", DAY, 2)
    assert found.orderbook.name == NAME.format("orderbook")
    assert lobster_day(tmp_path / NAME.format("orderbook")) is None
    assert lobster_day(tmp_path / "prices.csv") is None
    assert lobster_day(tmp_path / NAME.format("message").replace("06-21", "06-31")) is None


def test_rows_move_the_book_and_print_what_was_executed(tmp_path: Path) -> None:
    """A print comes before the book that it leaves; a quote only where the touch changed."""
    first, second, third = OPEN_NS + 4_241_176, OPEN_NS + 500_000_000, OPEN_NS + 1_000_000_000
    bid, ask = (1000000, 200), (1001200, 100)
    found, skipped = read(write(tmp_path))
    assert found == [
        Quote("AAPL", VENUE, *bid, *ask, first),
        Depth("AAPL", VENUE, (bid,), (ask,), first),
        Depth("AAPL", VENUE, (bid, (999900, 70)), (ask, (1001300, 50)), second),
        Trade("AAPL", VENUE, 1001200, 40, third, "1", "", "1"),
        Quote("AAPL", VENUE, *bid, 1001200, 60, third),
        Depth("AAPL", VENUE, (bid, (999900, 70)), ((1001200, 60), (1001300, 50)), third),
    ]
    assert skipped.counts == {}


@pytest.mark.parametrize(
    ("message", "condition", "aggressor"),
    [
        ("34201,4,1,40,1001200,-1", "", "1"),  # a sell order rested: a buyer took it
        ("34201,4,1,40,1000000,1", "", "2"),
        ("34201,5,0,40,1000600,-1", "H", "1"),
        ("34201,5,0,40,1000600,1", "H", "2"),
        ("34200.7,6,-1,4000,1000600,-1", "O", ""),
        ("43200,6,-1,4000,1000600,-1", "R", ""),
        ("57600.1,6,-1,4000,1000600,-1", "C", ""),
    ],
)
def test_prints_say_who_took_and_what_is_special(
    tmp_path: Path, message: str, condition: str, aggressor: str
) -> None:
    found, _ = read(write(tmp_path, (*MESSAGES[:2], message), (ONE, TWO, TWO)), depth_levels=0)
    (trade,) = (each for each in found if isinstance(each, Trade))
    assert (trade.condition, trade.aggressor_side) == (condition, aggressor)


def test_halts_are_trading_status(tmp_path: Path) -> None:
    halts = tuple(f"{at},7,0,0,{px},-1" for at, px in ((34202, -1), (34203, 0), (34204, 1)))
    found, _ = read(write(tmp_path, (*MESSAGES, *halts), (*BOOKS, LESS, LESS, LESS)))
    assert [each.phase for each in found if isinstance(each, TradingStatus)] == [
        TradingPhase.HALTED, TradingPhase.AUCTION, TradingPhase.CONTINUOUS,
    ]  # fmt: skip
    assert isinstance(found[-1], TradingStatus)  # the repeated book says nothing new


def test_an_empty_book_withdraws_the_quote(tmp_path: Path) -> None:
    message = "34202,3,16113575,200,1000000,1"
    found, _ = read(write(tmp_path, (*MESSAGES, message), (*BOOKS, f"{EMPTY},{EMPTY}")))
    at_ns = MIDNIGHT_NS + 34_202 * 10**9
    assert found[-2:] == [
        Quote("AAPL", VENUE, 0, 0, 0, 0, at_ns),
        Depth("AAPL", VENUE, (), (), at_ns),
    ]


def test_levels_beyond_those_asked_for_make_no_depth(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert [
        len(each.asks) for each in read(path, depth_levels=1)[0] if isinstance(each, Depth)
    ] == [1, 1]
    assert not [each for each in read(path, depth_levels=0)[0] if isinstance(each, Depth)]


def test_prices_are_counted_in_the_tick_that_is_asked_for(tmp_path: Path) -> None:
    found, _ = read(write(tmp_path), tick="0.01", depth_levels=0)
    assert [each.bid_px_ticks for each in found if isinstance(each, Quote)] == [10_000, 10_000]


def test_files_may_be_in_gzip(tmp_path: Path) -> None:
    path = write(tmp_path)
    plain = read(path)[0]
    for kind in ("message", "orderbook"):
        file = tmp_path / NAME.format(kind)
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert read(path.with_name(f"{path.name}.gz"))[0] == plain


# One row per fault: (message, book, file, what is said, how it is counted), as line 4 of both.
AT = "34201.5"
FAULTS = [
    (f"{AT},1,1,200,1000000", LESS, "message", "not enough values", "bad_row"),
    (f"{AT},1,1,200,1000000,1,0", LESS, "message", "too many values", "bad_row"),
    ("", LESS, "message", "not enough values", "bad_row"),
    ("soon,1,1,200,1000000,1", LESS, "message", "invalid literal", "bad_row"),
    ("34201.1234567891,1,1,2,1000000,1", LESS, "message", "a time of", "bad_row"),
    ("34201.x,1,1,2,1000000,1", LESS, "message", "a time of", "bad_row"),
    ("34200.9,1,1,200,1000000,1", LESS, "message", "time is before", "time_back"),
    ("86400,1,1,200,1000000,1", LESS, "message", "past the day", "outside_day"),
    (f"{AT},8,1,200,1000000,1", LESS, "message", "no known type", "unknown_event"),
    (f"{AT},7,0,0,5,-1", LESS, "message", "no known kind", "unknown_event"),
    (f"{AT},4,1,200,0,1", LESS, "message", "not above zero", "bad_price"),
    (f"{AT},4,1,200,-1000000,1", LESS, "message", "below zero", "bad_price"),
    (f"{AT},4,1,200,dear,1", LESS, "message", "no number", "bad_row"),
    (f"{AT},4,1,200,1000000.5,1", LESS, "message", "off the tick", "off_grid"),
    (f"{AT},4,1,0,1000000,1", LESS, "message", "not above zero", "bad_qty"),
    (f"{AT},4,1,1000000000001,1000000,1", LESS, "message", "above 1,000,000,000", "bad_qty"),
    (f"{AT},4,1,200,1000000,0", LESS, "message", "neither 1 nor -1", "bad_row"),
    (f"{AT},2,1,10,1000000,1", "1001200,60,1000000,190", "orderbook", "4 cells, not 8", "bad_row"),
    (f"{AT},2,1,10,1000000,1", f"999900,60,1000000,190,{EMPTY}", "orderbook",
     "the bid is above the ask", "crossed"),
    (f"{AT},2,1,10,1000000,1", f"0,60,1000000,190,{EMPTY}", "orderbook", "not above zero",
     "bad_price"),
    (f"{AT},2,1,10,1000000,1", f"-5,60,1000000,190,{EMPTY}", "orderbook", "below zero",
     "bad_price"),
    (f"{AT},2,1,10,1000000,1", f"1001200,60,1000000,0,{EMPTY}", "orderbook", "without quantity",
     "bad_qty"),
    (f"{AT},2,1,10,1000000,1", f"1001200,1000000000001,1000000,1,{EMPTY}", "orderbook",
     "beyond any", "bad_qty"),
    (f"{AT},2,1,10,1000000,1", f"1001200,much,1000000,1,{EMPTY}", "orderbook", "invalid literal",
     "bad_row"),
    (f"{AT},2,1,10,1000000,1", "1001200,60,1000000,200,1001100,50,999900,70", "orderbook",
     "not best first", "bad_row"),
    (f"{AT},2,1,10,1000000,1", "1001200,60,1000000,200,1001300,50,1000000,70", "orderbook",
     "not best first", "bad_row"),
]  # fmt: skip
AFTER = "34202,4,16113577,10,1001200,-1"
LEAST = "1001200,50,1000000,200,1001300,50,999900,70"


@pytest.mark.parametrize(("message", "book", "kind", "why", "fault"), FAULTS)
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, message: str, book: str, kind: str, why: str, fault: str
) -> None:
    path = write(tmp_path, (*MESSAGES, message, AFTER), (*BOOKS, book, LEAST))
    with pytest.raises(BadTickFile, match=rf"_{kind}_2.csv: {fault}: line 4: .*{why}"):
        read(path)
    found, skipped = read(path, skip_bad=True)
    assert skipped.counts == {fault: 1}
    good, _ = read(write(tmp_path, (*MESSAGES, AFTER), (*BOOKS, LEAST)))
    assert found == good  # the pair of rows left no trace


def test_files_that_do_not_end_together_are_cut(tmp_path: Path) -> None:
    path = write(tmp_path, books=BOOKS[:2])
    with pytest.raises(
        BadTickFile, match=r"_orderbook_2\.csv: truncated: ends before line 3 of its m"
    ):
        read(path, skip_bad=True)
    path = write(tmp_path, messages=MESSAGES[:2])
    with pytest.raises(BadTickFile, match=r"_message_2\.csv: truncated: ends before line 3 of"):
        read(path, skip_bad=True)


def test_a_cut_gzip_is_told(tmp_path: Path) -> None:
    path = write(tmp_path)
    for kind in ("message", "orderbook"):
        file = tmp_path / NAME.format(kind)
        packed = gzip.compress(file.read_bytes())
        file.with_name(f"{file.name}.gz").write_bytes(packed[:-9] if kind == "message" else packed)
    with pytest.raises(BadTickFile, match=r"_message_2\.csv\.gz: truncated: after line 0"):
        read(path.with_name(f"{path.name}.gz"), skip_bad=True)


def test_a_missing_companion_is_named(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / NAME.format("orderbook")).unlink()
    with pytest.raises(BadTickFile, match=r"_orderbook_2\.csv: no_file"):
        read(path)

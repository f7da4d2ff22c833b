"""Files of our own schema: what is written is read again, and what is wrong is told or counted."""

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from domain.instruments import Instrument, InstrumentTable, TickBand
from domain.marketdata import (
    Depth,
    Imbalance,
    MarketEvent,
    Quote,
    Trade,
    TradingPhase,
    TradingStatus,
)
from marketdata.plain_files import SUFFIXES, PlainWriter, read_file
from marketdata.plain_rows import COLUMNS, iso_ns
from marketdata.tick_faults import BadTickFile, Skipped, TickFile


def instrument(symbol: str, tick: str) -> Instrument:
    return Instrument(
        symbol=symbol, currency="USD", lot=1, ticks=(TickBand(tick=Decimal(tick)),),
        calendar="XNYS", venues=("N",), max_order_qty=1, max_order_notional=Decimal(1),
    )  # fmt: skip


TABLE = InstrumentTable([instrument("IBM", "0.01"), instrument("SAP", "0.0005")])
NS = 1_381_236_000_123_456_789
EVENTS: list[MarketEvent] = [
    TradingStatus("IBM", "N", TradingPhase.AUCTION, NS),
    Imbalance("IBM", "N", 18_020, 500, -300, NS),
    Imbalance("IBM", "N", 0, 0, 0, NS),
    Quote("IBM", "N", 18_010, 200, 18_030, 100, NS + 1),
    Quote("SAP", "X", 0, 0, 260_001, 5, NS + 1),
    Quote("IBM", "N", 18_010, 200, 18_010, 100, NS + 2),  # locked is a state of a market
    Trade("IBM", "N", 18_020, 50, NS + 2, "7", "OI", "2"),
    Trade("IBM", "Q", 18_021, 1, NS + 3),
    Depth("SAP", "X", ((259_999, 5), (259_000, 7)), ((260_001, 1),), NS + 4),
    Depth("SAP", "X", (), (), NS + 5),
]


def read(path: Path, *symbols: str, skip_bad: bool = False) -> tuple[list[MarketEvent], Skipped]:
    skipped = Skipped()
    return list(read_file(TickFile(path, skipped, skip_bad), TABLE, symbols)), skipped


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"day{suffix}"
    with PlainWriter(path, TABLE) as writer:
        assert writer.write(EVENTS) == len(EVENTS)
    found, skipped = read(path)
    assert found == EVENTS
    assert skipped.counts == {}
    assert read(path, "SAP")[0] == [each for each in EVENTS if each.symbol == "SAP"]
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_events_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        with PlainWriter(tmp_path / f"{name}{suffix}", TABLE) as writer:
            writer.write(EVENTS)
    one, two = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


PX, QTY = st.integers(1, 10**9), st.integers(1, 10**9)
LEVELS = st.lists(st.tuples(PX, QTY), max_size=4, unique_by=lambda level: level[0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(PX, QTY, PX, QTY, LEVELS), max_size=20))
def test_any_numbers_on_the_grid_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, int, int, int, list[tuple[int, int]]]],
) -> None:
    events: list[MarketEvent] = []
    for at, (one, one_qty, two, two_qty, levels) in enumerate(rows):
        bids = tuple(sorted(levels, reverse=True))
        events += [
            Quote("SAP", "X", min(one, two), one_qty, max(one, two), two_qty, NS + at),
            Trade("SAP", "X", one, two_qty, NS + at, f"{at}"),
            Depth("SAP", "X", bids, (), NS + at),
        ]
    path = tmp_path_factory.mktemp("plain") / "day.csv"
    with PlainWriter(path, TABLE) as writer:
        writer.write(events)
    assert read(path)[0] == events


def test_a_writer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), PlainWriter(tmp_path / "day.csv", TABLE) as writer:
        writer.write([*EVENTS, Trade("XYZ", "N", 1, 1, NS)])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match=r"must end in one of \.csv, \.csv\.gz, \.parquet"):
        PlainWriter(tmp_path / "day.txt", TABLE)


def test_a_file_needs_only_the_columns_of_its_events(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(
        "at,symbol,venue,event,px,qty\r\n"
        "2013-10-08T09:30:00.5-04:00,IBM,N,trade,180.2,50\r\n"
        "1381239001000000000,IBM,N,trade,180.21,7\r\n"
    )
    assert read(path)[0] == [
        Trade("IBM", "N", 18_020, 50, 1_381_239_000_500_000_000),
        Trade("IBM", "N", 18_021, 7, 1_381_239_001_000_000_000),
    ]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
        ("1970-01-01T01:00:00.25+01:00", 250_000_000),
        ("1969-12-31T23:59:59.9Z", -100_000_000),
        ("2013-10-08 13:30:00+00:00", 1_381_239_000_000_000_000),
        ("2013-10-08T13:30Z", 1_381_239_000_000_000_000),
    ],
)
def test_times_may_be_iso_8601(text: str, ns: int) -> None:
    assert iso_ns(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "-5",
        "2013-10-08T13:30:00",
        "2013-10-08T13:30:00.Z",
        "1970-01-01T00:00:00.1234567891Z",
    ],
)
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # fromisoformat has words of its own
        iso_ns(text)


HEADER = ",".join(name for name in COLUMNS if name != "trade_id")
GOOD = "trade,IBM,N,1000,,,,,180.2,50,,,,,,,"
# One row per fault: (row, what is said, how it is counted). Line 3 of a file whose others are good.
FAULTS = [
    ("trade,IBM,N,2000,,,,,180.2,50", "10 cells, not 17", "bad_row"),
    (f"{GOOD},", "18 cells, not 17", "bad_row"),
    ("", "0 cells", "bad_row"),
    ("rumour,IBM,N,2000,,,,,180.2,50,,,,,,,", "no event is called 'rumour'", "unknown_event"),
    ("trade,XYZ,N,2000,,,,,180.2,50,,,,,,,", "'XYZ' is not in the instrument", "unknown_symbol"),
    ("trade,IBM,N,999,,,,,180.2,50,,,,,,,", "time is before", "time_back"),
    ("trade,IBM,N,later,,,,,180.2,50,,,,,,,", "Invalid isoformat", "bad_row"),
    ("trade,IBM,N,2000,,,,,0,50,,,,,,,", "not above zero", "bad_price"),
    ("trade,IBM,N,2000,,,,,,50,,,,,,,", "not above zero", "bad_price"),
    ("trade,IBM,N,2000,,,,,-1.5,50,,,,,,,", "below zero", "bad_price"),
    ("trade,IBM,N,2000,,,,,inf,50,,,,,,,", "beyond any market", "bad_price"),
    ("trade,IBM,N,2000,,,,,dear,50,,,,,,,", "no number", "bad_row"),
    ("trade,IBM,N,2000,,,,,180.205,50,,,,,,,", "off the tick 0.01", "off_grid"),
    ("trade,IBM,N,2000,,,,,180.2,0,,,,,,,", "a trade of nothing", "bad_qty"),
    ("trade,IBM,N,2000,,,,,180.2,-5,,,,,,,", "not above zero", "bad_qty"),
    ("trade,IBM,N,2000,,,,,180.2,1000000000001,,,,,,,", "above 1,000,000", "bad_qty"),
    ("trade,IBM,N,9223372036854775808,,,,,180.2,5,,,,,,,", "63 bits", "outside_day"),
    ("trade,IBM,N,2000,,,,,180.2,1.5,,,,,,,", "invalid literal", "bad_row"),
    ("trade,IBM,N,2000,,,,,180.2,50,,bull,,,,,", "buy or sell", "bad_row"),
    ("quote,IBM,N,2000,180.2,10,180.1,10,,,,,,,,,", "the bid is above the ask", "crossed"),
    ("quote,IBM,N,2000,180.2,-1,180.3,10,,,,,,,,,", "not above zero", "bad_qty"),
    ("quote,IBM,N,2000,0,10,180.3,10,,,,,,,,,", "not above zero", "bad_price"),
    ("depth,IBM,N,2000,,,,,,,,,,,,180.3:5,180.2:5", "above the best ask", "crossed"),
    ("depth,IBM,N,2000,,,,,,,,,,,,180.1:5 180.2:5,", "not best first", "bad_row"),
    ("depth,IBM,N,2000,,,,,,,,,,,,,180.1:5 180.1:5", "not best first", "bad_row"),
    ("depth,IBM,N,2000,,,,,,,,,,,,180.1,", "not price:quantity", "bad_row"),
    ("depth,IBM,N,2000,,,,,,,,,,,,180.1:0,", "not price:quantity", "bad_row"),
    ("status,IBM,N,2000,,,,,,,,,lunch,,,,", "'lunch' is not a valid", "bad_row"),
    ("imbalance,IBM,N,2000,,,,,,,,,,-1,5,,", "quantities below zero", "bad_qty"),
    ("imbalance,IBM,N,2000,,,,,,,,,,1,-1000000000001,,", "above 1,000", "bad_qty"),
    ("imbalance,IBM,N,2000,,,,,,,,,,10,,,", "invalid literal", "bad_row"),
]


@pytest.mark.parametrize(("row", "why", "fault"), FAULTS)
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, row: str, why: str, fault: str
) -> None:
    path = tmp_path / "day.csv"
    path.write_text("\n".join((HEADER, GOOD, row, GOOD, "")))
    with pytest.raises(BadTickFile, match=rf"day.csv: {fault}: line 3: .*{why}"):
        read(path)
    found, skipped = read(path, skip_bad=True)
    assert found == [Trade("IBM", "N", 18_020, 50, 1_000)] * 2
    assert skipped.counts == {fault: 1}


def test_unknown_letters_mark_the_print_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("\n".join((HEADER, GOOD.replace("180.2,50,,", "180.2,50,OzI?,"))))
    found, skipped = read(path)
    assert [each.condition for each in found if isinstance(each, Trade)] == ["OI?"]
    assert skipped.counts == {"unknown_condition": 1}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "columns missing: event, symbol, venue, at"),
        ("event,symbol,at", "columns missing: venue"),
        ("event,symbol,venue,at,price", "columns unknown: 'price'"),
        ("event,symbol,venue,at,px,px", "a column is there twice"),
        ("34200.5,1,77,100,1802000,1", "columns missing"),
    ],
)
def test_a_file_of_other_columns_is_refused(tmp_path: Path, header: str, why: str) -> None:
    path = tmp_path / "day.csv"
    path.write_text(f"{header}\n{GOOD}\n")
    with pytest.raises(BadTickFile, match=f"wrong_format: line 1: {why}"):
        read(path, skip_bad=True)


@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
def test_a_cut_archive_is_never_passed_over(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"day{suffix}"
    with PlainWriter(path, TABLE) as writer:
        for at in range(2_000):
            writer.write([Trade("IBM", "N", 18_000 + at % 977, 1 + at % 89, NS + at)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(BadTickFile, match=rf"day{suffix}: truncated: "):
        read(path, skip_bad=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_foreign_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"day{suffix}"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    with pytest.raises(BadTickFile, match=rf"day{suffix}: wrong_format: "):
        read(path, skip_bad=True)


def test_a_rotten_gzip_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "day.csv.gz"
    packed = bytearray(gzip.compress("\n".join([HEADER, *[GOOD] * 20_000]).encode()))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(
        BadTickFile, match=r"day\.csv\.gz: (truncated|wrong_format): after line \d+"
    ):
        read(path, skip_bad=True)


def test_parquet_from_elsewhere_may_hold_timestamps_and_decimals(tmp_path: Path) -> None:
    columns = {
        "event": pa.array(["trade"]), "symbol": pa.array(["SAP"]), "venue": pa.array(["X"]),
        "at": pa.array([NS], pa.timestamp("ns", "UTC")), "px": pa.array([Decimal("130.0005")]),
        "qty": pa.array([5], pa.int32()),
    }  # fmt: skip
    path = tmp_path / "day.parquet"
    parquet.write_table(pa.table(columns), path)
    assert read(path)[0] == [Trade("SAP", "X", 260_001, 5, NS)]


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("px", pa.array([130.0005]), "double"),
        ("qty", pa.array([5.0]), "double"),
        ("at", pa.array([NS // 1_000], pa.timestamp("us", "UTC")), "timestamp"),
        ("at", pa.array([NS], pa.timestamp("ns")), "timestamp"),
        ("symbol", pa.array([7]), "int64"),
    ],
)
def test_parquet_of_other_types_is_refused(
    tmp_path: Path, column: str, values: object, kind: str
) -> None:
    columns = {
        "event": pa.array(["trade"]), "symbol": pa.array(["SAP"]), "venue": pa.array(["X"]),
        "at": pa.array([NS]), "px": pa.array(["130.0005"]), "qty": pa.array([5]), column: values,
    }  # fmt: skip
    path = tmp_path / "day.parquet"
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(BadTickFile, match=rf"wrong_format: column {column} is of type {kind}"):
        read(path, skip_bad=True)


def test_parquet_rows_are_numbered_and_judged_like_those_of_csv(tmp_path: Path) -> None:
    columns = {
        "event": pa.array(["trade"] * 3), "symbol": pa.array(["SAP", "XYZ", "SAP"]),
        "venue": pa.array(["X"] * 3), "at": pa.array([NS] * 3),
        "px": pa.array([Decimal("130.0005")] * 3), "qty": pa.array([5, 5, None]),
    }  # fmt: skip
    path = tmp_path / "day.parquet"
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(BadTickFile, match="unknown_symbol: line 2"):
        read(path)
    found, skipped = read(path, skip_bad=True)
    assert found == [Trade("SAP", "X", 260_001, 5, NS)]
    assert skipped.counts == {"unknown_symbol": 1, "bad_qty": 1}


def test_every_column_is_documented(pytestconfig: pytest.Config) -> None:
    text = (pytestconfig.rootpath / "docs" / "feeds.md").read_text()
    assert [name for name in COLUMNS if f"| `{name}` |" not in text] == []

"""Every format of bars: what its stamps mean, and what is wrong with a file, by file and line."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import pyarrow
import pyarrow.parquet
import pytest

from marketdata.bar_files import read_bars, read_intraday, read_lean_seconds, read_minute_ends
from marketdata.volume_bins import Bar
from marketdata.volume_curve import CurveError, CurveFault

NEW_YORK = "America/New_York"
DAY = date(2026, 3, 9)  # the Monday after clocks change: 09:30 is 13:30 UTC


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def shown(bars: list[Bar]) -> list[tuple[str, int, int, int]]:
    return [(each.symbol, each.start_ns, each.end_ns, each.qty) for each in bars]


def test_intraday_is_stamped_at_the_start_on_the_exchanges_clock(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    rows = "symbol,date,bin_start,volume\nIBM,2026-03-06,09:30,5\nIBM,2026-03-09,09:30,7\n"
    path.write_bytes(gzip.compress(rows.encode()))
    assert shown(list(read_intraday(path, NEW_YORK, 900))) == [
        ("IBM", utc("2026-03-06T14:30"), utc("2026-03-06T14:45"), 5),
        ("IBM", utc("2026-03-09T13:30"), utc("2026-03-09T13:45"), 7),
    ]


def test_minutes_are_stamped_at_the_end_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("20260309 133100;1;1;1;1;5\n20260309 133300;1;1;1;1;7\n")
    assert shown(list(read_minute_ends(path, "SPY", 60))) == [
        ("SPY", utc("2026-03-09T13:30"), utc("2026-03-09T13:31"), 5),
        ("SPY", utc("2026-03-09T13:32"), utc("2026-03-09T13:33"), 7),
    ]


def lean(path: Path, rows: str) -> Path:
    with ZipFile(path, "w") as archive:
        archive.writestr("20260309_ibm_second_trade.csv", rows)
    return path


def test_lean_seconds_count_ms_of_the_local_day(tmp_path: Path) -> None:
    path = lean(tmp_path / "20260309_trade.zip", "34200000,1,1,1,1,5\n34202000,1,1,1,1,7\n")
    assert shown(list(read_lean_seconds(path, "IBM", DAY, NEW_YORK))) == [
        ("IBM", utc("2026-03-09T13:30"), utc("2026-03-09T13:30:01"), 5),
        ("IBM", utc("2026-03-09T13:30:02"), utc("2026-03-09T13:30:03"), 7),
    ]


PLAIN = [("IBM", utc("2026-03-09T13:30"), utc("2026-03-09T13:31"), 5)]


@pytest.mark.parametrize(
    "rows",
    [
        "symbol,start,volume\nIBM,2026-03-09T09:30:00-04:00,5\n",
        f"volume,note,symbol,end\n5,x,IBM,{utc('2026-03-09T13:31')}\n",
        "symbol,end,volume\nIBM,2026-03-09T13:31:00Z,5\n",
    ],
)
def test_plain_bars_say_whether_they_are_stamped_at_start_or_end(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(rows)
    assert shown(list(read_bars(path, 60))) == PLAIN


@pytest.mark.parametrize("kind", ["ns", "timestamp"])
def test_plain_bars_in_parquet(tmp_path: Path, kind: str) -> None:
    end_ns = utc("2026-03-09T13:31")
    end = end_ns if kind == "ns" else datetime.fromtimestamp(end_ns // 10**9, UTC)
    table = pyarrow.table({"volume": [5], "symbol": ["IBM"], "end": [end], "px": [1.5]})
    path = tmp_path / "bars.parquet"
    pyarrow.parquet.write_table(table, path)
    assert shown(list(read_bars(path, 60))) == PLAIN


HEAD = "symbol,start,volume\n"
GOOD = "IBM,2026-03-09T13:30:00Z,5\n"
SPOILED: list[tuple[str, str]] = [
    ("", "needs symbol, volume, and one of start and end"),
    ("symbol,volume\nIBM,5\n", "line 1: columns symbol, volume: needs"),
    ("symbol,start,end,volume\n", "line 1: columns symbol, start, end, volume: needs"),
    (HEAD + GOOD + "IBM,2026-03-09T13:31:00Z\n", "line 3: 2 columns, not 3"),
    (HEAD + "IBM,2026-03-09T13:30:00,5\n", "line 2: '2026-03-09T13:30:00' has no offset from UTC"),
    (HEAD + "IBM,yesterday,5\n", "line 2: Invalid isoformat string: 'yesterday'"),
    (HEAD + "IBM,2026-03-09T13:30:00Z,-5\n", "line 2: volume -5 is not 0 to"),
    (HEAD + "IBM,2026-03-09T13:30:00Z,5.5\n", "line 2: invalid literal for int()"),
    (HEAD + "IBM,2026-03-09T13:30:00Z,9999999999999999\n", "line 2: volume 9999999999999999"),
    (HEAD + ",2026-03-09T13:30:00Z,5\n", "line 2: no symbol"),
    (HEAD + GOOD + GOOD, "line 3: time goes back, or the bar overlaps the one of IBM above"),
    (HEAD + GOOD + '"IBM', "after line 2: unexpected end of data"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "words"), SPOILED)
def test_a_plain_file_that_was_spoiled(tmp_path: Path, rows: str, words: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(rows)
    assert words in refusal(path, CurveFault.BAD_ROW, lambda: list(read_bars(path, 60)))


def refusal(path: Path, fault: CurveFault, read: Callable[[], object]) -> str:
    with pytest.raises(CurveError) as caught:
        read()
    assert caught.value.fault is fault
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_foreign_files_that_were_spoiled(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("symbol,date,start,volume\n")
    assert "line 1: the head is" in refusal(
        path, CurveFault.BAD_ROW, lambda: list(read_intraday(path, NEW_YORK, 900))
    )
    path.write_text("symbol,date,bin_start,volume\nIBM,2026-03-09,25:00,5\n")
    assert "line 2: hour must be in 0..23" in refusal(
        path, CurveFault.BAD_ROW, lambda: list(read_intraday(path, NEW_YORK, 900))
    )
    path.write_text("20260309 133100;1;1;1;1;5\n20260309;1;1;1;1;7\n")
    assert "line 2: time data '20260309'" in refusal(
        path, CurveFault.BAD_ROW, lambda: list(read_minute_ends(path, "SPY", 60))
    )


def test_archives_that_were_spoiled(tmp_path: Path) -> None:
    path = lean(tmp_path / "20260309_trade.zip", "34200000,1,1,1,1,5\n86400000,1,1,1,1,7\n")
    whole = path.read_bytes()

    def read() -> object:
        return list(read_lean_seconds(path, "IBM", DAY, NEW_YORK))

    assert "line 2: time is outside the day" in refusal(path, CurveFault.BAD_ROW, read)
    lean(path, "34200000,1,1,5\n")
    assert "line 1: 4 columns, not 6" in refusal(path, CurveFault.BAD_ROW, read)
    path.write_bytes(whole[:-9])
    refusal(path, CurveFault.BAD_ROW, read)
    path.unlink()
    refusal(path, CurveFault.NO_FILE, read)


def test_cut_short_and_missing(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    rows = "".join(f"S{each},2026-03-09T13:30:00Z,5\n" for each in range(5_000))
    path.write_bytes(gzip.compress((HEAD + rows).encode())[:-20])
    assert "after line" in refusal(path, CurveFault.BAD_ROW, lambda: list(read_bars(path, 60)))
    other = tmp_path / "none.csv"
    refusal(other, CurveFault.NO_FILE, lambda: list(read_bars(other, 60)))
    parquet = tmp_path / "bars.parquet"
    refusal(parquet, CurveFault.NO_FILE, lambda: list(read_bars(parquet, 60)))
    parquet.write_bytes(b"PAR1 and no more")
    refusal(parquet, CurveFault.BAD_ROW, lambda: list(read_bars(parquet, 60)))

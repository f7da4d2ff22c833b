"""`headgate marketdata convert`: recorded days as files of our own schema, and those replayed."""

from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.instruments import Instrument, InstrumentTable
from headgate.command_line import app
from marketdata.lean import US_TICKS, read_day
from marketdata.plain_files import SUFFIXES, read_file
from marketdata.tick_faults import Skipped, TickFile
from tests.marketdata import test_lobster
from tests.marketdata.test_lean import DAY, QUOTES, write

INSTRUMENTS = """
[[instruments]]
symbol = "IBM"
currency = "USD"
lot = 100
ticks = [{ from_px = 0, tick = 0.0001 }, { from_px = 1, tick = 0.01 }]
calendar = "XNYS"
venues = ["N"]
max_order_qty = 1
max_order_notional = 1
"""
IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=US_TICKS, calendar="XNYS", venues=("N",),
    max_order_qty=1, max_order_notional=Decimal(1),
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "instruments.toml").write_text(INSTRUMENTS)
    path = tmp_path / "headgate.toml"
    path.write_text('instruments_file = "instruments.toml"\n')
    return path


def run(settings: Path, *arguments: str | Path) -> tuple[int, str]:
    told = CliRunner().invoke(
        app, ["marketdata", "convert", "--settings", str(settings), *map(str, arguments)]
    )
    return told.exit_code, told.output


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_converted_day_is_the_day(tmp_path: Path, settings: Path, suffix: str) -> None:
    write(tmp_path, quotes=(*QUOTES, "34200002,9900000,200,0,0,P,1,1"))
    target = tmp_path / f"ibm{suffix}"
    code, told = run(settings, tmp_path, target, "--format", "lean")
    assert (code, told) == (0, f"{target}: 3 events; 1 suspicious passed over\n")
    found = list(read_file(TickFile(target, Skipped()), InstrumentTable([IBM])))
    assert found == list(read_day(tmp_path, "IBM", DAY))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("tick", "ibm.txt", "--format", "lean"), 2, "must end in one of .csv, .csv.gz, .parquet"),
        (("nowhere", "ibm.csv", "--format", "lean"), 1, "nowhere: no_file"),
        ((".", "ibm.csv", "--format", "lean", "--day", "friday"), 2, "'friday'"),
        (
            (".", "ibm.csv", "--format", "lean", "--symbol", "SAP"),
            1,
            "SAP is not in the ins",
        ),
        ((".", "ibm.csv", "--format", "lobster"), 1, "no message file of LOBSTER"),
        (("empty", "ibm.csv", "--format", "plain"), 1, "no file that ends in one of"),
    ],
)
def test_what_cannot_be_converted_is_told(
    tmp_path: Path, settings: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    write(tmp_path)
    (tmp_path / "empty").mkdir()
    source, target, *options = arguments
    found, told = run(settings, tmp_path / source, tmp_path / target, *options)
    assert (found, said in told) == (code, True), told
    assert not (tmp_path / target).exists()


def test_a_bad_row_leaves_no_half_a_file(tmp_path: Path, settings: Path) -> None:
    write(tmp_path, trades=("34200001,0,50,D,1,0",))
    code, told = run(settings, tmp_path, tmp_path / "ibm.csv", "--format", "lean")
    assert code == 1
    assert "bad_price: line 1" in told
    assert not list(tmp_path.glob("ibm.csv*"))
    code, told = run(settings, tmp_path, tmp_path / "ibm.csv", "--format", "lean", "--skip-bad")
    assert (code, told.rpartition("; ")[2]) == (0, "1 bad_price passed over\n")


def test_lobster_files_are_found_by_their_names(tmp_path: Path, settings: Path) -> None:
    for path in (test_lobster.write(tmp_path), tmp_path / test_lobster.NAME.format("orderbook")):
        path.rename(path.with_name(path.name.replace("AAPL", "IBM")))
    target = tmp_path / "out.csv"
    code, told = run(settings, tmp_path, target, "--format", "lobster", "--day", "2012-06-21")
    assert (code, told) == (0, f"{target}: 6 events; nothing passed over\n")
    code, told = run(settings, tmp_path, target, "--format", "lobster", "--symbol", "IBM",
                     "--day", "2012-06-22")  # fmt: skip
    assert code == 1
    assert "no messages of IBM on 2012-06-22" in told


def test_plain_files_of_a_directory_are_merged_by_time(tmp_path: Path, settings: Path) -> None:
    """Two days in two files, the later one first by name; the days are chosen in UTC."""
    source = tmp_path / "days"
    source.mkdir()
    for name, day in (("a.csv", "02"), ("b.csv", "01")):
        (source / name).write_text(
            f"event,symbol,venue,at,px,qty\ntrade,IBM,N,2024-01-{day}T15:00:00Z,180.0001,{day}\n"
        )
    target = tmp_path / "out.csv"
    for days, qtys in (((), [1, 2]), (("--day", "2024-01-02"), [2])):
        code, told = run(settings, source, target, "--format", "plain", *days)
        assert code == 0, told
        rows = target.read_text().splitlines()[1:]
        assert [int(row.split(",")[9]) for row in rows] == qtys

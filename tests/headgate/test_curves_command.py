"""`headgate curves`: files built from bars and prints, shown, and refused with a code."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.marketdata import Trade
from domain.sessions import SessionKind
from headgate.calendars import load_calendar
from headgate.command_line import app
from headgate.settings import load_instruments
from marketdata.plain_files import PlainWriter
from marketdata.volume_curve import CurveMethod, read_curve
from tests.conftest import ROOT


def headgate(*words: object) -> tuple[int, str]:
    """(exit status, all that was printed)."""
    result = CliRunner().invoke(app, ["curves", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Bars of New York days, the half day after Thanksgiving 2025 among them."""
    rows = ["symbol,start,volume"]
    for symbol in ("AAA", "BBB"):
        for number in range(24, 33):  # 2025-11-24 to 2025-12-02: winter time, five hours from UTC
            day = date(2025, 11, 1) + timedelta(days=number - 1)
            for half_hour in range(-1, 14):
                minutes = 9 * 60 + 30 + 30 * half_hour
                stamp = f"{day}T{minutes // 60:02}:{minutes % 60:02}:00-05:00"
                rows.append(f"{symbol},{stamp},{1_000 + 100 * abs(half_hour - 6)}")
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def build(bars: Path, *words: object) -> tuple[int, str]:
    return headgate("build", bars, "--format", "bars", "--bar-seconds", 900, "--bin-minutes", 15,
                    "--out", bars.parent / "curves", *words)  # fmt: skip


def test_a_file_for_each_symbol_and_kind_of_session(bars: Path) -> None:
    status, said = build(bars, "--pool", "US")
    assert status == 0, said
    out = bars.parent / "curves"
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{symbol}.{kind}.json" for symbol in ("AAA", "BBB", "US") for kind in
        ("full", "early_close")
    )  # fmt: skip
    full = read_curve(out / "AAA.full.json")
    assert full.days == ("2025-11-24", "2025-11-25", "2025-11-26", "2025-12-01", "2025-12-02")
    assert (full.as_of, full.method, len(full.bins)) == ("2025-12-03", CurveMethod.LOG_MEAN, 26)
    half = read_curve(out / "AAA.early_close.json")
    assert (half.session_kind, half.compressed) == (SessionKind.EARLY_CLOSE, True)
    assert "in no bin:" in said
    assert f"wrote {out}/US.full.json: log_mean of 5 days; 26 bins of 900 s" in said


def test_only_days_before_the_one_asked_for_count(bars: Path) -> None:
    assert build(bars, "--as-of", "2025-12-02", "--min-days", 4)[0] == 0
    made = read_curve(bars.parent / "curves" / "AAA.full.json")
    assert (made.as_of, made.days[-1]) == ("2025-12-02", "2025-12-01")


def test_show(bars: Path) -> None:
    build(bars, "--symbol", "AAA")
    path = bars.parent / "curves" / "AAA.full.json"
    status, said = headgate("show", path, "--on", "2025-12-03")
    assert status == 0
    lines = said.splitlines()
    assert lines[0].startswith("AAA XNYS full: log_mean of 5 days; 26 bins of 900 s")
    assert "       0-15 " in lines[3]
    assert lines[-1].split()[:3:2] == ["375-390", "100.00"]
    # The table of all codes is with the curves' own tests.
    for day, code in (("2025-12-06", "no_session"), ("2025-12-12", "stale")):
        status, said = headgate("show", path, "--on", day)
        assert (status, said.split()[:4]) == (2, ["headgate", "curves", "show:", f"{code}:"])


def test_history_that_is_too_short(bars: Path) -> None:
    status, said = build(bars, "--min-days", 6)
    assert status == 2
    assert "too_few_days: AAA: 5 full days before 2025-12-03, and 6 are needed" in said
    assert not (bars.parent / "curves").exists()  # nothing half done
    assert build(bars, "--min-days", 6, "--default-u")[0] == 0
    made = read_curve(bars.parent / "curves" / "BBB.full.json")
    assert (made.method, made.days) == (CurveMethod.DEFAULT_U, ())


def test_towards_a_market(bars: Path) -> None:
    build(bars, "--symbol", "BBB")
    market = bars.parent / "curves" / "BBB.full.json"
    status, said = build(bars, "--symbol", "AAA", "--market", market)
    assert status == 0
    assert "AAA.early_close.json: log_mean of 5 days, compressed from full days, shrunk" in said
    assert read_curve(bars.parent / "curves" / "AAA.full.json").shrunk


def test_prints_of_our_own_schema(tmp_path: Path) -> None:
    """Every half minute of five days 100 shares, and 5,000 in each closing cross."""
    table = load_instruments(ROOT / "deploy/instruments.toml")
    path = tmp_path / "ibm.csv.gz"
    calendar = load_calendar("XNYS", date(2025, 12, 1), date(2025, 12, 5))
    with PlainWriter(path, table) as writer:
        for session in calendar.sessions:
            half_minutes = range(session.open_ns, session.close_ns, 30 * 10**9)
            writer.write(Trade("IBM", "ALPHA", 18_500, 100, at, str(at)) for at in half_minutes)
            writer.write([Trade("IBM", "ALPHA", 18_500, 5_000, session.close_ns, "c", "C")])
    status, said = headgate("build", path, "--format", "plain", "--out", tmp_path)
    assert status == 0, said
    made = read_curve(tmp_path / "IBM.full.json")
    assert made.closing_share == pytest.approx(5_000 / 83_000)
    assert {round(each.share, 9) for each in made.bins} == {round(1_000 / 83_000, 9)}
    status, said = headgate("build", path, path, "--format", "plain", "--out", tmp_path)
    assert status == 2
    assert "bad_row: IBM: 2025-12-01 comes after 2025-12-05: sources overlap" in said
    (tmp_path / "cut.csv.gz").write_bytes(path.read_bytes()[:-100])
    status, said = headgate("build", tmp_path / "cut.csv.gz", "--format", "plain",
                            "--out", tmp_path)  # fmt: skip
    assert status == 2
    assert f"{tmp_path}/cut.csv.gz: truncated: after line" in said


BAD = [  # words in place of the defaults, what is said
    (("--bin-minutes", 16), "bad_option: --bin-minutes: 16 is not 1 to 15"),
    (("--bin-minutes", 0), "bad_option: --bin-minutes: 0"),
    (("--bar-seconds", 0), "bad_option: --bar-seconds: 0 is not above zero"),
    (("--lot", 0), "bad_option: --lot: 0"),
    (("--days", 4), "bad_option: --min-days: 5 is more than --days, 4"),
    (("--calendar", "NOPE"), "unknown_calendar: calendar 'NOPE'"),
    (("--symbol", "ZZZ"), "too_few_days: no volume of these symbols"),
    (("--bin-minutes", 10), "bar_straddles: "),
    (("--market", "nowhere.json"), "no_file: nowhere.json"),
    (("--format", "minute-end"), "bad_option: --symbol: needed once"),
    (("bars2.csv", "--format", "lean-tick"), "bad_option: sources: 2, and --format lean-tick"),
]  # fmt: skip


def test_only_directories_of_a_lean_source_are_symbols(tmp_path: Path) -> None:
    (tmp_path / "second" / "ibm").mkdir(parents=True)
    (tmp_path / "second" / "a.txt").touch()
    status, said = headgate("build", tmp_path, "--format", "lean-second", "--out", tmp_path)
    assert status == 2
    assert f"no_file: {tmp_path / 'second' / 'ibm'}: no *_trade.zip in it" in said


@pytest.mark.parametrize(("words", "said"), BAD)
def test_what_cannot_be_built(bars: Path, words: tuple[object, ...], said: str) -> None:
    status, output = build(bars, *words)
    assert status == 2
    assert output.startswith("headgate curves build: ")
    assert said in output


def test_a_length_of_bars_is_needed(bars: Path) -> None:
    status, output = headgate("build", bars, "--format", "bars", "--out", bars.parent)
    assert status == 2
    assert "bad_option: --bar-seconds: needed with --format bars" in output


@pytest.mark.slow
def test_recorded_prints_and_seconds(data_dir: Path, tmp_path: Path) -> None:
    """The same three days as prints and as seconds: the crosses are known from prints alone."""
    made = {}
    for kind in ("lean-tick", "lean-second"):
        status, said = headgate("build", data_dir / "lean", "--format", kind, "--symbol", "IBM",
                                "--min-days", 3, "--out", tmp_path / kind)  # fmt: skip
        assert status == 0, said
        made[kind] = read_curve(tmp_path / kind / "IBM.full.json")
    ticks, seconds = made["lean-tick"], made["lean-second"]
    assert ticks.closing_share > 0.02
    assert ticks.opening_share > 0.01
    assert (seconds.opening_share, seconds.closing_share) == (0.0, 0.0)
    assert len(ticks.bins) == len(seconds.bins) == 78


@pytest.mark.slow
def test_recorded_minutes(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "minute_bars" / "nt-spy-minute-2011.csv.gz"
    status, said = headgate("build", path, "--format", "minute-end", "--symbol", "SPY",
                            "--bin-minutes", 1, "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    made = read_curve(tmp_path / "SPY.full.json")
    assert (len(made.bins), len(made.days)) == (390, 20)

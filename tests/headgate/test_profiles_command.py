"""`headgate profiles`: files built from recordings, shown, and refused with a code."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.marketdata import Quote, Trade
from domain.sessions import SessionKind
from headgate.calendars import load_calendar
from headgate.command_line import app
from headgate.settings import load_instruments
from marketdata.plain_files import PlainWriter
from marketdata.symbol_profile import read_profile
from marketdata.volume_curve import read_curve
from tests.conftest import ROOT


def headgate(*words: object) -> tuple[int, str]:
    """(exit status, all that was printed)."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five days of IBM, a quote and a print of 100 shares every five minutes."""
    path = tmp_path_factory.mktemp("recording") / "ibm.csv.gz"
    table = load_instruments(ROOT / "deploy/instruments.toml")
    calendar = load_calendar("XNYS", date(2025, 12, 1), date(2025, 12, 5))
    with PlainWriter(path, table) as writer:
        for session in calendar.sessions:
            for at_ns in range(session.open_ns, session.close_ns, 300 * 10**9):
                writer.write([Quote("IBM", "ALPHA", 18_499, 200, 18_501, 400, at_ns),
                              Trade("IBM", "ALPHA", 18_500, 100, at_ns, str(at_ns))])  # fmt: skip
    return path


def build(recording: Path, out: Path, *words: object) -> tuple[int, str]:
    return headgate("profiles", "build", recording, "--format", "plain", "--out", out, *words)


def test_a_file_for_each_symbol(recording: Path, tmp_path: Path) -> None:
    status, said = build(recording, tmp_path / "out")
    assert status == 0, said
    path = tmp_path / "out" / "IBM.profile.json"
    assert said == f"wrote {path}: 5 days; 26 norms; curves: full; as of 2025-12-08\n"
    made = read_profile(path)
    assert (made.adv_qty, made.median_trade_qty, made.touch_qty) == (7_800, 100.0, 300.0)
    assert made.made_from == "plain recordings: ibm.csv.gz"
    curve = made.curve_of(SessionKind.FULL)
    assert curve is not None
    assert {round(each.share, 9) for each in curve.bins} == {round(1 / 78, 9)}
    status, said = headgate("profiles", "show", path, "--on", "2025-12-08")
    assert status == 0
    assert "average day                  7,800 shares" in said
    assert "       0-15       0.000        1.08       300       0.33" in said.splitlines()
    for day, code in (("2025-12-05", "from_the_future"), ("2025-12-16", "stale")):
        status, said = headgate("profiles", "show", path, "--on", day)
        assert (status, said.split()[:4]) == (2, ["headgate", "profiles", "show:", f"{code}:"])


def test_curve_files_instead(recording: Path, tmp_path: Path) -> None:
    """A short recording may borrow the curves of a longer history of bars."""
    words = ("--format", "plain", "--bin-minutes", 15, "--out", tmp_path)
    assert headgate("curves", "build", recording, *words)[0] == 0
    status, said = build(recording, tmp_path, "--curves", tmp_path)
    assert status == 0, said
    made = read_profile(tmp_path / "IBM.profile.json")
    assert made.curve_of(SessionKind.FULL) == read_curve(tmp_path / "IBM.full.json")
    status, said = build(recording, tmp_path, "--curves", tmp_path, "--as-of", "2025-12-05",
                         "--min-days", 1)  # fmt: skip
    assert (status, said.split()[3]) == (2, "from_the_future:")


REFUSED = [
    ("bad_option: --norm-minutes: 0 is not 1 to 120", ("--norm-minutes", 0)),
    ("bad_option: --bin-minutes: 16 is not 1 to 15", ("--bin-minutes", 16)),
    ("bad_option: --min-days: 21 is more than --days, 20", ("--min-days", 21)),
    ("bad_option: --days: 0 is not above zero", ("--days", 0)),
    ("bad_option: --curves: nowhere is no directory", ("--curves", "nowhere")),
    ("bad_option: --calendar: XETR, and IBM trades on XNYS", ("--calendar", "XETR")),
    ("too_few_days: IBM: 5 full days with volume before 2025-12-08, and 6 are needed",
     ("--min-days", 6)),
    ("too_few_days: nothing of these symbols in the sources", ("--symbol", "AAPL")),
]  # fmt: skip


@pytest.mark.parametrize(("words", "options"), REFUSED)
def test_what_is_refused(
    recording: Path, tmp_path: Path, words: str, options: tuple[object, ...]
) -> None:
    status, said = build(recording, tmp_path / "out", *options)
    assert status == 2, said
    assert words in said
    assert not (tmp_path / "out").exists()  # nothing half done


def test_a_directory_that_is_a_file(recording: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.touch()
    status, said = build(recording, place)
    assert (status, f"bad_option: --out: {place}: " in said) == (2, True), said


@pytest.mark.slow
def test_recorded_days_of_ibm(data_dir: Path, tmp_path: Path) -> None:
    """Two days before 9 October 2013: what the data's description says, and what a US name is."""
    days = ("--as-of", "2013-10-09", "--min-days", 2)
    status, said = headgate("profiles", "build", data_dir, "--format", "lean", "--symbol", "IBM",
                            *days, "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    made = read_profile(tmp_path / "IBM.profile.json")
    assert made.days == ("2013-10-07", "2013-10-08")
    # 4.48 M shares a day in regular hours, of which off-exchange blocks are left out.
    assert 4.1e6 < made.adv_qty < 4.48e6
    assert made.median_trade_qty == 100.0
    assert made.relative_spread == pytest.approx(2.2e-4, rel=0.1)  # a median of 3 c at 180
    assert made.daily_volatility is not None
    assert 0.005 < made.daily_volatility < 0.012
    first, middle, last = made.norms[0], made.norms[13], made.norms[-1]
    assert first.shares_per_s > 2 * middle.shares_per_s < last.shares_per_s
    assert (first.relative_spread or 0) > 2 * (middle.relative_spread or 0)

"""`headgate simulate`: what it refuses, what it prints, and a recorded day to the share."""

from io import StringIO
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from headgate.command_line import app
from headgate.settings import LimitSettings, Settings, VenueAccessSettings
from simulation.command import EXIT_OK, EXIT_USAGE, Request, simulate
from tests.simulation.recorded_day import write_day

TWAP: dict[str, object] = {
    "symbol": "IBM", "date": "2013-10-08", "algo": "twap", "side": "buy", "quantity": "2000",
    "start": "10:00", "end": "10:05",
}  # fmt: skip


def play(
    data: Path, changes: dict[str, object] | None = None, settings: Settings | None = None
) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    request = msgspec.convert({"data": data, **TWAP, **(changes or {})}, Request)
    status = simulate(request, settings or Settings(), out, err)
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"side": "short"}, "--side: 'short' is not one of buy, sell"),
        ({"date": "8 October"}, "--date: '8 October'"),
        ({"quantity": "many"}, "--quantity: 'many'"),
        ({"start": "10 o'clock"}, "--start: "),
        ({"end": "11:00+01:00"}, "--end: '11:00+01:00': a zone"),
        ({"limit_price": "x"}, "--limit-price: 'x'"),
        ({"params": ["interval"]}, "--param: 'interval' is not name=value"),
        ({"lot": 0}, "--lot: 0"),
        ({"seed": -1}, "--seed: -1"),
        ({"symbol": "XYZ"}, "no_file: no quote file of XYZ on 2013-10-08: neither "),
        ({"date": "2013-10-09"}, "no_file: no quote file of IBM on 2013-10-09: neither "),
        ({"algo": "magic"}, "order refused: unknown_algo: algo: 'magic'"),
        ({"quantity": "150"}, "order refused: off_lot: order_qty: "),
        ({"limit_price": "180.005"}, "order refused: off_tick: limit_px: "),
        ({"end": "09:59"}, "order refused: end_before_start: end_ns: "),
        ({"start": "17:00", "end": "18:00"}, "order refused: session_closed: start_ns: "),
        ({"params": ["interval=soon"]}, "order refused: "),
    ],
)
def test_refusals_name_the_field(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    status, out, err = play(write_day(tmp_path), changes)
    assert (status, out) == (EXIT_USAGE, "")
    assert err.startswith(f"headgate simulate: {told}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--symbol IBM", "--symbol"),
        ("--date 2013-10-08", "--date"),
        ("--side buy", "--side"),
        ("--quantity 100", "--quantity"),
        ("--start 10:00", "--start"),
        ("--end 11:00", "--end"),
        ("--algo twap", "--algo"),
        ("--limit-price 60", "--limit-price"),
        ("--param interval=10", "--param"),
        ("--lot 100", "--lot"),
        ("--seed 0", "--seed"),
        ("--seeds 2 --algo vwap --side buy", "--side, --algo"),
    ],
)
def test_a_scenario_takes_no_option_of_one_order(words: str, told: str) -> None:
    result = CliRunner().invoke(app, ["simulate", "twap-mid-cap", *words.split()])
    assert result.exit_code == EXIT_USAGE
    assert result.output.startswith(f"headgate simulate: {told}: ")


def test_a_holiday_is_refused(tmp_path: Path) -> None:
    folder = write_day(tmp_path) / "tick" / "ibm"
    for kind in ("quote", "trade"):
        (folder / f"20131008_{kind}.zip").rename(folder / f"20131006_{kind}.zip")
    status, _, err = play(tmp_path, {"date": "2013-10-06"})
    assert (status, err) == (
        EXIT_USAGE, "headgate simulate: --date: 2013-10-06 is no trading day of XNYS: a weekend\n",
    )  # fmt: skip


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_small_day_is_filled(tmp_path: Path, side: str) -> None:
    status, out, err = play(write_day(tmp_path), {"side": side})
    assert (status, err) == (EXIT_OK, "")
    assert "filled                                                       2,000       100.00%" in out
    assert "waiting_for_slice" in out


def test_pre_trade_limits_hold(tmp_path: Path) -> None:
    limits = VenueAccessSettings(limits=LimitSettings(max_child_qty=50))
    status, out, _ = play(write_day(tmp_path), settings=Settings(venue_access=limits))
    assert status == EXIT_OK
    assert "0 fills" in out
    assert "expired" in out


def test_a_limit_price_holds(tmp_path: Path) -> None:
    status, out, _ = play(write_day(tmp_path), {"limit_price": "179.00"})
    assert status == EXIT_OK
    assert "above_limit" in out


def test_another_seed_gives_other_slices(tmp_path: Path) -> None:
    write_day(tmp_path)
    assert play(tmp_path, {"seed": 1})[1] != play(tmp_path, {"seed": 2})[1]


IBM: dict[str, object] = {"quantity": "20000", "start": "10:00", "end": "11:00"}


@pytest.mark.slow
def test_ibm_day_is_filled_to_the_share_and_repeats_to_the_byte(data_dir: Path) -> None:
    first, second = play(data_dir, IBM), play(data_dir, IBM)
    assert first == second
    status, out, err = first
    assert (status, err) == (EXIT_OK, "")
    assert "20,000       100.00%" in out

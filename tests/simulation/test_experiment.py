"""`headgate simulate SCENARIO`: the same bytes over any number of processes, and what is kept."""

import json
from collections.abc import Generator, Sequence
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pyarrow.parquet as pq
import pytest

from domain.instruments import InstrumentTable
from domain.marketdata import Quote
from headgate.settings import Settings
from marketdata import lean
from marketdata.plain_files import PlainWriter
from marketdata.tick_faults import Skipped
from simulation.experiment import (
    EXIT_BROKEN,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_USAGE,
    Player,
    Request,
    run,
)
from simulation.order_row import FillRow, OrderRow
from simulation.recorded_day import recorded_instrument
from simulation.results import FILLS, ORDERS, SUMMARY
from simulation.scenario import read_scenario
from simulation.seed_pool import play_all
from simulation.seed_run import Failed, Job, Outcome, Setup, play
from tests.simulation.recorded_day import DAY, write_day
from tests.simulation.scenarios_of_tests import CALENDAR

SCENARIO = """
name = "small"
[market]
warm_up_s = 20
symbols = [{symbol = "MID"}]
[[venues]]
name = "ALPHA"
[[venues]]
name = "BETA"
[[orders]]
id = "A"
symbol = "MID"
side = "buy"
quantity = 1000
window_s = 60
params = {interval = 10}
[[variants]]
name = "patient"
[[variants]]
name = "at-once"
window_s = 10
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SCENARIO)
    return path


def simulate(request: Request, player: Player = play_all) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    return run(request, Settings(), out, err, player), out.getvalue(), err.getvalue()


@pytest.mark.slow
def test_one_process_and_two_write_the_same_bytes(file: Path, tmp_path: Path) -> None:
    told = {}
    for processes in (1, 2):
        out = tmp_path / str(processes)
        request = Request(scenario=file, seeds=3, processes=processes, out=out, compare=True,
                          keeps_fills=True)  # fmt: skip
        status, text, err = simulate(request)
        assert (status, err) == (EXIT_OK, "")
        told[processes] = text.replace(str(out), "OUT")
    assert told[1] == told[2]
    for name in (ORDERS, FILLS, SUMMARY):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.slow
def test_the_files_hold_what_they_say(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert (
        simulate(Request(scenario=file, seeds=2, first_seed=5, out=out, keeps_fills=True))[0] == 0
    )
    orders, fills = pq.read_table(out / ORDERS), pq.read_table(out / FILLS)
    assert orders.column_names == list(OrderRow.__struct_fields__)
    assert fills.column_names == list(FillRow.__struct_fields__)
    assert orders["seed"].to_pylist() == [5, 6]
    by_seed: dict[int, int] = {}
    for seed, qty in zip(fills["seed"].to_pylist(), fills["qty"].to_pylist(), strict=True):
        by_seed[seed] = by_seed.get(seed, 0) + qty
    assert list(by_seed.values()) == orders["cum_qty"].to_pylist()
    summary = json.loads((out / SUMMARY).read_bytes())
    assert (summary["partial"], summary["seeds_asked"]) == (False, 2)
    assert orders.schema.metadata[b"headgate.scenario_hash"].decode() == summary["scenario_hash"]


def interrupted(
    setup: Setup, jobs: Sequence[Job], processes: int
) -> Generator[Outcome, None, None]:
    """Ctrl-C comes after the first job."""
    yield play(setup, jobs[0])
    raise KeyboardInterrupt


def failing(setup: Setup, jobs: Sequence[Job], processes: int) -> Generator[Outcome, None, None]:
    """The second job fails."""
    yield play(setup, jobs[0])
    yield Failed(job=jobs[1], error="AssertionError: no\n")


def test_ctrl_c_keeps_what_is_done_and_says_so(file: Path, tmp_path: Path) -> None:
    request = Request(scenario=file, seeds=3, out=tmp_path / "out")
    status, text, _ = simulate(request, interrupted)
    assert status == EXIT_INTERRUPTED
    assert "PARTIAL: interrupted" in text
    summary = json.loads((tmp_path / "out" / SUMMARY).read_bytes())
    assert (summary["partial"], summary["interrupted"]) == (True, True)
    assert pq.read_table(tmp_path / "out" / ORDERS).num_rows == 1


def test_a_seed_that_fails_is_told_and_the_others_kept(file: Path, tmp_path: Path) -> None:
    request = Request(scenario=file, seeds=2, out=tmp_path / "out")
    status, text, err = simulate(request, failing)
    assert status == EXIT_BROKEN
    assert "PARTIAL: seeds that failed: base/1" in text
    assert err == "seed 1 of base failed:\nAssertionError: no\n"
    assert pq.read_table(tmp_path / "out" / ORDERS)["seed"].to_pylist() == [0]


def test_a_run_that_raises_is_a_failed_seed(file: Path) -> None:
    found = read_scenario(file)
    orders = (msgspec.structs.replace(found.orders[0], start="never"),)
    setup = Setup(scenario=msgspec.structs.replace(found, orders=orders), calendar=CALENDAR,
                  settings=Settings())  # fmt: skip
    outcome = play(setup, Job(0, 7))
    assert isinstance(outcome, Failed)
    assert outcome.job.seed == 7
    assert "orders[0].start" in outcome.error


RECORDED = """
name = "recorded"
market = {data = "none", dates = ["2013-10-08"], symbols = [{symbol = "IBM"}]}
[[orders]]
id = "A"
symbol = "IBM"
side = "buy"
quantity = 1000
start = "10:00"
window_s = 60
"""


def test_a_bad_row_of_a_recorded_day_is_told_by_its_file_and_line(tmp_path: Path) -> None:
    quotes = write_day(tmp_path) / "tick" / "ibm" / "20131008_quote.zip"
    with ZipFile(quotes) as archive:
        rows = archive.read("ticks.csv").decode().split("\n")
    with ZipFile(quotes, "w") as archive:
        archive.writestr("ticks.csv", "\n".join([*rows[:150], "36000000,many", *rows[150:]]))
    file = tmp_path / "recorded.toml"
    file.write_text(RECORDED)
    status, _, err = simulate(Request(scenario=file, data=tmp_path))
    assert status == EXIT_BROKEN
    assert err.startswith("seed 0 of base failed:\n")
    assert "20131008_quote.zip" in err
    assert "line 151" in err
    assert "Traceback" not in err


def test_every_date_is_looked_at_before_the_first_run(tmp_path: Path) -> None:
    file = tmp_path / "recorded.toml"
    file.write_text(RECORDED.replace('"2013-10-08"', '"2013-10-08", "2013-10-12"'))
    status, _, err = simulate(Request(scenario=file, data=write_day(tmp_path)))
    assert status == EXIT_USAGE
    assert f"{file}: market.dates[1]: 2013-10-12 is no trading day of XNYS: a weekend" in err


TABLE = InstrumentTable([recorded_instrument("IBM", 100, "XNYS")])


def test_a_day_is_the_same_in_whatever_format_it_is(tmp_path: Path) -> None:
    day = list(lean.read_day(write_day(tmp_path / "lean"), "IBM", DAY, Skipped()))
    (tmp_path / "plain").mkdir()
    with PlainWriter(tmp_path / "plain" / "ibm.csv", TABLE) as writer:
        writer.write(day)
    file = tmp_path / "recorded.toml"
    told = {}
    for name in ("lean", "plain"):
        file.write_text(RECORDED.replace("data =", f'format = "{name}", data ='))
        status, told[name], err = simulate(Request(scenario=file, data=tmp_path / name))
        assert (status, err) == (EXIT_OK, "")
    lines = {name: text.splitlines()[1:] for name, text in told.items()}  # the hash differs
    assert lines["lean"] == lines["plain"]
    assert "1 orders, 1 filled" in told["plain"]


def test_quotes_of_two_venues_are_not_one_market(tmp_path: Path) -> None:
    with PlainWriter(tmp_path / "ibm.csv", TABLE) as writer:
        writer.write(Quote("IBM", venue, 18_000, 100, 18_002, 100, 1_381_240_800_000_000_000)
                     for venue in ("N", "Q"))  # fmt: skip
    file = tmp_path / "recorded.toml"
    file.write_text(RECORDED.replace("data =", 'format = "plain", data ='))
    status, _, err = simulate(Request(scenario=file, data=tmp_path))
    assert status == EXIT_BROKEN
    assert "these are N and Q" in err


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": 0}, "--seeds: 0 is below 1"),
        ({"first_seed": -1}, "--first-seed: -1 is below 0"),
        ({"processes": 0}, "--processes: 0 is below 1"),
    ],
)
def test_options_are_refused_by_name(file: Path, changes: dict[str, int], told: str) -> None:
    request = msgspec.structs.replace(Request(scenario=file), **changes)
    assert simulate(request) == (EXIT_USAGE, "", f"headgate simulate: {told}\n")


def test_compare_needs_variants(file: Path) -> None:
    file.write_text(SCENARIO.partition("[[variants]]")[0])
    status, _, err = simulate(Request(scenario=file, compare=True))
    assert status == EXIT_USAGE
    assert f"{file}: variants: --compare needs two" in err


def test_results_that_cannot_be_written_are_told(file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    status, _, err = simulate(Request(scenario=file, out=tmp_path / "out"))
    assert status == EXIT_USAGE
    assert err.startswith("headgate simulate: --out: ")

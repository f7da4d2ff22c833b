"""Runs in virtual time: the same log twice; venue, worker, log and TCA agree to the share."""

import csv
from datetime import date
from decimal import Decimal
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest

from bus.topics import Topic
from domain.children import NewChild
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus
from domain.reports import ParentReport
from domain.tca import ParentCost
from headgate.settings import Settings
from marketdata.lean import tick_file
from simulation.command import Request, prepare
from simulation.recorded_port import RecordedPort
from simulation.runner import Simulation
from tests.simulation.recorded_day import write_day

DAY = date(2013, 10, 8)
MIDNIGHT_NS = 1_381_204_800_000_000_000  # of New York


def play(data: Path, **changes: str) -> Simulation:
    request = Request(
        data=data, symbol="IBM", date=DAY.isoformat(), algo="twap", side=changes.get("side", "buy"),
        quantity=changes.get("quantity", "2000"), start="10:00", end=changes.get("end", "10:05"),
        params=("completion=cross",),
    )  # fmt: skip
    return prepare(request, Settings()).play()


def agree(run: Simulation) -> ParentCost:
    """Venue, worker and TCA tell of the same shares and money. Returns the final cost."""
    executions = [
        each
        for each in run.records(Topic.EXECUTIONS)
        if isinstance(each, Execution) and each.exec_type is ExecType.TRADE
    ]
    reports = [
        each
        for each in run.records(Topic.REPORTS)
        if isinstance(each, ParentReport) and each.exec_type is ExecType.TRADE
    ]
    (cost,) = run.finals
    notional = sum((each.last_qty * (each.last_px or 0) for each in executions), Decimal(0))
    fees = sum((each.fee or Decimal(0) for each in executions), Decimal(0))
    assert cost.cum_qty == sum(each.last_qty for each in executions)
    assert cost.cum_qty == sum(each.last_qty for each in reports) == reports[-1].cum_qty
    assert (cost.notional, cost.fees, cost.fills) == (notional, fees, len(executions))
    sent = [each.cl_ord_id for each in run.records(Topic.CHILDREN) if isinstance(each, NewChild)]
    assert len(set(sent)) == len(sent) == cost.children
    return cost


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_every_book_agrees(tmp_path: Path, side: str) -> None:
    cost = agree(play(write_day(tmp_path), side=side))
    assert (cost.ord_status, cost.cum_qty) == (OrdStatus.FILLED, 2000)
    # Every fill crosses half a spread of one cent, in a market that goes nowhere.
    assert cost.twap_slippage_bps == pytest.approx(0.01 / 180 * 1e4, abs=0.6)


def test_the_same_input_gives_the_same_log(tmp_path: Path) -> None:
    write_day(tmp_path)
    first, second = play(tmp_path), play(tmp_path)
    assert first.log.broker.records == second.log.broker.records
    assert first.log.broker.records


def test_a_market_too_thin_leaves_the_rest_and_ends(tmp_path: Path) -> None:
    """What is displayed is a bound: a large order cannot be filled from small quotes."""
    cost = agree(play(write_day(tmp_path, size=100), quantity="100000"))
    assert cost.ord_status is OrdStatus.EXPIRED
    assert 0 < cost.cum_qty < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_ibm_20_000_shares_in_an_hour(data_dir: Path, side: str) -> None:
    run = play(data_dir, quantity="20000", end="11:00", side=side)
    cost = agree(run)
    assert (cost.ord_status, cost.cum_qty, cost.completion) == (OrdStatus.FILLED, 20_000, 1.0)
    assert cost.participation is not None
    assert 0.01 < cost.participation < 0.05
    # A crossing TWAP pays about half a spread (0.5 to 1.5 bps) and its tracking error.
    assert cost.twap_slippage_bps is not None
    assert abs(cost.twap_slippage_bps) < 5
    # The interval's market is the file's, and our own prints on top.
    qty, notional = recorded(data_dir, cost)
    assert cost.market_qty == qty + cost.cum_qty
    assert cost.vwap_px == pytest.approx(float((notional + cost.notional) / cost.market_qty))
    repeated = play(data_dir, quantity="20000", end="11:00", side=side)
    assert repeated.log.broker.records == run.log.broker.records


def recorded(data_dir: Path, cost: ParentCost) -> tuple[int, Decimal]:
    """Shares and notional of the parent's interval by the file itself.

    In that hour all prints but those derivatively priced (200) or average priced (100000) are
    regular.
    """
    shares, notional = 0, Decimal(0)
    with ZipFile(tick_file(data_dir, "IBM", DAY, "trade")) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                for ms, px, qty, _, flags, _ in csv.reader(TextIOWrapper(file)):
                    at_ns = MIDNIGHT_NS + int(ms) * 1_000_000
                    regular = not int(flags, 16) & 0x100200
                    if regular and cost.start_ns <= at_ns <= cost.end_ns:
                        shares += int(qty)
                        notional += int(qty) * Decimal(px) / 10_000
    return shares, notional


@pytest.mark.slow
def test_twap_tracks_the_clock_on_a_recorded_day(data_dir: Path) -> None:
    """After 5 % of the window, filled(t) / X is within 2 % of t / T, plus a lot (quant.md 9.3)."""
    run = play(data_dir, quantity="20000", end="11:00")
    start_ns = MIDNIGHT_NS + 10 * 3_600_000_000_000
    window_ns = 3_600_000_000_000
    filled = [(start_ns, 0)] + [
        (each.transact_ns, each.cum_qty)
        for each in run.records(Topic.REPORTS)
        if isinstance(each, ParentReport) and each.exec_type is ExecType.TRADE
    ]
    worst = 0.0
    for (_, before), (at_ns, after) in pairwise(filled):
        elapsed = (at_ns - start_ns) / window_ns
        if elapsed > 0.05:
            worst = max(worst, abs(before / 20_000 - elapsed), abs(after / 20_000 - elapsed))
    assert worst <= 0.02 + 100 / 20_000


@pytest.mark.parametrize("size", [100, 300])
def test_told_in_runs_or_one_by_one_the_log_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Events between two times at which something is due are told together; nobody can tell."""
    write_day(tmp_path, size=size)
    in_runs = play(tmp_path)
    monkeypatch.setattr(RecordedPort, "quiet_run", lambda self, until_ns: {})
    one_by_one = play(tmp_path)
    assert in_runs.log.broker.records == one_by_one.log.broker.records
    assert in_runs.port.market_events >= one_by_one.port.market_events > 0


@pytest.mark.slow
def test_told_in_runs_or_one_by_one_a_real_hour_is_the_same(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_runs = play(data_dir, quantity="20000", end="10:30")
    monkeypatch.setattr(RecordedPort, "quiet_run", lambda self, until_ns: {})
    one_by_one = play(data_dir, quantity="20000", end="10:30")
    assert in_runs.finals == one_by_one.finals
    assert in_runs.log.broker.records == one_by_one.log.broker.records

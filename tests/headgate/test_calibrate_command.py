"""`headgate calibrate`: recorded days, simulated orders, topic `tca` to files; coded refusals."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from algos.calibration.own_orders import OwnOrder
from algos.models.calibration import CoefficientName, Refusal, read_calibration
from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.impact import BPS, CrossoverModel
from bus.codec import encode
from bus.memory import Broker, MemoryLog
from bus.topics import Topic
from domain.fix_codes import OrdStatus
from domain.instruments import Side
from domain.marketdata import MarketEvent, Quote, Trade
from domain.tca import ParentCost
from headgate.calendars import load_calendar
from headgate.command_line import app
from headgate.order_costs import StoredCost, gathered, of_log, of_records
from headgate.settings import load_instruments
from marketdata.plain_files import PlainWriter
from marketdata.symbol_profile import (
    ProfileSource,
    SymbolProfile,
    profile_file_name,
    write_profile,
)
from simulation.order_row import OrderRow
from simulation.results import write_orders
from tests.algos.calibration.planted import orders_of
from tests.conftest import ROOT

S = 1_000_000_000
ADV = 1_000_000
PROFILE = SymbolProfile(
    symbol="IBM", calendar="XNYS", as_of="2025-12-01", source=ProfileSource.PRESET,
    made_from="a test", adv_qty=ADV, daily_volatility=0.02, relative_spread=0.0008,
)  # fmt: skip
START_NS = 1_764_600_000 * S  # 2025-12-01


def headgate(*words: object) -> tuple[int, str]:
    """(exit status, all that was printed)."""
    result = CliRunner().invoke(app, ["calibrate", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / profile_file_name("IBM")
    write_profile(PROFILE, path)
    return path


def planted(seed: int = 1, n: int = 600) -> list[OwnOrder]:
    """Of a symbol with the profile's figures, crossing every time."""
    found = []
    for each in orders_of(seed, CrossoverModel(y=1.5), n, paid=1.0, noise=0.0):
        order = msgspec.structs.replace(each.order, daily_volatility=0.02, half_spread=0.0004)
        cost = 0.0004 + CrossoverModel(y=1.5).impact(order).average
        found.append(msgspec.structs.replace(each, order=order, cost=cost))
    return found


def order_row(number: int, of: OwnOrder, **changes: object) -> OrderRow:
    qty = round(of.order.qty)
    row = OrderRow(
        variant="v", seed=number // 5, order=f"O{number}", order_id=f"P{number}", symbol="IBM",
        side="buy", algo="twap", status="filled", reject_reason=None, order_qty=qty, cum_qty=qty,
        start_ns=START_NS, end_ns=START_NS, arrival_px=60.0, avg_px=60.0, end_px=60.0,
        is_bps=999.0, control_bps=0.0, is_adj_bps=of.cost * BPS, expected_bps=None,
        fees_bps=0.0,
        arrival_slippage_bps=999.0, vwap_slippage_bps=0.0, twap_slippage_bps=0.0,
        market_qty=qty + round(of.order.duration_days * ADV), participation=0.1, children=1,
        fills=1, fees=0.0,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


@pytest.mark.slow
def test_orders_of_a_simulation(tmp_path: Path, profile: Path) -> None:
    """1.5 was planted; 600 orders count two thirds."""
    rows = [order_row(number, each) for number, each in enumerate(planted())]
    rows.append(order_row(9_000, planted()[0], reject_reason="bad_parameter: x", cum_qty=0))
    rows.append(order_row(9_001, planted()[0], cum_qty=100))
    rows.append(order_row(9_002, planted()[0], symbol="SAP"))
    write_orders(tmp_path / "orders.parquet", rows, {})
    status, said = headgate("orders", tmp_path / "orders.parquet", "--profile", profile,
                            "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    assert said.startswith(
        "600 orders\nleft out 1: less than 90% filled\nleft out 1: no profile of the symbol\n\n"
        "IBM (USD): 1 days, 2025-12-01 to 2025-12-01; as of 2025-12-02; 600 own orders in IBM\n"
    )
    assert "crossover  calibrated" in said
    made = read_calibration(tmp_path / "IBM.orders.calibration.json")
    y = made.of(CoefficientName.CROSSOVER_Y)
    assert y is not None
    assert y.estimate == pytest.approx(1.5, rel=1e-3)
    assert y.value == pytest.approx(1.0 + 0.5 * 600 / 900, rel=1e-3)
    assert headgate("show", tmp_path / "IBM.orders.calibration.json")[1].splitlines()[0] in said


def test_a_simulated_symbol_has_its_presets_figures(tmp_path: Path) -> None:
    rows = [order_row(number, each, symbol="MID") for number, each in enumerate(planted(n=60))]
    write_orders(tmp_path / "orders.parquet", rows, {})
    status, said = headgate("orders", tmp_path / "orders.parquet", "--preset", "MID=mid",
                            "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    assert "60 own orders in MID" in said


def test_a_directory_that_is_a_file(tmp_path: Path, profile: Path) -> None:
    rows = [order_row(number, each) for number, each in enumerate(planted(n=60))]
    write_orders(tmp_path / "orders.parquet", rows, {})
    place = tmp_path / "out"
    place.touch()
    status, said = headgate("orders", tmp_path / "orders.parquet", "--profile", profile,
                            "--out", place)  # fmt: skip
    assert (status, f"bad_option: --out: {place}: " in said) == (2, True), said


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "bad_option: --profile: give one, or a --preset"),
     (("--preset", "MID"), "bad_option: --preset: 'MID' is not SYMBOL=liquid|mid"),
     (("--preset", "MID=wild"), "bad_option: --preset: 'MID=wild' is not")],
)  # fmt: skip
def test_figures_that_are_not_there(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    status, output = headgate("orders", tmp_path / "x.parquet", "--out", tmp_path, *words)
    assert (status, said in output) == (2, True)


def parent_cost(number: int, of: OwnOrder, **changes: object) -> ParentCost:
    qty = round(of.order.qty)
    cost = ParentCost(
        order_id=f"P{number}", source="OMS", cl_ord_id=f"O{number}", symbol="IBM", side=Side.SELL,
        algo="twap", final=True, ord_status=OrdStatus.FILLED, order_qty=qty, cum_qty=qty,
        completion=1.0, avg_px=Decimal("60.1"), start_ns=START_NS + number // 5 * 86_400 * S,
        end_ns=START_NS, arrival_px=Decimal(60), vwap_px=60.0, twap_px=60.0,
        arrival_slippage_bps=of.cost * BPS, vwap_slippage_bps=0.0, twap_slippage_bps=0.0,
        market_qty=qty + round(of.order.duration_days * ADV), participation=0.1,
        notional=Decimal(1), fees=Decimal(0), children=1, fills=1, venues=(), at_ns=START_NS,
    )  # fmt: skip
    return msgspec.structs.replace(cost, **changes)


def tca_log() -> MemoryLog:
    """60 orders of twelve days; one told twice, and one alive."""
    log = MemoryLog(Broker())
    costs = [parent_cost(number, each) for number, each in enumerate(planted(n=60))]
    stale = msgspec.structs.replace(costs[3], arrival_slippage_bps=9e9)
    alive = parent_cost(999, planted()[0], final=False)
    for cost in (stale, *costs, alive):
        log.append(Topic.TCA, cost.symbol, encode(Topic.TCA, cost))
    return log


def test_the_topic_and_its_records_in_a_file_are_the_same(tmp_path: Path, profile: Path) -> None:
    from_log = gathered(of_log(tca_log()), {"IBM": PROFILE})
    assert (len(from_log.orders), len(from_log.days), from_log.left_out) == (60, 12, {})
    broker = tca_log()
    broker.assign({(Topic.TCA, each): 0 for each in range(broker.partitions())})
    path = tmp_path / "tca.jsonl"
    path.write_bytes(b"\n".join(record.value for record in broker.poll(0.0)) + b"\n")
    assert gathered(of_records(path), {"IBM": PROFILE}) == from_log
    status, said = headgate("orders", path, "--profile", profile, "--out", tmp_path)
    assert status == 0, said
    assert "12 days, 2025-12-01 to 2025-12-12; as of 2025-12-13; 60 own orders in IBM" in said


STORED = StoredCost(order_id="P1", cluster="1", day="2025-12-01", symbol="IBM", order_qty=1_000,
                    cum_qty=1_000, market_qty=101_000, cost_bps=7.0)  # fmt: skip
LEFT_OUT: list[tuple[dict[str, object], dict[str, object], str]] = [
    ({"symbol": "SAP"}, {}, "no profile of the symbol"),
    ({}, {"daily_volatility": None}, "no volatility in the profile"),
    ({"cum_qty": 899}, {}, "less than 90% filled"),
    ({"cum_qty": 0, "order_qty": 0}, {}, "less than 90% filled"),
    ({"cost_bps": None}, {}, "no arrival price"),
    ({"market_qty": 0}, {}, "others' volume not known"),
    ({"market_qty": 1_000}, {}, "others' volume not known"),
    ({"market_qty": 2_000 * ADV}, {}, "duration_days: above_bound"),
]


@pytest.mark.parametrize(("cost", "known", "why"), LEFT_OUT)
def test_what_is_left_out(cost: dict[str, object], known: dict[str, object], why: str) -> None:
    profile = msgspec.structs.replace(PROFILE, **known)
    stored = msgspec.structs.replace(STORED, **cost)
    found = gathered([stored], {"IBM": profile})
    assert (found.orders, found.left_out) == ((), {why: 1})


def test_an_order_in_the_models_terms() -> None:
    found = gathered([STORED], {"IBM": PROFILE}).orders[0]
    assert found.cost == pytest.approx(7e-4)
    order = found.order
    assert (order.size, order.duration_days) == (0.001, 0.1)
    assert (order.daily_volatility, order.half_spread) == (0.02, 0.0004)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}\n", "malformed: {path}: line 1: "),
        ("\n{\n", "malformed: {path}: line 2: "),
        ("x" * 70_000, "malformed: {path}: line 1: more than 65536 bytes"),
        ("", "too_few: orders: none that can be used"),
        (None, "no_file: {path}: No such file or directory"),
    ],
)
def test_records_that_cannot_be_read(
    tmp_path: Path, profile: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "tca.jsonl"
    if content is not None:
        path.write_text(content)
    status, output = headgate("orders", path, "--profile", profile, "--out", tmp_path / "made")
    assert status == 2
    assert f"headgate calibrate orders: {said.format(path=path)}" in output
    assert not (tmp_path / "made").exists()


def test_parquet_that_is_something_else(tmp_path: Path, profile: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"variant": ["v"]}), path)
    for said in (f"malformed: {path}: seed: no such column", f"malformed: {path}: "):
        status, output = headgate("orders", path, "--profile", profile, "--out", tmp_path)
        assert (status, said in output) == (2, True)
        path.write_bytes(b"PAR1 no more")
    path.unlink()
    assert "no_file: " in headgate("orders", path, "--profile", profile, "--out", tmp_path)[1]


def test_a_source_named_twice_and_a_profile_that_is_none(tmp_path: Path, profile: Path) -> None:
    path = tmp_path / "tca.jsonl"
    path.touch()
    status, said = headgate("orders", path, path, "--profile", profile, "--out", tmp_path)
    assert (status, "bad_option: SOURCES: one is named twice" in said) == (2, True)
    status, said = headgate("orders", path, "--profile", tmp_path / "X.profile.json",
                            "--out", tmp_path)  # fmt: skip
    assert (status, "no_file: " in said) == (2, True)


def recorded_day() -> list[MarketEvent]:
    """A hundred shares bought move the mid up by two ticks for good, and noise by one."""
    draw = np.random.default_rng(1)
    session = load_calendar("XNYS", date(2025, 12, 1), date(2025, 12, 1)).sessions[0]
    bid, events = 18_000, list[MarketEvent]()
    events.append(Quote("IBM", "ALPHA", bid, 300, bid + 2, 300, session.open_ns))
    for at_ns in range(session.open_ns, session.close_ns, 60 * S):
        qty = int(draw.integers(1, 10)) * 100
        side = Side.BUY if draw.random() < 0.5 else Side.SELL
        px = bid + 2 if side is Side.BUY else bid
        events.append(Trade("IBM", "ALPHA", px, qty, at_ns + S, aggressor_side=side.value))
        bid += 2 * side.sign * qty // 100 + int(draw.integers(-1, 2))
        events.append(Quote("IBM", "ALPHA", bid, 300, bid + 2, 300, at_ns + 2 * S))
    return events


@pytest.mark.slow
def test_a_recorded_day_of_our_own_schema(tmp_path: Path) -> None:
    path = tmp_path / "ibm.csv"
    with PlainWriter(path, load_instruments(ROOT / "deploy/instruments.toml")) as writer:
        writer.write(recorded_day())
    status, said = headgate("market", path, "--format", "plain", "--symbol", "ibm",
                            "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    assert "380 prints signed by aggressor 100%, by quote 0%, by tick 0%" in said
    made = read_calibration(tmp_path / "IBM.market.calibration.json")
    assert (made.symbol, made.days, made.as_of) == ("IBM", ("2025-12-01",), "2025-12-02")
    slope = made.of(CoefficientName.KYLE_LAMBDA)
    assert slope is not None
    assert slope.value == pytest.approx(0.02 / 100, rel=0.03)
    tau = made.of(CoefficientName.DECAY_TAU)
    assert tau is not None
    assert tau.refused is Refusal.TOO_FEW


BAD = [  # words in place of the defaults, what is said
    (("--bar-seconds", 29), "bad_option: --bar-seconds: 29 is not 30 to 900"),
    (("--bar-seconds", 901), "bad_option: --bar-seconds: 901"),
    (("--symbol", "ZZZ"), "unknown_symbol"),
    (("--day", "2025-12-06"), "no_session: "),
    (("--calendar", "NOPE"), "unknown_calendar: calendar 'NOPE'"),
    (("--format", "lean"), "no_file"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
def test_what_cannot_be_calibrated(tmp_path: Path, words: tuple[object, ...], said: str) -> None:
    path = tmp_path / "ibm.csv"
    with PlainWriter(path, load_instruments(ROOT / "deploy/instruments.toml")) as writer:
        writer.write(recorded_day()[:50])
    status, output = headgate("market", path, "--format", "plain", "--symbol", "IBM",
                              "--out", tmp_path, *words)  # fmt: skip
    assert status == 2
    assert "headgate calibrate market: " in output
    assert said in output


def test_a_log_record_that_is_none() -> None:
    log = MemoryLog(Broker())
    log.append(Topic.TCA, "IBM", b"{")
    with pytest.raises(CalibrationError, match=r"tca\[\d\] offset 0") as refused:
        list(of_log(log))
    assert refused.value.fault is CalibrationFault.MALFORMED


@pytest.mark.slow
def test_recorded_days(data_dir: Path, tmp_path: Path) -> None:
    """Three days of IBM: flow moves the price beyond doubt; how it fades three days do not say."""
    status, said = headgate("market", data_dir, "--format", "lean", "--symbol", "IBM",
                            "--out", tmp_path)  # fmt: skip
    assert status == 0, said
    made = read_calibration(tmp_path / "IBM.market.calibration.json")
    assert made.days == ("2013-10-07", "2013-10-08", "2013-10-09")
    flow, imbalance = made.of(CoefficientName.KYLE_LAMBDA), made.of(CoefficientName.OFI_LAMBDA)
    assert flow is not None
    assert imbalance is not None
    assert flow.value == pytest.approx(1.42e-5, rel=0.01)
    assert flow.r_squared == pytest.approx(0.24, abs=0.01)
    assert imbalance.r_squared == pytest.approx(0.69, abs=0.01)  # Cont et al. report 0.65
    tau = made.of(CoefficientName.DECAY_TAU)
    assert tau is not None
    assert tau.refused is Refusal.INSIGNIFICANT

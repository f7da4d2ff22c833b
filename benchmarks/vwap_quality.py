"""How near VWAP keeps to its own curve, and how near its price comes to the market's VWAP.

quant.md 9.3: (a) schedule: max over t of |filled / X - own target curve|; (b) price: the median of
|average - VWAP| against the pre-trade risk. Must-cross mode. The target is the curve as it was at
each moment, which learns from its day; it is made again from the worker's own tape. Simulated
symbols have the profile of their preset; a recorded day one of the days before it. No figure is a
time.
"""

import io
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, quantile
from benchmarks.tracking import Traded, curve_lag
from bus.topics import Topic
from domain.children import NewChild
from domain.executions import Execution
from domain.file_format import FileFormat
from domain.fix_codes import ExecType
from domain.instruments import Instrument, InstrumentTable
from domain.reports import ParentPlan, ParentReport
from domain.sessions import Session
from domain.tca import ParentCost
from headgate import profiles
from headgate.calendars import load_calendar
from headgate.settings import Settings, WorkerSettings
from marketdata.known_profiles import KnownProfiles, read_profiles
from marketdata.live_curve import LiveCurve
from marketdata.market import SymbolMarket
from simulation import case, command
from simulation.recorded_day import recorded_instrument
from simulation.runner import Simulation
from simulation.scenario import Scenario, scenario_of
from simulation.scenario_market import preset_profiles

STAGE: Final = "VWAP quality"
LAG_GOAL: Final = 3.0  # % of X; aim 1
PRICE_GOAL: Final = 1.2  # times the pre-trade risk
RECORDED: Final = (("IBM", "2013-10-08"), ("IBM", "2013-10-09"))  # each with a profile of before
WINDOWS: Final = (("09:35", "15:55"), ("09:35", "12:00"), ("13:00", "15:55"))
CALENDAR: Final = "XNYS"


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """One VWAP order that was played. `lag`: a fraction of X; `risk_bps`: None where unknown."""

    lag: float
    gap_bps: float
    risk_bps: float | None
    cum_qty: int
    order_qty: int


def measure(seeds: int) -> list[Figure]:
    """An hour and the last three hours simulated; recorded days if there are any."""
    hour = simulated(tracking("11:00", 3_600, 6, 24_000), seeds)
    close = simulated(tracking("13:00", 10_800, 2, 108_000), max(seeds // 2, 1))
    figures = [_lag("simulated, an hour", hour), _lag("simulated, three hours to the close", close)]
    found = recorded(1 if seeds == 1 else len(RECORDED) * len(WINDOWS) * 2)
    if found:
        figures += [_lag("recorded days of IBM", found), _price("recorded days of IBM", found)]
    return figures


def tracking(start: str, window_s: int, orders: int, qty: int) -> Scenario:
    """VWAPs at their defaults but for completion, in two liquid names; 200 or so shares a slice."""
    return scenario_of({
        "name": "vwap-tracking",
        "market": {"preset": "liquid", "symbols": [{"symbol": "AAA"}, {"symbol": "BBB"}],
                   "warm_up_s": 30},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "generators": [{"id": "P", "count": 2 * orders, "start": start, "window_s": window_s,
                        "algo": "vwap", "spacing_s": 1.5, "quantity": [qty, qty],
                        "params": {"completion": "cross"}}],
    })  # fmt: skip


def simulated(scenario: Scenario, seeds: int) -> list[Followed]:
    """Every order of every seed."""
    day = date.fromisoformat(scenario.market.date)
    calendar = load_calendar(CALENDAR, day, day)
    session = calendar.sessions[0]
    known = KnownProfiles(by_symbol=preset_profiles(scenario, session))
    found: list[Followed] = []
    for seed in range(seeds):
        ready = case.prepare(case.Case(scenario=scenario, seed=seed), calendar, Settings())
        found += followed(ready.play(), known, session, ready.table)
    return found


def recorded(runs: int) -> list[Followed]:
    """So many of the recorded days' windows, bought and sold, of an hundredth of the volume."""
    data = Path(os.environ.get("HEADGATE_DATA") or "../shared/data")
    if not (data / "lean" / "tick" / "ibm").is_dir():
        print(f"    left out: no {data / 'lean' / 'tick' / 'ibm'} (HEADGATE_DATA names another)")
        return []
    asked = [(symbol, day, window, side)
             for window in WINDOWS for symbol, day in reversed(RECORDED)
             for side in ("buy", "sell")]  # fmt: skip
    with TemporaryDirectory() as place:
        return [
            played(data, Path(place), symbol, day, window, side)
            for symbol, day, window, side in asked[:runs]
        ]


def played(
    data: Path, place: Path, symbol: str, day: str, window: tuple[str, str], side: str,
    params: Sequence[str] = (),
) -> Followed:  # fmt: skip
    """One order of 30,000 shares on a recorded day, with the profile of the days before it."""
    directory = place / f"{symbol}.{day}"
    if not directory.exists():
        _build_profile(data, directory, symbol, day)
    settings = Settings(worker=WorkerSettings(profiles=str(directory)))
    request = command.Request(
        data=data, symbol=symbol, date=day, algo="vwap", side=side, quantity="30000",
        start=window[0], end=window[1], params=("completion=cross", *params),
    )  # fmt: skip
    run = command.prepare(request, settings).play()
    session = load_calendar(CALENDAR, date.fromisoformat(day), date.fromisoformat(day)).sessions[0]
    known = read_profiles(directory, {CALENDAR: day}, {symbol: CALENDAR}, 7)
    table = InstrumentTable([recorded_instrument(symbol, 100, CALENDAR)])
    (found,) = followed(run, known, session, table)
    return found


def _build_profile(data: Path, directory: Path, symbol: str, day: str) -> None:
    """Of the days of the source before `day`."""
    settings = directory.with_suffix(".toml")
    directory.parent.mkdir(parents=True, exist_ok=True)
    instrument = recorded_instrument(symbol, 100, CALENDAR)
    settings.write_text(
        f'[[instruments]]\nsymbol = "{symbol}"\ncurrency = "USD"\nlot = 100\n'
        f'ticks = [{{ from_px = 0, tick = {instrument.tick} }}]\ncalendar = "{CALENDAR}"\n'
        'venues = ["X"]\nmax_order_qty = 1000000\nmax_order_notional = 1000000000\n'
    )
    asked = profiles.Build(
        sources=(data,), format=FileFormat.LEAN, out=directory, instruments_file=settings,
        symbols=(symbol,), as_of=date.fromisoformat(day), days_min=1,
    )  # fmt: skip
    said = io.StringIO()
    if profiles.build(asked, said, said):
        raise RuntimeError(said.getvalue())


def followed(
    run: Simulation, known: KnownProfiles, session: Session, table: InstrumentTable
) -> list[Followed]:
    """How near each order of a run kept to its curve, made again from the worker's tape."""
    plans: dict[str, ParentPlan] = {}
    ends: dict[str, int | None] = {}
    for each in run.records(Topic.REPORTS):
        if isinstance(each, ParentPlan):
            plans.setdefault(each.order_id, each)
        elif isinstance(each, ParentReport) and each.exec_type is ExecType.NEW:
            ends[each.order_id] = each.end_ns
    parents = {child.cl_ord_id: child.order_id for child in run.records(Topic.CHILDREN)
               if isinstance(child, NewChild)}  # fmt: skip
    fills: dict[str, list[Execution]] = {}
    for record in run.records(Topic.EXECUTIONS):
        if isinstance(record, Execution) and record.exec_type is ExecType.TRADE:
            fills.setdefault(parents[record.cl_ord_id], []).append(record)
    markets = {symbol: market for core in run.worker.cores.values()
               for symbol, market in core.markets.items()}  # fmt: skip
    curves = {
        symbol: _curve(known, session, table[symbol], market) for symbol, market in markets.items()
    }
    return [
        _followed(cost, plans[cost.order_id], ends[cost.order_id] or 0,
                  fills.get(cost.order_id, []), curves[cost.symbol])
        for cost in run.finals
    ]  # fmt: skip


def _curve(
    known: KnownProfiles, session: Session, instrument: Instrument, market: SymbolMarket
) -> LiveCurve:
    source = known.curve(instrument.symbol, instrument.calendar, session)
    return LiveCurve(source=source, session=session, market=market, lot=instrument.lot)


def _followed(
    cost: ParentCost, plan: ParentPlan, end_ns: int, fills: Sequence[Execution], curve: LiveCurve
) -> Followed:
    band = plan.inputs["band"]
    assert isinstance(band, float)
    assert plan.inputs["curve_id"] == curve.fingerprint
    start_ns = max(cost.start_ns, plan.transact_ns)
    window = curve.window(start_ns, end_ns, band)
    order = Traded(
        start_ns=start_ns, end_ns=end_ns, order_qty=int(cost.order_qty), exo_px=(),
        at_ns=tuple(each.transact_ns for each in fills),
        fill_qty=tuple(each.last_qty for each in fills),
    )  # fmt: skip
    risk = plan.inputs["vwap_risk_bps"]
    assert cost.vwap_slippage_bps is not None
    return Followed(
        lag=curve_lag(order, lambda at_ns: window.pace(at_ns).fraction(at_ns)),
        gap_bps=cost.vwap_slippage_bps, risk_bps=risk if isinstance(risk, float) else None,
        cum_qty=int(cost.cum_qty), order_qty=int(cost.order_qty),
    )  # fmt: skip


def _lag(name: str, found: Sequence[Followed]) -> Figure:
    lags = [100 * each.lag for each in found]
    done = sum(each.cum_qty for each in found) / sum(each.order_qty for each in found)
    return Figure(
        stage=STAGE, name=f"schedule lag, {name}: the worst of {len(lags)} orders", unit="%",
        value=max(lags), base_name="the goal", base=LAG_GOAL, goal=Goal(at_most=1.0),
        aim=Goal(at_most=1 / LAG_GOAL),
        note=f"max |filled(t)/X - own target curve|; the median is {quantile(lags, 0.5):.2f} %; "
             f"{100 * done:.2f} % of all shares were done",
    )  # fmt: skip


def _price(name: str, found: Sequence[Followed]) -> Figure:
    """Crossing costs half a spread each time, and is in it; the risk is that of the curve alone."""
    gaps = [abs(each.gap_bps) for each in found]
    risks = [each.risk_bps for each in found if each.risk_bps is not None]
    mean = sum(each.gap_bps for each in found) / len(found)
    return Figure(
        stage=STAGE, name=f"|average - VWAP|, {name}: median of {len(gaps)} orders", unit="bps",
        value=median(gaps), base_name="pre-trade risk", base=median(risks),
        goal=Goal(at_most=PRICE_GOAL),
        note=f"the worst is {max(gaps):.2f}, the mean cost {mean:.2f}: both sides of each window, "
             "every child crosses the spread",
    )  # fmt: skip

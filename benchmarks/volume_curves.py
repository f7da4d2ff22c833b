"""How well volume curves foretell recorded days, out of sample, by the measure of quant.md 3.3.

TE = sigma * sqrt(mean_i (Chat_i - C_i)^2) with C the cumulative curve of the day and Chat what was
expected of it: the risk of a VWAP order against the day's VWAP if prices do not know of volumes.
Every curve is made of the 20 days before the tested one, never of it. The dynamic curve's Chat_i
is what it asks for at the end of bin i when it knows the volumes of the bins before i alone.

Skill (performance.md section 7): where the dynamic curve lies between the static one (0) and an
oracle (1) that knows the whole day, but each bin only when it is over: what one who followed the
volume itself would reach. Minute bars of SPY, for in bins of 15 minutes that oracle is no better
than a static curve: a lag of one bin is all of the error.
"""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, Goal
from domain.sessions import TradingCalendar
from headgate.calendars import load_calendar
from marketdata.bar_files import read_intraday, read_minute_ends
from marketdata.curve_estimators import LOOKBACK_DAYS, Estimation, estimate_curve
from marketdata.curve_window import Window
from marketdata.dynamic_curve import DynamicCurve
from marketdata.volume_bins import DayVolumes
from marketdata.volume_curve import CurveMethod, VolumeCurve
from marketdata.volume_days import History, of_bars

SIGMA_BPS: Final = 150.0  # a day's volatility
BIN_S: Final = 900
CALENDAR: Final = "XNYS"
FILE: Final = Path("intraday_volume", "aapl_ge_15min.csv.gz")
MINUTE_FILES: Final = (Path("minute_bars", "nt-spy-minute-2011.csv.gz"),
                       Path("minute_bars", "nt-spy-minute-2011-03.csv.gz"))  # fmt: skip
MINUTE_BIN_S: Final = 300
SKILL_GOAL: Final = 0.2
SKILL_AIM: Final = 0.5
DYNAMIC: Final = "log_mean + dynamic"
METHODS: Final = (CurveMethod.FLAT, CurveMethod.MEAN_VOLUME, CurveMethod.MEDIAN,
                  CurveMethod.TRIMMED, CurveMethod.LOG_MEAN)  # fmt: skip
Floats = NDArray[np.float64]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Means over the tested days: |dp| of a bin in percentage points, the greatest error of the
    cumulative curve in per cent, and TE in bps, also its 95th percentile.
    """

    days: int
    bin_error_pp: float
    cumulative_error_pct: float
    te_bps: float
    te_bps_p95: float


def scores(data: Path) -> dict[tuple[str, str], Score]:
    """By (method, symbol), symbol "both" for all days of AAPL and GE together."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for history in histories(data):
        for index in range(LOOKBACK_DAYS, len(history.days)):
            past, day = history.days[:index], history.days[index]
            for name, expected in expectations(history.symbol, past, day):
                error = _errors(expected, day)
                found.setdefault((name, history.symbol), []).append(error)
                found.setdefault((name, "both"), []).append(error)
    return {key: _score(errors) for key, errors in found.items()}


def histories(data: Path) -> list[History]:
    """The recorded days of both symbols."""

    def calendars(first: date, last: date) -> TradingCalendar:
        return load_calendar(CALENDAR, first, last)

    zone = "America/New_York"
    return of_bars(read_intraday(data / FILE, zone, BIN_S), calendars, BIN_S)


def expectations(
    symbol: str, past: Sequence[DayVolumes], day: DayVolumes
) -> list[tuple[str, Floats]]:
    """(method, Chat (n,)) of a day for each method, from the days before it."""
    made = {method: _curve(symbol, past, day, method) for method in METHODS}
    found = [(method.value, _cumulative(curve)) for method, curve in made.items()]
    return [*found, (DYNAMIC, dynamic(made[CurveMethod.LOG_MEAN], day))]


def dynamic(curve: VolumeCurve, day: DayVolumes) -> Floats:
    """Chat (n,) of the dynamic curve, which is told of each bin after it was asked about it."""
    session = day.session
    window = Window(session=session, start_ns=session.open_ns, end_ns=session.close_ns)
    state = DynamicCurve(curve=curve, window=window)
    expected: list[float] = []
    for each, qty in zip(curve.bins, day.bin_qty.tolist(), strict=True):
        end_ns = session.open_ns + each.end_s * 1_000_000_000
        expected.append(state.target(end_ns, filled=expected[-1] if expected else 0.0))
        state.on_bin(qty)
    return np.array(expected)


def skill(data: Path) -> tuple[Score, Score, Score]:
    """(static, dynamic, oracle) of SPY in 5-minute bins, out of sample."""

    def calendars(first: date, last: date) -> TradingCalendar:
        return load_calendar(CALENDAR, first, last)

    bars = (bar for file in MINUTE_FILES for bar in read_minute_ends(data / file, "SPY", 60))
    (history,) = of_bars(bars, calendars, MINUTE_BIN_S)
    static, moved, oracle = [], [], []
    for index in range(LOOKBACK_DAYS, len(history.days)):
        day = history.days[index]
        curve = _curve("SPY", history.days[:index], day, CurveMethod.LOG_MEAN, MINUTE_BIN_S)
        over = np.cumsum(day.bin_qty) / day.bin_qty.sum()
        static.append(_errors(_cumulative(curve), day))
        moved.append(_errors(dynamic(curve, day), day))
        oracle.append(_errors(np.concatenate([[0.0], over[:-1]]), day))
    return _score(static), _score(moved), _score(oracle)


def measure(data: Path | None = None) -> list[Figure]:
    """The table as figures: each method against flat, the dynamic against the static one."""
    place = data or Path(os.environ.get("HEADGATE_DATA") or "../shared/data")
    if not (place / FILE).is_file():
        print(f"    left out: no {place / FILE} (HEADGATE_DATA names another place)")
        return []
    found = scores(place)
    figures: list[Figure] = []
    for symbol in ("both", "AAPL", "GE"):
        for name in (*(method.value for method in METHODS), DYNAMIC):
            base = CurveMethod.LOG_MEAN.value if name == DYNAMIC else CurveMethod.FLAT.value
            figures.append(_figure(found, name, base, symbol))
    return [*figures, *_skill_figures(place)]


def _skill_figures(data: Path) -> list[Figure]:
    if not all((data / file).is_file() for file in MINUTE_FILES):
        print(f"    left out: no {data / MINUTE_FILES[0]}")
        return []
    static, moved, oracle = skill(data)
    measures = {
        "TE": [each.te_bps for each in (static, moved, oracle)],
        "greatest cumulative error": [
            each.cumulative_error_pct for each in (static, moved, oracle)
        ],
    }
    return [
        Figure(
            stage="curves", name=f"profile skill, SPY by the minute, {name}", unit="",
            value=(found[0] - found[1]) / (found[0] - found[2]), base_name="the goal",
            base=SKILL_GOAL, goal=Goal(at_least=1.0), aim=Goal(at_least=SKILL_AIM / SKILL_GOAL),
            note=f"{static.days} days; static {found[0]:.2f}, dynamic {found[1]:.2f}, oracle a bin "
            f"late {found[2]:.2f}",
        )
        for name, found in measures.items()
    ]  # fmt: skip


def _figure(found: dict[tuple[str, str], Score], name: str, base: str, symbol: str) -> Figure:
    score = found[name, symbol]
    compared = name != base
    return Figure(
        stage="curves", name=f"{name}, {symbol}: VWAP risk", value=score.te_bps, unit="bps",
        base_name=base if compared else "",
        base=found[base, symbol].te_bps if compared else None,
        goal=Goal(at_most=1.0) if compared else None,
        note=f"{score.days} days; bin error {score.bin_error_pp:.3f} pp, greatest cumulative error "
        f"{score.cumulative_error_pct:.2f} %, 95 % of days below {score.te_bps_p95:.1f} bps",
    )  # fmt: skip


def _curve(
    symbol: str, past: Sequence[DayVolumes], day: DayVolumes, method: CurveMethod,
    bin_s: int = BIN_S,
) -> VolumeCurve:  # fmt: skip
    how = Estimation(symbol=symbol, calendar=CALENDAR, as_of=day.session.date, method=method)
    return estimate_curve(past, day.session, bin_s, how)


def _cumulative(curve: VolumeCurve) -> Floats:
    return np.cumsum([each.share for each in curve.bins])


def _errors(expected: Floats, day: DayVolumes) -> tuple[float, float, float]:
    """(|dp| in pp, greatest cumulative error in %, TE in bps) of a day."""
    shares = day.bin_qty / day.bin_qty.sum()
    off = expected - np.cumsum(shares)
    bins = np.abs(np.diff(expected, prepend=0.0) - shares)
    return (
        100 * float(bins.mean()),
        100 * float(np.abs(off).max()),
        SIGMA_BPS * float(np.sqrt((off**2).mean())),
    )


def _score(errors: list[tuple[float, float, float]]) -> Score:
    table = np.array(errors)
    bins, cumulative, te_bps = table.mean(axis=0).tolist()
    return Score(
        days=len(errors), bin_error_pp=bins, cumulative_error_pct=cumulative, te_bps=te_bps,
        te_bps_p95=float(np.quantile(table[:, 2], 0.95)),
    )  # fmt: skip

"""What order flow does to the mid, from bars of recorded days: Kyle's lambda and what stays of it.

    kyle_lambda       dm = a + lambda OF + e                 currency a share of signed volume
    ofi_lambda        dm = a + lambda OFI D'/D + e          currency a share of order flow imbalance
    permanent_share   dm = a + sum_k b_k OF_{t-k} + e        (sum_k b_k) / b_0 over PERMANENT_MIN

Errors after Newey and West with HAC_LAGS lags, both sides winsorised (quant.md 2.8). D is a bar's
depth at the touch, D' the mean of it: the slope on OFI/(2 D) is a price, and so it is made one a
share. Flow is everybody's: a lambda is the slope of the price on the net flow of the market in one
bar, not what an own order costs.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from algos.calibration.regression import Fit, Labels, ols_hac, winsorised
from algos.models.calibration import Coefficient, CoefficientName, Refusal
from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.quadrature import Floats
from marketdata.flow_bars import FlowDay

HAC_LAGS: Final = 5
WINSOR_FRACTION: Final = 0.01
T_MIN: Final = 2.0  # below it a coefficient is refused
BARS_MIN: Final = 100  # fewer leave neither a percentile nor five lags anything to stand on
PERMANENT_MIN: Final = 30.0  # minutes after which what is left is called permanent
_PER_SHARE: Final = "currency a share"


class FlowSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Bars of several days in one row, (n,) each; `run` changes where one does not follow the last.

    `change`: of the mid, currency. `flow`, `ofi`, `depth`: shares.
    """

    bar_s: int
    change: Floats
    flow: Floats
    ofi: Floats
    depth: Floats
    run: Labels


def flow_series(days: Sequence[FlowDay], tick: float) -> FlowSeries:
    """Of days of one length of bars; bars without a mid are left out and end a run."""
    if len({day.bar_s for day in days}) != 1:
        raise CalibrationError(CalibrationFault.TOO_FEW, "days", "none, or bars of unlike lengths")
    runs, last = [], 0
    for day in days:
        known = np.isfinite(day.mid_change)
        breaks = np.diff(day.run, prepend=-1) != 0
        breaks |= known & ~np.concatenate([[True], known[:-1]])
        runs.append(last + np.cumsum(breaks))
        last += int(breaks.sum())
    known = np.concatenate([np.isfinite(day.mid_change) for day in days])

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(day, name) for day in days])[known]

    return FlowSeries(
        bar_s=days[0].bar_s, change=joined("mid_change") * tick, flow=joined("flow_qty"),
        ofi=joined("ofi_qty"), depth=joined("depth_qty"),
        run=np.concatenate(runs)[known].astype(np.int64),
    )  # fmt: skip


def kyle_lambda(bars: FlowSeries) -> Coefficient:
    """The slope on signed volume."""
    return _slope(CoefficientName.KYLE_LAMBDA, bars, bars.flow)


def ofi_lambda(bars: FlowSeries) -> Coefficient:
    """The slope on order flow imbalance over depth, a share at the mean depth."""
    sized = bars.depth > 0.0
    if not sized.any():
        return refused(CoefficientName.OFI_LAMBDA, _PER_SHARE, 0, Refusal.NO_DATA,
                       "the quotes come without sizes")  # fmt: skip
    kept = msgspec.structs.replace(
        bars, **{name: getattr(bars, name)[sized] for name in ("change", "ofi", "depth", "run")}
    )
    usual = float(kept.depth.mean())
    return _slope(CoefficientName.OFI_LAMBDA, kept, kept.ofi / kept.depth * usual)


def permanent_share(bars: FlowSeries) -> Coefficient:
    """How much of what a bar's flow moves is still there after PERMANENT_MIN, 0 to 1."""
    name, lags = CoefficientName.PERMANENT_SHARE, max(1, round(PERMANENT_MIN * 60 / bars.bar_s))
    flow, change = (winsorised(each, WINSOR_FRACTION) for each in (bars.flow, bars.change))
    rows = np.flatnonzero(bars.run[lags:] == bars.run[:-lags]) + lags
    n = len(rows)
    if n < max(BARS_MIN, 10 * lags):
        return refused(name, "", n, Refusal.TOO_FEW, f"{n} bars with {lags} before them")
    x = np.column_stack([np.ones(n), *(flow[rows - lag] for lag in range(lags + 1))])
    try:
        fit = ols_hac(x, change[rows], bars.run[rows], HAC_LAGS)
    except CalibrationError as error:
        return refused(name, "", n, Refusal.COLLINEAR, error.text)
    return _judged_share(fit, n, lags)


def _judged_share(fit: Fit, n: int, lags: int) -> Coefficient:
    """The ratio by the delta method, refused where its interval holds all of 0 to 1, or none."""
    name, at_once = CoefficientName.PERMANENT_SHARE, float(fit.values[1])
    if at_once < T_MIN * fit.se(1):
        why = f"a bar's own flow moves the price by {at_once:.3g} +- {fit.se(1):.2g}"
        return refused(name, "", n, Refusal.INSIGNIFICANT, why)
    share = float(fit.values[1:].sum()) / at_once
    weights = np.concatenate([[0.0, 1.0 - share], np.ones(lags)]) / at_once
    se = fit.sum_se(weights)
    made = Coefficient(name=name, unit="", n=n, estimate=share, se=se, r_squared=fit.r_squared,
                       value=min(max(share, 0.0), 1.0))  # fmt: skip
    low, high = share - T_MIN * se, share + T_MIN * se
    if low <= 0.0 and high >= 1.0:
        return denied(made, Refusal.INSIGNIFICANT, "its interval holds all of 0 to 1")
    if low > 1.0 or high < 0.0:
        return denied(made, Refusal.OUT_OF_RANGE, "its interval holds nothing of 0 to 1")
    return made


def _slope(name: CoefficientName, bars: FlowSeries, flow: Floats) -> Coefficient:
    n = len(flow)
    if n < BARS_MIN:
        return refused(name, _PER_SHARE, n, Refusal.TOO_FEW, f"{n} bars, and {BARS_MIN} it takes")
    x = np.column_stack([np.ones(n), winsorised(flow, WINSOR_FRACTION)])
    try:
        fit = ols_hac(x, winsorised(bars.change, WINSOR_FRACTION), bars.run, HAC_LAGS)
    except CalibrationError as error:
        return refused(name, _PER_SHARE, n, Refusal.COLLINEAR, error.text)
    slope = float(fit.values[1])
    return significant(
        Coefficient(name=name, unit=_PER_SHARE, n=n, estimate=slope, se=fit.se(1),
                    r_squared=fit.r_squared, value=slope)
    )  # fmt: skip


def significant(made: Coefficient) -> Coefficient:
    """The same, or refused: an estimate below T_MIN standard errors, or below zero."""
    assert made.estimate is not None
    assert made.se is not None
    if made.se > 0.0 and made.estimate >= T_MIN * made.se:
        return made
    t = made.estimate / made.se if made.se > 0.0 else 0.0
    return denied(made, Refusal.INSIGNIFICANT, f"t = {t:.2f} is below {T_MIN:g}")


def denied(made: Coefficient, reason: Refusal, why: str) -> Coefficient:
    """The same with its value refused."""
    return msgspec.structs.replace(made, value=None, refused=reason, why=why)


def refused(name: CoefficientName, unit: str, n: int, reason: Refusal, why: str) -> Coefficient:
    """One that could not even be estimated."""
    return Coefficient(name=name, unit=unit, n=n, estimate=None, se=None, r_squared=None,
                       value=None, refused=reason, why=why)  # fmt: skip

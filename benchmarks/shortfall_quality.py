"""Whether implementation shortfall costs what its estimate said: mean, and slope over many orders.

What is expected stands in the order's first plan; what it cost is the shortfall with the control
variate taken off, as a paired run of the same seed without the order would have it: without the
moves of the market itself (quant.md 8.5, 9.3).
"""

from typing import Final

from benchmarks.calibration_line import Costed, Line, calibration_line
from benchmarks.figures import Figure, Goal
from benchmarks.quality_runs import runs
from simulation.order_row import OrderRow
from simulation.scenario import Scenario, scenario_of
from venuesim.presets import PRESETS, Preset

STAGE: Final = "IS quality"
# Of a day's volume. None is capped or goes as fast as the market, which no model prices: all fill.
SIZES: Final = (0.002, 0.005, 0.01, 0.03)
WINDOW_S: Final = 5_850  # a quarter of a day
# Of a hundred seeds: a liquid name takes five times as long as an illiquid one.
SHARES: Final = {"liquid": 0.06, "mid": 0.5, "illiquid": 0.44}
ERROR_GOAL: Final = 10.0  # per cent; aim 3
SLOPE: Final = Goal(at_least=0.8, at_most=1.25)


def measure(seeds: int) -> list[Figure]:
    """Over all presets, each order weighted by how surely it says something."""
    by_preset = {name: _costed(PRESETS[name], max(round(seeds * share), 1))
                 for name, share in SHARES.items()}  # fmt: skip
    orders = [order for each in by_preset.values() for order in each]
    figures = [_mean("all presets", calibration_line(orders), len(orders), goal=True),
               _slope(calibration_line(orders), len(orders))]  # fmt: skip
    return figures + [_mean(name, calibration_line(found), len(found), goal=False)
                      for name, found in by_preset.items()]  # fmt: skip


def scenario(preset: Preset) -> Scenario:
    """One order of each size, each in a name of its own, crossing with every child at one venue."""
    symbols = [f"S{index}" for index in range(len(SIZES))]
    return scenario_of({
        "name": f"is-quality-{preset.name}",
        "market": {"preset": preset.name, "symbols": [{"symbol": each} for each in symbols]},
        "venues": [{"name": "ALPHA"}],  # the profile's spread is that of one book
        "generators": [
            {"id": symbol, "count": 1, "symbols": [symbol], "algo": "is", "start": "11:00",
             "window_s": WINDOW_S, "adv_fraction": [size, size],
             "params": {"style": "aggressive", "completion": "cross"}}
            for symbol, size in zip(symbols, SIZES, strict=True)
        ],
    })  # fmt: skip


def _costed(preset: Preset, seeds: int) -> list[Costed]:
    rows = runs(scenario(preset), seeds, keeps_fills=False).rows
    sd_bps = preset.daily_volatility * 1e4  # the noise of a cost goes with it
    return [_of(row, sd_bps) for row in rows]


def _of(row: OrderRow, sd_bps: float) -> Costed:
    assert row.expected_bps is not None, row
    assert row.is_adj_bps is not None, row
    return Costed(expected_bps=row.expected_bps, cost_bps=row.is_adj_bps, sd_bps=sd_bps)


def _mean(name: str, line: Line, count: int, *, goal: bool) -> Figure:
    return Figure(
        stage=STAGE, name=f"{name}: mean cost off its estimate", unit="%",
        value=100.0 * abs(line.ratio - 1.0), base_name="the goal" if goal else "",
        base=ERROR_GOAL if goal else None, goal=Goal(at_most=1.0) if goal else None,
        aim=Goal(at_most=0.3) if goal else None,
        note=f"{count} orders; cost / estimate {line.ratio:.3f}, standard error "
             f"{line.ratio_se:.3f}",
    )  # fmt: skip


def _slope(line: Line, count: int) -> Figure:
    return Figure(
        stage=STAGE, name="slope of cost on estimate", value=line.slope, unit="bps a bp",
        base_name="1", base=1.0, goal=SLOPE, aim=Goal(at_least=0.9, at_most=1.1),
        note=f"{count} orders of {min(SIZES):.1%} to {max(SIZES):.0%} of a day's volume, three "
             f"presets; standard error {line.slope_se:.3f}",
    )  # fmt: skip

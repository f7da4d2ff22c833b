"""How well TWAP keeps time: in shares, in price, to the last share, also where all are due at once.

Must-cross mode in a simulator that refuses nothing, as quant.md 9.3 asks. No figure is a time.
"""

from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, quantile
from benchmarks.quality_runs import Runs, exogenous_path, runs, traded
from benchmarks.tracking import Traded, jittered_rms_bps, price_gap_bps, quantity_lag, rms
from headgate.settings import LimitSettings, Settings
from simulation.scenario import Scenario, scenario_of

STAGE: Final = "TWAP quality"
INTERVAL_S: Final = 30  # the default
GAP_GOAL: Final = Goal(at_most=1.3)  # of the theoretical RMS
GAP_AIM: Final = Goal(at_most=1.05)
LAG_GOAL: Final = 2.0  # % of X, after 5 % of the window; aim 0.5
RATE: Final = 100  # orders a second to a venue
CROWD: Final = 200  # parents due on the same second
CROWD_SLICES: Final = 20
LOT: Final = 100


def measure(seeds: int) -> list[Figure]:
    """Tracking over an hour and over a long window, then a crowd."""
    hour = runs(tracking(3_600, 6, 60_000), seeds)
    long = runs(tracking(10_800, 2, 180_000), max(seeds // 4, 1))
    return [
        _lag("an hour", hour, 3_600),
        _lag("three hours", long, 10_800),
        *_gap("an hour", hour, 3_600),
        _completion("all orders", hour),
        *crowd(CROWD),
    ]


def tracking(window_s: int, orders: int, qty: int) -> Scenario:
    """TWAPs at their defaults but for completion, in two liquid names; 500 shares a slice."""
    return scenario_of({
        "name": "twap-tracking",
        "market": {"preset": "liquid", "symbols": [{"symbol": "AAA"}, {"symbol": "BBB"}],
                   "warm_up_s": 30},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "generators": [{"id": "P", "count": 2 * orders, "start": "11:00", "window_s": window_s,
                        "spacing_s": 1.5, "quantity": [qty, qty],
                        "params": {"interval": INTERVAL_S, "completion": "cross"}}],
    })  # fmt: skip


def _lag(name: str, found: Runs, window_s: int) -> Figure:
    lags = [100 * quantity_lag(order) for _, order in traded(found, window_s)]
    return Figure(
        stage=STAGE, name=f"quantity lag, {name}: the worst of {len(lags)} orders", unit="%",
        value=max(lags), base_name="the goal", base=LAG_GOAL, goal=Goal(at_most=1.0),
        aim=Goal(at_most=0.25),
        note=f"max |filled(t)/X - t/T| after 5 % of the window, {window_s // INTERVAL_S} slices; "
             f"the median is {quantile(lags, 0.5):.2f} %; a slice alone is "
             f"{100 * INTERVAL_S / window_s:.2f} %",
    )  # fmt: skip


def _gap(name: str, found: Runs, window_s: int) -> list[Figure]:
    gaps, theory = [], []
    paths = {}
    for row, order in traded(found, window_s):
        key = (row.seed, row.symbol, order.start_ns)
        if key not in paths:
            paths[key] = exogenous_path(found.scenario, row.seed, row.symbol, order.start_ns,
                                        order.end_ns)  # fmt: skip
        gaps.append(price_gap_bps(order, paths[key]))
        theory.append(jittered_rms_bps(paths[key], window_s // INTERVAL_S))
    found_bps, jittered_bps = rms(gaps), rms(theory)
    note = f"of the price that no order moves; standard error {100 / (2 * len(gaps)) ** 0.5:.0f} %"
    return [
        Figure(
            stage=STAGE, name=f"price gap to the even average, {name}: RMS of {len(gaps)} orders",
            value=found_bps, unit="bps", base_name="theory, slices at the begin of their bins",
            base=jittered_bps * 2**0.5, goal=GAP_GOAL, aim=GAP_AIM, note=note,
        ),
        Figure(
            stage=STAGE, name="... against the least that jittered slices can have", unit="bps",
            value=found_bps, base_name="theory, slices jittered", base=jittered_bps, goal=GAP_GOAL,
            aim=GAP_AIM,
        ),
    ]  # fmt: skip


def _completion(name: str, found: Runs) -> Figure:
    ordered = sum(row.order_qty for row in found.rows)
    filled = sum(row.cum_qty for row in found.rows)
    return Figure(stage=STAGE, name=f"completion, {name}", value=100.0 * filled / ordered, unit="%",
                  base_name="what is marketable", base=100.0, goal=Goal(at_least=1.0),
                  note=f"{len(found.rows)} orders, {filled:,} of {ordered:,} shares")  # fmt: skip


def crowd(parents: int, slices: int = CROWD_SLICES) -> list[Figure]:
    """Parents whose slices all fall on the same seconds, under a limit on orders a second."""
    limits = LimitSettings(messages_per_second=RATE)
    settings = Settings()
    access = msgspec.structs.replace(settings.venue_access, limits=limits)
    found = runs(crowded(parents, slices), 1,
                 settings=msgspec.structs.replace(settings, venue_access=access))  # fmt: skip
    late = [late_intervals(order) for _, order in traded(found, INTERVAL_S * slices)]
    refused = sum(row.children for row in found.rows) - len({f.cl_ord_id for f in found.fills})
    return [
        _completion(f"{parents} due on the same seconds, {RATE} orders/s", found),
        Figure(stage=STAGE, name="... the latest fill after its slice", unit="intervals",
               value=max(late), base_name="one interval", base=1.0, goal=Goal(at_most=1.0),
               note=f"{slices} slices of {INTERVAL_S} s without jitter, one venue; "
                    f"{refused:,} children came to nothing"),
    ]  # fmt: skip


def crowded(parents: int, slices: int) -> Scenario:
    """One liquid name, one venue; a lot a slice."""
    return scenario_of({
        "name": "twap-crowd",
        "market": {"preset": "liquid", "symbols": [{"symbol": "AAA"}], "warm_up_s": 30},
        "venues": [{"name": "ALPHA"}],
        "generators": [{"id": "P", "count": parents, "start": "11:00",
                        "window_s": INTERVAL_S * slices, "quantity": [LOT * slices, LOT * slices],
                        "params": {"interval": INTERVAL_S, "completion": "cross",
                                   "size_jitter": 0.0, "time_jitter": 0.0}}],
    })  # fmt: skip


def late_intervals(order: Traded) -> float:
    """How long after its slice was due any share of it was filled, at the most; a lot a slice."""
    step_ns, before_qty, worst = INTERVAL_S * 10**9, 0, 0.0
    for at_ns, qty in zip(order.at_ns, order.fill_qty, strict=True):
        worst = max(worst, (at_ns - order.start_ns) / step_ns - before_qty // LOT)
        before_qty += qty
    return worst if before_qty == order.order_qty else float("inf")

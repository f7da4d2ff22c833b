"""Plans made without a worker: an order over a window, in a market that says nothing."""

from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.parameters import Rejection, read_parameters
from algos.parent import Parent, Terms
from algos.schedule import TradingClock
from algos.surroundings import Surroundings
from domain.instruments import Side
from domain.parents import ParamValue
from marketdata.market import SymbolMarket
from tests.algos.partition_scene import IBM, S

MINUTE = 60 * S


def plan_request(
    algorithm: Algorithm, qty: int, minutes: float = 60, seed: int = 1, **params: ParamValue
) -> PlanRequest:
    """A request from time 0 on, of an instrument with lots of 100."""
    values = read_parameters(algorithm.parameters, params)
    assert not isinstance(values, Rejection)
    end_ns = int(minutes * MINUTE)
    parent = Parent(
        order_id="P", source="OMS", cl_ord_id="A", instrument=IBM, side=Side.BUY,
        algorithm=algorithm, params=values, arrival_px=None,
        terms=Terms(order_qty=qty, limit_px_ticks=None, start_ns=0, end_ns=end_ns),
    )  # fmt: skip
    return PlanRequest(
        parent=parent,
        around=Surroundings(SymbolMarket(symbol="IBM"), {}, killed=False, now_ns=0),
        qty=qty,
        base_qty=0,
        clock=TradingClock.over(0, end_ns, None),
        seed=seed,
    )


def planned(
    algorithm: Algorithm, qty: int, minutes: float = 60, seed: int = 1, **params: ParamValue
) -> Plan:
    """The plan that `algorithm` makes of it."""
    return algorithm.plan(plan_request(algorithm, qty, minutes, seed, **params))

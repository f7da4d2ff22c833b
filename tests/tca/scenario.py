"""Plays TCA scenario texts: events, ----, the costs said. The language is that of the files.

Times are seconds, prices currency units with a tick of 0.01, everything of one symbol, IBM.
"""

from collections.abc import Sequence
from decimal import Decimal

from domain.children import Claim, NewChild
from domain.fix_codes import ExecType, OrdStatus, OrdType, TimeInForce
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import MarketEvent, Quote, Trade
from domain.reports import ParentPlan, ParentReport, ReportRecord
from domain.tca import ParentCost
from tca.costs import Costs
from tca.table import cost_table

NS = 1_000_000_000
IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=("ALPHA", "BETA"), max_order_qty=10**9,
    max_order_notional=Decimal(10**12),
)  # fmt: skip
TABLE = InstrumentTable([IBM])
Args = dict[str, str]


def play(script: str) -> str:
    """Feed each block's lines to a Costs; return the script with what was said."""
    costs = claimed_costs()
    parents: dict[str, Args] = {}
    blocks = []
    for block in script.rstrip("\n").split("\n\n"):
        head = block.split("----")[0]
        said: list[str] = []
        for line in head.splitlines():
            if line.startswith("#"):
                continue
            verb, *words = line.split()
            args = dict(word.split("=") for word in words)
            if verb == "restart":
                costs = claimed_costs()
                parents.clear()
            elif verb == "table":
                said += cost_table(costs.on_timer(ns(args))).splitlines()
            else:
                said += [text(cost) for cost in feed(costs, parents, verb, args)]
        blocks.append(head + "----" + "".join(f"\n{line}".rstrip() or "\n." for line in said))
    return "\n\n".join(blocks) + "\n"


def claim(token: int) -> Claim:
    return Claim(partition=0, worker="w", build="", settings_hash="", instruments_hash="",
                 at_ns=0, claim=token)  # fmt: skip


def claimed_costs(interval_ns: int = 10 * NS) -> Costs:
    """A core that has seen the Claim under which the scenarios' records are written."""
    costs = Costs(TABLE, interval_ns)
    costs.on_child(0, 1, claim(1))
    costs.on_report(0, claim(1))
    return costs


def feed(costs: Costs, parents: dict[str, Args], verb: str, args: Args) -> Sequence[ParentCost]:
    if verb in ("quote", "trade"):
        return costs.on_market([market_event(verb, args)])
    if verb == "timer":
        return costs.on_timer(ns(args))
    if verb == "child":
        costs.on_child(0, int(args.get("offset", 9)), child(args))
        return ()
    if verb == "claim":
        token = claim(int(args["token"]))
        costs.on_child(0, int(args["token"]), token)
        return costs.on_report(0, token)
    if verb == "plan":
        return costs.on_report(0, plan(args))
    assert verb == "report", verb
    return costs.on_report(0, report(parents, args))


def report(parents: dict[str, Args], args: Args) -> ReportRecord:
    """What a report leaves out stands as in the first one of its parent."""
    first = parents.setdefault(args["id"], args)
    px, fee, arrival = args.get("px"), args.get("fee"), args.get("arrival")
    return ParentReport(
        claim=int(args.get("claim", 1)), order_id=args["id"], source="OMS",
        cl_ord_id=args.get("cl_ord_id", "c1"), exec_id=args["exec"],
        exec_type=ExecType[args["type"]], ord_status=OrdStatus[args["status"]], symbol="IBM",
        side=Side[first.get("side", "BUY")],
        order_qty=Decimal(args.get("order_qty", first.get("order_qty", "1000"))), algo="twap",
        start_ns=ns(first, "start") if "start" in first else None,
        arrival_px=Decimal(arrival) if arrival else None,
        last_qty=int(args.get("qty", 0)), last_px=Decimal(px) if px else None,
        venue=args.get("venue"), fee=Decimal(fee) if fee else None,
        exec_ref_id=args.get("ref"), transact_ns=ns(args),
    )  # fmt: skip


def plan(args: Args) -> ParentPlan:
    """With what the order said of its decision: a price, a time in seconds, a benchmark."""
    params: dict[str, bool | int | float | str | None] = {
        "benchmark": args.get("benchmark", "arrival"),
        "decision_price": args.get("decision"),
        "decision_time": ns(args, "decided") if "decided" in args else None,
    }
    return ParentPlan(
        claim=int(args.get("claim", 1)), order_id=args["id"], source="OMS", cl_ord_id="c1",
        symbol="IBM", algo="twap", version=1, seed=0, reason="accepted", times_ns=(), cum_qty=(),
        params=params, transact_ns=0,
    )  # fmt: skip


def child(args: Args) -> NewChild:
    return NewChild(
        claim=int(args.get("claim", 1)), order_id=args["id"], parent_qty=1000,
        cl_ord_id=args["child"], venue="ALPHA", symbol="IBM", side=Side.BUY, order_qty=100,
        ord_type=OrdType.LIMIT, px=Decimal(50), time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
        algo="twap", decided_ns=0,
    )  # fmt: skip


def market_event(verb: str, args: Args) -> MarketEvent:
    if verb == "trade":
        return Trade("IBM", "ALPHA", ticks(args["px"]), int(args["qty"]), ns(args), "",
                     args.get("condition", ""))  # fmt: skip
    bid, ask = args.get("bid"), args.get("ask")
    return Quote(
        "IBM", args.get("venue", "ALPHA"), ticks(bid) if bid else 0, 100 if bid else 0,
        ticks(ask) if ask else 0, 100 if ask else 0, ns(args),
    )  # fmt: skip


def ns(args: Args, name: str = "at") -> int:
    return int(Decimal(args[name]) * NS)


def ticks(px: str) -> int:
    return int(Decimal(px) * 100)


def text(cost: ParentCost) -> str:
    """One line of what a scenario looks at."""

    def bps(value: float | None) -> str:
        return f"{value:+.4f}" if value is not None else "none"

    venues = ",".join(f"{each.venue}:{each.qty}/{each.fills}" for each in cost.venues)
    return " ".join((
        "final" if cost.final else "live", cost.order_id, cost.ord_status.name,
        f"{cost.cum_qty}/{cost.order_qty}", f"avg={cost.avg_px}",
        f"interval={cost.start_ns / NS:g}..{cost.end_ns / NS:g}",
        f"arrival={cost.arrival_px} {bps(cost.arrival_slippage_bps)}",
        f"vwap={cost.vwap_px} {bps(cost.vwap_slippage_bps)}",
        f"twap={cost.twap_px} {bps(cost.twap_slippage_bps)}",
        *([] if cost.decision_px is None else [
            f"decision={cost.decision_px} {bps(cost.decision_slippage_bps)}",
            f"{cost.benchmark}: {bps(cost.benchmark_slippage_bps)}",
        ]),
        f"market={cost.market_qty}", f"fees={cost.fees}", f"children={cost.children}",
        f"venues={venues or 'none'}",
    ))  # fmt: skip

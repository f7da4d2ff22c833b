"""Costs of parents as a plain-text table, for the demo and `headgate simulate`.

Plain characters and no terminal codes: the same costs give the same bytes anywhere.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from domain.fix_codes import OrdStatus
from domain.instruments import Side
from domain.tca import ParentCost

FOOTER = """\
Slippage in basis points of the benchmark: side x (average price - benchmark) / benchmark x 10,000,
side +1 for a buy and -1 for a sell: positive is a cost, negative a gain. Fees are not in it.
Arrival: mid at acceptance. Interval: from the start to the last fill of a filled order, else to
the report that closed it. VWAP: regular prints of the interval, own ones included. TWAP: time
average of the mid. n/a: the market data for it could not be had."""


def cost_table(costs: Sequence[ParentCost]) -> str:
    """Lay out one column per parent, the venues of each under it, and the sign convention."""
    blocks = [_block(cost) for cost in costs]
    return "\n\n".join([*blocks, FOOTER]) + "\n"


def _block(cost: ParentCost) -> str:
    head = f"TCA of {cost.order_id} ({cost.source} {cost.cl_ord_id})"
    if not cost.final:
        head += ", so far"
    return "\n".join([head, *_aligned(_figures(cost)), "", *_venue_rows(cost)])


def _figures(cost: ParentCost) -> list[tuple[str, str, str]]:
    arrival, vwap, twap = (
        _bps(bps)
        for bps in (cost.arrival_slippage_bps, cost.vwap_slippage_bps, cost.twap_slippage_bps)
    )
    side = "buy" if cost.side is Side.BUY else "sell"
    return [
        ("order", f"{side} {cost.order_qty:,} {cost.symbol} {cost.algo}", ""),
        ("status", OrdStatus(cost.ord_status).name.lower().replace("_", " "), ""),
        ("interval (UTC)", f"{_utc(cost.start_ns)} .. {_utc(cost.end_ns)}", ""),
        ("filled", f"{cost.cum_qty:,}", f"{cost.completion:.2%}"),
        ("children", f"{cost.children:,}", f"{cost.fills:,} fills"),
        ("average price", _px(cost.avg_px), ""),
        ("arrival", _px(cost.arrival_px), arrival),
        *(
            []
            if cost.decision_px is None
            else [("decision", _px(cost.decision_px), _bps(cost.decision_slippage_bps))]
        ),
        ("interval VWAP", _px(cost.vwap_px), vwap),
        ("interval TWAP", _px(cost.twap_px), twap),
        ("participation", f"{cost.market_qty:,}", _share(cost.participation)),
        ("notional", f"{cost.notional:,.2f}", ""),
        ("fees", f"{cost.fees:,.2f}", _fees_bps(cost)),
    ]


def _venue_rows(cost: ParentCost) -> list[str]:
    rows = [("venue", "shares", "share", "average price", "fees", "fills")]
    for each in cost.venues:
        rows.append((
            each.venue, f"{each.qty:,}",
            _share(each.qty / cost.cum_qty if cost.cum_qty else None),
            _px(each.notional / each.qty if each.qty else None),
            f"{each.fees:,.2f}", f"{each.fills:,}",
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_row(row, widths) for row in rows]


def _aligned(figures: list[tuple[str, str, str]]) -> list[str]:
    name_width = max(len(name) for name, _, _ in figures)
    value_width = max(len(value) for _, value, _ in figures)
    return [
        f"  {name:<{name_width}}  {value:>{value_width}}  {note:>12}".rstrip()
        for name, value, note in figures
    ]


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [f"{row[0]:<{widths[0]}}"]
    cells += [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "  " + "  ".join(cells)


def _px(px: Decimal | float | None) -> str:
    return f"{px:,.6f}" if px is not None else "n/a"


def _bps(bps: float | None) -> str:
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(bps, 4) + 0.0:+.4f} bps" if bps is not None else "n/a"


def _share(share: float | None) -> str:
    return f"{share:.2%}" if share is not None else "n/a"


def _fees_bps(cost: ParentCost) -> str:
    return f"{cost.fees / cost.notional * 10_000:+.4f} bps" if cost.notional else ""


def _utc(at_ns: int) -> str:
    seconds, ns = divmod(at_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ns // 1_000_000:03d}"

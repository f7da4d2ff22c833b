"""The replay venue: written scenarios, and that fills never exceed what was displayed."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import ExecType, OrdStatus, OrdType, TimeInForce
from domain.instruments import Instrument, Side, TickBand
from domain.marketdata import MarketEvent, Quote, Trade
from simulation.replay_venue import Fees, ReplayVenue, VenueOutput

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("venue_*.txt"))
IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=("NBBO",), max_order_qty=10**9, max_order_notional=Decimal(10**12),
)  # fmt: skip
FEES = Fees(taker=Decimal("0.003"), maker=Decimal("-0.002"))
Args = dict[str, str]


def venue() -> ReplayVenue:
    return ReplayVenue(name="NBBO", instrument=IBM, trade_date="20131008", fees=FEES)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = play(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


def play(script: str) -> str:
    """Feed each block's lines to a venue; return the script with what it said."""
    replay = venue()
    blocks = []
    for block in script.rstrip("\n").split("\n\n"):
        head = block.split("----")[0]
        said: list[VenueOutput] = []
        for line in head.splitlines():
            if not line.startswith("#"):
                verb, *words = line.split()
                said += feed(replay, verb, dict(word.split("=") for word in words))
        blocks.append(head + "----" + "".join(f"\n{text(output)}" for output in said))
    return "\n\n".join(blocks) + "\n"


def feed(replay: ReplayVenue, verb: str, args: Args) -> list[VenueOutput]:
    if verb == "quote":
        return list(replay.on_market(quote(args)))
    if verb == "trade":
        return list(replay.on_market(Trade("IBM", "N", 5000, 100, 0)))
    if verb == "close":
        return replay.on_close(0)
    return replay.on_child(command(verb, args), 0)


def quote(args: Args) -> Quote:
    """`bid=50.00x200`: price and size; a side that is not named is empty."""
    sides = [args.get(side, "0x0").split("x") for side in ("bid", "ask")]
    (bid_px, bid_qty), (ask_px, ask_qty) = [(int(Decimal(px) * 100), int(qty)) for px, qty in sides]
    return Quote("IBM", "NBBO", bid_px, bid_qty, ask_px, ask_qty, 0)


def command(verb: str, args: Args) -> ChildCommand:
    side = Side[args.get("side", "buy").upper()]
    qty, px = int(args.get("qty", 100)), args.get("px")
    if verb == "cancel":
        return CancelChild(claim=1, order_id="P", cl_ord_id=args["id"], orig_cl_ord_id=args["orig"],
                           venue="NBBO", symbol="IBM", side=side, order_qty=qty,
                           decided_ns=0)  # fmt: skip
    if verb == "replace":
        return ReplaceChild(claim=1, order_id="P", parent_qty=1000, cl_ord_id=args["id"],
                            orig_cl_ord_id=args["orig"], venue="NBBO", symbol="IBM", side=side,
                            order_qty=qty, px=Decimal(px or 0), decided_ns=0)  # fmt: skip
    tif = {"day": TimeInForce.DAY, "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
           "fok": TimeInForce.FILL_OR_KILL}[verb]  # fmt: skip
    return NewChild(
        claim=1, order_id="P", parent_qty=1000, cl_ord_id=args["id"], venue="NBBO", symbol="IBM",
        side=side, order_qty=qty, ord_type=OrdType.LIMIT if px else OrdType.MARKET,
        px=Decimal(px) if px else None, time_in_force=tif, post_only="post_only" in args,
        algo="twap", decided_ns=0,
    )  # fmt: skip


def text(output: VenueOutput) -> str:
    if isinstance(output, Quote):
        bid, ask = output.bid_px_ticks / 100, output.ask_px_ticks / 100
        return f"quote {bid:.2f}x{output.bid_qty} {ask:.2f}x{output.ask_qty}"
    if isinstance(output, Trade):
        return f"print {output.venue} {output.qty} at {output.px_ticks / 100:.2f}"
    if isinstance(output, ChildCancelRejected):
        return (
            f"cancel rejected {output.cl_ord_id} of {output.orig_cl_ord_id}: {output.reason.name}"
        )
    assert isinstance(output, Execution)
    words = [output.exec_type.name, output.cl_ord_id, output.ord_status.name]
    if output.orig_cl_ord_id:
        words.append(f"of {output.orig_cl_ord_id}")
    if output.liquidity:
        words.append(f"{output.last_qty} at {output.last_px} {output.liquidity.name} {output.fee}")
    words.append(f"cum={output.cum_qty} leaves={output.leaves_qty} avg={output.avg_px}")
    return " ".join([*words, output.text or ""]).rstrip()


ORDERS = st.tuples(
    st.sampled_from(["ioc", "fok", "day"]), st.sampled_from(["buy", "sell"]),
    st.integers(4_990, 5_010), st.integers(1, 500),
)  # fmt: skip
QUOTES = st.tuples(
    st.integers(4_990, 5_000), st.integers(0, 300), st.integers(5_001, 5_010), st.integers(0, 300)
)


@given(steps=st.lists(st.one_of(ORDERS, QUOTES), max_size=60))
def test_fills_never_exceed_what_the_record_displayed(
    steps: list[tuple[str, str, int, int] | tuple[int, int, int, int]],
) -> None:
    """Between two changes of a side, all fills against it together take no more than its size."""
    replay = venue()
    shown = {Side.BUY: (0, 0), Side.SELL: (0, 0)}  # by our side: (px, qty) of the opposite touch
    taken = {Side.BUY: 0, Side.SELL: 0}
    last: dict[str, Execution] = {}
    for number, step in enumerate(steps):
        if isinstance(step[0], str):
            verb, side, px, qty = step
            args = {"id": str(number), "side": str(side), "px": str(Decimal(px) / 100),
                    "qty": str(qty)}  # fmt: skip
            outputs = feed(replay, str(verb), args)
        else:
            bid_px, bid_qty, ask_px, ask_qty = (int(each) for each in step)
            for side_, touch in ((Side.BUY, (ask_px, ask_qty)), (Side.SELL, (bid_px, bid_qty))):
                if touch != shown[side_]:
                    shown[side_], taken[side_] = touch, 0
            outputs = list(replay.on_market(
                Quote("IBM", "NBBO", bid_px, bid_qty, ask_px, ask_qty, number)))  # fmt: skip
        for output in outputs:
            if not isinstance(output, Execution):
                continue
            last[output.cl_ord_id] = output
            if output.exec_type is ExecType.TRADE:
                taken[output.side] += output.last_qty
                assert taken[output.side] <= shown[output.side][1]
    for execution in last.values():
        assert 0 <= execution.cum_qty <= execution.order_qty
        ended = execution.ord_status in (OrdStatus.CANCELED, OrdStatus.FILLED)
        assert (execution.leaves_qty == 0) == ended


def test_what_is_not_a_quote_passes_through() -> None:
    trade: MarketEvent = Trade("IBM", "N", 5000, 100, 7)
    assert list(venue().on_market(trade)) == [trade]

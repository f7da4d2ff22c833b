"""A replay venue written down: lines of events and orders in, lines of what it said out.

A line is a verb and words `name=value`; `t=` is its time in milliseconds, that of the line before
if it has none. `quote bid=50.00x200 ask=50.02x300` (a side that is not named is empty),
`depth bid=50.00x200,49.99x100`, `trade px=50.00 qty=100 [cond=F] [aggressor=sell]`,
`status phase=halted`, `timer`, `close`; orders: `day`, `gtc`, `ioc`, `fok`, `opg`, `cls` with
`id=`, `qty=`, `px=` (none: a market order), `side=`, `post_only=y`, `peg=M`, `display=`, `min=`;
`cancel`, `replace` with `id=` and `orig=`; `ahead id=` says how many shares of others stand before
an order.
"""

from dataclasses import dataclass
from decimal import Decimal

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import OrdType, PegInstruction, TimeInForce
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import Depth, Quote, Trade, TradingPhase, TradingStatus
from marketdata.queue_position import CancelRule
from simulation.replay_venue import Fees, ReplayRules, ReplayVenue, VenueOutput

IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=("NBBO",), max_order_qty=10**9, max_order_notional=Decimal(10**12),
)  # fmt: skip
FEES = Fees(taker=Decimal("0.003"), maker=Decimal("-0.002"))
MS = 1_000_000
ORDERS = {"day": TimeInForce.DAY, "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
          "fok": TimeInForce.FILL_OR_KILL, "gtc": TimeInForce.GOOD_TILL_CANCEL,
          "opg": TimeInForce.AT_THE_OPENING, "cls": TimeInForce.AT_THE_CLOSE}  # fmt: skip
Args = dict[str, str]


def venue(rules: ReplayRules | None = None) -> ReplayVenue:
    return ReplayVenue(
        name="NBBO", instruments=InstrumentTable([IBM]), trade_date="20131008", fees=FEES,
        rules=rules or ReplayRules(depletion_ns=1_000 * MS),
    )  # fmt: skip


@dataclass(slots=True)
class Script:
    """Plays one scenario file; `rules` on its first line change the venue's."""

    replay: ReplayVenue
    now_ns: int = 0

    def play(self, script: str) -> str:
        """Feed each block's lines to the venue; return the script with what it said."""
        blocks = []
        for block in script.rstrip("\n").split("\n\n"):
            head = block.split("----")[0]
            said: list[str] = []
            for line in head.splitlines():
                if not line.startswith("#"):
                    verb, *words = line.split()
                    said += self.feed(verb, dict(word.split("=") for word in words))
            blocks.append(head + "----" + "".join(f"\n{line}" for line in said))
        return "\n\n".join(blocks) + "\n"

    def feed(self, verb: str, args: Args) -> list[str]:
        self.now_ns = int(args.pop("t", self.now_ns // MS)) * MS
        if verb == "rules":
            self.replay = venue(_rules(args))
            return []
        if verb == "ahead":
            return [f"ahead of {args['id']}: {self.replay.ahead_qty(args['id'])}"]
        return [text(output) for output in self._said(verb, args)]

    def _said(self, verb: str, args: Args) -> list[VenueOutput]:
        replay, now_ns = self.replay, self.now_ns
        if verb == "quote":
            return list(replay.on_market(quote(args, now_ns)))
        if verb == "depth":
            return list(
                replay.on_market(
                    Depth("IBM", "NBBO", levels(args, "bid"), levels(args, "ask"), now_ns)
                )
            )
        if verb == "trade":
            return list(replay.on_market(trade(args, now_ns)))
        if verb == "status":
            phase = TradingPhase(args["phase"])
            return list(replay.on_market(TradingStatus("IBM", "NBBO", phase, now_ns)))
        if verb == "timer":
            return list(replay.on_timer(now_ns))
        if verb == "close":
            return replay.on_close(now_ns)
        return replay.on_child(command(verb, args), now_ns)


def _rules(args: Args) -> ReplayRules:
    return ReplayRules(
        depletion_ns=int(args.get("depletion_ms", 1_000)) * MS,
        match_ns=int(args.get("match_ms", 10)) * MS,
        cancels=CancelRule(args.get("cancels", CancelRule.UNIFORM)),
        inside_prints="inside_prints" in args,
        off_book_prints="off_book_prints" in args,
    )


def levels(args: Args, side: str) -> tuple[tuple[int, int], ...]:
    pairs = [each.split("x") for each in args.get(side, "").split(",") if each]
    return tuple((ticks(px), int(qty)) for px, qty in pairs)


def ticks(px: str) -> int:
    return int(Decimal(px) * 100)


def quote(args: Args, at_ns: int = 0) -> Quote:
    (bid_px, bid_qty), (ask_px, ask_qty) = [
        (levels(args, side) or ((0, 0),))[0] for side in ("bid", "ask")
    ]
    return Quote("IBM", "NBBO", bid_px, bid_qty, ask_px, ask_qty, at_ns)


def trade(args: Args, at_ns: int = 0) -> Trade:
    aggressor = Side[args["aggressor"].upper()].value if "aggressor" in args else ""
    return Trade("IBM", "N", ticks(args["px"]), int(args["qty"]), at_ns, "1",
                 args.get("cond", ""), aggressor)  # fmt: skip


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
    return NewChild(
        claim=1, order_id="P", parent_qty=1000, cl_ord_id=args["id"], venue="NBBO",
        symbol=args.get("symbol", "IBM"), side=side, order_qty=qty,
        ord_type=OrdType.LIMIT if px else OrdType.MARKET, px=Decimal(px) if px else None,
        time_in_force=ORDERS[verb], post_only="post_only" in args, algo="twap", decided_ns=0,
        peg=PegInstruction(args["peg"]) if "peg" in args else None,
        display_qty=int(args["display"]) if "display" in args else None,
        min_qty=int(args.get("min", 0)),
    )  # fmt: skip


def text(output: VenueOutput) -> str:
    if isinstance(output, Quote):
        bid, ask = output.bid_px_ticks / 100, output.ask_px_ticks / 100
        return f"quote {bid:.2f}x{output.bid_qty} {ask:.2f}x{output.ask_qty}"
    if isinstance(output, Depth):
        sides = [",".join(f"{px / 100:.2f}x{qty}" for px, qty in side) or "-"
                 for side in (output.bids, output.asks)]  # fmt: skip
        return f"depth {sides[0]} {sides[1]}"
    if isinstance(output, Trade):
        return f"print {output.venue} {output.qty} at {output.px_ticks / 100:.2f}"
    if isinstance(output, TradingStatus):
        return f"status {output.phase}"
    if isinstance(output, ChildCancelRejected):
        words = [output.cl_ord_id, "of", f"{output.orig_cl_ord_id}:", output.reason.name]
        return " ".join(["cancel rejected", *words, output.text or ""]).rstrip()
    assert isinstance(output, Execution)
    words = [output.exec_type.name, output.cl_ord_id, output.ord_status.name]
    if output.orig_cl_ord_id:
        words.append(f"of {output.orig_cl_ord_id}")
    if output.liquidity:
        words.append(f"{output.last_qty} at {output.last_px} {output.liquidity.name} {output.fee}")
    words.append(f"cum={output.cum_qty} leaves={output.leaves_qty} avg={output.avg_px}")
    return " ".join([*words, output.text or ""]).rstrip()

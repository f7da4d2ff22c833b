"""The notation of tests/algos/scenarios: lines that go in, `----`, lines that come out.

In: `at 12.5` (seconds from 10:00; timers run), `live XA`, `down XA`, `quote XA 99.99x500 100x300`,
`print 100x1000`, `halt XA`, `imbalance XA 9000 -1000` (paired, purchases less sales),
`new A buy 1000 end=40 limit=100 interval=10`, which is
`algo=twap`, `replace B A qty=1200`, `cancel C A`, `pause D A`, `resume E A`, `redeliver A`,
`repeat A` (the same, later in the log),
`fill A#1 100@100.01 e7` (a name for the execution is optional), `ended A#1`, `reject A#1`,
`refuse A#1 PRICE_COLLAR`, `bust e7`, `correct e7 90@100.02 e9`, `norefuse`, `nocancel A#2`, `kill`,
`rearm`, `restart`. A child is its parent's first name and its number. Of orders that rest:
`taken A#1` (acknowledged), `replaced A#2` and `noreplace A#2` (the request, by its number),
`expired A#1`, `offer XA iceberg hidden min_qty R M P` (the special orders that a venue takes).
`profile adv=1000000 volatility=0.02 spread=0.0004` is of IBM; after `refuse_below 0.5` an order of
which less can be expected to be done is refused.
Out: seconds, then what was said; quantities as OrderQty/CumQty/LeavesQty/LastQty.
"""

from decimal import Decimal

import msgspec

from algos.partition import Command
from domain.children import CancelChild, NewChild, ReplaceChild
from domain.control import EngageKillSwitch, Rearm
from domain.executions import VenueState
from domain.fix_codes import ExecType, PegInstruction, TimeInForce
from domain.instruments import Side
from domain.marketdata import Imbalance, Quote, Trade, TradingPhase, TradingStatus
from domain.parents import (
    CancelParent,
    ParamValue,
    ParentRequest,
    PauseParent,
    ReplaceParent,
    ResumeParent,
)
from domain.refusals import RefusalReason
from domain.reports import ParentPlan, ParentReport, ParentRequestRejected, ParentWaiting
from domain.venue_offer import VenueOffer
from marketdata.symbol_profile import ProfileSource, SymbolProfile
from tests.algos.partition_scene import BEGIN_NS, S, Scene, at_ns, new_parent

Said = list[tuple[int, Command]]


def play(script: str) -> str:
    """The script with what really came out."""
    stage = Stage()
    blocks = []
    for block in script.rstrip("\n").split("\n\n"):
        head = block.split("----")[0]
        said: Said = []
        for line in head.splitlines():
            if not line.startswith("#"):
                said += stage.do(line)
        shown = "".join(f"\n{stage.shown(when_ns, command)}" for when_ns, command in said)
        blocks.append(f"{head}----{shown}")
    return "\n\n".join(blocks) + "\n"


def ticks(px: str) -> int:
    return int(Decimal(px) * 100)


class Stage:
    """Reads lines, and names parents by the ClOrdID that they came with."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.requests: dict[str, tuple[int, ParentRequest]] = {}

    def do(self, line: str) -> Said:
        """One line of input."""
        verb, *words = line.split()
        if verb == "at":
            return self.scene.step_to(at_ns(float(words[0])))
        commands = getattr(self, f"_{verb}")(*words)
        return [(self.scene.now_ns, command) for command in commands or []]

    # -- the market

    def _live(self, venue: str) -> list[Command]:
        return self.scene.venue(venue, VenueState.LIVE)

    def _down(self, venue: str) -> list[Command]:
        return self.scene.venue(venue, VenueState.DOWN)

    def _quote(self, venue: str, bid: str, ask: str, symbol: str = "IBM") -> list[Command]:
        (bid_px, bid_qty), (ask_px, ask_qty) = bid.split("x"), ask.split("x")
        self.scene.show(
            Quote(symbol, venue, ticks(bid_px), int(bid_qty), ticks(ask_px), int(ask_qty),
                  self.scene.now_ns)
        )  # fmt: skip
        return [said for _, said in self.scene.step_to(self.scene.now_ns)]  # whoever watches

    def _print(self, trade: str) -> None:
        px, qty = trade.split("x")
        self.scene.show(Trade("IBM", "XA", ticks(px), int(qty), self.scene.now_ns))

    def _imbalance(self, venue: str, paired: str, imbalance: str) -> None:
        self.scene.show(Imbalance("IBM", venue, 0, int(paired), int(imbalance), self.scene.now_ns))

    def _halt(self, venue: str) -> None:
        self.scene.show(TradingStatus("IBM", venue, TradingPhase.HALTED, self.scene.now_ns))

    # -- the OMS

    def _new(self, cl_ord_id: str, side: str, qty: str, *options: str) -> list[Command]:
        given = dict(option.split("=") for option in options)
        limit, start, end = (given.pop(name, None) for name in ("limit", "start", "end"))
        symbol, source = given.pop("symbol", "IBM"), given.pop("source", "OMS")
        algo = given.pop("algo", "twap")
        return self._ask(
            new_parent(
                cl_ord_id, qty, side=Side[side.upper()], limit=limit, symbol=symbol, source=source,
                algo=algo,
                start_s=None if start is None else float(start),
                end_s=None if end is None else float(end), params=_params(given),
            )
        )  # fmt: skip

    def _replace(self, cl_ord_id: str, orig: str, *options: str) -> list[Command]:
        given = dict(option.split("=") for option in options)
        qty, limit, end = (given.pop(name, None) for name in ("qty", "limit", "end"))
        symbol = given.pop("symbol", "IBM")
        return self._ask(
            ReplaceParent(
                source="OMS", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig,
                symbol=symbol,
                order_qty=None if qty is None else Decimal(qty),
                limit_px=None if limit is None else Decimal(limit),
                end_ns=None if end is None else at_ns(float(end)),
                params=_params(given),
                sent_ns=self.scene.now_ns,
            )
        )  # fmt: skip

    def _cancel(self, cl_ord_id: str, orig: str) -> list[Command]:
        return self._simple(CancelParent, cl_ord_id, orig)

    def _pause(self, cl_ord_id: str, orig: str) -> list[Command]:
        return self._simple(PauseParent, cl_ord_id, orig)

    def _resume(self, cl_ord_id: str, orig: str) -> list[Command]:
        return self._simple(ResumeParent, cl_ord_id, orig)

    def _simple(
        self, kind: type[CancelParent | PauseParent | ResumeParent], cl_ord_id: str, orig: str
    ) -> list[Command]:
        return self._ask(
            kind(source="OMS", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, symbol="IBM",
                 sent_ns=self.scene.now_ns)
        )  # fmt: skip

    def _ask(self, request: ParentRequest) -> list[Command]:
        self.requests.setdefault(request.cl_ord_id, (len(self.scene.parents), request))
        return self.scene.ask(request)

    def _redeliver(self, cl_ord_id: str) -> list[Command]:
        offset, request = self.requests[cl_ord_id]
        return self.scene.ask(request, offset)

    def _repeat(self, cl_ord_id: str) -> list[Command]:
        return self.scene.ask(self.requests[cl_ord_id][1])

    # -- venues and operators

    def _fill(self, child: str, what: str, name: str | None = None) -> list[Command]:
        qty, px = what.split("@")
        return self.scene.say(
            self.scene.execution(self._id(child), ExecType.TRADE, qty=int(qty), px=px, exec_id=name)
        )

    def _ended(self, child: str) -> list[Command]:
        return self.scene.say(self.scene.execution(self._id(child), ExecType.CANCELED))

    def _reject(self, child: str) -> list[Command]:
        return self.scene.say(self.scene.execution(self._id(child), ExecType.REJECTED))

    def _refuse(self, child: str, reason: str) -> list[Command]:
        return self.scene.say(self.scene.refused(self._id(child), RefusalReason[reason]))

    def _bust(self, name: str) -> list[Command]:
        fill = self.scene.fills[name]
        return self.scene.say(self.scene.execution(fill.cl_ord_id, ExecType.TRADE_CANCEL, ref=name))

    def _correct(self, name: str, what: str, new_name: str) -> list[Command]:
        qty, px = what.split("@")
        return self.scene.say(
            self.scene.execution(
                self.scene.fills[name].cl_ord_id, ExecType.TRADE_CORRECT, qty=int(qty), px=px,
                ref=name, exec_id=new_name,
            )
        )  # fmt: skip

    def _again(self) -> list[Command]:
        """The venue's last report comes once more."""
        return self.scene.say(msgspec.structs.replace(self.scene.executions[-1], poss_dup=True))

    def _nocancel(self, cancel: str) -> list[Command]:
        cancel_id = self._id(cancel)
        found = next(each for each in self.scene.children if each.cl_ord_id == cancel_id)
        assert isinstance(found, CancelChild)
        return self.scene.say(self.scene.cancel_rejected(found))

    def _taken(self, child: str) -> list[Command]:
        return self.scene.say(self.scene.execution(self._id(child), ExecType.NEW))

    def _expired(self, child: str) -> list[Command]:
        return self.scene.say(self.scene.execution(self._id(child), ExecType.EXPIRED))

    def _replaced(self, replace: str) -> list[Command]:
        found = self._request(replace)
        return self.scene.say(
            self.scene.execution(
                found.orig_cl_ord_id, ExecType.REPLACED, replace=found.cl_ord_id
            )
        )  # fmt: skip

    def _noreplace(self, replace: str) -> list[Command]:
        return self.scene.say(self.scene.cancel_rejected(self._request(replace)))

    def _request(self, replace: str) -> ReplaceChild:
        replace_id = self._id(replace)
        found = next(each for each in self.scene.children if each.cl_ord_id == replace_id)
        assert isinstance(found, ReplaceChild)
        return found

    def _profile(self, *options: str) -> None:
        given = dict(option.split("=") for option in options)
        self.scene.know(
            SymbolProfile(
                symbol="IBM", calendar="XNYS", as_of="2023-11-14", source=ProfileSource.PRESET,
                made_from="a scenario", adv_qty=int(given["adv"]),
                daily_volatility=_figure(given, "volatility"),
                relative_spread=_figure(given, "spread"),
            )
        )  # fmt: skip

    def _refuse_below(self, expected: str) -> None:
        self.scene.refuse_below(float(expected))

    def _offer(self, venue: str, *what: str) -> None:
        flags = {name: True for name in what if name not in list(PegInstruction)}
        pegs = tuple(PegInstruction(name) for name in what if name in list(PegInstruction))
        self.scene.offers[venue] = VenueOffer(pegs=pegs, **flags)

    def _kill(self, venue: str | None = None) -> list[Command]:
        return self.scene.control(
            EngageKillSwitch(author="ops", reason="test", venue=venue, at_ns=self.scene.now_ns)
        )

    def _rearm(self, venue: str | None = None) -> list[Command]:
        return self.scene.control(
            Rearm(author="ops", reason="test", venue=venue, at_ns=self.scene.now_ns)
        )

    def _restart(self, lost: str = "0") -> list[Command]:
        """The worker starts anew; `lost`: so many of the last reports were never written."""
        return self.scene.restart(reports=len(self.scene.reports) - int(lost))

    # -- names

    def _id(self, child: str) -> str:
        parent, _, number = child.partition("#")
        order_id = self.scene.partition.blotter.parent_of("OMS", parent)
        assert order_id is not None
        return f"{order_id.order_id}{int(number):04}"

    def _name(self, cl_ord_id: str) -> str:
        order_id, number = cl_ord_id[:-4], int(cl_ord_id[-4:], 36)
        return f"{self._parent_name(order_id)}#{number}"

    def _parent_name(self, order_id: str) -> str:
        offset = int(order_id[-6:], 36)
        return self.scene.parents[offset][1].cl_ord_id

    def shown(self, when_ns: int, command: Command) -> str:
        """One line of output."""
        return f"{(when_ns - BEGIN_NS) / S:g} {self._text(command)}"

    def _text(self, command: Command) -> str:
        if isinstance(command, NewChild):
            return (f"send {self._name(command.cl_ord_id)} {command.venue} "
                    f"{command.side.name.lower()} {command.order_qty}@{command.px}"
                    f"{_how(command)}{_behind(command)}")  # fmt: skip
        if isinstance(command, CancelChild):
            ids = (command.orig_cl_ord_id, command.cl_ord_id)
            return f"cancel {self._name(ids[0])} by {self._name(ids[1])}"
        if isinstance(command, ReplaceChild):
            ids = (command.orig_cl_ord_id, command.cl_ord_id)
            return (f"reprice {self._name(ids[0])} by {self._name(ids[1])} "
                    f"{command.order_qty}@{command.px}{_behind(command)}")  # fmt: skip
        if isinstance(command, ParentPlan):
            steps = zip(command.times_ns, command.cum_qty, strict=True)
            plan = " ".join(f"{(when - BEGIN_NS) / S:g}:{qty}" for when, qty in steps)
            why = "" if command.reason in ("accepted", "replaced") else f" ({command.reason})"
            inputs = "".join(f" {name}={_short(value)}" for name, value in command.inputs.items())
            return f"plan {command.version} of {command.cl_ord_id}{why}: {plan}" + (
                f" from{inputs}" if inputs else ""
            )
        if isinstance(command, ParentWaiting):
            refusal = "" if command.refusal is None else f" {command.refusal} at {command.venue}"
            return f"{command.cl_ord_id} waits: {command.reason}{refusal}, due {command.due_qty}"
        if isinstance(command, ParentRequestRejected):
            return (f"{command.cl_ord_id} refused, {command.orig_cl_ord_id} is "
                    f"{command.ord_status.name}: {command.reason.value} {command.field} "
                    f"({command.text})")  # fmt: skip
        return report_text(command)


def _behind(command: NewChild | ReplaceChild) -> str:
    return "" if command.queue_qty is None else f" behind {command.queue_qty}"


def _short(value: bool | int | float | str | None) -> str:
    """An input of a plan: floats to four digits, words in quotes where they have spaces."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return repr(value) if isinstance(value, str) and " " in value else str(value)


def _how(child: NewChild) -> str:
    """What of a child is not as an immediate-or-cancel limit order is."""
    ioc = child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
    words = ["" if ioc else f" {child.time_in_force.name.lower()}"]
    words.append(" post" if child.post_only else "")
    words.append("" if child.display_qty is None else f" show={child.display_qty}")
    words.append(f" min={child.min_qty}" if child.min_qty else "")
    words.append("" if child.peg is None else f" peg={child.peg.name.lower()}")
    words.append(f" offset={child.peg_offset}" if child.peg_offset else "")
    return "".join(words)


def report_text(report: ParentReport) -> str:
    """`A(X) TRADE/PARTIALLY_FILLED 1000/100/900/100`, then what else is worth saying."""
    orig = f"({report.orig_cl_ord_id})" if report.orig_cl_ord_id else ""
    text = (
        f"{report.cl_ord_id}{orig} {report.exec_type.name}/{report.ord_status.name} "
        f"{report.order_qty}/{report.cum_qty}/{report.leaves_qty}/{report.last_qty}"
    )
    if report.last_qty or report.exec_ref_id:
        text += f" average {report.avg_px.normalize():f}"
    if report.exec_type in (ExecType.NEW, ExecType.REPLACED):
        assert report.start_ns is not None
        assert report.end_ns is not None
        window = f"{(report.start_ns - BEGIN_NS) / S:g} to {(report.end_ns - BEGIN_NS) / S:g}"
        text += f" limit {report.limit_px} from {window}"
    if report.reason is not None:
        text += f" {report.reason.value} {report.field}"
    return text + (f" ({report.text})" if report.text else "")


def _figure(given: dict[str, str], name: str) -> float | None:
    return float(given[name]) if name in given else None


def _params(given: dict[str, str]) -> dict[str, ParamValue]:
    return {name: _value(text) for name, text in given.items()}


def _value(text: str) -> ParamValue:
    """A number, Y or N, or text."""
    if text in ("Y", "N"):
        return text == "Y"
    return float(text) if text[0].isdigit() else text

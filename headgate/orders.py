"""An OMS on the command line: asks over Kafka, and reads what the workers report."""

import time
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, TypeGuard

import msgspec
import typer

from algos.waits import waited_text
from bus.code_meanings import CODES
from bus.codec import Undecodable, decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed
from bus.replay import ends_of, read_to
from bus.topics import Topic
from domain.fencing import Fence
from domain.fix_codes import ExecType, OrdType
from domain.instruments import Side
from domain.orders import PARENT_TERMINAL
from domain.parents import (
    CancelParent,
    NewParent,
    ParamValue,
    ParentRequest,
    PauseParent,
    ReplaceParent,
    ResumeParent,
)
from domain.refusals import RefusalReason, WaitReason
from domain.reports import (
    OrderEstimate,
    ParentPlan,
    ParentReport,
    ParentRequestRejected,
    ParentWaiting,
    Report,
)
from headgate.clock import Clock
from headgate.settings import Settings

FLUSH_S: Final = 10.0
ANSWER_S: Final = 10.0  # a worker that lives answers within milliseconds
FILLS: Final = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)
Answer = ParentReport | ParentRequestRejected
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
VERBS: Final[dict[str, type[CancelParent] | type[PauseParent] | type[ResumeParent]]] = {
    "cancel": CancelParent,
    "pause": PauseParent,
    "resume": ResumeParent,
}


class OrderDesk:
    """One command's connection. Every method returns the command's exit status."""

    def __init__(self, settings: Settings, source: str) -> None:
        self._settings = settings
        self._source = source
        self._clock = Clock(settings.clock)

    def new(
        self, cl_ord_id: str, symbol: str, side: str, quantity: str, algo: str,
        limit_price: str | None, minutes: float | None, params: list[str],
    ) -> int:  # fmt: skip
        """Ask for an order."""
        now_ns = self._clock.now_ns()
        try:
            request = NewParent(
                source=self._source, cl_ord_id=cl_ord_id, symbol=symbol,
                side=_side(side), order_qty=_number("--quantity", quantity), algo=algo,
                ord_type=OrdType.MARKET if limit_price is None else OrdType.LIMIT,
                limit_px=None if limit_price is None else _number("--limit-price", limit_price),
                end_ns=self._end_ns(now_ns, minutes),
                params=dict(_param(text) for text in params), sent_ns=now_ns,
            )  # fmt: skip
        except typer.BadParameter as error:
            return _fail(str(error), 2)
        return self._send(request)

    def replace(
        self, cl_ord_id: str, orig: str, symbol: str, quantity: str | None,
        limit_price: str | None, minutes: float | None, params: list[str],
    ) -> int:  # fmt: skip
        """Ask for new terms."""
        now_ns = self._clock.now_ns()
        try:
            request = ReplaceParent(
                source=self._source, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, symbol=symbol,
                order_qty=None if quantity is None else _number("--quantity", quantity),
                limit_px=None if limit_price is None else _number("--limit-price", limit_price),
                end_ns=self._end_ns(now_ns, minutes),
                params=dict(_param(text) for text in params), sent_ns=now_ns,
            )  # fmt: skip
        except typer.BadParameter as error:
            return _fail(str(error), 2)
        return self._send(request)

    def ask(self, verb: str, cl_ord_id: str, orig: str, symbol: str) -> int:
        """Cancel, pause or resume."""
        return self._send(
            VERBS[verb](source=self._source, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig,
                        symbol=symbol, sent_ns=self._clock.now_ns())
        )  # fmt: skip

    def list(self) -> int:
        """Every order, by its last report; what a live one waits for, what an ended one did."""
        last: dict[str, ParentReport] = {}
        waits: dict[str, ParentWaiting] = {}
        estimates: dict[str, OrderEstimate] = {}
        try:
            log = KafkaLog(self._settings.bus, "orders")
            for report in _until_end(log):
                if isinstance(report, ParentReport):
                    last[report.order_id] = report
                    if report.estimate is not None:
                        estimates[report.order_id] = report.estimate
                elif isinstance(report, ParentWaiting):
                    waits[report.order_id] = report
            log.close()
        except BusFailed as error:
            return _fail(str(error), 1)
        for report in last.values():
            why = f"  {report.reason.value} {report.field}: {report.text}" if report.reason else ""
            typer.echo(
                f"{report.order_id}  {report.source} {report.cl_ord_id}  "
                f"{report.side.name.lower()} {report.order_qty} {report.symbol} {report.algo}  "
                f"{report.ord_status.name.lower()}  {report.cum_qty} at {report.avg_px}{why}"
                f"{_waits(report, waits.get(report.order_id), self._clock.now_ns())}"
            )
            if report.order_id in estimates:
                typer.echo(f"    {estimate_line(estimates[report.order_id])}")
        return 0

    def watch(self) -> int:
        """Reports as they come."""
        try:
            log = KafkaLog(self._settings.bus, "orders")
            fence = _fence_now(log)
            while True:
                for record in log.poll(0.2):
                    message = decode(record.topic, record.value)
                    if fence.admits(record.partition, message):
                        typer.echo(_line(message))
        except KeyboardInterrupt:
            return 0
        except (BusFailed, Undecodable) as error:
            return _fail(str(error), 1)

    def _send(self, request: ParentRequest) -> int:
        """Append the request and print its answer; 1 if it is refused or none comes."""
        try:
            log = KafkaLog(self._settings.bus, "orders")
            fence = _fence_now(log)
            log.append(Topic.PARENTS, request.symbol, encode(Topic.PARENTS, request))
            log.flush(FLUSH_S)
            deadline_s = time.monotonic() + ANSWER_S
            while time.monotonic() < deadline_s:
                for record in log.poll(0.1):
                    said = decode(record.topic, record.value)
                    if not fence.admits(record.partition, said):
                        continue
                    if _answers(said, request):
                        typer.echo(_line(said))
                        return 0 if said.reason is None else 1
        except (BusFailed, Undecodable) as error:
            return _fail(str(error), 1)
        return _fail(f"stored, but no worker answered within {ANSWER_S:.0f} s; it will be acted on "
                     "when one does: `headgate order list`", 1)  # fmt: skip

    def _end_ns(self, now_ns: int, minutes: float | None) -> int | None:
        return None if minutes is None else now_ns + int(minutes * 60e9)


def _until_end(log: KafkaLog) -> Iterator[Report]:
    """The reports of all partitions as of now, without those of superseded workers."""
    fence = Fence()
    ends = ends_of(log, (Topic.REPORTS,), range(log.partitions()))
    for record in read_to(log, ends):
        message = decode(record.topic, record.value)
        if fence.admits(record.partition, message):
            yield message


def _fence_now(log: KafkaLog) -> Fence:
    """The claims as of now; `log` then reads what comes after."""
    fence = Fence()
    ends = ends_of(log, (Topic.REPORTS,), range(log.partitions()))
    for record in read_to(log, ends):
        fence.admits(record.partition, decode(record.topic, record.value))
    log.assign(ends)
    return fence


def _answers(said: object, request: ParentRequest) -> TypeGuard[Answer]:
    """Whether it is what the worker says to the request; fills of an order of this id are not."""
    if not isinstance(said, (ParentReport, ParentRequestRejected)):
        return False
    named = (said.source, said.cl_ord_id) == (request.source, request.cl_ord_id)
    return named and not (isinstance(said, ParentReport) and said.exec_type in FILLS)


def _line(said: object) -> str:
    if isinstance(said, ParentReport):
        refusal = f"  {said.reason.value} {said.field}: {said.text}" if said.reason else ""
        note = f"; {said.text}" if said.text and not said.reason else ""
        fill = f"  {said.last_qty} at {said.last_px} on {said.venue}" if said.last_qty else ""
        estimate = "" if said.estimate is None else f"; {estimate_line(said.estimate)}"
        return (f"{said.source} {said.cl_ord_id}: {said.exec_type.name.lower()}, "
                f"{said.ord_status.name.lower()}, {said.cum_qty} done, {said.leaves_qty} left, "
                f"average {said.avg_px}{fill}{refusal}{note}{estimate}")  # fmt: skip
    if isinstance(said, ParentRequestRejected):
        return (f"{said.source} {said.cl_ord_id}: refused, {said.reason.value} {said.field}: "
                f"{said.text}")  # fmt: skip
    if isinstance(said, ParentWaiting):
        return (f"{said.source} {said.cl_ord_id}: {wait_text(said)}, {said.due_qty} due, "
                f"{said.cum_qty} done, {said.open_qty} open")  # fmt: skip
    if isinstance(said, ParentPlan):
        inputs = "".join(f", {name} {_shown(value)}" for name, value in said.inputs.items())
        return (f"{said.source} {said.cl_ord_id}: plan {said.version} ({said.reason}) of "
                f"{len(said.times_ns)} slices{inputs}")  # fmt: skip
    return ""


def wait_text(said: ParentWaiting) -> str:
    """The code and what it means: "above_limit (buys: the offer is above the limit; ...)"."""
    if said.refusal is None:
        return f"{said.reason.value} ({CODES[WaitReason][said.reason.value]})"
    meaning = CODES[RefusalReason][said.refusal.value]
    return f"{said.reason.value} {said.refusal.value} at {said.venue} ({meaning})"


def _waits(report: ParentReport, wait: ParentWaiting | None, now_ns: int) -> str:
    """What is worth saying of it beside the order's last report, at the end of its line."""
    if report.ord_status in PARENT_TERMINAL:
        return f"  waited {waited_text(report.waited_ms)}" if report.waited_ms else ""
    if wait is None:
        return ""
    return (f"  {wait_text(wait)} for {max(now_ns - wait.since_ns, 0) / 1e9:.0f} s, "
            f"{wait.due_qty} due")  # fmt: skip


def estimate_line(found: OrderEstimate) -> str:
    """An estimate in one line, with where its figures are from."""
    words = []
    if found.cost_bps is not None:
        money = "" if found.cost is None else f" ({found.cost:,})"
        words.append(f"cost {found.cost_bps:.1f} bps{money}")
    if found.risk_bps is not None:
        words.append(f"risk {found.risk_bps:.0f} bps")
    words.append(f"{found.duration_s / 60:.0f} min")
    if found.expected_completion is not None and found.completion_probability is not None:
        bound = "" if found.bounded_by is None else f" ({found.bounded_by.value})"
        words.append(f"{found.expected_completion:.0%} done in the mean{bound}, all of it with a "
                     f"chance of {found.completion_probability:.0%}")  # fmt: skip
    lacks = f"; not known: {', '.join(found.missing)}" if found.missing else ""
    return (f"estimate: {', '.join(words)}; {found.model} {found.model_from}, volatility "
            f"{found.volatility_from}, volume {found.volume_from}, curve {found.curve_from}, "
            f"spread {found.spread_from}{lacks}")  # fmt: skip


def _shown(value: bool | int | float | str | None) -> str:
    """An input of a plan, floats to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _side(text: str) -> Side:
    if text not in SIDES:
        raise typer.BadParameter(f"--side: {text!r} is not buy or sell")
    return SIDES[text]


def _number(name: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{name}: {text!r} is not a number") from error


def _param(text: str) -> tuple[str, ParamValue]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"--param: {text!r} is not name=value")
    try:
        return name, msgspec.json.decode(value, type=bool | int | float | str)
    except msgspec.DecodeError:
        return name, value


def _fail(text: str, code: int) -> int:
    typer.echo(f"headgate: {text}", err=True)
    return code

"""The promises of the log, checked from its messages alone: no core of ours is asked.

It replays `children` and `executions` of each partition in the order in which things were known
(a child when it was decided, an execution when venue access had received it), fences records by
the claims, and holds every order's exposure against its quantity after each record.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bus.log import Record
from bus.topics import Topic
from domain.children import CancelChild, Claim, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, ChildRefused, Execution
from domain.fix_codes import ExecType, OrdStatus
from domain.reports import ParentReport
from tests.integration.system import LogReader

ENDED = (OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED,
         OrdStatus.DONE_FOR_DAY)  # fmt: skip
Said = Execution | ChildRefused | ChildCancelRejected
Trades = dict[tuple[str, str], tuple[int, Decimal]]  # by (venue, ExecID): shares, price


@dataclass(slots=True)
class SeenChild:
    """One child by what was said of it. `final_cum`: CumQty of the venue's last word, once there.

    Until the end is known, all that is not filled may still be.
    """

    new: NewChild
    order_qty: int
    asked: dict[str, int] = field(default_factory=dict)  # of replaces without an answer
    fills: Trades = field(default_factory=dict)
    final_cum: int | None = None

    @property
    def filled_qty(self) -> int:
        return sum(qty for qty, _ in self.fills.values())

    @property
    def open_qty(self) -> int:
        most = self.final_cum
        if most is None or most >= self.order_qty:  # a filled order may be replaced up
            most = self.most_qty
        return max(most - self.filled_qty, 0)

    @property
    def most_qty(self) -> int:
        return max([self.order_qty, *self.asked.values()])


@dataclass(slots=True)
class Checked:
    """What a log came to. `exposures`: how often the invariant was held against an order."""

    children: dict[str, SeenChild] = field(default_factory=dict)
    fenced: int = 0
    exposures: int = 0
    duplicates: int = 0
    reported: dict[str, Trades] = field(default_factory=dict)  # by OrderID
    last: dict[str, ParentReport] = field(default_factory=dict)

    def of(self, order_id: str) -> list[SeenChild]:
        """Once each: its replaces name a child, too."""
        return [child for name, child in self.children.items()
                if child.new.order_id == order_id and child.new.cl_ord_id == name]  # fmt: skip

    def trades(self, order_id: str) -> Trades:
        return {key: fill for child in self.of(order_id) for key, fill in child.fills.items()}


def check_log(log: LogReader) -> Checked:
    """Replay all of it. AssertionError names the invariant of reliability.md 5.7 that broke."""
    checked = Checked()
    partitions = {record.partition for record in log.records[Topic.CHILDREN]}
    for partition in sorted(partitions):
        _replay(
            checked,
            _fenced(checked, _in(log, Topic.CHILDREN, partition)),
            [m for _, m in _in(log, Topic.EXECUTIONS, partition)],
        )
        reports = _fenced(checked, _in(log, Topic.REPORTS, partition))
        _check_reports(checked, [each for each in reports if isinstance(each, ParentReport)])
    for order_id, trades in checked.reported.items():
        assert trades == checked.trades(order_id), f"I3/I7: {order_id}: reports and executions"
    return checked


def check_venues(checked: Checked, journal: Iterable[tuple[str, dict[str, Any]]]) -> Trades:
    """Hold the venues' own journals against the log; what they traded, all orders together."""
    traded: Trades = {}
    asked: Counter[str] = Counter()
    for venue, entry in journal:
        if entry["type"] == "new_order":
            asked[entry["cl_ord_id"]] += 1
            _check_asked(checked, venue, entry)
        elif entry["type"] == "execution" and entry["exec_type"] == ExecType.TRADE.value:
            fill = (entry["last_qty"], Decimal(entry["last_px"]))
            key = (venue, entry["exec_id"])
            assert traded.setdefault(key, fill) == fill, f"I3: {key} traded twice"
    twice = [name for name, times in asked.items() if times > 1]
    assert not twice, f"I4: the venues were sent {twice} more than once"
    known = {key: fill for child in checked.children.values() for key, fill in child.fills.items()}
    assert known == traded, f"I6: {sorted(set(known.items()) ^ set(traded.items()))}"
    return traded


def check_quiet(checked: Checked) -> None:
    """Of orders that are over, nothing is open or reserved any more (I13)."""
    for child in checked.children.values():
        last = checked.last.get(child.new.order_id)
        if last is not None and last.ord_status in ENDED:
            assert child.open_qty == 0, f"I13: {child.new.cl_ord_id} is still open"


def _in(log: LogReader, topic: Topic, partition: int) -> list[tuple[Record, Any]]:
    return [(r, m) for r, m in log.of(topic) if r.partition == partition]


def _fenced(checked: Checked, records: list[tuple[Record, Any]]) -> list[Any]:
    """Without the records of superseded writers; claims rise (I12)."""
    latest = -1
    valid = []
    for record, message in records:
        if isinstance(message, Claim):
            token = record.offset if message.claim is None else message.claim
            # On `reports` a superseded worker's token may come late: the greatest one holds.
            assert token > latest or message.claim is not None, "I12"
            latest = max(latest, token)
        elif message.claim == latest:
            valid.append(message)
        else:
            assert message.claim < latest, f"I12: a claim that was never made: {message}"
            checked.fenced += 1
    return valid


def _replay(checked: Checked, commands: list[Any], executions: list[Any]) -> None:
    told = [each for each in executions
            if isinstance(each, Said)]  # fmt: skip
    limits: dict[str, int] = {}
    position = 0
    for command in commands:
        while position < len(told) and _known_ns(told[position]) <= command.decided_ns:
            _take(checked, limits, told[position])
            position += 1
        assert command.cl_ord_id not in checked.children, f"I4: {command.cl_ord_id} decided twice"
        if isinstance(command, CancelChild | ReplaceChild):
            child = checked.children.get(command.orig_cl_ord_id)
            assert child is not None, f"I4: it changes nothing of ours: {command}"
            if isinstance(command, CancelChild):
                continue
            checked.children[command.cl_ord_id] = child
            child.asked[command.cl_ord_id] = command.order_qty
        else:
            checked.children[command.cl_ord_id] = SeenChild(command, command.order_qty)
        limits[command.order_id] = command.parent_qty
        _check_exposure(checked, limits, command.order_id)
    for each in told[position:]:
        _take(checked, limits, each)


def _known_ns(message: Said) -> int:
    return message.at_ns if isinstance(message, ChildRefused) else message.received_ns


def _take(checked: Checked, limits: dict[str, int], message: Said) -> None:
    child = checked.children.get(message.cl_ord_id)
    if not isinstance(message, Execution):
        replace = child is not None and child.asked.pop(message.cl_ord_id, None) is not None
        if child is not None and not replace and message.orig_cl_ord_id is None:
            assert not child.fills, f"{message.cl_ord_id} was refused and traded"
            child.final_cum = 0
    else:
        child = child or checked.children.get(message.orig_cl_ord_id or "")
        assert child is not None, f"I5: an execution of no child: {message}"
        _execute(checked, child, message)
    if child is not None:
        _check_exposure(checked, limits, child.new.order_id)


def _execute(checked: Checked, child: SeenChild, execution: Execution) -> None:
    assert execution.exec_type not in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)
    if execution.exec_type is ExecType.TRADE:
        assert execution.last_px is not None
        key, fill = (execution.venue, execution.exec_id), (execution.last_qty, execution.last_px)
        checked.duplicates += key in child.fills
        assert child.fills.setdefault(key, fill) == fill, f"I3: {key} has two contents"
    if execution.exec_type is ExecType.REPLACED:
        child.asked.pop(execution.cl_ord_id, None)
        child.order_qty, child.final_cum = execution.order_qty, None
    if execution.ord_status in ENDED:
        child.final_cum = max(execution.cum_qty, child.final_cum or 0)
    assert child.filled_qty <= child.most_qty, f"I2: {child.new.cl_ord_id} is overfilled"


def _check_exposure(checked: Checked, limits: dict[str, int], order_id: str) -> None:
    checked.exposures += 1
    children = checked.of(order_id)
    filled = sum(child.filled_qty for child in children)
    open_or_unknown = sum(child.open_qty for child in children)
    assert filled + open_or_unknown <= limits[order_id], (
        f"I1: {order_id}: {filled} filled + {open_or_unknown} open > {limits[order_id]}"
    )


def _check_reports(checked: Checked, reports: list[ParentReport]) -> None:
    exec_ids: set[str] = set()
    for report in reports:
        assert report.exec_id not in exec_ids, f"I3: {report.exec_id} reported twice"
        exec_ids.add(report.exec_id)
        if report.exec_type is ExecType.REJECTED:  # of a request: no order of that number lives
            continue
        trades = checked.reported.setdefault(report.order_id, {})
        if report.exec_type is ExecType.TRADE:
            assert report.last_px is not None
            key = (report.venue or "", report.venue_exec_id or "")
            assert key not in trades, f"I3: {key} reported twice"
            trades[key] = (report.last_qty, report.last_px)
        done = sum(qty for qty, _ in trades.values())
        assert report.cum_qty == done, f"I7: {report.exec_id} says {report.cum_qty}, fills {done}"
        over = report.ord_status in ENDED
        leaves = 0 if over else report.order_qty - report.cum_qty
        assert report.leaves_qty == leaves, f"I10: {report}"
        checked.last[report.order_id] = report


def _check_asked(checked: Checked, venue: str, entry: dict[str, Any]) -> None:
    child = checked.children.get(entry["cl_ord_id"])
    assert child is not None, f"I4: {venue} has {entry['cl_ord_id']}, which nobody decided"
    new = child.new
    px = None if entry["px"] is None else Decimal(entry["px"])
    assert (venue, entry["symbol"], entry["side"], Decimal(entry["order_qty"]), px) == (
        new.venue, new.symbol, new.side.value, Decimal(new.order_qty), new.px,
    ), f"I4: {venue} was sent something else: {entry}"  # fmt: skip

"""The promises of the log, checked from its messages alone after a run: no core of ours is asked.

It replays the commands and executions of each partition in the order in which things were known (a
child when it was decided, an execution when venue access had it), without those of superseded
workers, and holds every order's filled, open and unknown shares against its quantity after each.
Names such as I1 are those of reliability.md 5.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bus.topics import Topic
from domain.children import CancelChild, Claim, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, ChildRefused, Execution
from domain.fencing import Fence
from domain.fix_codes import ExecType
from domain.orders import CHILD_TERMINAL
from domain.refusals import RefusalReason
from simulation.order_log import OrderLog

Said = Execution | ChildRefused | ChildCancelRejected


@dataclass(slots=True, kw_only=True)
class SeenChild:
    """A child by what was said of it. `final_cum`: its CumQty once its end is known; until then
    all that is not filled may still be. `asked`: quantities of replaces without an answer, by their
    id. `fills`: shares, price and fee by ExecID."""

    new: NewChild
    order_qty: int
    asked: dict[str, int] = field(default_factory=dict)
    fills: dict[str, tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    filled_qty: int = 0
    final_cum: int | None = None

    @property
    def committed_qty(self) -> int:
        """Filled, open or unknown."""
        final_qty = self.final_cum
        if final_qty is None or final_qty >= self.order_qty:
            final_qty = self.most_qty
        return max(final_qty, self.filled_qty)

    @property
    def most_qty(self) -> int:
        """What it may fill at the most: of replaces under way the largest counts, even if all of
        it is filled (FIX 4.4 volume 4, C.1.c)."""
        return max(self.order_qty, *self.asked.values()) if self.asked else self.order_qty


@dataclass(slots=True)
class Exposure:
    """All children of a run. `broken`: what was found wrong. `checks`: how often I1 was held
    against an order. `repeats`: executions that the log holds twice."""

    children: dict[str, SeenChild] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    checks: int = 0
    repeats: int = 0
    fenced: int = 0
    _committed: dict[str, int] = field(default_factory=dict)
    _limits: dict[str, int] = field(default_factory=dict)

    def order_of(self, cl_ord_id: str) -> str | None:
        """The OrderID of a child's parent."""
        child = self.children.get(cl_ord_id)
        return child.new.order_id if child is not None else None

    def replay(self, log: OrderLog) -> None:
        """Take in all of a log."""
        for number in log.partitions:
            commands = self._fenced(log, number)
            told = [each for _, each in log.read(Topic.EXECUTIONS, number)
                    if isinstance(each, Said)]  # fmt: skip
            self._replay(commands, told)

    def _fenced(self, log: OrderLog, number: int) -> list[NewChild | CancelChild | ReplaceChild]:
        fence = Fence()
        good = [each for offset, each in log.read(Topic.CHILDREN, number)
                if fence.admits(number, each, offset) and not isinstance(each, Claim)]  # fmt: skip
        self.fenced += fence.ignored
        return good

    def _replay(
        self, commands: Sequence[NewChild | CancelChild | ReplaceChild],
        told: Sequence[Said],
    ) -> None:  # fmt: skip
        position = 0
        for command in commands:
            while position < len(told) and _known_ns(told[position]) <= command.decided_ns:
                self._take(told[position])
                position += 1
            self._command(command)
        for each in told[position:]:
            self._take(each)

    def _command(self, command: NewChild | CancelChild | ReplaceChild) -> None:
        if isinstance(command, NewChild):
            if command.cl_ord_id in self.children:
                self.broken.append(f"I4: {command.cl_ord_id} was decided twice")
                return
            child = SeenChild(new=command, order_qty=command.order_qty)
            self.children[command.cl_ord_id] = child
            self._limits[command.order_id] = command.parent_qty
            self._moved(child, 0)
            return
        target = self.children.get(command.orig_cl_ord_id)
        if target is None:
            self.broken.append(f"I4: {command.cl_ord_id} changes no child of ours")
            return
        self.children[command.cl_ord_id] = target
        if isinstance(command, ReplaceChild):
            before = target.committed_qty
            target.asked[command.cl_ord_id] = command.order_qty
            self._limits[command.order_id] = command.parent_qty
            self._moved(target, before)

    def _take(self, said: Said) -> None:
        child = self.children.get(said.cl_ord_id)
        if child is None and said.orig_cl_ord_id is not None:
            child = self.children.get(said.orig_cl_ord_id)
        if child is None:
            self.broken.append(f"I5: {said.cl_ord_id} is told of and was never decided")
            return
        before = child.committed_qty
        if isinstance(said, Execution):
            self._execute(child, said)
        elif child.asked.pop(said.cl_ord_id, None) is not None:
            pass  # a replace came to nothing: the order stays as it was
        elif isinstance(said, ChildCancelRejected):
            pass  # so did a cancel
        elif said.orig_cl_ord_id is None and said.reason is not RefusalReason.DUPLICATE:
            if child.fills:
                self.broken.append(f"I5: {said.cl_ord_id} was refused and had traded")
            child.final_cum = 0
        self._moved(child, before)

    def _execute(self, child: SeenChild, said: Execution) -> None:
        if said.exec_type is ExecType.TRADE:
            assert said.last_px is not None
            fill = (said.last_qty, said.last_px, said.fee or Decimal(0))
            if said.exec_id in child.fills:
                self.repeats += 1
                if child.fills[said.exec_id] != fill:
                    self.broken.append(f"I3: {said.exec_id} has two contents")
            else:
                child.fills[said.exec_id] = fill
                child.filled_qty += said.last_qty
        if said.exec_type is ExecType.REPLACED:
            child.asked.pop(said.cl_ord_id, None)
            child.order_qty, child.final_cum = said.order_qty, None
        if said.ord_status in CHILD_TERMINAL:
            child.final_cum = max(said.cum_qty, child.final_cum or 0)
        if child.filled_qty > child.most_qty:
            self.broken.append(f"I2: {child.new.cl_ord_id} is overfilled")

    def _moved(self, child: SeenChild, before: int) -> None:
        order_id = child.new.order_id
        committed = self._committed.get(order_id, 0) + child.committed_qty - before
        self._committed[order_id] = committed
        self.checks += 1
        if committed > self._limits[order_id]:
            self.broken.append(
                f"I1: {order_id}: {committed} filled, open or unknown > {self._limits[order_id]}"
            )


def _known_ns(said: Said) -> int:
    return said.at_ns if isinstance(said, ChildRefused) else said.received_ns

"""A child that is replaced: what is reserved meanwhile, what is displayed, and any interleaving.

The venue here is a model of a few lines: it works through what it was sent, in order, and its
reports are heard later, in order. Whatever it may still fill, the child has reserved.
"""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.child import Asked, Child
from algos.own_market import own_order
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus, PegInstruction, TimeInForce
from domain.instruments import Side

QTY = 1_000


def new_child(*, display_qty: int | None = None, px_ticks: int | None = 10_000,
              peg: PegInstruction | None = None) -> Child:  # fmt: skip
    return Child(
        cl_ord_id="X", order_id="P", venue="XA", order_qty=QTY, px_ticks=px_ticks,
        time_in_force=TimeInForce.DAY, decided_ns=0, display_qty=display_qty, peg=peg,
    )  # fmt: skip


def said(kind: ExecType, cl_ord_id: str = "X", *, qty: int = 0, exec_id: str, order_qty: int = QTY,
         status: OrdStatus = OrdStatus.NEW, cum_qty: int = 0) -> Execution:  # fmt: skip
    return Execution(
        venue="XA", session="S", msg_seq_num=1, trade_date="20231114", exec_id=exec_id,
        exec_type=kind, ord_status=status, cl_ord_id=cl_ord_id, orig_cl_ord_id="X",
        venue_order_id="V", symbol="IBM", side=Side.BUY, order_qty=order_qty, cum_qty=cum_qty,
        leaves_qty=0, avg_px=Decimal(0), last_qty=qty, last_px=Decimal(100) if qty else None,
        transact_ns=0, received_ns=0,
    )  # fmt: skip


def resting(display_qty: int | None = None) -> Child:
    child = new_child(display_qty=display_qty)
    child.apply(said(ExecType.NEW, exec_id="n"))
    return child


@pytest.mark.parametrize(("asked_qty", "reserved"), [(1_500, 1_500), (600, 1_000)])
def test_the_larger_quantity_is_reserved_until_the_answer(asked_qty: int, reserved: int) -> None:
    for answer in ("replaced", "refused"):
        child = resting()
        child.ask_replace("R", Asked(order_qty=asked_qty, px_ticks=10_001), 5)
        assert child.leaves_qty == reserved
        assert list(child.limits) == [10_000, 10_001]
        if answer == "replaced":
            child.apply(said(ExecType.REPLACED, "R", order_qty=asked_qty, exec_id="r"))
            assert child.leaves_qty == asked_qty
            assert list(child.limits) == [10_001]
        else:
            assert child.refuse_replace("R", 7)
            assert not child.refuse_replace("R", 8), "a repeated answer is nothing"
            assert child.leaves_qty == QTY
            assert list(child.limits) == [10_000]
            assert child.replace_refused_ns == 7


def test_a_fill_crosses_a_replace_down() -> None:
    """FIX C.3.c: the venue raises the quantity to what is done; the order is filled."""
    child = resting()
    child.ask_replace("R", Asked(order_qty=300, px_ticks=10_000), 5)
    child.apply(said(ExecType.TRADE, qty=400, exec_id="f"))
    assert child.leaves_qty == 600
    child.apply(said(ExecType.REPLACED, "R", order_qty=400, exec_id="r"))
    assert (child.status, child.leaves_qty, child.closed) == (OrdStatus.FILLED, 0, True)


def test_a_filled_order_may_yet_be_replaced_up() -> None:
    """FIX C.1.c: while the replace has no answer its end is not known."""
    for taken in (True, False):
        child = resting()
        child.ask_replace("R", Asked(order_qty=1_200, px_ticks=10_000), 5)
        child.apply(said(ExecType.TRADE, qty=QTY, exec_id="f", status=OrdStatus.FILLED))
        assert (child.status, child.closed, child.leaves_qty) == (OrdStatus.FILLED, False, 200)
        if taken:
            child.apply(said(ExecType.REPLACED, "R", order_qty=1_200, exec_id="r"))
            assert (child.status, child.leaves_qty) == (OrdStatus.PARTIALLY_FILLED, 200)
        else:
            child.refuse_replace("R", 7)
            assert (child.closed, child.leaves_qty) == (True, 0)


@pytest.mark.parametrize("end", [ExecType.CANCELED, ExecType.EXPIRED, ExecType.REJECTED])
def test_the_replace_of_an_order_that_is_over_reserves_nothing(end: ExecType) -> None:
    """Whichever is folded first."""
    for ask_first in (True, False):
        child = resting()
        if ask_first:
            child.ask_replace("R", Asked(order_qty=1_500, px_ticks=10_000), 5)
        child.apply(said(end, exec_id="c"))
        if not ask_first:
            child.ask_replace("R", Asked(order_qty=1_500, px_ticks=10_000), 5)
        assert (child.closed, child.leaves_qty) == (True, 0)
        child.refuse_replace("R", 9)
        assert (child.closed, child.leaves_qty) == (True, 0)


def test_a_status_answer_may_be_all_that_is_told_of_a_replace() -> None:
    """After a reset the venue re-sends nothing; its late report then changes nothing any more."""
    child = resting()
    child.ask_replace("R", Asked(order_qty=1_500, px_ticks=10_001), 5)
    child.apply(said(ExecType.ORDER_STATUS, "R", order_qty=1_500, exec_id="0"))
    assert (child.order_qty, child.px_ticks, child.asked) == (1_500, 10_001, {})
    child.ask_replace("R2", Asked(order_qty=800, px_ticks=10_002), 6)
    child.apply(said(ExecType.REPLACED, "R2", order_qty=800, exec_id="r2"))
    child.apply(said(ExecType.REPLACED, "R", order_qty=1_500, exec_id="r"))
    assert (child.order_qty, child.px_ticks) == (800, 10_002)


@pytest.mark.parametrize("status", [OrdStatus.REJECTED, OrdStatus.PENDING_REPLACE])
def test_a_status_answer_that_does_not_know_the_replace(status: OrdStatus) -> None:
    child = resting()
    child.ask_replace("R", Asked(order_qty=1_500, px_ticks=10_001), 5)
    child.apply(said(ExecType.ORDER_STATUS, "R", order_qty=0, status=status, exec_id="0"))
    assert (child.order_qty, child.px_ticks, child.leaves_qty) == (QTY, 10_000, 1_500)


def test_what_an_iceberg_shows() -> None:
    child = resting(display_qty=200)
    shown = [child.displayed_qty]
    for number, qty in enumerate((50, 150, 350, 400)):
        child.apply(said(ExecType.TRADE, qty=qty, exec_id=f"f{number}"))
        shown.append(child.displayed_qty)
    # a trade of more than is shown takes of the reserve, and then the venue shows a new tranche
    assert shown == [200, 150, 200, 200, 50]


@pytest.mark.parametrize(
    ("px_ticks", "order_qty", "shown"),
    [(10_000, 900, 150), (10_000, 1_100, 200), (10_001, 1_000, 200)],
    ids=["less keeps its place", "more is at the end", "a new price is at the end"],
)
def test_what_an_iceberg_shows_after_a_replace(px_ticks: int, order_qty: int, shown: int) -> None:
    child = resting(display_qty=200)
    child.apply(said(ExecType.TRADE, qty=50, exec_id="f"))
    child.ask_replace("R", Asked(order_qty=order_qty, px_ticks=px_ticks), 5)
    assert child.displayed_qty == 150, "the old terms until the answer"
    child.apply(said(ExecType.REPLACED, "R", order_qty=order_qty, exec_id="r"))
    assert child.displayed_qty == shown


OWN = [
    # display_qty, limit, peg, then what is shown: (px_ticks, qty)
    (None, 10_000, None, (10_000, QTY)),
    (200, 10_000, None, (10_000, 200)),
    (0, 10_000, None, (None, 0)),
    (None, 10_000, PegInstruction.PRIMARY, (None, 0)),
    (None, None, PegInstruction.PRIMARY, (None, 0)),
    (None, None, None, (None, 0)),
]


@pytest.mark.parametrize(("display_qty", "px_ticks", "peg", "shown"), OWN)
def test_what_the_market_core_is_told(
    display_qty: int | None, px_ticks: int | None, peg: PegInstruction | None,
    shown: tuple[int | None, int],
) -> None:  # fmt: skip
    child = new_child(display_qty=display_qty, px_ticks=px_ticks, peg=peg)
    assert own_order(child, Side.BUY).displayed_qty == 0, "not before its venue took it"
    child.apply(said(ExecType.NEW, exec_id="n"))
    told = own_order(child, Side.BUY)
    assert (told.displayed_px_ticks, told.displayed_qty) == shown
    assert (told.px_ticks, told.qty) == (px_ticks, QTY)
    child.ask_replace("R", Asked(order_qty=QTY, px_ticks=10_003), 5)
    assert own_order(child, Side.SELL).px_ticks == px_ticks
    assert own_order(child, Side.BUY).px_ticks == (None if px_ticks is None else 10_003)


# -- any interleaving


@dataclass
class Venue:
    """One order at a venue. `inbox`: what is on its way there; `outbox`: its reports."""

    order_qty: int = QTY
    cum_qty: int = 0
    over: bool = False
    execs: int = 0
    inbox: deque[tuple[str, int, int]] = field(default_factory=deque)  # id, qty (0: cancel), px
    outbox: deque[Execution | str] = field(default_factory=deque)  # or the id of a refused replace

    def say(self, kind: ExecType, cl_ord_id: str = "X", qty: int = 0) -> None:
        self.execs += 1
        status = (OrdStatus.CANCELED if kind is ExecType.CANCELED else OrdStatus.FILLED
                  if self.cum_qty >= self.order_qty else OrdStatus.PARTIALLY_FILLED)  # fmt: skip
        self.outbox.append(
            said(kind, cl_ord_id, qty=qty, exec_id=f"e{self.execs}", order_qty=self.order_qty,
                 status=status, cum_qty=self.cum_qty)
        )  # fmt: skip

    def fill(self, qty: int) -> None:
        qty = min(qty, self.order_qty - self.cum_qty)
        if qty > 0 and not self.over:
            self.cum_qty += qty
            self.say(ExecType.TRADE, qty=qty)

    def process(self, *, refuses: bool) -> None:
        if not self.inbox:
            return
        cl_ord_id, qty, _ = self.inbox.popleft()
        if qty == 0:
            if not self.over and self.cum_qty < self.order_qty:
                self.over = True
                self.say(ExecType.CANCELED, cl_ord_id)
        elif self.over or refuses:
            self.outbox.append(cl_ord_id)
        else:
            self.order_qty = max(qty, self.cum_qty)
            self.say(ExecType.REPLACED, cl_ord_id)

    @property
    def may_fill_up_to(self) -> int:
        """CumQty at the most, whatever of what is under way takes effect."""
        if self.over:
            return self.cum_qty
        return max([self.order_qty, self.cum_qty, *(qty for _, qty, _ in self.inbox)])


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "cancel", "process", "process", "refuse", "fill",
                               "hear", "hear", "hear"]),
              st.integers(1, 20)),
    max_size=40,
)  # fmt: skip


@dataclass
class Talk:
    """A child and its venue, with what was asked and heard, each in order."""

    live: Child = field(default_factory=new_child)
    venue: Venue = field(default_factory=Venue)
    asked: list[tuple[str, Asked, int]] = field(default_factory=list)
    heard: list[Execution | str] = field(default_factory=list)

    def do(self, verb: str, much: int, number: int) -> None:
        if verb in ("ask", "cancel"):
            if not self.live.closed:
                self.send(verb, much, number)
        elif verb in ("process", "refuse"):
            self.venue.process(refuses=verb == "refuse")
        elif verb == "fill":
            self.venue.fill(much * 50)
        elif self.venue.outbox:
            self.heard.append(self.venue.outbox.popleft())
            tell(self.live, self.heard[-1])
        assert self.live.cum_qty + self.live.leaves_qty >= self.venue.may_fill_up_to

    def send(self, verb: str, much: int, number: int) -> None:
        cl_ord_id = f"R{number}"
        if verb == "ask":
            terms = Asked(order_qty=much * 100, px_ticks=10_000 + much)
            self.asked.append((cl_ord_id, terms, number))
            self.live.ask_replace(*self.asked[-1])
            self.venue.inbox.append((cl_ord_id, terms.order_qty, terms.px_ticks))
        else:
            self.venue.inbox.append((cl_ord_id, 0, 0))


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_any_interleaving(steps: list[tuple[str, int]]) -> None:
    """All that may fill is reserved; folded questions first, answers after, it is the same."""
    talk = Talk()
    talk.venue.say(ExecType.NEW)
    for number, (verb, much) in enumerate([*steps, ("cancel", 1)]):
        talk.do(verb, much, number)
    while talk.venue.inbox:
        talk.do("process", 0, 0)
    while talk.venue.outbox:
        talk.do("hear", 0, 0)
    live, venue = talk.live, talk.venue
    assert live.cum_qty == venue.cum_qty
    assert live.closed == (venue.over or venue.cum_qty == venue.order_qty)
    folded = new_child()
    for each in talk.asked:
        folded.ask_replace(*each)
    for answer in talk.heard:
        tell(folded, answer)
        tell(folded, answer)  # the bus may say it twice
    assert folded == live


def tell(child: Child, answer: Execution | str) -> None:
    if isinstance(answer, str):
        child.refuse_replace(answer, 99)
    else:
        child.apply(answer)

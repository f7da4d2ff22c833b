"""A worker may die between any two records: what it left is folded, and the order goes on whole.

Random conversations with crashes in them. A crash loses a tail of what was said since an append was
last known to be durable, of reports and of children apart, within the one rule the shell keeps: a
parent's terms are durable before a child under them is written.
"""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.partition import Command
from bus.codec import encode
from bus.topics import Topic
from domain.children import CancelChild, NewChild, ReplaceChild
from domain.control import EngageKillSwitch, Rearm
from domain.executions import ChildSent, Execution, VenueState
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import Side
from domain.marketdata import Quote, Trade
from domain.orders import PARENT_TERMINAL
from domain.parents import CancelParent, ParamValue, PauseParent, ReplaceParent, ResumeParent
from domain.refusals import RefusalReason, WaitReason
from domain.reports import ParentReport, ParentRequestRejected
from domain.venue_offer import EVERYTHING
from tests.algos.partition_scene import BEGIN_NS, VENUES, S, Scene, Sent, at_ns, new_parent

# (what, which, how much): read modulo what there is, so that every draw means something.
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["new", "replace", "cancel", "pause", "resume", "repeat", "quote", "print", "time",
             "time", "time", "fill", "fill", "fill", "end", "end", "reject", "refuse", "bust",
             "taken", "taken",
             "correct", "reprice", "reprice", "replaced", "unreplaced", "again", "down", "live",
             "kill", "rearm", "rearm", "crash", "crash", "lose", "lose"]
        ),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=15,
    max_size=60,
)  # fmt: skip
# What a new order is, by the number drawn: XB takes special orders of every kind, XA none.
CROSS: dict[str, ParamValue] = {"completion": "cross"}
ALGOS: list[tuple[str, dict[str, ParamValue]]] = [
    ("twap", CROSS),
    ("twap", {"max_participation": 0.3}),
    ("twap", CROSS),
    ("twap", CROSS),
    ("iceberg", {**CROSS, "display_qty": 200, "method": "synthetic"}),
    ("iceberg", {"display_qty": 200, "refresh_delay": 0.5}),
    ("pegged", {**CROSS, "peg": "primary", "discretion": 1, "reprice_interval": 0.1}),
    ("pegged", {"peg": "mid", "method": "synthetic", "min_fill_qty": 100}),
    ("pegged", {**CROSS, "peg": "primary", "display_qty": 100}),
    ("sniper", {**CROSS, "spread_fraction": 1.0, "take_interval": 0.5}),
    ("twap", {**CROSS, "style": "normal"}),
    ("twap", {"style": "passive", "relative_limit": 2.0, "relative_limit_reference": "mid"}),
    ("is", {**CROSS, "style": "normal"}),
    ("vwap", {"style": "normal", "min_participation": 0.1}),
    ("pov", {**CROSS, "target_participation": 0.3, "style": "normal"}),
    ("adaptive", CROSS),
    ("close", {"style": "passive"}),
]
NEW_TERMS = (ExecType.NEW, ExecType.REPLACED)


class Play:
    """One conversation, with the invariants checked after every step."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.ids = 0
        self.scene.offers["XB"] = EVERYTHING
        self.last_step = (0, 0)  # reports and children before the last step: durable for sure
        self.by_exec_id: dict[str, bytes] = {}
        for venue in VENUES:
            self.scene.venue(venue, VenueState.LIVE)
            self.quote(0, 5)

    def run(self, steps: list[Step]) -> None:
        for step in [("new", 0, 9), *steps]:
            if step[0] not in ("crash", "lose"):
                self.last_step = (len(self.scene.reports), len(self.scene.children))
            getattr(self, step[0])(step[1], step[2])
            self.check()
        self.finish()

    # -- steps

    def next_id(self) -> str:
        self.ids += 1
        return f"C{self.ids}"

    def new(self, which: int, much: int) -> None:
        algo, params = ALGOS[(which + 10 * (much % 2)) % len(ALGOS)]
        self.scene.ask(
            new_parent(
                self.next_id(), (much + 1) * 100,
                side=Side.SELL if which in (1, 2, 8) else Side.BUY,
                limit="100.00" if which == 3 else None, algo=algo,
                end_s=(self.scene.now_ns - BEGIN_NS) / S + 40, params=dict(params),
            )
        )  # fmt: skip

    def orig(self, which: int) -> str:
        parents = list(self.scene.partition.blotter.parents.values())
        return parents[which % len(parents)].cl_ord_id if parents else "none"

    def replace(self, which: int, much: int) -> None:
        self.scene.ask(
            ReplaceParent(
                source="OMS", cl_ord_id=self.next_id(), orig_cl_ord_id=self.orig(which),
                symbol="IBM", order_qty=new_parent("x", (much + 1) * 100).order_qty,
                end_ns=self.scene.now_ns + 40 * S if much % 2 else None,
                params={"completion": "leave", "interval": 5 + much} if much % 3 else {},
                sent_ns=BEGIN_NS,
            )
        )  # fmt: skip

    def simple(self, kind: type[CancelParent | PauseParent | ResumeParent], which: int) -> None:
        self.scene.ask(
            kind(source="OMS", cl_ord_id=self.next_id(), orig_cl_ord_id=self.orig(which),
                 symbol="IBM", sent_ns=BEGIN_NS)
        )  # fmt: skip

    def cancel(self, which: int, much: int) -> None:
        self.simple(CancelParent, which)

    def pause(self, which: int, much: int) -> None:
        self.simple(PauseParent, which)

    def resume(self, which: int, much: int) -> None:
        self.simple(ResumeParent, which)

    def repeat(self, which: int, much: int) -> None:
        offset, request = self.scene.parents[which % len(self.scene.parents)]
        said = len(self.scene.reports), len(self.scene.children)
        self.scene.ask(request, offset if much % 2 else None)
        assert said == (len(self.scene.reports), len(self.scene.children))

    def quote(self, which: int, much: int) -> None:
        for venue in VENUES[: 1 + which % 2]:
            self.scene.show(
                Quote("IBM", venue, 9_999, much * 100, 10_000 + which % 3, much * 100,
                      self.scene.now_ns)
            )  # fmt: skip

    def print(self, which: int, much: int) -> None:
        self.scene.show(Trade("IBM", "XA", 10_000, 1 + much * 137, self.scene.now_ns))

    def time(self, which: int, much: int) -> None:
        self.scene.step_to(self.scene.now_ns + [S // 20, S // 3, S, 5 * S, 11 * S][which % 5])

    def open(self, which: int) -> Sent | None:
        found = [each for each in self.scene.sent.values() if not each.closed]
        return found[which % len(found)] if found else None

    def fill(self, which: int, much: int) -> None:
        sent = self.open(which)
        if sent is not None:
            left_qty = sent.order_qty - sent.cum_qty
            qty = left_qty if much > 5 else 1 + left_qty * much // 7
            self.report(sent, ExecType.TRADE, qty=min(qty, left_qty), px=f"100.0{much}")

    def taken(self, which: int, much: int) -> None:
        sent = self.open(which)
        if sent is not None and not sent.cum_qty:
            self.report(sent, ExecType.NEW)

    def end(self, which: int, much: int) -> None:
        sent = self.open(which)
        if sent is not None:
            self.report(sent, ExecType.CANCELED if much % 2 else ExecType.EXPIRED)

    def reject(self, which: int, much: int) -> None:
        sent = self.open(which)
        if sent is not None and not sent.cum_qty:
            self.report(sent, ExecType.REJECTED)

    def refuse(self, which: int, much: int) -> None:
        sent = self.open(which)
        if sent is not None and not sent.cum_qty:
            reasons = [each for each in RefusalReason if each is not RefusalReason.DUPLICATE]
            reason = reasons[much]
            self.scene.say(self.scene.refused(sent.order.cl_ord_id, reason))

    def reprice(self, which: int, much: int) -> None:
        """A replace within what the parent has free, up or down, also of one that has one."""
        sent = self.open(which)
        if sent is not None:
            parent = self.scene.partition.blotter.parents[sent.order.order_id]
            free_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty
            most = sent.cum_qty + sent.open_qty + max(free_qty, 0)
            qty = most * (much + 1) // 10
            if qty > 0:
                self.scene.reprice(sent.order.cl_ord_id, qty, 10_000 - which)

    def asked(self, which: int) -> ReplaceChild | None:
        found = [replace for sent in self.scene.sent.values() for replace in sent.asked.values()]
        return found[which % len(found)] if found else None

    def replaced(self, which: int, much: int) -> None:
        """Of an order that ended otherwise than filled it is refused."""
        replace = self.asked(which)
        if replace is not None:
            sent = self.scene.sent[replace.orig_cl_ord_id]
            if not sent.open_qty:
                self.scene.say(self.scene.cancel_rejected(replace))
                return
            self.scene.say(
                self.scene.execution(
                    replace.orig_cl_ord_id, ExecType.REPLACED, replace=replace.cl_ord_id
                )
            )

    def unreplaced(self, which: int, much: int) -> None:
        replace = self.asked(which)
        if replace is not None and much % 2:
            self.scene.say(self.scene.cancel_rejected(replace))
        elif replace is not None:
            self.scene.say(self.scene.refused_replace(replace, RefusalReason.MESSAGE_RATE))

    def bust(self, which: int, much: int) -> None:
        name = self.standing(which)
        if name is not None:
            sent = self.scene.sent[self.scene.fills[name].cl_ord_id]
            if much % 2 and sent.cum_qty == sent.order_qty:
                sent.closed = False  # a venue may hold a busted order to be open again
            self.report(sent, ExecType.TRADE_CANCEL, ref=name)
            del self.scene.fills[name]

    def correct(self, which: int, much: int) -> None:
        name = self.standing(which)
        if name is not None:
            fill = self.scene.fills[name]
            self.report(self.scene.sent[fill.cl_ord_id], ExecType.TRADE_CORRECT,
                        qty=max(fill.last_qty - much, 1), px="99.00", ref=name)  # fmt: skip
            del self.scene.fills[name]

    def standing(self, which: int) -> str | None:
        names = list(self.scene.fills)
        return names[which % len(names)] if names else None

    def report(self, sent: Sent, kind: ExecType, *, qty: int = 0, px: str | None = None,
               ref: str | None = None) -> None:  # fmt: skip
        self.scene.say(self.scene.execution(sent.order.cl_ord_id, kind, qty=qty, px=px, ref=ref))

    def again(self, which: int, much: int) -> None:
        record = self.scene.executions[which % len(self.scene.executions)]
        if isinstance(record, Execution):
            said = len(self.scene.reports)
            self.scene.say(record)
            fills = [each for each in self.scene.reports[said:] if isinstance(each, ParentReport)
                     and each.exec_type is ExecType.TRADE]  # fmt: skip
            assert not fills

    def down(self, which: int, much: int) -> None:
        self.scene.venue(VENUES[which % 2], VenueState.DOWN)

    def live(self, which: int, much: int) -> None:
        self.scene.venue(VENUES[which % 2], VenueState.LIVE)

    def kill(self, which: int, much: int) -> None:
        venue = VENUES[which % 2] if much % 2 else None
        self.scene.control(
            EngageKillSwitch(author="ops", reason="test", venue=venue, at_ns=self.scene.now_ns)
        )

    def rearm(self, which: int, much: int) -> None:
        venue = VENUES[which % 2] if much % 2 else None
        self.scene.control(Rearm(author="ops", reason="test", venue=venue, at_ns=self.scene.now_ns))

    def crash(self, which: int, much: int) -> None:
        """The worker dies with all it said written."""
        self.check_fold()
        self.scene.restart()

    def lose(self, which: int, much: int) -> None:
        """The worker dies, and a tail of what it said in the last step was never written."""
        reports_before, children_before = self.last_step
        kept_reports = max(len(self.scene.reports) - which, reports_before)
        kept_children = max(len(self.scene.children) - much, children_before)
        lost = self.scene.reports[kept_reports:]
        if any(isinstance(each, ParentReport) and each.exec_type in NEW_TERMS for each in lost):
            kept_children = children_before
        acted_on = {each.cl_ord_id for each in self.scene.executions if hasattr(each, "cl_ord_id")}
        while any(each.cl_ord_id in acted_on for each in self.scene.children[kept_children:]):
            kept_children += 1
        for report in lost:
            self.by_exec_id.pop(getattr(report, "exec_id", ""), None)
        self.scene.restart(kept_reports, kept_children)
        self.last_step = (len(self.scene.reports), len(self.scene.children))

    # -- what must hold

    def check(self) -> None:
        scene = self.scene
        ids = [child.cl_ord_id for child in scene.children]
        assert len(ids) == len(set(ids)), "a ClOrdID(11) was used twice"
        self.by_exec_id.clear()
        for report in scene.reports:
            if isinstance(report, ParentReport | ParentRequestRejected):
                content = msgspec.json.encode(msgspec.structs.replace(report, claim=0))
                kept = self.by_exec_id.setdefault(report.exec_id, content)
                assert kept == content, "an ExecID(17) names two reports"
        for parent in scene.partition.blotter.parents.values():
            children = [each for each in scene.sent.values()
                        if each.order.order_id == parent.order_id]  # fmt: skip
            filled_qty = sum(each.cum_qty for each in children)
            open_qty = sum(each.open_qty for each in children)
            assert parent.cum_qty == filled_qty == parent.told_cum_qty
            assert parent.open_qty == open_qty
            assert filled_qty + open_qty <= parent.terms.order_qty
            assert (parent.status is OrdStatus.FILLED) <= (filled_qty >= parent.terms.order_qty)

        self.check_waits()

    def check_waits(self) -> None:
        """Every live order says what it waits for, and `working` only if it has an order out."""
        for parent in self.scene.partition.blotter.live_parents.values():
            assert parent.waits.now is not None
            assert parent.waits.now.reason is not WaitReason.WORKING or parent.open_children

    def check_fold(self) -> None:
        """Who reads the log has the ledger of who wrote it, children and their replaces too."""
        live, folded = self.scene.partition.blotter, self.scene.folded().blotter
        for order_id, parent in live.parents.items():
            same = folded.parents[order_id]
            assert (same.cum_qty, same.open_qty) == (parent.cum_qty, parent.open_qty)
            assert same.open_children == parent.open_children
            assert same.children == parent.children
            assert same.waits.now is None or not same.done

    def finish(self) -> None:
        """Venues answer and time passes: every parent ends, every share is accounted for."""
        for _ in range(8):
            while self.asked(0) is not None:
                self.unreplaced(0, 1)
                self.check()
            for sent in list(self.scene.sent.values()):
                if not sent.closed:
                    self.report(sent, ExecType.CANCELED)
                    self.check()
            self.scene.step_to(self.scene.now_ns + 30 * S)
            self.check()
        self.check_fold()
        for parent in self.scene.partition.blotter.parents.values():
            assert parent.status in PARENT_TERMINAL
            assert not parent.open_qty
        assert self.scene.partition.next_wake_ns() is None
        answered = {report.exec_id.partition(".")[0] for report in self.scene.reports
                    if isinstance(report, ParentReport | ParentRequestRejected)}  # fmt: skip
        first: set[str] = set()
        for offset, request in self.scene.parents:
            if request.cl_ord_id not in first:
                first.add(request.cl_ord_id)
                mark = f"R00{offset:06}" if offset < 10 else None
                assert mark is None or mark in answered


@settings(max_examples=120, deadline=None, derandomize=True)
@given(steps=STEPS)
def test_an_order_survives_any_crash(steps: list[Step]) -> None:
    Play().run(steps)


def written(scene: Scene) -> bytes:
    said: list[Command] = [*scene.reports, *scene.children]
    return b"\n".join(
        encode(
            Topic.CHILDREN
            if isinstance(each, NewChild | CancelChild | ReplaceChild)
            else Topic.REPORTS,
            each,
        )
        for each in said
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(steps=STEPS)
def test_the_same_input_gives_the_same_bytes(steps: list[Step]) -> None:
    plays = Play(), Play()
    for play in plays:
        play.run(steps)
    assert written(plays[0].scene) == written(plays[1].scene)


def test_what_venue_access_sent_changes_nothing() -> None:
    scene = Scene()
    said = scene.say(
        ChildSent(venue="XA", session="S", cl_ord_id="x", order_id="x", symbol="IBM",
                  sent_ns=at_ns(0))
    )  # fmt: skip
    assert said == []

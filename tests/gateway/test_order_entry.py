"""Order entry against the FIX order state scenarios (FIX 4.4 volume 4, appendix D), sell side.

Notation of the files: `D X 10000` a new order, `F Y X` a cancel, `G Y X 11000` a replace, `H X` a
status request, each with more or other fields as tag=value; `worker E(Y,X) t/s q/c/l/x` a report
of the worker with ExecType t, OrdStatus s, OrderQty q, CumQty c, LeavesQty l, LastQty x;
`worker 9(Y,X) s reason` a refusal by it. Output: what goes to `parents` and what the OMS is sent,
in the same notation, with Text(58) where there is one. A comment starts afresh.
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from domain.children import Claim
from domain.fix_codes import CxlRejResponseTo, ExecType, OrdStatus
from domain.fix_message import FixMessage, fix_text
from domain.instruments import Side
from domain.parents import CancelParent, NewParent, ParentRequest, ReplaceParent
from domain.refusals import RejectReason, WaitReason
from domain.reports import (
    ParentPlan,
    ParentReport,
    ParentRequestRejected,
    ParentWaiting,
    ReportRecord,
)
from gateway.oms_answers import Reply
from gateway.order_entry import AppendRequest, Command, OrderEntry

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("oms_*.txt"))
NOW_NS = 1_700_000_000_000_000_000
DEFAULTS = {55: "IBM", 54: "1", 60: "20231114-22:13:20.000"}
REPORT = re.compile(r"E\((\w+)(?:,(\w+))?\) (\w)/(\w) (\d+)/(\d+)/(\d+)/(\d+|-)(.*)")
REFUSAL = re.compile(r"9\((\w+),(\w+)\) (\w) (\w+)")


def entry(*, fits: bool = True) -> OrderEntry:
    core = OrderEntry(["OMS", "OMS2"], lambda request: fits)
    for partition in (0, 1):
        core.on_report(partition, claim(1))  # by the worker of the reports below
    return core


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = Play().play(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


class Play:
    """Feeds each line of a file to an OrderEntry and puts what comes out beneath it."""

    def __init__(self) -> None:
        self.core = entry()
        self.seq = 0
        self.execs = 0

    def play(self, script: str) -> str:
        lines: list[str] = []
        for line in script.splitlines():
            if line.startswith(("    ", "\t")):
                continue  # an output of the last time
            lines.append(line)
            if line.startswith("#"):
                self.__init__()  # type: ignore[misc]  # afresh
            elif line:
                lines += [f"    {shown(command)}" for command in self.line(line)]
        return "\n".join(lines) + "\n"

    def line(self, line: str) -> list[Command]:
        verb, _, rest = line.partition(" ")
        if verb == "worker":
            return list(self.core.on_report(0, self.report(rest)))
        self.seq += 1
        return self.core.on_message("OMS", request_text(verb, rest.split(), self.seq), NOW_NS)

    def report(self, text: str) -> ReportRecord:
        self.execs += 1
        refusal = REFUSAL.fullmatch(text)
        if refusal is not None:
            cl_ord_id, orig, status, reason = refusal.groups()
            return request_rejected(cl_ord_id, orig, OrdStatus(status), RejectReason(reason),
                                    f"e{self.execs}")  # fmt: skip
        report = REPORT.fullmatch(text)
        assert report is not None, text
        return parent_report(report.groups(), f"e{self.execs}")


def request_text(verb: str, words: list[str], seq: int) -> str:
    plain = [word for word in words if "=" not in word]
    fields = {34: str(seq), **DEFAULTS, 11: plain[0]}
    if verb in ("H", "AF"):
        del fields[60]
    if verb == "AF":
        del fields[11]
    if verb in ("F", "G"):
        fields[41] = plain[1] if len(plain) > 1 else ""
    if verb in ("D", "G"):
        fields |= {38: plain[-1], 40: "1"}
    if verb == "D":
        fields[847] = "1000"
    fields |= {int(tag): value for tag, _, value in (w.partition("=") for w in words if "=" in w)}
    return fix_text(verb, [(tag, value) for tag, value in fields.items() if value])


def parent_report(groups: tuple[str | None, ...], exec_id: str) -> ParentReport:
    cl_ord_id, orig, kind, status, order_qty, cum_qty, leaves_qty, last_qty, rest = groups
    assert kind
    assert status
    last = int(last_qty) if last_qty not in ("-", None) else 0
    words = dict(pair.split("=") for pair in (rest or "").split())
    return ParentReport(
        claim=1, order_id="P1", source="FIX:OMS", cl_ord_id=cl_ord_id or "", orig_cl_ord_id=orig,
        exec_id=words.get("17", exec_id), exec_type=ExecType(kind), ord_status=OrdStatus(status),
        symbol="IBM", side=Side.BUY, order_qty=Decimal(order_qty or 0), cum_qty=int(cum_qty or 0),
        leaves_qty=int(leaves_qty or 0), avg_px=Decimal(10 if cum_qty != "0" else 0), algo="twap",
        last_qty=last, last_px=Decimal(10) if last else None, exec_ref_id=words.get("19"),
        reason=RejectReason(words["reason"]) if "reason" in words else None,
        field=words.get("field"), text=words.get("text"), transact_ns=NOW_NS,
    )  # fmt: skip


def request_rejected(
    cl_ord_id: str, orig: str, status: OrdStatus, reason: RejectReason, exec_id: str
) -> ParentRequestRejected:
    return ParentRequestRejected(
        claim=1, order_id="P1", source="FIX:OMS", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig,
        exec_id=exec_id, symbol="IBM", ord_status=status,
        response_to=CxlRejResponseTo.CANCEL_REQUEST, reason=reason, text="no", transact_ns=NOW_NS,
    )  # fmt: skip


def shown(command: Command) -> str:
    if isinstance(command, AppendRequest):
        return f"append {shown_request(command.request)}"
    message = FixMessage([(35, command.msg_type), *command.fields])
    name = f"{command.msg_type}({message.get(11)}"
    name += f",{message.get(41)})" if message.get(41) else ")"
    text = f" 58={message.get(58)}" if message.get(58) else ""
    if command.msg_type == "8":
        qtys = "/".join(message.get(tag) or "-" for tag in (38, 14, 151, 32))
        extra = "".join(
            f" {t}={message.get(t)}" for t in (19, 103, 790, 911, 912) if message.get(t)
        )
        return f"E{name[1:]} {message.get(150)}/{message.get(39)} {qtys}{extra}{text}"
    if command.msg_type == "9":
        return f"{name} {message.get(39)},r={message.get(102)} 37={message.get(37)}{text}"
    return f"j 372={message.get(372)} 379={message.get(379)} 380={message.get(380)}{text}"


def shown_request(request: ParentRequest) -> str:
    match request:
        case NewParent():
            return f"new {request.cl_ord_id} {request.order_qty}"
        case CancelParent():
            return f"cancel {request.cl_ord_id} of {request.orig_cl_ord_id}"
        case ReplaceParent():
            params = f" {request.params}" if request.params else ""
            return (
                f"replace {request.cl_ord_id} of {request.orig_cl_ord_id} {request.order_qty}"
                f"{params}"
            )
    raise AssertionError(request)


def new_order(core: OrderEntry, *words: str, seq: int = 1) -> list[Command]:
    return core.on_message("OMS", request_text("D", ["X", "100", *words], seq), NOW_NS)


def test_a_message_sent_again_by_the_session_is_known_and_not_answered() -> None:
    core = entry()
    assert len(new_order(core)) == 1
    assert new_order(core, "43=Y") == []
    [reply] = new_order(core, "43=Y", "38=200")  # another order under the same name
    assert isinstance(reply, Reply)
    assert (103, "6") in reply.fields


def test_a_restarted_gateway_knows_orders_from_the_log() -> None:
    first, second = entry(), entry()
    [command] = new_order(first)
    assert isinstance(command, AppendRequest)
    second.on_parent(command.request)
    assert new_order(second, "43=Y") == []
    [reply] = new_order(second)
    assert isinstance(reply, Reply)
    assert (103, "6") in reply.fields


def test_nothing_is_kept_while_the_log_does_not_answer() -> None:
    core = entry()
    for verb, words in (("D", ["X", "100"]), ("D", ["X", "100"])):
        text = request_text(verb, words, 7)
        [reply] = core.on_message("OMS", text, NOW_NS, bus_available=False)
        assert shown(reply).startswith("j 372=D 379=X 380=4")
    assert isinstance(new_order(core)[0], AppendRequest)
    cancel = request_text("F", ["Y", "X"], 8)
    [reply] = core.on_message("OMS", cancel, NOW_NS, bus_available=False)
    assert shown(reply).startswith("j 372=F 379=Y 380=4")
    [status] = core.on_message("OMS", request_text("H", ["X"], 9), NOW_NS, bus_available=False)
    assert shown(status).startswith("E(X) I/A 100/0/100/-")


def test_sessions_do_not_see_each_other() -> None:
    core = entry()
    new_order(core)
    [command] = core.on_message("OMS2", request_text("D", ["X", "100"], 1), NOW_NS)
    assert isinstance(command, AppendRequest)
    assert command.request.source == "FIX:OMS2"
    [reply] = core.on_message("OMS2", request_text("AF", ["m", "584=m", "585=7"], 2), NOW_NS)
    assert "911=1" in shown(reply)


def claim(token: int) -> Claim:
    return Claim(partition=0, worker="w", build="b", settings_hash="s", instruments_hash="i",
                 at_ns=0, claim=token)  # fmt: skip


def test_reports_of_a_worker_that_lost_its_partition_are_ignored() -> None:
    core = entry()
    new_order(core)
    core.on_report(0, claim(5))
    report = parent_report(("X", None, "0", "0", "100", "0", "100", "-", ""), "e1")
    assert core.on_report(0, report) == []
    assert len(core.on_report(1, report)) == 1  # another partition has other claims


def test_a_report_told_before_and_one_of_another_source_are_not_told() -> None:
    core = entry()
    new_order(core)
    report = parent_report(("X", None, "0", "0", "100", "0", "100", "-", ""), "e1")
    assert len(core.on_report(0, report)) == 1
    assert core.on_report(0, report) == []
    other = structs.replace(report, exec_id="e2", source="kafka-oms")
    assert core.on_report(0, other) == []


def test_plans_and_waits_stay_off_fix() -> None:
    core = entry()
    new_order(core)
    plan = ParentPlan(claim=1, order_id="P1", source="FIX:OMS", cl_ord_id="X", symbol="IBM",
                      algo="twap", version=1, seed=1, reason="accepted", times_ns=(),
                      cum_qty=(), params={}, transact_ns=NOW_NS)  # fmt: skip
    waiting = ParentWaiting(claim=1, order_id="P1", source="FIX:OMS", cl_ord_id="X", symbol="IBM",
                            reason=WaitReason.PAUSED, due_qty=0, cum_qty=0, open_qty=0,
                            transact_ns=NOW_NS)  # fmt: skip
    assert core.on_report(0, plan) == core.on_report(0, waiting) == []


def test_an_order_older_than_the_log_of_requests_is_known_by_its_reports() -> None:
    core = entry()
    core.on_report(0, parent_report(("Y", "X", "5", "1", "100", "10", "90", "-", ""), "e1"))
    [status] = core.on_message("OMS", request_text("H", ["X"], 1), NOW_NS)
    assert shown(status).startswith("E(X) I/1 100/10/90/-")


def test_the_same_inputs_give_the_same_bytes() -> None:
    texts = [path.read_text() for path in SCENARIOS]
    assert [Play().play(text) for text in texts] == [Play().play(text) for text in texts]


@pytest.mark.parametrize(
    ("data", "account"),
    [("354=7|355=abc|def", None), ("354=7|355=abc|1=2", None), ("1=ACC|354=3|355=abc", "ACC")],
)
def test_a_data_field_may_hold_soh_and_forges_nothing(data: str, account: str | None) -> None:
    text = request_text("D", ["X", "100"], 1).replace("\x0155=", f"\x01{data}\x0155=")
    [command] = entry().on_message("OMS", text.replace("|", "\x01"), NOW_NS)
    assert isinstance(command, AppendRequest)
    assert isinstance(command.request, NewParent)
    assert command.request.account == account


@pytest.mark.parametrize("end", ["354=9|355=abc|", "354=1|355=abc|", "354=x|355=a|", "loose|"])
@pytest.mark.parametrize(
    ("start", "answer"),
    [
        ("35=D|34=7|11=X|", "E(X) 8/8 0/0/0/- 103=99 58=malformed "),
        ("35=F|34=7|11=Y|41=X|", "9(Y,X) 8,r=1 37=NONE 58=malformed "),
        ("35=H|34=7|11=X|", "j 372=H 379=X 380=0 58=malformed "),
        ("35=D|34=7|", "j 372=D 379=None 380=0 58=malformed "),
        ("34=7|", "j 372=[N/A] 379=None 380=3 58=unsupported "),
    ],
)
def test_what_cannot_be_read_is_refused(start: str, answer: str, end: str) -> None:
    [reply] = entry().on_message("OMS", (start + end).replace("|", "\x01"), NOW_NS)
    assert shown(reply).startswith(answer)


def test_a_long_message_that_is_cut_within_data_is_oversized() -> None:
    text = request_text("D", ["X", "100"], 1)
    text += f"354=300000\x01355={'a' * 150_000}\x01{'b' * 149_999}\x01"
    [reply] = entry().on_message("OMS", text, NOW_NS)
    assert shown(reply).startswith("E(X) 8/8 100/0/0/- 103=99 58=oversized BodyLength(9)")

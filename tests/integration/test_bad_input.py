"""Bad input over Kafka and over FIX: its sender gets a code and the field, and the desk goes on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bus.partitioning import partition_of
from bus.topics import REQUEST_RECORD_MAX, Topic
from domain.deadletters import DeadLetter
from domain.fix_codes import ExecType
from domain.fix_message import timestamp_text
from domain.reports import ParentReport
from tests.integration.invariants import check_log
from tests.integration.scripted_oms import Got, ScriptedOms
from tests.integration.system import System

pytestmark = pytest.mark.slow

SOURCE = "DESK"
HOUR_NS = 3_600 * 10**9
Pairs = list[tuple[int, object]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing wrong, as each door can say it, and the beginning of what each door answers.

    `record`: the raw value, or fields that differ from a good order's; None takes one out. Times
    are given in ns from now on. `fields`: the same for FIX. `text`: a raw message.
    """

    record: bytes | dict[str, Any]
    answer: str
    fields: Pairs = field(default_factory=list)
    msg_type: str = "D"
    text: bytes | None = None
    fix_answer: str


def params(**given: object) -> dict[str, Any]:
    return {"params": given}


def group(*entries: tuple[str, object, object]) -> Pairs:
    """StrategyParameters: (name, type, value)."""
    pairs: Pairs = [(957, len(entries))]
    for name, kind, value in entries:
        pairs += [(958, name), (959, kind), (960, value)]
    return pairs


CASES: dict[str, Case] = {
    "not JSON": Case(
        record=b"8=FIX.4.4|35=D", answer="dead letter not_decodable None",
        text=b"8=FIX.4.4\x019=10\x0135=D\x0111=A\x0110=000\x01", fix_answer="nothing",
    ),
    "cut off": Case(
        record=b'{"type":"new_parent","source":"DE', answer="dead letter not_decodable None",
        text=b"8=FIX.4.4\x019=5\x0111=A\x0110=000\x01", fix_answer="nothing",
    ),
    "unknown type": Case(
        record={"type": "old_parent"}, answer="dead letter unknown_type type",
        msg_type="ZZ", fields=[(58, "what?")], fix_answer="3 373=11",
    ),
    "missing field": Case(
        record={"side": None}, answer="dead letter bad_field side",
        fields=[(54, None)], fix_answer="3 373=1 371=54",
    ),
    "unknown field": Case(
        record={"colour": "red"}, answer="dead letter bad_field colour",
        fields=[(5001, "red")], fix_answer="3 373=0 371=5001",
    ),
    "ill-typed field": Case(
        record={"order_qty": "many"}, answer="dead letter bad_field order_qty",
        fields=[(38, "many")], fix_answer="3 373=6 371=38",
    ),
    "oversized": Case(
        record={"account": "x" * REQUEST_RECORD_MAX}, answer="dead letter oversized None",
        fields=group(*((f"p{n}", 14, "x" * 500) for n in range(60))), fix_answer="8 oversized",
    ),
    "unknown symbol": Case(
        record={"symbol": "NOPE"}, answer="unknown_symbol symbol",
        fields=[(55, "NOPE")], fix_answer="8 unknown_symbol Symbol(55)",
    ),
    "unknown algorithm": Case(
        record={"algo": "magic"}, answer="unknown_algo algo",
        fields=[(847, 4711)], fix_answer="8 unknown_algo TargetStrategy(847)",
    ),
    "unknown parameter": Case(
        record=params(colour="red"), answer="unknown_parameter params.colour",
        fields=group(("colour", 14, "red")),
        fix_answer="8 unknown_parameter StrategyParameterName(958)=colour",
    ),
    "ill-typed parameter": Case(
        record=params(interval="soon"), answer="bad_parameter params.interval",
        fields=group(("interval", 14, "soon")),
        fix_answer="8 bad_parameter StrategyParameterName(958)=interval",
    ),
    "nested parameter": Case(
        record=params(interval=[30]), answer="dead letter bad_field params.interval",
        fields=group(("interval", 1, "[30]")),
        fix_answer="8 bad_parameter StrategyParameterValue(960) of interval",
    ),
    "percent for a fraction": Case(
        record=params(max_participation=10), answer="bad_parameter params.max_participation",
        fields=[(849, "10")],
        fix_answer="8 bad_parameter",
    ),
    "zero quantity": Case(
        record={"order_qty": "0"}, answer="bad_qty order_qty",
        fields=[(38, 0)], fix_answer="8 bad_qty OrderQty(38)",
    ),
    "negative quantity": Case(
        record={"order_qty": "-100"}, answer="bad_qty order_qty",
        fields=[(38, -100)], fix_answer="8 bad_qty OrderQty(38)",
    ),
    "off-lot quantity": Case(
        record={"order_qty": "150"}, answer="off_lot order_qty",
        fields=[(38, 150)], fix_answer="8 off_lot OrderQty(38)",
    ),
    "off-tick price": Case(
        record={"ord_type": "2", "limit_px": "185.005"}, answer="off_tick limit_px",
        fields=[(40, 2), (44, "185.005")], fix_answer="8 off_tick Price(44)",
    ),
    "end before start": Case(
        record={"start_ns": HOUR_NS, "end_ns": HOUR_NS // 2}, answer="end_before_start end_ns",
        fields=[(168, HOUR_NS), (126, HOUR_NS // 2)],
        fix_answer="8 end_before_start ExpireTime(126)",
    ),
    "start too long ago": Case(
        record={"start_ns": -HOUR_NS}, answer="start_too_old start_ns",
        fields=[(168, -HOUR_NS)], fix_answer="8 start_too_old EffectiveTime(168)",
    ),
    "closed session": Case(  # 8 hours on it is night in New York
        record={"start_ns": 8 * HOUR_NS, "end_ns": 9 * HOUR_NS}, answer="session_closed start_ns",
        fields=[(168, 8 * HOUR_NS), (126, 9 * HOUR_NS)],
        fix_answer="8 session_closed EffectiveTime(168)",
    ),
    "more than the limit": Case(
        record={"order_qty": "1000100"}, answer="exceeds_limit order_qty",
        fields=[(38, 1_000_100)], fix_answer="8 exceeds_limit OrderQty(38)",
    ),
    "duplicate order": Case(
        record={"cl_ord_id": "FIRST"}, answer="duplicate_order cl_ord_id",
        fields=[(11, "FIRST")], fix_answer="8 duplicate_order ClOrdID(11)",
    ),
}  # fmt: skip


class Desk:
    """Two senders to one system: one on Kafka, one on a bare FIX socket."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.oms = ScriptedOms(system.settings.oms.port, "RAW")
        self.oms.logon()
        assert self.by_kafka(b"", {"cl_ord_id": "FIRST"}) == "new"
        assert self.by_fix([(11, "FIRST")]) == "new"

    def by_kafka(self, raw: bytes, changed: dict[str, Any]) -> str:
        """Append to `parents`; the code and field of the answer."""
        order = self.good() | changed
        for name in ("start_ns", "end_ns"):
            if name in changed:
                order[name] += self.system.clock.now_ns()
        value = raw or json.dumps({k: v for k, v in order.items() if v is not None}).encode()
        symbol = order["symbol"]
        partition = partition_of(symbol, self.system.settings.bus.partitions)
        earlier = len(self.system.log.messages[Topic.REPORTS])
        offset = self.system.log.append(Topic.PARENTS, symbol, value)
        said: list[str] = []

        def answered() -> bool:
            for report in self.system.log.messages[Topic.REPORTS][earlier:]:
                if isinstance(report, ParentReport) and self._is_answer(report, order["cl_ord_id"]):
                    said.append(_said(report))
            for letter in self.system.log.messages[Topic.DEADLETTER]:
                if (letter.topic, letter.partition, letter.offset) == (
                    Topic.PARENTS, partition, offset,
                ):  # fmt: skip
                    said.append(_buried(letter, value))
            return bool(said)

        self.system.until(answered, "an answer")
        return said[0]

    def _is_answer(self, report: ParentReport, cl_ord_id: str) -> bool:
        return (report.source, report.cl_ord_id) == (SOURCE, cl_ord_id) and (
            report.exec_type in (ExecType.NEW, ExecType.REJECTED)
        )

    def good(self) -> dict[str, Any]:
        """A small order as a program that does not know our code would write it."""
        return {
            "type": "new_parent", "source": SOURCE, "cl_ord_id": self.system.new_id("K"),
            "symbol": "IBM", "side": "1", "order_qty": "100", "algo": "twap",
            "sent_ns": self.system.clock.now_ns(),
        }  # fmt: skip

    def by_fix(self, changed: Pairs, msg_type: str = "D") -> str:
        """Send a message; the answer in the words of the table."""
        now_ns = self.system.clock.now_ns()
        fields: dict[int, object] = {}
        if msg_type == "D":
            fields = {11: self.system.new_id("F"), 55: "IBM", 54: 1, 60: timestamp_text(now_ns),
                      38: 100, 40: 1, 847: 1000}  # fmt: skip
        plain = [(tag, value) for tag, value in changed if tag < 957 or tag > 960]
        fields |= dict(plain)
        for tag in (168, 126):
            if isinstance(fields.get(tag), int):
                fields[tag] = timestamp_text(now_ns + int(str(fields[tag])))
        pairs = [(tag, value) for tag, value in fields.items() if value is not None]
        seq = self.oms.send(msg_type, pairs + [each for each in changed if each not in plain])
        return _heard(self.oms.wait(lambda got: _answers(got, seq, fields.get(11))))

    def keep_alive(self) -> None:
        self.oms.send("0", [])
        self.oms.settle(0.01)


def _said(report: ParentReport) -> str:
    return "new" if report.reason is None else f"{report.reason.value} {report.field}"


def _buried(letter: DeadLetter, value: bytes) -> str:
    assert letter.by == "worker-0"
    assert letter.size == len(value)
    assert letter.text
    return f"dead letter {letter.reason.value} {letter.field}"


def _answers(got: Got, seq: int, cl_ord_id: object) -> bool:
    if got.get(35) in ("3", "j"):
        return got.get(45) == str(seq)
    # A repeated ClOrdID is the only one of which there are fills and the like too.
    return got.get(35) == "8" and got.get(11) == cl_ord_id and got.get(150) in ("0", "8")


def _heard(got: Got) -> str:
    if got.get(35) == "3":
        return f"3 373={got.get(373)} 371={got.get(371)}"
    if got.get(35) == "j":
        return f"j 380={got.get(380)}"
    return "new" if got.get(150) == "0" else f"8 {got.get(58)}"


@pytest.fixture(scope="module")
def desk(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with System(
        kafka_bootstrap, tmp_path_factory.mktemp("bad"), comp_id="BADIN", others=("RAW",)
    ) as system:
        found = Desk(system)
        yield found
        found.oms.drop()


@pytest.fixture(autouse=True)
def _keep_alive(desk: Desk) -> None:
    desk.keep_alive()


@pytest.mark.parametrize("name", CASES)
def test_over_kafka(desk: Desk, name: str) -> None:
    case = CASES[name]
    raw, changed = (case.record, {}) if isinstance(case.record, bytes) else (b"", case.record)
    assert desk.by_kafka(raw, changed) == case.answer
    assert desk.by_kafka(b"", {}) == "new"  # the partition goes on


@pytest.mark.parametrize("name", CASES)
def test_over_fix(desk: Desk, name: str) -> None:
    case = CASES[name]
    if case.text is not None:  # FIX 4.4 volume 2: a garbled message is ignored, whole
        desk.oms.send_raw(case.text)
        assert [got for got in desk.oms.settle(0.3) if got.get(35) != "0"] == []
    else:
        assert desk.by_fix(case.fields, case.msg_type).startswith(case.fix_answer)
    assert desk.by_fix([]) == "new"


def test_the_wrong_partition_is_refused(desk: Desk) -> None:
    order = desk.good()
    wrong = (partition_of("IBM", 4) + 1) % 4
    desk.system.log.append(Topic.PARENTS, "IBM", json.dumps(order).encode(), partition=wrong)

    def answered() -> bool:
        return any(
            isinstance(report, ParentReport)
            and report.cl_ord_id == order["cl_ord_id"]
            and _said(report) == "wrong_partition key"
            for report in desk.system.log.messages[Topic.REPORTS]
        )

    desk.system.until(answered, "a refusal")


@pytest.mark.parametrize("topic", [Topic.CHILDREN, Topic.EXECUTIONS, Topic.REPORTS, Topic.CONTROL])
def test_rubbish_on_any_topic_is_buried_and_nobody_dies(desk: Desk, topic: Topic) -> None:
    offset = desk.system.log.append(topic, "IBM", b"\xff\x00rubbish")
    desk.system.until(
        lambda: any(
            (letter.topic, letter.offset) == (topic, offset)
            for letter in desk.system.log.messages[Topic.DEADLETTER]
        ),
        "a dead letter",
    )
    assert desk.by_kafka(b"", {}) == "new"
    assert desk.by_fix([]) == "new"
    assert all(child.restarts == 0 for child in desk.system.launcher.children.values())


def test_every_record_was_answered_once_and_a_restart_answers_none_again(desk: Desk) -> None:
    system = desk.system
    system.settle(0.5)
    letters = system.log.messages[Topic.DEADLETTER]
    before = len(letters)
    # A record that several processes read is buried once by each of them.
    places = {(each.by, each.topic, each.partition, each.offset) for each in letters}
    assert len(places) == before
    for name in ("worker", "venues", "tca", "oms"):
        system.kill(name)
    system.settle(1.0)
    system.wait_ready()
    system.settle(0.5)
    assert len(letters) == before
    check_log(system.log)
    assert desk.by_kafka(b"", {}) == "new"

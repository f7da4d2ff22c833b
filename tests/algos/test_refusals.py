"""Every reason for which a request is refused: its code, its field, and which comes first."""

from decimal import Decimal

import msgspec
import pytest

from domain.control import EngageKillSwitch
from domain.executions import VenueState
from domain.fix_codes import OrdStatus, OrdType
from domain.instruments import Side
from domain.marketdata import Quote
from domain.parents import CancelParent, NewParent, ReplaceParent
from domain.refusals import RejectReason
from domain.reports import ParentReport, ParentRequestRejected
from tests.algos.partition_scene import BEGIN_NS, Scene, at_ns, new_parent

R = RejectReason
LIMIT = OrdType.LIMIT

NEW: list[tuple[RejectReason, str, dict[str, object]]] = [
    (R.MALFORMED, "cl_ord_id", {"cl_ord_id": "A\x01"}),
    (R.MALFORMED, "source", {"source": "Ö"}),
    (R.MALFORMED, "account", {"account": "a\nb"}),
    (R.MALFORMED, "limit_px", {"limit_px": Decimal(100)}),
    (R.FIELD_TOO_LONG, "cl_ord_id", {"cl_ord_id": "x" * 65}),
    (R.FIELD_TOO_LONG, "source", {"source": "x" * 65}),
    (R.FIELD_TOO_LONG, "account", {"account": "x" * 65}),
    (R.MISSING_FIELD, "cl_ord_id", {"cl_ord_id": ""}),
    (R.MISSING_FIELD, "source", {"source": ""}),
    (R.MISSING_FIELD, "account", {"account": ""}),
    (R.MISSING_FIELD, "limit_px", {"ord_type": LIMIT}),
    (R.UNKNOWN_SYMBOL, "symbol", {"symbol": "NONE"}),
    (R.UNKNOWN_ALGO, "algo", {"algo": "vwap2"}),
    (R.UNKNOWN_PARAMETER, "params.tempo", {"params": {"tempo": 1}}),
    (R.BAD_PARAMETER, "params.interval", {"params": {"interval": 0}}),
    (R.BAD_PARAMETER, "params.max_participation", {"params": {"max_participation": 0.6}}),
    (R.BAD_QTY, "order_qty", {"order_qty": Decimal(0)}),
    (R.BAD_QTY, "order_qty", {"order_qty": Decimal(-100)}),
    (R.BAD_QTY, "order_qty", {"order_qty": Decimal("NaN")}),
    (R.BAD_QTY, "order_qty", {"order_qty": Decimal("100.5")}),
    (R.BAD_QTY, "order_qty", {"order_qty": Decimal(10) ** 13}),
    (R.OFF_LOT, "order_qty", {"order_qty": Decimal(150)}),
    (R.BAD_PX, "limit_px", {"ord_type": LIMIT, "limit_px": Decimal(0)}),
    (R.BAD_PX, "limit_px", {"ord_type": LIMIT, "limit_px": Decimal("Infinity")}),
    (R.OFF_TICK, "limit_px", {"ord_type": LIMIT, "limit_px": Decimal("100.005")}),
    (R.END_BEFORE_START, "end_ns", {"start_ns": at_ns(10), "end_ns": at_ns(10)}),
    (R.END_BEFORE_START, "end_ns", {"start_ns": at_ns(-100), "end_ns": at_ns(-50)}),
    (R.START_TOO_OLD, "start_ns", {"start_ns": at_ns(-301)}),
    (R.SESSION_CLOSED, "start_ns", {"start_ns": at_ns(21_600), "end_ns": at_ns(21_700)}),
    (R.SESSION_CLOSED, "end_ns", {"start_ns": at_ns(80_000), "end_ns": at_ns(84_600)}),
    (R.BEYOND_CALENDAR, "start_ns", {"start_ns": at_ns(10**6), "end_ns": at_ns(10**6 + 9)}),
    (R.MISSING_INPUT, "params.alpha",
     {"algo": "is", "params": {"alpha": 10, "alpha_half_life": 600}}),
    (R.MISSING_INPUT, "params.risk_confidence",
     {"algo": "is", "params": {"risk_confidence": 0.95}}),
    (R.EXCEEDS_LIMIT, "order_qty", {"order_qty": Decimal(1_000_100)}),
    (R.EXCEEDS_LIMIT, "order_qty",
     {"order_qty": Decimal(600_000), "ord_type": LIMIT, "limit_px": Decimal(100)}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "field", "changes"), NEW)
def test_a_new_order(reason: RejectReason, field: str, changes: dict[str, object]) -> None:
    [report] = Scene().ask(msgspec.structs.replace(new_parent(), **changes))
    assert isinstance(report, ParentReport)
    assert (report.reason, report.field) == (reason, field)
    assert report.ord_status is OrdStatus.REJECTED
    assert report.text


def reason_of(scene: Scene, request: NewParent) -> RejectReason | None:
    report = scene.ask(request)[0]
    assert isinstance(report, ParentReport)
    return report.reason


def test_reasons_come_in_their_order() -> None:
    """An order with everything wrong is refused for the first reason; mend it, for the next."""
    scene = Scene()
    scene.partition._desk.partition_of = lambda symbol: 3
    scene.control(EngageKillSwitch(author="ops", reason="test", at_ns=BEGIN_NS))
    scene.ask(new_parent("twice"))
    request = new_parent("twice", 10**7 + 50, limit="100.005", start_s=-1_000, end_s=-2_000,
                         algo="none", params={"tempo": 1}, symbol="NONE")  # fmt: skip
    request = msgspec.structs.replace(request, source="OMS\x7f", account="x" * 65)
    mends: list[tuple[RejectReason, dict[str, object]]] = [
        (R.MALFORMED, {"source": "OMS"}),
        (R.FIELD_TOO_LONG, {"account": ""}),
        (R.MISSING_FIELD, {"account": None}),
        (R.UNKNOWN_SYMBOL, {"symbol": "IBM"}),
        (R.WRONG_PARTITION, {}),
        (R.DUPLICATE_ORDER, {"cl_ord_id": "once"}),
        (R.UNKNOWN_ALGO, {"algo": "twap"}),
        (R.UNKNOWN_PARAMETER, {"params": {"interval": 0}}),
        (R.BAD_PARAMETER, {"params": {}}),
        (R.OFF_LOT, {"order_qty": Decimal(10**7)}),
        (R.OFF_TICK, {"limit_px": Decimal(100)}),
        (R.END_BEFORE_START, {"end_ns": at_ns(40)}),
        (R.START_TOO_OLD, {"start_ns": at_ns(0)}),
        (R.EXCEEDS_LIMIT, {"order_qty": Decimal(100)}),
        (R.KILLED, {}),
    ]
    assert [reason for reason, _ in mends] == sorted(
        (reason for reason, _ in mends), key=list(RejectReason).index
    )
    for number, (reason, mend) in enumerate(mends):
        if reason not in (R.MALFORMED, R.FIELD_TOO_LONG, R.MISSING_FIELD, R.UNKNOWN_SYMBOL,
                          R.WRONG_PARTITION, R.DUPLICATE_ORDER):  # fmt: skip
            request = msgspec.structs.replace(request, cl_ord_id=f"once{number}")
        assert reason_of(scene, request) is reason
        request = msgspec.structs.replace(request, **mend)
        if reason is R.WRONG_PARTITION:
            scene.partition._desk.partition_of = lambda symbol: 0


def test_a_sale_far_below_the_market_is_not_small() -> None:
    scene = Scene()
    scene.show(Quote("IBM", "XA", 9_999, 100, 10_001, 100, BEGIN_NS))
    assert reason_of(scene, new_parent("A", 600_000, side=Side.SELL, limit="1")) is R.EXCEEDS_LIMIT


def test_the_limits_themselves_are_admitted() -> None:
    assert reason_of(Scene(), new_parent("A", 1_000_000)) is None
    assert reason_of(Scene(), new_parent("A", 500_000, limit="100")) is None
    assert reason_of(Scene(), new_parent("x" * 64)) is None
    scene = Scene()
    assert reason_of(scene, new_parent(start_s=-300)) is None


def refused(scene: Scene, request: ReplaceParent | CancelParent) -> tuple[RejectReason, str | None]:
    report = scene.ask(request)[-1]
    assert isinstance(report, ParentRequestRejected)
    return report.reason, report.field


def cancel(cl_ord_id: str = "C", orig: str = "A", **changes: object) -> CancelParent:
    made = CancelParent(source="OMS", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, symbol="IBM",
                        sent_ns=BEGIN_NS)  # fmt: skip
    return msgspec.structs.replace(made, **changes)


REQUESTS: list[tuple[RejectReason, str, CancelParent]] = [
    (R.MALFORMED, "cl_ord_id", cancel("C\t")),
    (R.FIELD_TOO_LONG, "cl_ord_id", cancel("C" * 65)),
    (R.MISSING_FIELD, "cl_ord_id", cancel("")),
    (R.DUPLICATE_ORDER, "cl_ord_id", cancel("A")),
    (R.UNKNOWN_ORDER, "orig_cl_ord_id", cancel(orig="X")),
    (R.UNKNOWN_ORDER, "orig_cl_ord_id", cancel(source="OTHER")),
    (R.UNKNOWN_ORDER, "orig_cl_ord_id", cancel(symbol="RND")),
]


@pytest.mark.parametrize(("reason", "field", "request_"), REQUESTS)
def test_a_request(reason: RejectReason, field: str, request_: CancelParent) -> None:
    scene = Scene()
    scene.ask(new_parent())
    assert refused(scene, request_) == (reason, field)


def test_a_request_on_an_order_that_is_pending_or_over() -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, BEGIN_NS))
    scene.ask(new_parent())
    scene.ask(cancel("B"))
    assert refused(scene, cancel("C")) == (R.ALREADY_PENDING, "orig_cl_ord_id")
    other = Scene()
    other.ask(new_parent())
    other.ask(cancel("B"))
    assert refused(other, cancel("C")) == (R.TOO_LATE, "orig_cl_ord_id")


def test_every_reason_is_tried() -> None:
    """But for what only order entry says, of requests that never reach a partition."""
    tried = {row[0] for row in NEW} | {row[0] for row in REQUESTS} | {
        R.WRONG_PARTITION, R.ALREADY_PENDING, R.TOO_LATE, R.KILLED,
        R.INFEASIBLE,  # tests/algos/test_order_estimate.py
    }  # fmt: skip
    assert set(RejectReason) - tried == {R.OVERSIZED, R.UNSUPPORTED}

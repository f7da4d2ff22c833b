"""One example of every message, of one day's story: what docs/golden holds and tests compare with.

The bytes are a promise to those who read and write our topics. A test that compares them fails
when a change of a message changes what is on the wire; then read docs/messages.md, "Compatibility".
"""

from decimal import Decimal
from typing import Final

from bus.topics import Topic
from domain.children import CancelChild, Claim, NewChild, ReplaceChild
from domain.control import EngageKillSwitch, KillProgress, Rearm, SetLimits
from domain.deadletters import DeadLetter, DeadLetterReason
from domain.executions import (
    ChildCancelRejected,
    ChildRefused,
    ChildSent,
    Execution,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
    OrdType,
    TimeInForce,
)
from domain.instruments import Side
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingPhase, TradingStatus
from domain.parents import CancelParent, NewParent, PauseParent, ReplaceParent, ResumeParent
from domain.refusals import RefusalReason, RejectReason, WaitReason
from domain.reports import ParentPlan, ParentReport, ParentRequestRejected, ParentWaiting
from domain.tca import ParentCost, VenueShare

START_NS: Final = 1_795_530_600_000_000_000  # 2026-11-24 14:30:00 UTC, New York opens
_S: Final = 1_000_000_000
_MIN: Final = 60 * _S
_CLAIM: Final = 512
_ORDER_ID: Final = "261124030000SX"
_CHILD: Final = "261124030000SX0001"

_PARENTS: Final[tuple[object, ...]] = (
    NewParent(source="ACME-OMS", cl_ord_id="20261124-000017", symbol="IBM", side=Side.BUY,
              order_qty=Decimal(20_000), algo="twap", ord_type=OrdType.LIMIT,
              limit_px=Decimal("180.50"), start_ns=START_NS, end_ns=START_NS + 30 * _MIN,
              params={"interval": 60.0, "max_participation": 0.1, "completion": "cross"},
              account="FUND-7", sent_ns=START_NS - 5 * _S),
    ReplaceParent(source="ACME-OMS", cl_ord_id="20261124-000018",
                  orig_cl_ord_id="20261124-000017", symbol="IBM", order_qty=Decimal(15_000),
                  limit_px=Decimal("180.75"), end_ns=START_NS + 25 * _MIN,
                  params={"max_participation": 0.15}, sent_ns=START_NS + 10 * _MIN),
    CancelParent(source="ACME-OMS", cl_ord_id="20261124-000019",
                 orig_cl_ord_id="20261124-000018", symbol="IBM", sent_ns=START_NS + 20 * _MIN),
    PauseParent(source="ACME-OMS", cl_ord_id="20261124-000020",
                orig_cl_ord_id="20261124-000018", symbol="IBM", sent_ns=START_NS + 12 * _MIN),
    ResumeParent(source="ACME-OMS", cl_ord_id="20261124-000021",
                 orig_cl_ord_id="20261124-000018", symbol="IBM", sent_ns=START_NS + 14 * _MIN),
)  # fmt: skip

_CHILDREN: Final[tuple[object, ...]] = (
    Claim(partition=3, worker="worker-3", build="0.1.0", settings_hash="9f2c51d07a3b",
          instruments_hash="c0ffee12ab34", at_ns=START_NS - 60 * _MIN),
    NewChild(claim=_CLAIM, order_id=_ORDER_ID, parent_qty=20_000, cl_ord_id=_CHILD, venue="XA",
             symbol="IBM", side=Side.BUY, order_qty=700, ord_type=OrdType.LIMIT,
             px=Decimal("180.12"), time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, algo="twap",
             decided_ns=START_NS + 7 * _S),
    CancelChild(claim=_CLAIM, order_id=_ORDER_ID, cl_ord_id="261124030000SX0003",
                orig_cl_ord_id="261124030000SX0002", venue="XA", symbol="IBM", side=Side.BUY,
                order_qty=600, decided_ns=START_NS + 90 * _S),
    ReplaceChild(claim=_CLAIM, order_id=_ORDER_ID, parent_qty=20_000,
                 cl_ord_id="261124030000SX0004", orig_cl_ord_id="261124030000SX0002",
                 venue="XA", symbol="IBM", side=Side.BUY, order_qty=650, px=Decimal("180.13"),
                 decided_ns=START_NS + 80 * _S),
)  # fmt: skip

_EXECUTIONS: Final[tuple[object, ...]] = (
    Execution(venue="XA", session="FIX.4.4:HEADGATE->XA", msg_seq_num=42, trade_date="20261124",
              exec_id="E1007", exec_type=ExecType.TRADE, ord_status=OrdStatus.PARTIALLY_FILLED,
              cl_ord_id=_CHILD, venue_order_id="XA-5501", symbol="IBM", side=Side.BUY,
              order_qty=700, cum_qty=400, leaves_qty=300, avg_px=Decimal("180.12"),
              last_qty=400, last_px=Decimal("180.12"), liquidity=LastLiquidityInd.REMOVED,
              fee=Decimal("1.20"), transact_ns=START_NS + 7 * _S + 3_000_000,
              received_ns=START_NS + 7 * _S + 4_000_000),
    ChildCancelRejected(venue="XA", session="FIX.4.4:HEADGATE->XA", msg_seq_num=57,
                        cl_ord_id="261124030000SX0003", orig_cl_ord_id="261124030000SX0002",
                        symbol="IBM", ord_status=OrdStatus.FILLED,
                        response_to=CxlRejResponseTo.CANCEL_REQUEST,
                        reason=CxlRejReason.TOO_LATE, text="already filled",
                        received_ns=START_NS + 91 * _S),
    ChildSent(venue="XA", session="FIX.4.4:HEADGATE->XA", cl_ord_id=_CHILD, order_id=_ORDER_ID,
              symbol="IBM", sent_ns=START_NS + 7 * _S + 1_000_000),
    ChildRefused(venue="XA", cl_ord_id="261124030000SX0005", order_id=_ORDER_ID, symbol="IBM",
                 reason=RefusalReason.PRICE_COLLAR,
                 text="190.00 is more than 2 % through the offer 180.14",
                 at_ns=START_NS + 120 * _S),
    VenueStateChanged(venue="XA", state=VenueState.LIVE, at_ns=START_NS - 30 * _MIN),
)  # fmt: skip

_REPORTS: Final[tuple[object, ...]] = (
    Claim(partition=3, worker="worker-3", build="0.1.0", settings_hash="9f2c51d07a3b",
          instruments_hash="c0ffee12ab34", at_ns=START_NS - 60 * _MIN, claim=_CLAIM),
    ParentReport(claim=_CLAIM, order_id=_ORDER_ID, source="ACME-OMS",
                 cl_ord_id="20261124-000017", exec_id=f"{_ORDER_ID}.XA.E1007",
                 exec_type=ExecType.TRADE, ord_status=OrdStatus.PARTIALLY_FILLED, symbol="IBM",
                 side=Side.BUY, order_qty=Decimal(20_000), cum_qty=400, leaves_qty=19_600,
                 avg_px=Decimal("180.12"), limit_px=Decimal("180.50"), algo="twap",
                 start_ns=START_NS, end_ns=START_NS + 30 * _MIN, last_qty=400,
                 last_px=Decimal("180.12"), venue="XA", child_cl_ord_id=_CHILD,
                 venue_exec_id="E1007", liquidity=LastLiquidityInd.REMOVED, fee=Decimal("1.20"),
                 transact_ns=START_NS + 7 * _S + 5_000_000),
    ParentRequestRejected(claim=_CLAIM, order_id=_ORDER_ID, source="ACME-OMS",
                          cl_ord_id="20261124-000022", orig_cl_ord_id="20261124-000018",
                          exec_id="R030000TG.9", symbol="IBM",
                          ord_status=OrdStatus.CANCELED,
                          response_to=CxlRejResponseTo.CANCEL_REQUEST,
                          reason=RejectReason.TOO_LATE, text="the order is already closed",
                          transact_ns=START_NS + 21 * _MIN),
    ParentPlan(claim=_CLAIM, order_id=_ORDER_ID, source="ACME-OMS",
               cl_ord_id="20261124-000017", symbol="IBM", algo="twap", version=1,
               seed=7_205_759_403, reason="accepted",
               times_ns=(START_NS + 7 * _S, START_NS + 68 * _S, START_NS + 131 * _S),
               cum_qty=(700, 1_300, 2_000),
               params={"interval": 60.0, "size_jitter": 0.2, "time_jitter": 1.0,
                       "min_child_qty": None, "max_participation": 0.1, "completion": "cross"},
               transact_ns=START_NS),
    ParentWaiting(claim=_CLAIM, order_id=_ORDER_ID, source="ACME-OMS",
                  cl_ord_id="20261124-000017", symbol="IBM",
                  reason=WaitReason.PARTICIPATION_CAP, since_ns=START_NS + 68 * _S,
                  waited_ms={"waiting_for_slice": 66_210, "working": 1_790}, due_qty=1_300,
                  cum_qty=400, open_qty=0,
                  transact_ns=START_NS + 68 * _S),
)  # fmt: skip

_MARKETDATA: Final[tuple[object, ...]] = (
    Quote("IBM", "XA", 18_010, 300, 18_012, 500, START_NS + 6 * _S),
    Trade("IBM", "XA", 18_012, 400, START_NS + 7 * _S, "T9001", "F"),
    Depth("IBM", "XA", ((18_010, 300), (18_009, 900)), ((18_012, 500), (18_013, 800)),
          START_NS + 6 * _S),
    TradingStatus("IBM", "XA", TradingPhase.CONTINUOUS, START_NS),
    Imbalance("IBM", "XA", 18_015, 250_000, -12_000, START_NS + 385 * _MIN),
)  # fmt: skip

_TCA: Final[tuple[object, ...]] = (
    ParentCost(order_id=_ORDER_ID, source="ACME-OMS", cl_ord_id="20261124-000017",
               symbol="IBM", side=Side.BUY, algo="twap", final=True,
               ord_status=OrdStatus.FILLED, order_qty=20_000, cum_qty=20_000, completion=1.0,
               avg_px=Decimal("180.20"), start_ns=START_NS, end_ns=START_NS + 30 * _MIN,
               arrival_px=Decimal("180.11"), vwap_px=180.19, twap_px=180.18,
               arrival_slippage_bps=4.997, vwap_slippage_bps=0.555, twap_slippage_bps=1.11,
               market_qty=250_000, participation=0.08, notional=Decimal("3604000.00"),
               fees=Decimal("48.00"), children=31, fills=44,
               venues=(VenueShare(venue="XA", qty=12_000, notional=Decimal("2162400.00"),
                                  fees=Decimal("36.00"), fills=26),
                       VenueShare(venue="XB", qty=8_000, notional=Decimal("1441600.00"),
                                  fees=Decimal("12.00"), fills=18)),
               at_ns=START_NS + 30 * _MIN),
)  # fmt: skip

_CONTROL: Final[tuple[object, ...]] = (
    EngageKillSwitch(author="j.doe", reason="runaway order in IBM", symbol="IBM",
                     at_ns=START_NS + 15 * _MIN),
    Rearm(author="j.doe", reason="cause found, limit lowered", symbol="IBM",
          at_ns=START_NS + 40 * _MIN),
    KillProgress(by="venue-access", symbol="IBM", venue=None, open_children=2, open_qty=900,
                 at_ns=START_NS + 15 * _MIN + 50_000_000),
    SetLimits(author="j.doe", reason="thin holiday session", symbol="IBM", max_child_qty=2_000,
              max_child_notional=Decimal(400_000), price_collar=0.01,
              at_ns=START_NS - 30 * _MIN),
)  # fmt: skip

_DEADLETTER: Final[tuple[object, ...]] = (
    DeadLetter(by="worker-3", topic="parents", partition=3, offset=1_042, key="IBM",
               reason=DeadLetterReason.BAD_FIELD, field="order_qty",
               text="Expected `decimal`, got `null` - at `$.order_qty`",
               value="eyJ0eXBlIjoibmV3X3BhcmVudCJ9", size=21, at_ns=START_NS),
)  # fmt: skip

GOLDEN: Final[dict[Topic, tuple[object, ...]]] = {
    Topic.PARENTS: _PARENTS,
    Topic.CHILDREN: _CHILDREN,
    Topic.EXECUTIONS: _EXECUTIONS,
    Topic.REPORTS: _REPORTS,
    Topic.MARKETDATA: _MARKETDATA,
    Topic.TCA: _TCA,
    Topic.CONTROL: _CONTROL,
    Topic.DEADLETTER: _DEADLETTER,
}

"""What an OMS reads of an acceptance in FIX: the adjustments and the estimate, in Text(58)."""

from decimal import Decimal

from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import Side
from domain.reports import OrderEstimate, ParentReport
from gateway.oms_reports import execution_report

ESTIMATE = OrderEstimate(
    duration_s=60.0, max_participation=0.5, model="crossover", model_from="published",
    volatility_from="profile", volume_from="curve", curve_from="own", spread_from="profile",
)  # fmt: skip


def test_an_acceptance_says_its_estimate() -> None:
    text = "the end is moved to the close; estimate 5.3 bps +- 48"
    report = ParentReport(
        claim=1, order_id="P1", source="OMS", cl_ord_id="A", exec_id="E1", exec_type=ExecType.NEW,
        ord_status=OrdStatus.NEW, symbol="IBM", side=Side.BUY, order_qty=Decimal(100),
        leaves_qty=100, algo="twap", text=text, estimate=ESTIMATE, transact_ns=0,
    )  # fmt: skip
    fields = execution_report(report)
    assert dict(fields)[58] == text
    assert dict(fields)[150] == "0"

"""The instruments of these tests: a cent tick and a tick that depends on the price."""

from decimal import Decimal

from domain.instruments import Instrument, TickBand

IBM = Instrument(
    symbol="IBM",
    currency="USD",
    lot=100,
    ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS",
    venues=("XSIM",),
    max_order_qty=10_000,
    max_order_notional=Decimal(10_000_000),
    odd_lots=False,
)
SAP = Instrument(
    symbol="SAP",
    currency="EUR",
    lot=1,
    ticks=(
        TickBand(tick=Decimal("0.005")),
        TickBand(from_px=Decimal(100), tick=Decimal("0.02")),
    ),
    calendar="XETR",
    venues=("XSIM",),
    max_order_qty=10_000,
    max_order_notional=Decimal(10_000_000),
    odd_lots=False,
)

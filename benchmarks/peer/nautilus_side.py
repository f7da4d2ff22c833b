"""NautilusTrader's side of the comparison. Runs in an environment of its own, not in the project's.

    python benchmarks/peer/nautilus_side.py JOB_FILE

It uses the public API and the bundled `TWAPExecAlgorithm`. The order throttle is lifted, or parents
of the same second lose half of their children; logging and the analysis after the run are off.
Prints one line of JSON.
"""

import json
import resource
import sys
import time
from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common.events import TimeEvent
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.examples.algorithms.twap import TWAPExecAlgorithm
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import ExecAlgorithmId, InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

SIM = Venue("SIM")


class ParentsConfig(StrategyConfig, frozen=True):
    """What the parents are."""

    instrument_ids: list[str]
    parents: int
    qty: int
    start_ns: int
    window_s: int
    interval_s: int


class Parents(Strategy):
    """Subscribes to every quote, and at the start time hands all parents to the algorithm."""

    def on_start(self) -> None:
        for name in self.config.instrument_ids:
            self.subscribe_quote_ticks(InstrumentId.from_str(name))
        self.clock.set_time_alert_ns("start", self.config.start_ns, self.on_start_time)

    def on_start_time(self, event: TimeEvent) -> None:
        names = self.config.instrument_ids
        for number in range(self.config.parents):
            instrument = self.cache.instrument(InstrumentId.from_str(names[number % len(names)]))
            self.submit_order(
                self.order_factory.market(
                    instrument_id=instrument.id,
                    order_side=OrderSide.BUY,
                    quantity=instrument.make_qty(self.config.qty),
                    exec_algorithm_id=ExecAlgorithmId("TWAP"),
                    exec_algorithm_params={
                        "horizon_secs": self.config.window_s,
                        "interval_secs": self.config.interval_s,
                    },
                )
            )

    def on_quote_tick(self, tick: QuoteTick) -> None:
        pass


def equity(number: int) -> Equity:
    symbol = Symbol(f"S{number}")
    return Equity(
        instrument_id=InstrumentId(symbol=symbol, venue=SIM), raw_symbol=symbol, currency=USD,
        price_precision=2, price_increment=Price.from_str("0.01"), lot_size=Quantity.from_int(100),
        ts_event=0, ts_init=0, maker_fee=Decimal(0), taker_fee=Decimal(0),
    )  # fmt: skip


def quote_ticks(job: dict, instruments: list[Equity]) -> list[QuoteTick]:
    arrays = np.load(job["quotes_file"])
    size = Quantity.from_int(job["size"])
    prices = {}

    def price(cents: int) -> Price:
        found = prices.get(cents)
        if found is None:
            found = prices[cents] = Price(cents / 100, 2)
        return found

    ids = [each.id for each in instruments]
    columns = [arrays[name].tolist() for name in ("at_ns", "instrument", "bid", "ask")]
    return [
        QuoteTick(ids[number], price(bid), price(ask), size, size, at_ns, at_ns)
        for at_ns, number, bid, ask in zip(*columns, strict=True)
    ]


def run(job: dict) -> dict:
    engine = BacktestEngine(
        config=BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(
                max_order_submit_rate="1000000/00:00:01", max_order_modify_rate="1000000/00:00:01"
            ),
            run_analysis=False,
        )
    )
    engine.add_venue(
        venue=SIM, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=USD,
        starting_balances=[Money(1_000_000_000_000, USD)],
    )  # fmt: skip
    instruments = [equity(number) for number in range(job["instruments"])]
    for instrument in instruments:
        engine.add_instrument(instrument)
    engine.add_data(quote_ticks(job, instruments))
    engine.add_exec_algorithm(TWAPExecAlgorithm())
    engine.add_strategy(
        Parents(
            ParentsConfig(
                instrument_ids=[str(each.id) for each in instruments],
                parents=job["parents"], qty=job["children"] * job["lot"],
                start_ns=job["start_ns"], window_s=job["window_s"], interval_s=job["interval_s"],
            )
        )
    )  # fmt: skip
    assert timedelta(seconds=job["interval_s"] * job["children"]).seconds == job["window_s"]
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    engine.run()
    run_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    filled = [each for each in engine.cache.orders() if each.filled_qty > 0]
    return {
        "run_s": run_s,
        "cpu_s": cpu_s,
        "filled_qty": sum(int(each.filled_qty) for each in filled),
        "notional": sum(float(each.filled_qty) * float(each.avg_px) for each in filled),
        "children": len(filled),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "version": version("nautilus_trader"),
    }


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))

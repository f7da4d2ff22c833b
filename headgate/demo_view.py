"""What the demo shows while it runs: a table that stays in place, or lines where there is no
terminal. It shows; it decides nothing.
"""

import sys
import time
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

from algos.waits import waited_text
from domain.fix_codes import OrdStatus
from domain.fix_message import timestamp_text

if TYPE_CHECKING:
    from headgate.demo import Followed

LINE_EVERY_S: Final = 3.0  # of the wall, where the output is no terminal
BAR: Final = 40  # characters


class DemoView:
    """A context in which `show` is called with what is known."""

    def __init__(self, order_qty: int, start_ns: int, end_ns: int, symbol: str) -> None:
        self._order_qty = order_qty
        self._start_ns = start_ns
        self._end_ns = end_ns
        self._symbol = symbol
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._line_s = 0.0

    def __enter__(self) -> "DemoView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, now_ns: int, followed: "Followed", status: OrdStatus) -> None:
        """Draw the state as of `now_ns`, engine time."""
        if self._console.is_terminal:
            self._live.update(self._table(now_ns, followed, status), refresh=True)
            return
        if time.monotonic() - self._line_s >= LINE_EVERY_S:
            self._line_s = time.monotonic()
            facts = self._facts(now_ns, followed, status)
            sys.stdout.write("  ".join(f"{name} {value}" for name, value in facts) + "\n")
            sys.stdout.flush()

    def _table(self, now_ns: int, followed: "Followed", status: OrdStatus) -> Table:
        table = Table(title=f"TWAP: buy {self._order_qty:,} {self._symbol}", show_header=False)
        for name, value in self._facts(now_ns, followed, status):
            table.add_row(name, value)
        table.add_row("progress", self._bar(followed.cum_qty / self._order_qty))
        window_ns = self._end_ns - self._start_ns
        table.add_row("window", self._bar((now_ns - self._start_ns) / window_ns))
        return table

    def _facts(self, now_ns: int, followed: "Followed", status: OrdStatus) -> list[tuple[str, str]]:
        plan = followed.plan
        due_qty = 0
        if plan is not None:
            due_qty = max(
                (qty for at, qty in zip(plan.times_ns, plan.cum_qty, strict=True) if at <= now_ns),
                default=0,
            )
        split = ", ".join(f"{venue} {qty:,}" for venue, qty in sorted(followed.by_venue.items()))
        facts = [
            ("time", timestamp_text(now_ns)[9:17] + " UTC"),
            ("status", status.name.lower()),
            ("filled", f"{followed.cum_qty:,} of {due_qty:,} due"),
            ("average", "-"),
            ("venues", split or "-"),
            ("now", "-"),
        ]
        wait = followed.waiting
        if wait is not None:
            since_s = max(now_ns - wait.since_ns, 0) / 1e9
            facts[5] = ("now", f"{wait.reason.value} for {since_s:.0f} s, {wait.due_qty:,} due")
            facts.append(("waited", waited_text(wait.waited_ms) or "-"))
        if followed.cum_qty:
            average = followed.notional / followed.cum_qty
            facts[3] = ("average", f"{average:.4f}")
            if followed.arrival_px:
                bps = (average - followed.arrival_px) / followed.arrival_px * 10_000
                facts[3] = ("average", f"{average:.4f}, {bps:+.2f} bps of arrival")
        return facts

    def _bar(self, fraction: float) -> str:
        full = int(min(max(fraction, 0.0), 1.0) * BAR)
        return "█" * full + "·" * (BAR - full) + f" {min(max(fraction, 0.0), 1.0):.0%}"

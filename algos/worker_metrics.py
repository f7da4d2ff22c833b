"""What the worker's /metrics shows of its cores. Part of its shell: it reads them, and no more."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from algos.catalogue import ALGORITHMS
from algos.parent import Parent
from algos.partition import Command, Partition
from domain.children import NewChild, ReplaceChild
from domain.refusals import RefusalReason, WaitReason
from domain.reports import OrderEstimate, ParentReport, ParentRequestRejected
from headgate import metrics
from marketdata.consolidated import TouchState
from marketdata.event_fault import EventFault
from marketdata.market import SymbolMarket

OTHER: Final = "other"  # a venue's label where it is none of the instrument's


def count(command: Command) -> None:
    """Count what was published."""
    if isinstance(command, NewChild):
        metrics.WORKER_CHILDREN.labels(command.venue).inc()
    if isinstance(command, (NewChild, ReplaceChild)) and command.queue_qty is not None:
        metrics.WORKER_QUEUE_JOINS.labels(command.venue).inc()
        metrics.WORKER_QUEUE_AHEAD.labels(command.venue).inc(command.queue_qty)
    elif isinstance(command, ParentReport) and command.estimate is not None:
        _count_estimate(command.algo, command.estimate)
    elif isinstance(command, (ParentReport, ParentRequestRejected)) and command.reason is not None:
        metrics.WORKER_REJECTS.labels(command.reason.value).inc()


def _count_estimate(algo: str, estimate: OrderEstimate) -> None:
    if estimate.cost_bps is not None:
        metrics.WORKER_ESTIMATED_COST_BPS.labels(algo).observe(estimate.cost_bps)
    if estimate.bounded_by is not None:
        metrics.WORKER_DOUBTFUL_PARENTS.labels(estimate.bounded_by.value).inc()
    for name in estimate.missing:
        metrics.WORKER_LACKING_ESTIMATES.labels(name).inc()


def set_gauges(cores: Sequence[Partition], now_ns: int, passed_s: float = 0.0) -> None:
    """Once a second: one walk over the live parents, one over the symbols.

    `passed_s`: engine time since the last call, which parents are taken to have waited for what
    they wait for now. What a report says of one parent is exact (algos/waits.py).
    """
    by_symbol: dict[str, list[Parent]] = defaultdict(list)
    by_algo: Counter[str] = Counter()
    by_venue: Counter[str] = Counter()
    for core in cores:
        for parent in core.blotter.live_parents.values():
            by_symbol[parent.instrument.symbol].append(parent)
            by_algo[parent.algo] += 1
            by_venue.update(child.venue for child in parent.open_children.values())
    for algo in ALGORITHMS:
        metrics.WORKER_PARENTS_LIVE.labels(algo).set(by_algo[algo])
    _set_waits([parent for parents in by_symbol.values() for parent in parents], passed_s)
    stale = 0
    _set_states(cores, now_ns)
    for core in cores:
        for venue in core.venues:
            metrics.WORKER_CHILDREN_OPEN.labels(venue).set(by_venue[venue])
        for market in core.markets.values():
            stale += _set_symbol(market, by_symbol.get(market.symbol, []), now_ns)
    metrics.WORKER_STALE_SYMBOLS.set(stale)


def _set_waits(parents: Sequence[Parent], passed_s: float) -> None:
    """Show what parents wait for, with how many shares, and count for how long."""
    count_of: Counter[str] = Counter()
    due_qty: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for parent in parents:
        wait = parent.waits.now
        if wait is not None:
            count_of[wait.reason.value] += 1
            due_qty[wait.reason.value] += parent.due_qty
            if wait.refusal is not None:
                refused[wait.refusal.value] += 1
    for reason in (each.value for each in WaitReason):
        metrics.WORKER_PARENTS_WAITING.labels(reason).set(count_of[reason])
        metrics.WORKER_WAITING_DUE_SHARES.labels(reason).set(due_qty[reason])
        metrics.WORKER_WAITING_SECONDS.labels(reason).inc(count_of[reason] * max(passed_s, 0.0))
    for refusal in (each.value for each in RefusalReason):
        metrics.WORKER_PARENTS_REFUSED.labels(refusal).set(refused[refusal])


def _set_symbol(market: SymbolMarket, parents: list[Parent], now_ns: int) -> bool:
    """Show one symbol; whether it is stale and somebody waits for it."""
    symbol = market.symbol
    metrics.WORKER_DUE_SHARES.labels(symbol).set(sum(each.target_qty for each in parents))
    metrics.WORKER_FILLED_SHARES.labels(symbol).set(sum(parent.cum_qty for parent in parents))
    metrics.WORKER_DROPPED_EVENTS.labels(symbol).set(market.dropped)
    metrics.WORKER_PLACES_LOST.labels(symbol).set(market.queues.lost)
    metrics.WORKER_PLACES_LOST_SHARES.labels(symbol).set(market.queues.lost_behind_qty)
    newest_ns = max((quote.at_ns for quote in market.quotes.values()), default=0)
    age_ns = now_ns - newest_ns if parents else 0
    metrics.WORKER_MARKET_DATA_AGE_SECONDS.labels(symbol).set(age_ns / 1e9)
    _set_statistics(market, now_ns if parents else None)
    return bool(parents) and not market.fresh_quotes(now_ns)


def _set_statistics(market: SymbolMarket, now_ns: int | None) -> None:
    """Show what moves a symbol that somebody trades, or nothing where `now_ns` is None."""
    found, symbol = market.statistics, market.symbol
    spread = volatility = rate = 0.0
    if now_ns is not None:
        spread = found.spread_ticks or 0.0
        volatility = (found.volatility.per_sqrt_s or 0.0) * 1e4
        rate = market.tape.rate.shares_per_s(now_ns)
    metrics.WORKER_SPREAD_TICKS.labels(symbol).set(spread)
    metrics.WORKER_VOLATILITY_BPS.labels(symbol).set(volatility)
    metrics.WORKER_TRADED_SHARES_PER_SECOND.labels(symbol).set(rate)
    metrics.WORKER_OWN_PRINTS_CHARGED.labels(symbol).set(market.tape.own.charged_qty)


def _set_states(cores: Sequence[Partition], now_ns: int) -> None:
    """Count the symbols by the state of each venue's touch and of the best, and skipped events.

    A venue that the instrument does not name, as that of a print elsewhere, is shown as `other`.
    """
    touches: Counter[tuple[str, TouchState]] = Counter()
    best: Counter[TouchState] = Counter()
    skipped: Counter[tuple[str, EventFault]] = Counter()
    venues: dict[str, None] = {}
    for core in cores:
        for symbol, market in core.markets.items():
            named = core.venues_of(symbol)
            venues.update(dict.fromkeys(named))
            touches.update(market.touch_states(named, now_ns).items())
            best[market.bbo(now_ns).state] += 1
            for (venue, fault), events in market.faults.items():
                skipped[venue if venue in named else OTHER, fault] += events
    for venue in venues:
        for state in TouchState:
            metrics.WORKER_TOUCH_SYMBOLS.labels(venue, state.value).set(touches[venue, state])
    for state in TouchState:
        metrics.WORKER_BEST_SYMBOLS.labels(state.value).set(best[state])
    for (venue, fault), events in skipped.items():
        metrics.WORKER_SKIPPED_EVENTS.labels(venue, fault.value).set(events)

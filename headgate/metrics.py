"""Every metric of every process, declared once. Served on /metrics by headgate.telemetry.

Names are `headgate_<process>_<what>_<unit>`; those without a process belong to all. A process
calls `announce` at its start: what belongs to the others then no longer appears on its /metrics.
Labels are bounded by the settings and the instrument table: no order id is ever a label. On a hot
path resolve `.labels(...)` once and keep the child.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from domain.executions import VenueState

# From 50 us, a core's work, to a second, where something is wrong.
_FAST_S: Final = (5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
# A fold of an empty partition takes milliseconds, that of a week half a minute.
_FOLD_S: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SLIPPAGE_BPS: Final = (-50.0, -20.0, -10.0, -5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)

# All processes.
BUILD = Gauge(
    "headgate_build_info",
    "1; what runs here: the build and the hashes of its settings and instruments",
    ["process", "build", "settings_hash", "instruments_hash"],
)
LOOP_SECONDS = Histogram(
    "headgate_loop_seconds", "One turn of the loop, without its wait for records", buckets=_FAST_S
)
BUS_ACK_SECONDS = Histogram(
    "headgate_bus_ack_seconds", "From an append to its acknowledgement", ["topic"], buckets=_FAST_S
)
BUS_APPENDS = Counter("headgate_bus_appends_total", "Records appended", ["topic"])
BUS_RECORDS = Counter("headgate_bus_records_total", "Records read", ["topic"])
DEAD_LETTERS = Counter(
    "headgate_dead_letters_total", "Records that could not be used", ["topic", "reason"]
)

# Worker.
WORKER_EVENTS = Counter("headgate_worker_events_total", "Records applied by the cores", ["topic"])
WORKER_DECISION_SECONDS = Histogram(
    "headgate_worker_decision_seconds", "One decision of a partition's core", buckets=_FAST_S
)
WORKER_PARTITIONS = Gauge("headgate_worker_partitions", "Partitions owned, folded and deciding")
WORKER_PARENTS_LIVE = Gauge("headgate_worker_parents_live", "Parents not yet closed", ["algo"])
WORKER_PARENTS_WAITING = Gauge(
    "headgate_worker_parents_waiting", "Live parents by why they do not send", ["reason"]
)
WORKER_WAITING_SECONDS = Counter(
    "headgate_worker_waiting_seconds_total",
    "Engine time that live parents spent, by why they did not send; a parent counts as it stands",
    ["reason"],
)
WORKER_WAITING_DUE_SHARES = Gauge(
    "headgate_worker_waiting_due_shares", "Shares due and not sent, by why not", ["reason"]
)
WORKER_PARENTS_REFUSED = Gauge(
    "headgate_worker_parents_refused",
    "Live parents whose last child venue access refused, by its reason, while they back off",
    ["reason"],
)
WORKER_DUE_SHARES = Gauge(
    "headgate_worker_due_shares", "Shares due by now by the plans of live parents", ["symbol"]
)
WORKER_FILLED_SHARES = Gauge(
    "headgate_worker_filled_shares", "Shares filled of live parents", ["symbol"]
)
WORKER_CHILDREN = Counter("headgate_worker_children_total", "Children decided", ["venue"])
WORKER_QUEUE_JOINS = Counter(
    "headgate_worker_queue_joins_total",
    "Orders and replaces that go to the end of a displayed queue: posts, refreshes, re-pricings",
    ["venue"],
)
WORKER_QUEUE_AHEAD = Counter(
    "headgate_worker_queue_ahead_shares_total",
    "Others' shares that they then stood behind: what refreshing and re-pricing costs in place",
    ["venue"],
)
WORKER_PLACES_LOST = Gauge(
    "headgate_worker_places_lost",
    "How often a displayed order went to the end of its queue at its price: tranches of venues' "
    "icebergs, since the worker's start",
    ["symbol"],
)
WORKER_PLACES_LOST_SHARES = Gauge(
    "headgate_worker_places_lost_shares",
    "Shares that it then stood behind at the most, all together: its own new tranche may be among "
    "them",
    ["symbol"],
)
WORKER_CHILDREN_OPEN = Gauge(
    "headgate_worker_children_open", "Children whose end is not known", ["venue"]
)
WORKER_REJECTS = Counter(
    "headgate_worker_rejects_total", "Parents, and requests on them, that were refused", ["reason"]
)
WORKER_ESTIMATED_COST_BPS = Histogram(
    "headgate_worker_estimated_cost_bps", "Expected cost said with an acceptance or new terms",
    ["algo"], buckets=_SLIPPAGE_BPS,
)  # fmt: skip
WORKER_DOUBTFUL_PARENTS = Counter(
    "headgate_worker_doubtful_parents_total",
    "Acceptances and new terms of which less than all is expected to be done, by what bounds it",
    ["reason"],
)
WORKER_LACKING_ESTIMATES = Counter(
    "headgate_worker_lacking_estimates_total",
    "Estimates that lack a figure, by what was not known",
    ["reason"],
)
WORKER_MARKET_DATA_AGE_SECONDS = Gauge(
    "headgate_worker_market_data_age_seconds",
    "Engine time since the last quote; 0 for symbols without a live parent",
    ["symbol"],
)
WORKER_STALE_SYMBOLS = Gauge(
    "headgate_worker_stale_symbols", "Symbols with a live parent and no fresh quote"
)
WORKER_DROPPED_EVENTS = Gauge(
    "headgate_worker_dropped_events",
    "Quotes and trades that cannot be true, dropped since the worker started",
    ["symbol"],
)
WORKER_SKIPPED_EVENTS = Gauge(
    "headgate_worker_skipped_market_events",
    "Market events that cannot be true or go back in time, skipped since the worker started",
    ["venue", "reason"],
)
WORKER_TOUCH_SYMBOLS = Gauge(
    "headgate_worker_touch_symbols",
    "Symbols by what the touch of a venue is fit for, its locks and crosses with others among them",
    ["venue", "kind"],
)
WORKER_BEST_SYMBOLS = Gauge(
    "headgate_worker_best_symbols", "Symbols by what the best of all venues is fit for", ["kind"]
)
WORKER_SPREAD_TICKS = Gauge(
    "headgate_worker_spread_ticks",
    "Time-weighted spread, half-life 5 minutes; 0 for symbols without a live parent",
    ["symbol"],
)
WORKER_VOLATILITY_BPS = Gauge(
    "headgate_worker_volatility_bps",
    "Volatility of the mid in bps a root second; 0 for symbols without a live parent",
    ["symbol"],
)
WORKER_TRADED_SHARES_PER_SECOND = Gauge(
    "headgate_worker_traded_shares_per_second",
    "Shares printed a second, half-life 5 minutes; 0 for symbols without a live parent",
    ["symbol"],
)
WORKER_OWN_PRINTS_CHARGED = Gauge(
    "headgate_worker_own_prints_charged_shares",
    "Own fills whose print was not found on the tape: participation caps are tighter by these",
    ["symbol"],
)
WORKER_FOLD_RECORDS = Counter(
    "headgate_worker_fold_records_total", "Records read to rebuild the state of a partition"
)
WORKER_FOLD_SECONDS = Histogram(
    "headgate_worker_fold_seconds", "From the claim of a partition to its first decision",
    buckets=_FOLD_S,
)  # fmt: skip

# Venue access.
VENUE_STATE = Gauge(
    "headgate_venue_state", "Venue session: 0 down, 1 logon, 2 resync, 3 live", ["venue"]
)
VENUE_CHILDREN_SENT = Counter(
    "headgate_venue_children_sent_total", "Commands handed to the FIX session", ["venue", "kind"]
)
VENUE_CHILDREN_REFUSED = Counter(
    "headgate_venue_children_refused_total", "Commands not sent", ["venue", "reason"]
)
VENUE_EXECUTIONS = Counter(
    "headgate_venue_executions_total", "Executions received", ["venue", "exec_type"]
)
VENUE_CHILDREN_OPEN = Gauge("headgate_venue_children_open", "Children open", ["venue"])
VENUE_KILLS_ENGAGED = Gauge("headgate_venue_kills_engaged", "Kill switch scopes that are engaged")
VENUE_KILL_OPEN_CHILDREN = Gauge(
    "headgate_venue_kill_open_children", "Children still open in the scope of a kill switch"
)
VENUE_IGNORED_RECORDS = Counter(
    "headgate_venue_ignored_records_total", "Children of a worker that had lost its partition"
)

# Order entry.
OMS_SESSIONS_UP = Gauge("headgate_oms_sessions_up", "1 while this OMS is logged on", ["session"])
OMS_PARENTS = Counter("headgate_oms_parents_total", "Parents received", ["session"])
OMS_REQUESTS = Counter("headgate_oms_requests_total", "Requests received", ["session", "kind"])
OMS_REFUSED = Counter("headgate_oms_refused_total", "Requests refused at the door", ["reason"])
OMS_REPORTS_SENT = Counter("headgate_oms_reports_sent_total", "Reports sent", ["session"])
OMS_DUPLICATES = Counter(
    "headgate_oms_duplicates_total", "Requests that were seen before", ["kind"]
)

# FIX, in every process that speaks it.
FIX_MESSAGES = Counter(
    "headgate_fix_messages_total", "Application messages; direction is in or out",
    ["session", "direction"],
)  # fmt: skip

# Market data.
MARKETDATA_EVENTS = Counter("headgate_marketdata_events_total", "Events published", ["symbol"])
MARKETDATA_CONFLATED = Counter(
    "headgate_marketdata_conflated_total",
    "Quotes and depths dropped because a newer one came before they could be published",
    ["symbol"],
)
MARKETDATA_SKIPPED = Counter(
    "headgate_marketdata_skipped_total", "What the feed sent and could not be used", ["reason"]
)
MARKETDATA_WAITING_EVENTS = Gauge(
    "headgate_marketdata_waiting_events", "Events that wait for the broker"
)
MARKETDATA_AGE_SECONDS = Gauge(
    "headgate_marketdata_age_seconds", "Engine time less the time of the newest event published"
)
MARKETDATA_FIX_SYMBOLS = Gauge(
    "headgate_marketdata_fix_symbols",
    "Symbols of a FIX market data session by where their subscription stands; given_up is an alarm",
    ["venue", "kind"],
)

# Venue simulator.
VENUESIM_ORDERS = Counter("headgate_venuesim_orders_total", "Orders taken from FIX", ["venue"])
VENUESIM_TRADES = Counter("headgate_venuesim_trades_total", "Trades printed", ["venue"])
VENUESIM_QUOTES = Counter("headgate_venuesim_quotes_total", "Quotes published", ["venue"])
VENUESIM_FIX_CONFLATED = Gauge(
    "headgate_venuesim_fix_conflated",
    "Changes of a book that a slow FIX subscriber was told only with a later one, since the start",
    ["venue"],
)

# TCA.
TCA_PARENTS = Counter("headgate_tca_parents_total", "Parents with a final cost", ["algo"])
TCA_PARENTS_LIVE = Gauge("headgate_tca_parents_live", "Parents followed, not final")
TCA_ARRIVAL_SLIPPAGE_BPS = Histogram(
    "headgate_tca_arrival_slippage_bps", "Final slippage against arrival, positive is a cost",
    ["algo"], buckets=_SLIPPAGE_BPS,
)  # fmt: skip
TCA_VWAP_SLIPPAGE_BPS = Histogram(
    "headgate_tca_vwap_slippage_bps", "Final slippage against interval VWAP, positive is a cost",
    ["algo"], buckets=_SLIPPAGE_BPS,
)  # fmt: skip

VENUE_STATE_VALUE: Final = {
    VenueState.DOWN: 0,
    VenueState.LOGON: 1,
    VenueState.RESYNC: 2,
    VenueState.LIVE: 3,
}

# What a process has of its own, by the beginning of the name, beside what all have.
_OWN: Final = {
    "oms": ("headgate_oms_", "headgate_fix_"),
    "venues": ("headgate_venue_", "headgate_fix_"),
    "worker": ("headgate_worker_",),
    "marketdata": ("headgate_marketdata_", "headgate_fix_"),
    "venuesim": ("headgate_venuesim_", "headgate_fix_"),
    "tca": ("headgate_tca_",),
}
_COMMON: Final = ("headgate_build", "headgate_loop_", "headgate_bus_", "headgate_dead_letters")
PROCESSES: Final = tuple(_OWN)

Metric = Counter | Gauge | Histogram


def build() -> str:
    """The version of what runs."""
    try:
        return version("headgate")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "source"


def announce(process: str, settings_hash: str, instruments_hash: str,
             registry: CollectorRegistry = REGISTRY) -> None:  # fmt: skip
    """Say what runs here, and leave on `registry` only what `process` measures."""
    keep = (*_COMMON, *_OWN[process])
    for metric in declared():
        if not exported_names(metric)[0].startswith(keep):
            _unregister(metric, registry)
    BUILD.labels(process, build(), settings_hash, instruments_hash).set(1)


def declared() -> list[Metric]:
    """Every metric of this module, in order of declaration."""
    return [found for found in globals().values() if isinstance(found, Counter | Gauge | Histogram)]


def exported_names(metric: Metric) -> tuple[str, ...]:
    """The series names that /metrics shows of `metric`."""
    described = next(iter(metric.describe()))
    if isinstance(metric, Counter):
        return (f"{described.name}_total",)
    if isinstance(metric, Histogram):
        return tuple(f"{described.name}_{end}" for end in ("bucket", "count", "sum"))
    return (described.name,)


def _unregister(metric: Metric, registry: CollectorRegistry) -> None:
    try:
        registry.unregister(metric)
    except KeyError:  # an earlier announcement in this interpreter, as in tests
        return

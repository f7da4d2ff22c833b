"""What venue access shows of itself: metrics, log lines, readiness. It decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from domain.executions import (
    ChildRefused,
    ChildSent,
    Execution,
    ExecutionRecord,
    VenueState,
    VenueStateChanged,
)
from gateway.venue_access import VenueAccess
from headgate import metrics
from headgate.telemetry import Health

logger = structlog.get_logger()


@dataclass(slots=True)
class VenueView:
    """See the module."""

    health: Health
    _fenced: int = 0

    def count(self, record: ExecutionRecord) -> None:
        """A record that is being published."""
        match record:
            case ChildRefused():
                metrics.VENUE_CHILDREN_REFUSED.labels(record.venue, record.reason).inc()
                logger.warning("refused", cl_ord_id=record.cl_ord_id, reason=record.reason.value,
                               text=record.text)  # fmt: skip
            case Execution():
                metrics.VENUE_EXECUTIONS.labels(record.venue, record.exec_type.name).inc()
                if record.synthetic:
                    logger.error("booked from a status answer", cl_ord_id=record.cl_ord_id,
                                 exec_id=record.exec_id)  # fmt: skip
            case VenueStateChanged():
                self.show_state(record.venue, record.state)
            case ChildSent():
                pass

    def show_state(self, venue: str, state: VenueState) -> None:
        """A venue's session, whether it moved or is told again."""
        logger.info("venue", venue=venue, state=state.value)
        metrics.VENUE_STATE.labels(venue).set(metrics.VENUE_STATE_VALUE[state])
        if state is VenueState.LIVE:
            self.health.clear(f"venue {venue}")
        else:
            self.health.block(f"venue {venue}", state.value)

    def show(self, core: VenueAccess, venues: Iterable[str]) -> None:
        """How much is open, fenced off and killed."""
        counts = dict.fromkeys(venues, 0)
        for child in core.book.open.values():
            counts[child.terms.venue] = counts.get(child.terms.venue, 0) + 1
        for venue, count in counts.items():
            metrics.VENUE_CHILDREN_OPEN.labels(venue).set(count)
        metrics.VENUE_IGNORED_RECORDS.inc(core.book.fence.ignored - self._fenced)
        self._fenced = core.book.fence.ignored
        metrics.VENUE_KILLS_ENGAGED.set(len(core.kills.engaged))
        metrics.VENUE_KILL_OPEN_CHILDREN.set(core.kills.open_children())

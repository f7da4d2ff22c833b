"""When a simulated venue next has something to do by itself."""

from collections.abc import Mapping

from simulation.agenda import NEVER
from venuesim.order_flow import OrderFlow
from venuesim.venue import HEARTBEAT_NS, Venue


class FlowClock:
    """The next event of an engine's flow, the next request that waits, or the next heartbeat."""

    def __init__(self, flows: Mapping[tuple[str, str], OrderFlow]) -> None:
        self._flows = flows

    def __call__(self, venue: Venue, now_ns: int) -> int:
        """Never in the past: what is due is done at the same instant."""
        flow_ns = min(self._flows[venue.terms.name, symbol].next_ns for symbol in venue.instruments)
        request_ns = venue.next_request_ns()
        due_ns = min(flow_ns, NEVER if request_ns is None else request_ns)
        return max(now_ns, min(due_ns, now_ns + HEARTBEAT_NS))

"""Statistics of the best bid and offer of all venues: spread, depth, order flow, volatility.

Quotes are taken in by the batch, in one loop over plain numbers, for that is three times cheaper
than one by one; what comes out does not depend on where batches end, nor on who asks when: all is
as of the last quote. A touch counts while it is there on both sides and not crossed; a locked one
counts, with a spread of nothing. A venue whose quote is past its stale limit is left out at the
next full second.

Sums over time are closed every second (STEP_NS), of which the means weighted by age are made;
depth, volatility and the microprice's chain are sampled then, and every tenth second what all the
means tell, so that a reader sees whether a change lasts without a memory of its own.

Order-flow imbalance is that of Cont, Kukanov and Stoikov, "The price impact of order book events",
Journal of Financial Econometrics 12(1), 2014: of one change of the touch, from (P, q) to (P', q'),

    e = q'_bid [P'_bid >= P_bid] - q_bid [P'_bid <= P_bid]
      - q'_ask [P'_ask <= P_ask] + q_ask [P'_ask >= P_ask]

All of it sees the quotes that were published: where the feed lagged behind, several changes of the
touch came as one (docs/feeds.md, "Conflation"), and `e` is then that of the first and the last.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, NamedTuple

from domain.marketdata import Quote
from marketdata.decaying_mean import DecayingMeans, decay_of
from marketdata.microprice import Microprice, state_of, weighted_mid
from marketdata.stale_limits import StaleLimits
from marketdata.volatility import SAMPLE_S, Volatility

STEP_NS: Final = 10**9
HALF_LIFE_S: Final = 300.0  # of spread, depth and flow: some slices of an algorithm
# Two minutes of samples and the one before: as long as a change must last to count as one
# (algos/conditions.py).
SAMPLES_KEPT: Final = 120 // SAMPLE_S + 1
NONE: Final = -1  # the spread of a touch that does not count
NO_ASK: Final = 1 << 62  # the price of an offer that is not there: above any

Touch = tuple[int, int, int, int]  # bid_px, bid_qty, ask_px, ask_qty; 0 and NO_ASK where one lacks
VenueTouch = tuple[str, int, int, int, int, int]  # venue, the same, at_ns
PxSteps = tuple[tuple[int, int], ...]  # (from_px_ticks, ticks of a price step there), rising
EMPTY: Final[Touch] = (0, 0, NO_ASK, 0)


class TouchSample(NamedTuple):
    """What the means told at the end of a tenth second. `covered_s`: seconds that they are of.

    `volatility`: of a root second; `relative_spread`: of the mid; `touch_qty`: shares of one side,
    mean of both. Each weighted by age.
    """

    at_ns: int
    covered_s: float
    volatility: float
    relative_spread: float
    touch_qty: float


def _five_minutes() -> DecayingMeans:
    return DecayingMeans(decay_of(HALF_LIFE_S))


@dataclass(slots=True, kw_only=True)
class TouchStatistics:
    """One symbol's. `px_steps`: how far apart prices are, by price: what a spread is counted in.

    `touch`: the best of all venues, sizes added up over the venues at the price, as of `at_ns`.
    Since the beginning: `covered_ns`, for which it counted; `spread_sum`, tick nanoseconds over
    that time; `flow_qty`, order-flow imbalance in shares. `samples`: the last SAMPLES_KEPT, oldest
    first, of times at which the touch counted and all means were known.
    """

    limits: StaleLimits = field(default_factory=StaleLimits)
    px_steps: PxSteps = ((0, 1),)
    touch: Touch = EMPTY
    at_ns: int = 0
    covered_ns: int = 0
    spread_sum: int = 0
    flow_qty: int = 0
    volatility: Volatility = field(default_factory=Volatility)
    microprice: Microprice = field(default_factory=Microprice)
    samples: deque[TouchSample] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    _venues: dict[str, VenueTouch] = field(default_factory=dict)
    _paths: DecayingMeans = field(default_factory=_five_minutes)  # spread and order flow
    _depth: DecayingMeans = field(default_factory=_five_minutes)  # shares at bid and offer
    # The spread now, NONE while the touch does not count, and since when it stands.
    _spread_now: int = NONE
    _since_ns: int = 0
    # Of the second that is not over, without what the spread now adds: (ns covered, spread, flow).
    _sums: tuple[int, int, int] = (0, 0, 0)

    def on_touches(self, touches: Iterable[VenueTouch]) -> None:
        """Take venues' touches in, in order; EMPTY prices say that a venue has no market."""
        rest = iter(touches)
        touch = next(rest, None)
        while touch is not None:
            if touch[5] >= self.at_ns - self.at_ns % STEP_NS + STEP_NS:
                self._close_steps(touch[5])
            touch = self._within_second(touch, rest)

    def _within_second(  # noqa: C901  # one loop over plain numbers: calls would double its cost
        self, first: VenueTouch, rest: Iterator[VenueTouch]
    ) -> VenueTouch | None:
        """Take in what is of the second that began; returns the first touch that is not."""
        venues = self._venues
        bid_px, bid_qty, ask_px, ask_qty = self.touch
        at_ns, spread, since_ns = self.at_ns, self._spread_now, self._since_ns
        edge_ns = at_ns - at_ns % STEP_NS + STEP_NS
        covered_ns, spread_sum, flow = self._sums
        beyond: VenueTouch | None = None
        for touch in chain((first,), rest):
            venue, new_bid_px, new_bid_qty, new_ask_px, new_ask_qty, now_ns = touch
            if now_ns >= edge_ns:
                beyond = touch
                break
            if now_ns > at_ns:
                at_ns = now_ns
            venues[venue] = touch
            if len(venues) > 1:
                for other, other_bid, other_bid_qty, other_ask, other_ask_qty, _ in venues.values():
                    if other == venue:
                        continue
                    if other_bid > new_bid_px:
                        new_bid_px, new_bid_qty = other_bid, other_bid_qty
                    elif other_bid == new_bid_px:
                        new_bid_qty += other_bid_qty
                    if other_ask < new_ask_px:
                        new_ask_px, new_ask_qty = other_ask, other_ask_qty
                    elif other_ask == new_ask_px:
                        new_ask_qty += other_ask_qty
            new_spread = new_ask_px - new_bid_px if 0 < new_bid_px <= new_ask_px < NO_ASK else NONE
            if spread >= 0 and new_spread >= 0:
                flow += (
                    (new_bid_qty if new_bid_px >= bid_px else 0)
                    - (bid_qty if new_bid_px <= bid_px else 0)
                    - (new_ask_qty if new_ask_px <= ask_px else 0)
                    + (ask_qty if new_ask_px >= ask_px else 0)
                )
            if new_spread != spread:
                if spread >= 0:
                    covered_ns += at_ns - since_ns
                    spread_sum += spread * (at_ns - since_ns)
                spread, since_ns = new_spread, at_ns
            bid_px, bid_qty = new_bid_px, new_bid_qty
            ask_px, ask_qty = new_ask_px, new_ask_qty
        self.touch, self.at_ns = (bid_px, bid_qty, ask_px, ask_qty), at_ns
        self._spread_now, self._since_ns = spread, since_ns
        self._sums = (covered_ns, spread_sum, flow)
        return beyond

    # -- once a second

    def _close_steps(self, now_ns: int) -> None:
        """Close the second that is over, and those up to that of `now_ns` in which nothing came.

        In these the touch stands as it was, until the first of its venues is stale.
        """
        step, new_step = self.at_ns // STEP_NS, now_ns // STEP_NS
        until_ns, first_ns = self._expiries()
        until_ns = max(until_ns, self.at_ns)
        self._close_step(min((step + 1) * STEP_NS, until_ns))
        if new_step > step + 1:
            held = max(min(new_step, until_ns // STEP_NS) - step - 1, 0)
            self._hold_steps(step + 1, held)
            self._lapse(step + 1 + held, new_step - step - 1 - held)
        self.at_ns = self._since_ns = new_step * STEP_NS
        if first_ns < now_ns:
            self._drop_stale(now_ns)

    def _expiries(self) -> tuple[int, int]:
        """When the first venue goes stale of those that make the touch, and of all."""
        bid_px, _, ask_px, _ = self.touch
        until_ns = first_ns = 1 << 63
        for venue, venue_bid, _, venue_ask, _, at_ns in self._venues.values():
            expires_ns = at_ns + self.limits.limit_ns(venue)
            first_ns = min(first_ns, expires_ns)
            if venue_bid == bid_px or venue_ask == ask_px:
                until_ns = min(until_ns, expires_ns)
        return (until_ns, first_ns) if self._venues else (0, 0)

    def _close_step(self, until_ns: int) -> None:
        """Put the sums of the second into the means; sample its end, if the touch lasts to it."""
        covered_ns, spread_sum, flow = self._sums
        self._sums = (0, 0, 0)
        spread = self._spread_now
        if spread >= 0:
            covered_ns += until_ns - self._since_ns
            spread_sum += spread * (until_ns - self._since_ns)
        self.covered_ns += covered_ns
        self.spread_sum += spread_sum
        self.flow_qty += flow
        self._paths.add(spread_sum / STEP_NS, flow, covered_ns / STEP_NS)
        bid_px, bid_qty, ask_px, ask_qty = self.touch
        mid = None
        if spread >= 0 and until_ns == (self.at_ns // STEP_NS + 1) * STEP_NS:
            mid = (bid_px + ask_px) / 2
            px_step = self._px_step()
            state = state_of(bid_qty, ask_qty, round(spread / px_step))
            self._depth.add(bid_qty, ask_qty, 1.0)
            self.microprice.sample(state, mid / px_step)
        else:
            self._depth.lapse(1)
            self.microprice.lapse()
            self.volatility.lapse(0)
        if (self.at_ns // STEP_NS + 1) % SAMPLE_S == 0:
            self.volatility.sample(mid)
            self._keep_sample((self.at_ns // STEP_NS + 1) * STEP_NS, mid)

    def _keep_sample(self, at_ns: int, mid: float | None) -> None:
        """Remember what the means tell at `at_ns`, if the touch counts then."""
        volatility, depth, paths = (
            self.volatility.per_sqrt_s,
            self._depth.values,
            self._paths.values,
        )
        if mid is None or volatility is None or depth is None or paths is None:
            return
        self.samples.append(
            TouchSample(
                at_ns, self.covered_ns / 1e9, volatility, paths[0] / mid, (depth[0] + depth[1]) / 2
            )
        )

    def _hold_steps(self, first: int, steps: int) -> None:
        """So many whole seconds from `first` on in which the touch stood still."""
        mid = self.mid_px_ticks
        if not steps or mid is None:
            self._lapse(first, steps)
            return
        _, bid_qty, _, ask_qty = self.touch
        self.covered_ns += steps * STEP_NS
        self.spread_sum += self._spread_now * steps * STEP_NS
        self._paths.hold(self._spread_now, 0.0, steps)
        self._depth.hold(bid_qty, ask_qty, steps)
        self.microprice.hold(steps)
        samples = (first + steps) // SAMPLE_S - first // SAMPLE_S
        if samples:
            self.volatility.sample(mid)
            self.volatility.hold(samples - 1)
            self._keep_sample((first + steps) // SAMPLE_S * SAMPLE_S * STEP_NS, mid)

    def _lapse(self, first: int, steps: int) -> None:
        """So many whole seconds from `first` on of which nothing is known."""
        if not steps:
            return
        self._paths.lapse(steps)
        self._depth.lapse(steps)
        self.microprice.lapse()
        self.volatility.lapse((first + steps) // SAMPLE_S - first // SAMPLE_S)

    def _drop_stale(self, now_ns: int) -> None:
        """Leave venues out whose last quote is too old, and say what the touch is without them."""
        self._venues = {
            venue: touch
            for venue, touch in self._venues.items()
            if now_ns - touch[5] <= self.limits.limit_ns(venue)
        }
        self._stand(best(self._venues))

    def _stand(self, touch: Touch) -> None:
        """The touch is another without a quote having come, so that nothing flowed."""
        bid_px, _, ask_px, _ = self.touch = touch
        self._spread_now = ask_px - bid_px if 0 < bid_px <= ask_px < NO_ASK else NONE

    def rewind(self) -> None:
        """A venue's clock was set back: what is known of the touch is of a time that is not."""
        self._venues.clear()
        self._sums = (0, 0, 0)
        self._stand(EMPTY)
        self.at_ns = self._since_ns = 0
        self.samples.clear()
        self.microprice.lapse()
        self.volatility.lapse(1)

    # -- what it tells

    @property
    def mid_px_ticks(self) -> float | None:
        """Half way between bid and offer; None while the touch does not count."""
        bid_px, _, ask_px, _ = self.touch
        return (bid_px + ask_px) / 2 if 0 < bid_px <= ask_px < NO_ASK else None

    @property
    def spread_ticks(self) -> float | None:
        """Time-weighted spread, weighted by age."""
        return None if self._paths.values is None else self._paths.values[0]

    @property
    def flow_qty_per_s(self) -> float | None:
        """Order-flow imbalance, shares a second, weighted by age."""
        return None if self._paths.values is None else self._paths.values[1]

    @property
    def mean_spread_ticks(self) -> float | None:
        """Time-weighted spread of all the time that counted, up to the last full second."""
        return self.spread_sum / self.covered_ns if self.covered_ns else None

    @property
    def depth_qty(self) -> tuple[float, float] | None:
        """Shares at the best bid and at the best offer, of every full second, weighted by age."""
        return self._depth.values

    @property
    def state(self) -> int | None:
        """The touch as a state of the microprice's chain; None while it does not count."""
        bid_px, bid_qty, ask_px, ask_qty = self.touch
        if not 0 < bid_px <= ask_px < NO_ASK:
            return None
        return state_of(bid_qty, ask_qty, round((ask_px - bid_px) / self._px_step()))

    @property
    def microprice_px_ticks(self) -> float | None:
        """Where the mid is expected to go, in ticks; the weighted mid until enough was seen."""
        state, mid = self.state, self.mid_px_ticks
        if state is None or mid is None:
            return None
        steps = self.microprice.adjustment_steps(state)
        if steps is None:
            return weighted_mid(*self.touch)
        return mid + steps * self._px_step()

    def _px_step(self) -> int:
        """Ticks from one price to the next about the bid."""
        for from_px, px_step in reversed(self.px_steps):
            if self.touch[0] >= from_px:
                return px_step
        return self.px_steps[0][1]


def venue_touch(quote: Quote) -> VenueTouch:
    """A quote as the statistics take it in."""
    return (
        quote.venue,
        quote.bid_px_ticks if quote.bid_qty else 0, quote.bid_qty,
        quote.ask_px_ticks if quote.ask_qty else NO_ASK, quote.ask_qty,
        quote.at_ns,
    )  # fmt: skip


def best(venues: dict[str, VenueTouch]) -> Touch:
    """The best bid and offer of all, and the shares there over the venues."""
    bid_px, bid_qty, ask_px, ask_qty = EMPTY
    for _, venue_bid, venue_bid_qty, venue_ask, venue_ask_qty, _ in venues.values():
        if venue_bid > bid_px:
            bid_px, bid_qty = venue_bid, venue_bid_qty
        elif venue_bid == bid_px:
            bid_qty += venue_bid_qty
        if venue_ask < ask_px:
            ask_px, ask_qty = venue_ask, venue_ask_qty
        elif venue_ask == ask_px:
            ask_qty += venue_ask_qty
    return bid_px, bid_qty, ask_px, ask_qty

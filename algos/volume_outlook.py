"""How much others will trade until an order's end, and where that is known from."""

from typing import Final

import msgspec

from algos.algorithm import PlanRequest
from algos.participation import shares_for
from algos.schedule import Schedule
from algos.surroundings import Surroundings
from domain.sessions import Session
from marketdata.known_profiles import SessionCurve
from marketdata.volume_curve import VolumeCurve

PATH_POINTS: Final = 12  # of a forecast that is published: enough to be drawn


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """`others_qty`: shares that the continuous book is expected to trade without us.

    `source`: the volume curve it is from, or `rate` where only the last minutes are known.
    """

    others_qty: float
    source: str


def outlook(around: Surroundings, start_ns: int, end_ns: int, seen_per_s: float) -> Outlook | None:
    """Over [start_ns, end_ns). `seen_per_s`: others' rate of late. None: nothing is known."""
    known, session = around.curve, around.session
    if known is not None and session is not None and known.level_known:
        shares = expected_share(known.curve, session, start_ns, end_ns)
        return Outlook(others_qty=shares * known.curve.expected_qty, source=known.origin.value)
    if seen_per_s <= 0.0:
        return None
    seconds = (end_ns - start_ns) / 1e9
    if session is not None:
        seconds = session.trading_ns(start_ns, end_ns) / 1e9
    return Outlook(others_qty=seen_per_s * seconds, source="rate")


def expected_share(curve: VolumeCurve, session: Session, start_ns: int, end_ns: int) -> float:
    """The fraction of the day's volume that trades in the window outside the crosses."""
    start_s, end_s = (each / 1e9 - session.open_ns / 1e9 for each in (start_ns, end_ns))
    parts = zip(curve.overlaps(start_s, end_s), curve.bins, strict=True)
    return sum(part * each.share for part, each in parts)


def expected_path(
    request: PlanRequest, ahead: Outlook | None, participation: float, known: SessionCurve | None
) -> Schedule:
    """By when how much is expected to be done: a forecast, of few points; empty without one."""
    session, clock = request.around.session, request.clock
    if ahead is None:
        return Schedule((), ())
    by_curve = known is not None and session is not None and ahead.source != "rate"
    points: dict[int, int] = {}
    done_qty = 0
    for step in range(1, PATH_POINTS + 1):
        at_ns = clock.start_ns + (clock.end_ns - clock.start_ns) * step // PATH_POINTS
        share = step / PATH_POINTS * ahead.others_qty
        if by_curve:
            assert known is not None
            assert session is not None
            until_ns = clock.wall_ns(at_ns)
            share = known.curve.expected_qty * expected_share(
                known.curve, session, clock.wall_ns(clock.start_ns), until_ns
            )
        qty = min(int(shares_for(participation, share)), request.qty)
        if qty > done_qty:
            points[at_ns] = done_qty = qty
    return Schedule(tuple(points), tuple(request.base_qty + each for each in points.values()))

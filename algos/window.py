"""An order's window, fitted into one session of its exchange, with a word about whatever moved.

The OMS reads the words with the acceptance (Text(58)): what was moved, from when to when, on the
exchange's clock, and why. A window that holds no trading at all is a coded refusal.
"""

from typing import Final

import msgspec

from algos.parameters import Rejection
from domain.refusals import RejectReason
from domain.sessions import Session, TradingCalendar, local_time

# An order may come this long before its session opens and waits for it; earlier than that it is
# for a closed session. Six hours before a New York open is 03:30 there.
EARLY_NS_MAX: Final = 6 * 3_600 * 10**9


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """[start_ns, end_ns) inside one session, and what was moved to make it so."""

    start_ns: int
    end_ns: int
    notes: tuple[str, ...]


def fit_window(
    start_ns: int | None, end_ns: int | None, calendar: TradingCalendar, start_past_bound_s: int,
    now_ns: int,
) -> Window | Rejection:  # fmt: skip
    """The window asked for, inside one session and not before now; None: now, and the close.

    An end after the session's close is moved to it: no order lives into another day.
    """
    begun_ns = now_ns if start_ns is None else start_ns
    passed = _passed(begun_ns, end_ns, calendar, start_past_bound_s, now_ns)
    if passed is not None:
        return passed
    session = calendar.next_session(max(begun_ns, now_ns))
    if session is None or session.open_ns - max(begun_ns, now_ns) > EARLY_NS_MAX:
        return _closed(max(begun_ns, now_ns), calendar, session)
    if end_ns is not None and end_ns <= session.open_ns:
        return Rejection(
            RejectReason.SESSION_CLOSED, "end_ns",
            f"{session.local(end_ns)} is not after {_open_words(session)} "
            f"{session.local(session.open_ns)} {session.zone}",
        )  # fmt: skip
    start_ns, start_notes = _fit_start(begun_ns, session, now_ns)
    fitted_ns, end_notes = fit_end(end_ns, session)
    if fitted_ns <= start_ns:
        return Rejection(
            RejectReason.SESSION_CLOSED, "end_ns",
            f"all of the window lies in the break from {_break_words(session)}",
        )  # fmt: skip
    pause = session.pause
    over = start_ns < pause[0] < pause[1] < fitted_ns
    break_notes = (f"waits over the break from {_break_words(session)}",) if over else ()
    return Window(start_ns=start_ns, end_ns=fitted_ns, notes=start_notes + end_notes + break_notes)


def fit_end(end_ns: int | None, session: Session) -> tuple[int, tuple[str, ...]]:
    """The end asked for (None: the close), no later than the session and not in its break."""
    close_ns = session.close_ns
    early = "early " if session.early_close else ""
    close_words = f"the {early}close {session.local(close_ns)} {session.zone}"
    if end_ns is None:
        return close_ns, ((f"ends at {close_words}",) if early else ())
    if end_ns > close_ns:
        return close_ns, (f"end moved from {session.local(end_ns)} to {close_words}",)
    pause_ns, resume_ns = session.pause
    if pause_ns < end_ns <= resume_ns:
        return pause_ns, (
            f"end moved from {session.local(end_ns)} to the start of the break "
            f"{session.local(pause_ns)} {session.zone}",
        )
    return end_ns, ()


def _passed(
    begun_ns: int, end_ns: int | None, calendar: TradingCalendar, start_past_bound_s: int,
    now_ns: int,
) -> Rejection | None:  # fmt: skip
    """What is wrong with a window that runs backwards, began too long ago or is over."""
    zone = calendar.zone
    if end_ns is not None and end_ns <= begun_ns:
        return Rejection(
            RejectReason.END_BEFORE_START, "end_ns",
            f"{local_time(end_ns, zone)} is not after the start, {local_time(begun_ns, zone)} "
            f"{zone}",
        )  # fmt: skip
    if begun_ns < now_ns - start_past_bound_s * 10**9:
        return Rejection(
            RejectReason.START_TOO_OLD, "start_ns",
            f"{(now_ns - begun_ns) / 1e9:.0f} s ago, more than {start_past_bound_s} s",
        )  # fmt: skip
    if end_ns is not None and end_ns <= now_ns:
        return Rejection(
            RejectReason.END_BEFORE_START, "end_ns",
            f"{local_time(end_ns, zone)} {zone} has passed: it is {local_time(now_ns, zone)}",
        )  # fmt: skip
    return None


def _closed(at_ns: int, calendar: TradingCalendar, coming: Session | None) -> Rejection:
    """There is no session at `at_ns`, nor soon; `coming`: the first one after it."""
    day = calendar.local_day(at_ns)
    when = f"{local_time(at_ns, calendar.zone)} {calendar.zone}"
    if not calendar.knows(day):
        return Rejection(
            RejectReason.BEYOND_CALENDAR, "start_ns",
            f"{when}: sessions of {calendar.name} are known from {calendar.first} to "
            f"{calendar.last} only",
        )  # fmt: skip
    today = calendar.session_on(day)
    if today is None:
        why = calendar.why_closed(day)
    elif at_ns < today.open_ns:
        why = f"it opens at {today.local(today.open_ns)}"
    else:
        early = ", an early close" if today.early_close else ""
        why = f"it closed at {today.local(today.close_ns)}{early}"
    opens = "" if coming is None or coming is today else (
        f"; it opens next {local_time(coming.open_ns, calendar.zone)}"
    )  # fmt: skip
    return Rejection(
        RejectReason.SESSION_CLOSED, "start_ns",
        f"{calendar.name} is closed at {when}: {why}{opens}",
    )  # fmt: skip


def _fit_start(begun_ns: int, session: Session, now_ns: int) -> tuple[int, tuple[str, ...]]:
    """The start, not before now or the open and not in the break. Orders without a start of their
    own start now: no word is lost on that.
    """
    start_ns, to = max(begun_ns, now_ns), "now"
    if start_ns < session.open_ns:
        start_ns, to = session.open_ns, _open_words(session)
    elif session.in_break(start_ns):
        start_ns, to = session.pause[1], "the end of the break"
    if start_ns == begun_ns:
        return start_ns, ()
    return start_ns, (
        f"start moved from {session.local(begun_ns)} to {to} {session.local(start_ns)} "
        f"{session.zone}",
    )


def _open_words(session: Session) -> str:
    return "the late open" if session.late_open else "the open"


def _break_words(session: Session) -> str:
    start_ns, end_ns = session.pause
    return f"{session.local(start_ns)} to {session.local(end_ns)} {session.zone}"

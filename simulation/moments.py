"""Times as a scenario writes them, made UTC nanoseconds of one session.

`10:30` and `10:30:15` are the exchange's clock on the session's day; `open+5m`, `close-90s`,
`open+1h30m` stand to the session; `2026-03-02T15:00:00Z` is absolute and must say its zone.
"""

import re
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from domain.sessions import Session
from simulation.scenario import BadScenario

NS: Final = 1_000_000_000
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_RELATIVE: Final = re.compile(
    r"(?P<anchor>open|close)(?:(?P<sign>[+-])(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:(?P<s>\d{1,5})s)?)?"
)


def moment_ns(key: str, text: str, session: Session) -> int:
    """UTC nanoseconds. Raises BadScenario naming `key`."""
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        return _relative_ns(key, text, relative, session)
    try:
        if _CLOCK.fullmatch(text):
            day = datetime.fromisoformat(session.date).date()
            return _ns(datetime.combine(day, time.fromisoformat(text), ZoneInfo(session.zone)))
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadScenario(key, f"{text!r} is not HH:MM[:SS], open+5m, close-90s or a date and time "
                               "with its zone") from error  # fmt: skip
    if found.tzinfo is None:
        raise BadScenario(key, f"{text!r} says no zone")
    return _ns(found)


def _relative_ns(key: str, text: str, found: re.Match[str], session: Session) -> int:
    parts = [found["h"], found["m"], found["s"]]
    if found["sign"] and not any(parts):
        raise BadScenario(key, f"{text!r}: how much after the sign?")
    hours, minutes, seconds = (int(part or 0) for part in parts)
    offset_ns = (hours * 3_600 + minutes * 60 + seconds) * NS
    anchor_ns = session.open_ns if found["anchor"] == "open" else session.close_ns
    return anchor_ns - offset_ns if found["sign"] == "-" else anchor_ns + offset_ns


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * NS

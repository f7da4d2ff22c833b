"""Midnight of an exchange, from which recorded files count."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def midnight_ns(day: date, zone: ZoneInfo) -> int:
    """Local midnight of `day`, in ns UTC, by the offset of local noon.

    The files count what a clock on the wall shows; on the two days a year when clocks change,
    they do so before any market opens.
    """
    noon = datetime.combine(day, time(12), tzinfo=zone)
    offset = noon.utcoffset()
    assert offset is not None
    since = datetime.combine(day, time(0), tzinfo=UTC) - offset - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000

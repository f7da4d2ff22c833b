"""FIX tag=value text as plain data: one string in, one string out, no FIX engine.

QuickFIX pays for every call across its binding, so its applications take `message.toString()`
once and read from here, and hand one string back (performance.md 3a). Validation against the data
dictionary has been done by then; what the dictionary cannot know is checked by whoever translates.
"""

import calendar
import re
import time as _time  # only strftime and gmtime of given instants; never the clock
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

SOH: Final = "\x01"
_TIMESTAMP: Final = re.compile(r"^(\d{8}-\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?$")
_DECIMAL: Final = re.compile(r"^-?\d{1,18}(\.\d{1,12})?$")  # FIX floats have no exponent

Fields = list[tuple[int, str]]


class BadField(Exception):
    """A field that is missing or not readable; the counterparty's fault."""

    def __init__(self, tag: int, text: str) -> None:
        super().__init__(f"tag {tag}: {text}")
        self.tag = tag
        self.text = text


class FixMessage:
    """The fields of one message in wire order."""

    __slots__ = ("_first", "fields")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._first: dict[int, str] = {}
        for tag, value in reversed(fields):
            self._first[tag] = value

    @classmethod
    def parse(cls, text: str) -> "FixMessage":
        """The fields of a SOH-separated message. Raises BadField."""
        fields: Fields = []
        for pair in text.split(SOH):
            if not pair:
                continue
            tag, equals, value = pair.partition("=")
            if not equals or not tag.isdigit():
                raise BadField(0, f"{pair[:32]!r} is not tag=value")
            fields.append((int(tag), value))
        return cls(fields)

    @property
    def msg_type(self) -> str:
        return self._first[35]

    def get(self, tag: int, default: str | None = None) -> str | None:
        """The first value of `tag`."""
        return self._first.get(tag, default)

    def require(self, tag: int) -> str:
        """The first value of `tag`. Raises BadField."""
        value = self._first.get(tag)
        if value is None or value == "":
            raise BadField(tag, "missing")
        return value

    def integer(self, tag: int) -> int:
        """Raises BadField."""
        try:
            return int(self.require(tag))
        except ValueError as error:
            raise BadField(tag, "not an integer") from error

    def decimal(self, tag: int) -> Decimal:
        """A FIX float as a Decimal. Raises BadField."""
        return read_decimal(tag, self.require(tag))

    def timestamp_ns(self, tag: int) -> int:
        """A UTCTimestamp as UTC nanoseconds. Raises BadField."""
        return read_timestamp_ns(tag, self.require(tag))

    def groups(self, count_tag: int, delimiter_tag: int) -> list[dict[int, str]]:
        """The entries of a repeating group at the end of the body or before a foreign field.

        An entry ends at the next delimiter; the last one holds all that follows, so a caller reads
        from it only the tags of the group. Raises BadField if NumInGroup and entries differ.
        """
        count = self.get(count_tag)
        if count is None:
            return []
        start = next(i for i, (tag, _) in enumerate(self.fields) if tag == count_tag)
        entries: list[dict[int, str]] = []
        for tag, value in self.fields[start + 1 :]:
            if tag == delimiter_tag:
                entries.append({})
            if entries:
                entries[-1].setdefault(tag, value)
        if not count.isdigit() or int(count) != len(entries):
            raise BadField(count_tag, f"{count} announced, {len(entries)} found")
        return entries


def fix_text(msg_type: str, fields: Iterable[tuple[int, object]]) -> str:
    """A FIX 4.4 message as text; length, checksum and session header are the session's to fill."""
    body = SOH.join(f"{tag}={value}" for tag, value in fields)
    return f"8=FIX.4.4{SOH}9=0{SOH}35={msg_type}{SOH}{body}{SOH}10=000{SOH}"


def read_decimal(tag: int, value: str) -> Decimal:
    """A FIX float (no exponent, no NaN) as a Decimal. Raises BadField."""
    if not _DECIMAL.match(value):
        raise BadField(tag, "not a number")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise BadField(tag, "not a number") from error


def read_timestamp_ns(tag: int, value: str) -> int:
    """A UTCTimestamp (YYYYMMDD-HH:MM:SS[.f]) as UTC nanoseconds. Raises BadField."""
    match = _TIMESTAMP.match(value)
    if match is None:
        raise BadField(tag, "not a UTC timestamp YYYYMMDD-HH:MM:SS[.sss]")
    try:
        seconds = calendar.timegm(_time.strptime(match.group(1), "%Y%m%d-%H:%M:%S"))
    except ValueError as error:
        raise BadField(tag, "not a date and time") from error
    return seconds * 1_000_000_000 + int((match.group(2) or "").ljust(9, "0"))


def timestamp_text(at_ns: int) -> str:
    """UTC nanoseconds as a UTCTimestamp with milliseconds, rounded down."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    stamp = _time.strftime("%Y%m%d-%H:%M:%S", _time.gmtime(seconds))
    return f"{stamp}.{rest // 1_000_000:03d}"

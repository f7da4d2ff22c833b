"""FIX tag=value text as plain data: one string in, one string out, no FIX engine.

QuickFIX pays for every call across its binding, so its applications take `message.toString()`
once and read from here, and hand one string back (performance.md 3a). Validation against the data
dictionary has been done by then; what the dictionary cannot know is checked by whoever translates.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

SOH: Final = "\x01"
# ASCII, and matched whole: Python's int() also takes other scripts' digits, blanks and underscores.
_TAG: Final = re.compile(r"[0-9]{1,9}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")  # 18 digits fit 64 bits
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")  # FIX floats have no exponent
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})-([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

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
        """The fields of a SOH-separated message. Raises BadField.

        Bytes that were not UTF-8 (surrogates here) become "?": a fill is booked whatever its
        Text(58) holds, and nothing unencodable goes on to the log.
        """
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        fields: Fields = []
        for pair in text.split(SOH):
            if not pair:
                continue
            tag, equals, value = pair.partition("=")
            if not equals or not _TAG.fullmatch(tag):
                raise BadField(0, f"{pair[:32]!r} is not tag=value")
            fields.append((int(tag), value))
        return cls(fields)

    @property
    def msg_type(self) -> str:
        """MsgType(35). Raises BadField."""
        return self.require(35)

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
        """A FIX int. Raises BadField."""
        value = self.require(tag)
        if not _INTEGER.fullmatch(value):
            raise BadField(tag, "not an integer")
        return int(value)

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
        if not _TAG.fullmatch(count) or int(count) != len(entries):
            raise BadField(count_tag, f"{count[:32]} announced, {len(entries)} found")
        return entries


def fix_text(msg_type: str, fields: Iterable[tuple[int, object]]) -> str:
    """A FIX 4.4 message as text; length, checksum and session header are the session's to fill.

    A SOH within a value becomes "?": what a counterparty typed may not forge fields.
    """
    parts = [f"{tag}={value}" for tag, value in fields]
    body = SOH.join(parts)
    if body.count(SOH) >= len(parts):
        body = SOH.join(part.replace(SOH, "?") for part in parts)
    return f"8=FIX.4.4{SOH}9=0{SOH}35={msg_type}{SOH}{body}{SOH}10=000{SOH}"


def read_decimal(tag: int, value: str) -> Decimal:
    """A FIX float (no exponent, no NaN) as a Decimal. Raises BadField."""
    if not _DECIMAL.fullmatch(value):
        raise BadField(tag, "not a number")
    return Decimal(value)


def read_timestamp_ns(tag: int, value: str) -> int:
    """A UTCTimestamp (YYYYMMDD-HH:MM:SS[.f]) as UTC nanoseconds. Raises BadField."""
    match = _TIMESTAMP.fullmatch(value)
    if match is None:
        raise BadField(tag, "not a UTC timestamp YYYYMMDD-HH:MM:SS[.sss]")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    leap = second == 60  # the leap second is the first one of the next minute, as in POSIX time
    try:
        at = datetime(year, month, day, hour, minute, second - leap, tzinfo=UTC)
    except ValueError as error:
        raise BadField(tag, "not a date and time") from error
    elapsed = at - _EPOCH
    seconds = elapsed.days * 86_400 + elapsed.seconds + leap
    return seconds * 1_000_000_000 + int((match.group(7) or "").ljust(9, "0"))


def timestamp_text(at_ns: int) -> str:
    """UTC nanoseconds as a UTCTimestamp with milliseconds, rounded down."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%Y%m%d-%H:%M:%S}.{rest // 1_000_000:03d}"

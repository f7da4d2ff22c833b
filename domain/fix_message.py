"""FIX tag=value text as plain data: one string in, one string out, no FIX engine.

QuickFIX pays for every call across its binding, so its applications take `message.toString()`
once and read from here, and hand one string back (performance.md 3a). Validation against the data
dictionary has been done by then; what the dictionary cannot know is checked by whoever translates.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
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
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Data fields by the field that says how many bytes they hold: those bytes may be SOH (FIX 4.4
# volume 1, "data").
_DATA_OF: Final = {
    90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359,
    360: 361, 362: 363, 364: 365, 618: 619, 621: 622,
}  # fmt: skip
_LENGTH_OF: Final = {data: length for length, data in _DATA_OF.items()}

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
        return cls(list(_read(text)))

    @classmethod
    def parse_strictly(cls, text: str) -> "FixMessage":
        """As `parse`, but bytes that were not UTF-8 become U+FFFD, which no id may hold: "?" would
        make two ids one. Raises BadField."""
        return cls(list(_read(text, "\ufffd")))

    @classmethod
    def head(cls, text: str) -> "FixMessage":
        """The fields before the first that cannot be read: enough to say no to a message."""
        fields: Fields = []
        with suppress(BadField):
            fields.extend(_read(text, "\ufffd"))
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


def _read(text: str, unreadable: str = "?") -> Iterator[tuple[int, str]]:
    """The fields in their order. Raises BadField where one cannot be read."""
    is_ascii = text.isascii()
    # Lengths count bytes: each is one character here until its value is complete.
    raw = text if is_ascii else text.encode("utf-8", "surrogateescape").decode("latin-1")
    lengths: dict[int, str] = {}
    pairs = iter(raw.split(SOH))
    for pair in pairs:
        if not pair:
            continue
        name, equals, value = pair.partition("=")
        if not equals or not _TAG.fullmatch(name):
            raise BadField(0, f"{pair[:32]!r} is not tag=value")
        tag = int(name)
        if tag in _DATA_OF:
            lengths[_DATA_OF[tag]] = value
        elif tag in lengths:
            value = _data(tag, value, lengths.pop(tag), pairs)
        yield tag, value if is_ascii else _decoded(value, unreadable)


def _data(tag: int, value: str, length: str, pairs: Iterator[str]) -> str:
    """A value of exactly `length` bytes, with what follows its SOHs. Raises BadField."""
    if not _TAG.fullmatch(length):
        raise BadField(_LENGTH_OF[tag], "not a length")
    left = int(length) - len(value)
    parts = [value]
    while left > 0:
        more = next(pairs, None)
        if more is None:
            break
        parts.append(more)
        left -= 1 + len(more)
    if left:
        raise BadField(tag, f"not as long as tag {_LENGTH_OF[tag]} says")
    return SOH.join(parts)


def _decoded(value: str, unreadable: str) -> str:
    """A value of one character a byte as text; each byte that is not UTF-8 as `unreadable`."""
    text = value.encode("latin-1").decode("utf-8", "surrogateescape")
    return _SURROGATE.sub(unreadable, text)


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

"""FIX text: what goes out comes back, and no input raises anything but BadField."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fix_message import (
    SOH,
    BadField,
    Fields,
    FixMessage,
    fix_text,
    read_decimal,
    read_timestamp_ns,
    timestamp_text,
)

NOON_NS = 1_385_121_600_000_000_000  # 2013-11-22 12:00:00 UTC
VALUES = st.text(st.characters(exclude_characters=SOH, exclude_categories=["Cs"]))
TAGS = st.integers(1, 999_999_999)


def message(pipes: str) -> FixMessage:
    return FixMessage.parse(pipes.replace("|", SOH))


def test_reading() -> None:
    found = message("8=FIX.4.4|9=0|35=D|38=100|44=10.5|60=20131122-12:00:00.123|58=a=b|58=c|")
    assert found.msg_type == "D"
    assert found.integer(38) == 100
    assert found.decimal(44) == Decimal("10.5")
    assert found.timestamp_ns(60) == NOON_NS + 123_000_000
    assert found.get(58) == "a=b"  # the first of a repeated tag
    assert found.get(1) is None
    assert found.get(1, "none") == "none"


@pytest.mark.parametrize(
    ("read", "tag"),
    [
        (lambda found: found.require(1), 1),
        (lambda found: found.require(2), 2),
        (lambda found: found.integer(3), 3),
        (lambda found: found.decimal(3), 3),
        (lambda found: found.timestamp_ns(3), 3),
        (lambda found: found.msg_type, 35),
    ],
)
def test_a_fault_names_its_tag(read: Callable[[FixMessage], object], tag: int) -> None:
    with pytest.raises(BadField) as caught:
        read(message("8=FIX.4.4|2=|3=x|"))
    assert caught.value.tag == tag


@pytest.mark.parametrize("text", ["35", "=x", "x=1", "²=1", "٣=1", "-1=x", "1" * 5_000 + "=1"])
def test_what_is_no_field(text: str) -> None:
    with pytest.raises(BadField):
        FixMessage.parse(text)


@pytest.mark.parametrize("value", ["1_000", " 5", "5 ", "٣", "1.0", "1e3", "9" * 19, "9" * 5_000])
def test_what_is_no_integer(value: str) -> None:
    with pytest.raises(BadField):
        FixMessage([(38, value)]).integer(38)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e5", ".5", "5.", "٣", "1\n", "", "1" * 19])
def test_what_is_no_decimal(value: str) -> None:
    with pytest.raises(BadField):
        read_decimal(44, value)


@pytest.mark.parametrize(
    ("value", "at_ns"),
    [
        ("20131122-12:00:00", NOON_NS),
        ("20131122-12:00:00.5", NOON_NS + 500_000_000),
        ("20131122-12:00:00.000000001", NOON_NS + 1),
        ("20161231-23:59:60", 1_483_228_800_000_000_000),  # a leap second
        ("19700101-00:00:00.000", 0),
    ],
)
def test_timestamps(value: str, at_ns: int) -> None:
    assert read_timestamp_ns(60, value) == at_ns


@pytest.mark.parametrize(
    "value",
    ["20240230-00:00:00", "20240101-24:00:00", "20240101-00:00:61", "20240101-00:00:00\n",
     "2024-01-01T00:00:00", "20240101", "00000101-00:00:00", "20240101-00:00:00.1234567890"],
)  # fmt: skip
def test_what_is_no_timestamp(value: str) -> None:
    with pytest.raises(BadField):
        read_timestamp_ns(60, value)


@given(at_ms=st.integers(0, 2**63 // 1_000_000 - 1))
def test_timestamp_round_trip(at_ms: int) -> None:
    assert read_timestamp_ns(60, timestamp_text(at_ms * 1_000_000)) == at_ms * 1_000_000
    assert timestamp_text(at_ms * 1_000_000 + 999_999) == timestamp_text(at_ms * 1_000_000)


@given(number=st.decimals(-(10**17), 10**17, places=6))
def test_decimal_round_trip(number: Decimal) -> None:
    assert read_decimal(44, f"{number:f}") == number


@given(fields=st.lists(st.tuples(TAGS, VALUES)))
def test_text_round_trip(fields: list[tuple[int, str]]) -> None:
    found = FixMessage.parse(fix_text("8", fields))
    assert found.fields == [(8, "FIX.4.4"), (9, "0"), (35, "8"), *fields, (10, "000")]


def test_a_value_cannot_forge_a_field() -> None:
    text = fix_text("8", [(11, "A\x0139=2"), (58, "x")])
    assert FixMessage.parse(text).fields[3:-1] == [(11, "A?39=2"), (58, "x")]


def test_bytes_that_were_not_utf8_can_be_logged() -> None:
    raw = b"35=8\x0158=Soci\xe9t\xe9\x01".decode("utf-8", "surrogateescape")
    assert FixMessage.parse(raw).get(58) == "Soci?t?"


def test_groups() -> None:
    found = message("35=D|957=2|958=a|959=1|958=b|960=x|")
    assert found.groups(957, 958) == [{958: "a", 959: "1"}, {958: "b", 960: "x"}]
    assert found.groups(453, 448) == []


@pytest.mark.parametrize("count", ["0", "2", "-1", "²", "x", "", "1" * 5_000])
def test_a_group_that_is_miscounted(count: str) -> None:
    with pytest.raises(BadField) as caught:
        FixMessage([(957, count), (958, "a")]).groups(957, 958)
    assert caught.value.tag == 957


@given(text=st.text() | st.lists(st.tuples(TAGS, st.text())).map(
    lambda fields: SOH.join(f"{tag}={value}" for tag, value in fields)))  # fmt: skip
def test_hostile_text_raises_only_bad_field(text: str) -> None:
    with suppress(BadField):
        found = FixMessage.parse(text)
        for tag, _ in found.fields:
            readers: tuple[Callable[[int], Any], ...] = (
                found.require, found.integer, found.decimal, found.timestamp_ns,
            )  # fmt: skip
            for read in readers:
                with suppress(BadField):
                    read(tag)
            with suppress(BadField):
                found.groups(tag, found.fields[-1][0])
        str(found.msg_type).encode()  # UTF-8, whatever came


@given(value=st.text("0123456789.-:_ +eE²٣\n", max_size=30))
def test_hostile_values_raise_only_bad_field(value: str) -> None:
    found = FixMessage([(1, value)])
    for read in (found.integer, found.decimal, found.timestamp_ns):
        with suppress(BadField):
            read(1)


@pytest.mark.parametrize(
    ("pipes", "fields"),
    [
        ("354=7|355=abc|def|11=X|", [(354, "7"), (355, "abc\x01def"), (11, "X")]),
        ("354=7|355=abc|1=2|11=X|", [(354, "7"), (355, "abc\x011=2"), (11, "X")]),
        ("354=7|11=X|355=abc|1=2|", [(354, "7"), (11, "X"), (355, "abc\x011=2")]),
        ("354=4|355=é|a|11=X|", [(354, "4"), (355, "é\x01a"), (11, "X")]),
        ("354=4|355=\udce9\udce8|a|11=X|", [(354, "4"), (355, "??\x01a"), (11, "X")]),
        ("95=3|96=||||11=X|", [(95, "3"), (96, "\x01\x01\x01"), (11, "X")]),
        ("95=0|96=|11=X|", [(95, "0"), (96, ""), (11, "X")]),
        ("93=5|89=a|b=2|10=000|", [(93, "5"), (89, "a\x01b=2"), (10, "000")]),
    ],
)
def test_a_data_field_is_as_long_as_its_length_says(pipes: str, fields: Fields) -> None:
    assert message(pipes).fields == fields


@pytest.mark.parametrize(
    ("pipes", "tag"),
    [("354=9|355=abc|def|", 355), ("354=2|355=abc|", 355), ("354=5|355=abc|def|", 355),
     ("354=x|355=abc|", 354), ("354=-1|355=abc|", 354)],
)  # fmt: skip
def test_a_data_field_of_another_length_is_bad(pipes: str, tag: int) -> None:
    with pytest.raises(BadField) as caught:
        message(pipes)
    assert caught.value.tag == tag


@given(value=st.text(), tag=st.sampled_from([(90, 91), (354, 355), (621, 622)]))
def test_data_holds_whatever_its_length_covers(value: str, tag: tuple[int, int]) -> None:
    size = len(value.encode())
    found = FixMessage.parse(f"35=D{SOH}{tag[0]}={size}{SOH}{tag[1]}={value}{SOH}11=X{SOH}")
    assert found.fields == [(35, "D"), (tag[0], str(size)), (tag[1], value), (11, "X")]


def test_the_head_of_a_message_ends_before_what_cannot_be_read() -> None:
    text = "35=D|11=X|354=9|355=abc|1=2|".replace("|", SOH)
    assert FixMessage.head(text).fields == [(35, "D"), (11, "X"), (354, "9")]


def test_what_was_not_utf8_can_be_told_from_a_question_mark() -> None:
    raw = b"35=D\x0111=a\xe9b\x01".decode("utf-8", "surrogateescape")
    assert FixMessage.parse_strictly(raw).get(11) == "a\ufffdb"

"""The codec: every way in which a record can be bad, with its code and the field named."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.codec import RAW_MAX, Undecodable, dead_letter, decode, encode
from bus.topics import ORDER_RECORD_MAX, REQUEST_RECORD_MAX, SPECS, Topic
from domain.deadletters import DeadLetterReason
from domain.fix_codes import OrdType
from domain.instruments import Side
from domain.marketdata import Depth, Quote, Trade, TradingPhase, TradingStatus
from domain.parents import NewParent

PARENT = (
    b'{"type":"new_parent","source":"A","cl_ord_id":"1","symbol":"VOD","side":"1",'
    b'"order_qty":"100","algo":"twap","sent_ns":1}'
)


def test_a_minimal_parent() -> None:
    assert decode(Topic.PARENTS, PARENT) == NewParent(
        source="A",
        cl_ord_id="1",
        symbol="VOD",
        side=Side.BUY,
        order_qty=Decimal(100),
        algo="twap",
        ord_type=OrdType.MARKET,
        sent_ns=1,
    )


@pytest.mark.parametrize("number", [b'"100"', b"100", b"100.0", b"1e2", b'"1E+2"'])
def test_a_decimal_may_be_text_or_number(number: bytes) -> None:
    found = decode(Topic.PARENTS, PARENT.replace(b'"100"', number))
    assert found.order_qty == 100


def test_a_json_number_keeps_its_digits() -> None:
    found = decode(Topic.PARENTS, PARENT.replace(b'"100"', b"0.1000000000000000055"))
    assert str(found.order_qty) == "0.1000000000000000055"


@pytest.mark.parametrize("number", [b'"NaN"', b'"Infinity"', b"1e999999", b'"1E-999999"'])
def test_an_absurd_decimal_passes_and_the_instrument_refuses_it(number: bytes) -> None:
    """So that its sender is told, by a coded reject, rather than a deadletter reader."""
    assert isinstance(decode(Topic.PARENTS, PARENT.replace(b'"100"', number)), NewParent)


REASONS = [
    # what is replaced, by what, reason, field
    (b'"new_parent"', b'"nonsense"', DeadLetterReason.UNKNOWN_TYPE, "type"),
    (b'"type":"new_parent",', b"", DeadLetterReason.UNKNOWN_TYPE, "type"),
    (b'"new_parent"', b"1", DeadLetterReason.UNKNOWN_TYPE, "type"),
    (b'"order_qty":"100",', b"", DeadLetterReason.BAD_FIELD, "order_qty"),
    (b'"algo"', b'"extra":1,"algo"', DeadLetterReason.BAD_FIELD, "extra"),
    (b'"algo"', b'"' + b"x" * 9_999 + b'":1,"algo"', DeadLetterReason.BAD_FIELD, "x" * 256),
    (b'"twap"', b"5", DeadLetterReason.BAD_FIELD, "algo"),
    (b'"twap"', b"null", DeadLetterReason.BAD_FIELD, "algo"),
    (b'"side":"1"', b'"side":"5"', DeadLetterReason.BAD_FIELD, "side"),
    (b'"side":"1"', b'"side":1', DeadLetterReason.BAD_FIELD, "side"),
    (b'"100"', b'"many"', DeadLetterReason.BAD_FIELD, "order_qty"),
    (b'"100"', b"null", DeadLetterReason.BAD_FIELD, "order_qty"),
    (b'_ns":1', b'_ns":-1', DeadLetterReason.BAD_FIELD, "sent_ns"),
    (b'_ns":1', b'_ns":1.5', DeadLetterReason.BAD_FIELD, "sent_ns"),
    (b'_ns":1', b'_ns":9223372036854775808', DeadLetterReason.BAD_FIELD, "sent_ns"),
    (b'_ns":1', b'_ns":' + b"9" * 5_000, DeadLetterReason.BAD_FIELD, "sent_ns"),
    (b'"algo"', b'"params":{"a":1,"b":[1]},"algo"', DeadLetterReason.BAD_FIELD, "params.b"),
    (b'"algo"', b'"params":{"b":null},"algo"', DeadLetterReason.BAD_FIELD, "params.b"),
    (b'"algo"', b'"params":[],"algo"', DeadLetterReason.BAD_FIELD, "params"),
    (b'"algo"', b'"params":{"b":' + b"9" * 5_000 + b'},"algo"', DeadLetterReason.BAD_FIELD,
     "params"),
    (b'"algo"', b'"params":{"b":' + b"[" * 9_999 + b'},"algo"', DeadLetterReason.BAD_FIELD,
     "params"),
    (b'"algo"', b'"params":{"b":1e400},"algo"', DeadLetterReason.BAD_FIELD, "params"),
    (PARENT, b"[]", DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, b"null", DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, b"[" * 9_999, DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, b'{"a":' * 3_000, DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, b"", DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, b"8=FIX.4.4\x0135=D\x01", DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, PARENT + b"x", DeadLetterReason.NOT_DECODABLE, None),
    (b'"A"', b'"\xff"', DeadLetterReason.NOT_DECODABLE, None),
    (b'"A"', b'"\\ud800"', DeadLetterReason.NOT_DECODABLE, None),
    (b'"100"', b"NaN", DeadLetterReason.NOT_DECODABLE, None),
    (PARENT, PARENT + b" " * REQUEST_RECORD_MAX, DeadLetterReason.OVERSIZED, None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason", "field"), REASONS, ids=lambda at: str(at)[:40])
def test_what_is_bad(old: bytes, new: bytes, reason: DeadLetterReason, field: str | None) -> None:
    assert PARENT.count(old) == 1
    with pytest.raises(Undecodable) as caught:
        decode(Topic.PARENTS, PARENT.replace(old, new))
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_every_reason_of_the_codec_has_a_row() -> None:
    others = {  # said by those who read, not by the codec
        DeadLetterReason.ILLEGAL_TRANSITION,
        DeadLetterReason.UNKNOWN_CHILD,
    }
    assert {reason for _, _, reason, _ in REASONS} == set(DeadLetterReason) - others


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (b"", DeadLetterReason.NOT_DECODABLE, None),
        (b"\xc1", DeadLetterReason.NOT_DECODABLE, None),
        (msgspec.msgpack.encode([["z"]]), DeadLetterReason.UNKNOWN_TYPE, "type"),
        (msgspec.msgpack.encode([[1]]), DeadLetterReason.UNKNOWN_TYPE, "type"),
        (msgspec.msgpack.encode([["q", "VOD"]]), DeadLetterReason.BAD_FIELD, "[0]"),
        (msgspec.msgpack.encode([["s", "VOD", "X", "?", 1]]), DeadLetterReason.BAD_FIELD,
         "[0][3]"),
        (msgspec.msgpack.encode({"q": 1}), DeadLetterReason.NOT_DECODABLE, None),
        (b"\x91" * 9_999, DeadLetterReason.UNKNOWN_TYPE, "type"),
        (b"\x91" * 300_000, DeadLetterReason.OVERSIZED, None),
    ],
    ids=lambda at: str(at)[:40],
)  # fmt: skip
def test_bad_market_data(value: bytes, reason: DeadLetterReason, field: str | None) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(Topic.MARKETDATA, value)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_a_batch_of_market_data() -> None:
    batch = [
        Quote("VOD", "XLON", 1_000, 5, 1_001, 7, 1),
        Trade("VOD", "XLON", 1_001, 100, 2),
        Depth("VOD", "XLON", ((1_000, 5),), (), 3),
        TradingStatus("VOD", "XLON", TradingPhase.HALTED, 4),
    ]
    assert decode(Topic.MARKETDATA, encode(Topic.MARKETDATA, batch)) == batch


@given(value=st.binary(max_size=200), topic=st.sampled_from(Topic))
def test_any_bytes_are_read_or_refused(value: bytes, topic: Topic) -> None:
    refused = attempt(topic, value)
    if refused is not None:
        assert len(encode(Topic.DEADLETTER, letter(value, refused))) < ORDER_RECORD_MAX


@given(at=st.integers(0, len(PARENT) - 1), byte=st.integers(0, 255))
def test_one_wrong_byte(at: int, byte: int) -> None:
    attempt(Topic.PARENTS, PARENT[:at] + bytes([byte]) + PARENT[at + 1 :])


def attempt(topic: Topic, value: bytes) -> Undecodable | None:
    try:
        decode(topic, value)
    except Undecodable as refused:
        return refused
    return None


def letter(value: bytes, refused: Undecodable) -> object:
    return dead_letter("test", Topic.PARENTS, 0, 7, "k" * 999, value, refused, 1)


def test_a_dead_letter_is_bounded_and_decodes() -> None:
    fault = Undecodable(DeadLetterReason.OVERSIZED, None, "t" * 9_999)
    found = letter(b"x" * 999_999, fault)
    encoded = encode(Topic.DEADLETTER, found)
    assert len(encoded) < 2 * RAW_MAX
    assert decode(Topic.DEADLETTER, encoded) == found


def test_every_topic_has_a_decoder() -> None:
    assert set(SPECS) == set(Topic)

"""What QuickFIX makes of the messages of both sides, and what both sides make of garbage."""

import re
from pathlib import Path

import pytest
import quickfix as fix
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.fix_message import SOH, FixMessage
from domain.marketdata import Depth, Quote, Trade
from headgate.dictionary import dictionary_path
from tests.marketdata.fix_scene import FixScene
from tests.venuesim.market_data_scene import ServerScene, fields
from venuesim.fix_venue import data_dictionary

TESTS = Path(__file__).resolve().parents[1]
SERVER = sorted((TESTS / "venuesim" / "scenarios").glob("market_data_*.txt"))
CLIENT = sorted((TESTS / "marketdata" / "scenarios").glob("fix_*.txt"))
HEADER = "34=2|49=A|52=20260105-14:30:00|56=B|"


def messages(paths: list[Path], prefix: str = "") -> list[str]:
    """Every message of these conversations, once, that is what both dictionaries should take."""
    lines = [line for path in paths for line in path.read_text().splitlines()]
    found = [line.removeprefix(prefix) for line in lines if line.startswith(f"{prefix}35=")]
    return list(dict.fromkeys(found))


FROM_SERVER = messages(SERVER)
FROM_CLIENT = messages(CLIENT, "> ")
TO_CLIENT = [each.replace("36=+", "36=") for each in messages(CLIENT, "< ")]
TO_SERVER = messages(SERVER, "> ") + FROM_CLIENT


def on_the_wire(pipes: str) -> str:
    kind, _, body = pipes.partition("|")
    return f"8=FIX.4.4|9=0|{kind}|{HEADER}{body}|10=000|".replace("|", SOH)


IN_ENTRY = {269, 279, 285, 278, 55, 270, 271, 272, 273, 625, 277}  # of NoMDEntries(268)
GROUPS = {"V": [(267, 269, {269}), (146, 55, {55})], "W": [(268, 269, IN_ENTRY)],
          "X": [(268, 279, IN_ENTRY)]}  # fmt: skip
DICTIONARIES = {"theirs": data_dictionary(), "ours": dictionary_path()}


@pytest.mark.parametrize("name", DICTIONARIES)
def test_quickfix_takes_every_message_and_keeps_its_groups(name: str) -> None:
    """By the shipped dictionary and by ours; an empty book (268=0) too."""
    read = fix.DataDictionary(str(DICTIONARIES[name]))
    assert any("|268=0" in each for each in FROM_SERVER)
    for pipes in FROM_SERVER + FROM_CLIENT:
        text = fix.Message(on_the_wire(pipes), read, False).toString()
        read.validate(fix.Message(text, read, True))  # length and checksum are right by now
        before, after = FixMessage.parse(on_the_wire(pipes)), FixMessage.parse(text)
        for count, first, inside in GROUPS.get(before.msg_type, []):
            assert groups(after, count, first, inside) == groups(before, count, first, inside)
        assert sorted(said(after)) == sorted(said(before))


def said(message: FixMessage) -> list[tuple[int, str]]:
    """All but BodyLength(9) and CheckSum(10)."""
    return [(tag, value) for tag, value in message.fields if tag not in (9, 10)]


def groups(
    message: FixMessage, count: int, first: int, inside: set[int]
) -> list[list[tuple[int, str]]]:
    """The entries, each as far as the tags of a group go, in wire order."""
    return [[(tag, value) for tag, value in entry.items() if tag in inside]
            for entry in message.groups(count, first)]  # fmt: skip


def test_without_the_dictionary_quickfix_would_take_groups_apart() -> None:
    """Why messages are built with it: otherwise fields are sorted by tag."""
    update = next(each for each in FROM_SERVER if each.startswith("35=X") and "268=2" in each)
    text = fix.Message(on_the_wire(update), False).toString()
    assert re.search(f"{SOH}269=.{SOH}269=.{SOH}", text)


VALUES = st.sampled_from(["", "0", "1", "2", "3", "A", "Z", "-1", "1e9", "99.99", "99.985", "IBM",
                          "GE", "MD-R1", "MD-R2", "99999999999999999999", "20260105", "25:00:00",
                          "é", "N"])  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, pool: list[str]) -> str:
    """A message of the conversations with some fields changed, left out, doubled or swapped."""
    parts = draw(st.sampled_from(pool)).split("|")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, max(1, len(parts) - 1)))
        if at >= len(parts):
            break
        tag = parts[at].partition("=")[0]
        new = draw(st.sampled_from(["change", "drop", "double", "swap"]))
        if new == "change":
            parts[at] = f"{tag}={draw(VALUES)}"
        elif new == "drop":
            del parts[at]
        elif new == "double":
            parts.insert(at, parts[at])
        else:
            parts[at], parts[-1] = parts[-1], parts[at]
    return "|".join(parts)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(damaged(TO_CLIENT), min_size=1, max_size=8))
@example(script=["35=4", "35=Y|281=1"])  # a loss is noticed with a message that cannot be read
def test_no_message_breaks_the_client(script: list[str]) -> None:
    """Nothing raises, and what is published is possible: on the grid, not crossed."""
    scene = FixScene()
    scene.line("logon")
    scene.line("< 35=W|262=$|55=IBM|268=2|269=0|270=99.98|271=100|269=1|270=100.01|271=300")
    for pipes in script:
        scene.line(f"< {pipes}")
        scene.line("wait 0.5")
    scene.line("logout")
    for each in scene.outputs:
        if isinstance(each, Quote):
            assert (each.bid_px_ticks > 0) == (each.bid_qty > 0)
            assert (each.ask_px_ticks > 0) == (each.ask_qty > 0)
            assert not (each.bid_qty and each.ask_qty) or each.bid_px_ticks <= each.ask_px_ticks
        elif isinstance(each, Trade):
            assert each.px_ticks > 0
            assert each.qty > 0
        elif isinstance(each, Depth):
            assert all(qty > 0 and px > 0 for px, qty in (*each.bids, *each.asks))
    last = {each.symbol: each for each in scene.outputs if isinstance(each, Quote)}
    assert not any(each.bid_qty or each.ask_qty for each in last.values())


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(damaged(TO_SERVER), min_size=1, max_size=8))
def test_no_request_breaks_the_server(script: list[str]) -> None:
    """Nothing raises, each is answered but the end of a subscription, and it goes on serving."""
    scene = ServerScene()
    scene.line("logon")
    for pipes in script:
        said = scene.line(f"> {pipes}")
        assert said or fields(pipes).get(263) == "2"
        scene.line("quote IBM 1x99.99 1x100.01")
        scene.line("trade IBM 1x100.01 T1")
    asked = "> 35=V|262=LAST|263=0|264=1|267=1|269=0|146=1|55=IBM"
    assert scene.line(asked)[0].startswith("35=W|262=LAST|55=IBM|268=1")

"""The venue's market data: written conversations, one row for every refusal, and the bounds."""

from pathlib import Path

import pytest

from domain.fix_market_data import MDReqRejReason
from tests.venuesim.market_data_scene import ServerScene, fields
from venuesim import market_data_server

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("market_data_*.txt"))
# MarketDataRequest(V) by tag; a row of REFUSALS changes one of them.
BODY = {262: "R", 263: "1", 264: "1", 265: "1"}
LISTS = {267: ["0", "1"], 146: ["IBM"]}

REFUSALS = [
    ({55: "XXX"}, MDReqRejReason.UNKNOWN_SYMBOL, "Symbol(55) XXX"),
    ({262: "USED"}, MDReqRejReason.DUPLICATE_MD_REQ_ID, "MDReqID(262) USED is subscribed"),
    ({263: "5"}, MDReqRejReason.UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE,
     "SubscriptionRequestType(263) 5"),
    ({264: "-1"}, MDReqRejReason.UNSUPPORTED_MARKET_DEPTH, "MarketDepth(264) -1"),
    ({265: "7"}, MDReqRejReason.UNSUPPORTED_MD_UPDATE_TYPE, "MDUpdateType(265) 7"),
    ({265: None}, MDReqRejReason.UNSUPPORTED_MD_UPDATE_TYPE, "MDUpdateType(265) None"),
    ({263: "0", 265: "7"}, MDReqRejReason.UNSUPPORTED_MD_UPDATE_TYPE, "MDUpdateType(265) 7"),
    ({266: "N"}, MDReqRejReason.UNSUPPORTED_AGGREGATED_BOOK, "AggregatedBook(266) N"),
    ({269: "4"}, MDReqRejReason.UNSUPPORTED_MD_ENTRY_TYPE, "MDEntryType(269) 4"),
    ({386: "1"}, MDReqRejReason.UNSUPPORTED_TRADING_SESSION_ID, "tag 386 1"),
    ({546: "1"}, MDReqRejReason.UNSUPPORTED_SCOPE, "tag 546 1"),
    ({286: "0"}, MDReqRejReason.UNSUPPORTED_OPEN_CLOSE_SETTLE_FLAG, "tag 286 0"),
    ({547: "Y"}, MDReqRejReason.UNSUPPORTED_MD_IMPLICIT_DELETE, "tag 547 Y"),
]  # fmt: skip


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = ServerScene().script(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


def request(changes: dict[int, str | None] | None = None) -> str:
    changed = {} if changes is None else changes
    body = {**BODY, **{tag: value for tag, value in changed.items() if tag not in (55, 269)}}
    types = [str(changed.get(269, "0")), "1"]
    symbols = ["IBM", str(changed.get(55, "SAP"))]
    parts = [f"{tag}={value}" for tag, value in body.items() if value is not None]
    parts += ["267=2", *(f"269={each}" for each in types)]
    parts += ["146=2", *(f"55={each}" for each in symbols)]
    return "35=V|" + "|".join(parts)


@pytest.mark.parametrize(("changes", "reason", "text"), REFUSALS)
def test_refusal(changes: dict[int, str | None], reason: MDReqRejReason, text: str) -> None:
    scene = ServerScene()
    scene.line("logon")
    scene.line("> " + request({262: "USED"}))
    [said] = scene.line("> " + request(changes))
    md_req_id = changes.get(262, "R")
    assert said == f"35=Y|262={md_req_id}|281={reason.value}|58={text}"
    assert scene.server.rejected == {reason.name.lower(): 1}
    assert len(scene.line("quote IBM 1x99.99 1x100.00")) == 1  # USED goes on, and alone


def test_every_reason_has_its_row_but_those_that_no_venue_here_has() -> None:
    elsewhere = {MDReqRejReason.INSUFFICIENT_PERMISSIONS, MDReqRejReason.INSUFFICIENT_BANDWIDTH}
    assert {reason for _, reason, _ in REFUSALS} == set(MDReqRejReason) - elsewhere


def test_refusals_are_looked_for_in_order() -> None:
    """With everything wrong at once, each reason goes in its turn."""
    scene = ServerScene()
    scene.line("logon")
    wrong: dict[int, str | None] = {263: "5", 264: "-1", 265: "7", 266: "N", 269: "4", 386: "1",
                                    546: "1", 286: "0", 547: "Y", 55: "XXX"}  # fmt: skip
    found = []
    for _ in range(len(wrong)):
        [said] = scene.line("> " + request(wrong))
        found.append(MDReqRejReason(dict(fields(said).fields)[281]))
        tag = {"4": 263, "5": 264, "6": 265, "7": 266, "8": 269, "9": 386, "A": 546, "B": 286,
               "C": 547, "0": 55}[found[-1].value]  # fmt: skip
        del wrong[tag]
    assert [each.value for each in found] == ["4", "5", "6", "7", "8", "9", "A", "B", "C", "0"]


def test_too_many_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_data_server, "IMAGES_MAX", 3)
    scene = ServerScene()
    scene.line("logon")
    assert len(scene.line("> " + request())) == 2
    [said] = scene.line("> " + request({262: "R2"}))
    assert said == "35=Y|262=R2|281=2|58=more than 3 symbols"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("35=V|262=R|263=1|264=x|265=1|267=1|269=0|146=1|55=IBM", "tag 264: not an integer"),
        ("35=V|262=R|263=1|264=1|265=1|267=2|269=0|146=1|55=IBM", "tag 267: 2 announced, 1 found"),
        ("35=V|262=R|263=1|264=1|265=1|267=1|269=0", "tag 146: nothing is asked for"),
        ("35=V|262=R|263=1|264=1|265=1|146=1|55=IBM", "tag 267: nothing is asked for"),
        ("35=V|263=1|264=1|265=1|267=1|269=0|146=1|55=IBM", "tag 262: missing"),
        ("35=e|324=S|55=IBM|263=9", "tag 263: 9 is not offered"),
        ("35=e|55=IBM|263=1", "tag 324: missing"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_answered(asked: str, text: str) -> None:
    scene = ServerScene()
    scene.line("logon")
    kind = asked[3]
    assert scene.line("> " + asked) == [f"35=j|45=7|372={kind}|380=5|58={text}"]


def test_the_end_of_what_was_never_asked() -> None:
    scene = ServerScene()
    scene.line("logon")
    said = scene.line("> " + request({263: "2"}))
    assert said == ["35=Y|262=R|58=MDReqID(262) R is not subscribed"]
    assert scene.server.rejected == {"unknown_request": 1}


def test_a_subscriber_that_leaves_too_many_trades_waiting_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(market_data_server, "TRADES_WAITING_MAX", 3)
    scene = ServerScene()
    scene.line("logon")
    scene.line("> " + request({269: "2"}))
    scene.line("room 0")
    for number in range(3):
        assert scene.line(f"trade IBM 100x100.01 T{number}") == []
    assert scene.line("trade IBM 100x100.01 T3") == ["cut: too many trades wait for it"]
    assert scene.line("room 10") == []
    assert scene.line("> " + request()) == []
    assert scene.server.on_event(scene.event("trade", ["IBM", "1x100.00", "T4"])) == []


def test_a_subscriber_that_asks_and_does_not_read_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(market_data_server, "ANSWERS_WAITING_MAX", 2)
    scene = ServerScene()
    scene.line("logon")
    scene.line("room 0")
    ask = "> 35=e|324=S1|55=IBM|263=0"
    assert [len(scene.line(ask)) for _ in range(2)] == [1, 1]
    assert scene.line(ask)[-1] == "cut: it asks and does not read the answers"
    assert scene.line(ask) == []


def test_more_trades_than_a_message_holds_come_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_data_server, "TRADES_PER_MESSAGE", 2)
    scene = ServerScene()
    scene.line("logon")
    scene.line("> " + request({269: "2"}))
    scene.line("room 0")
    for number in range(5):
        scene.line(f"trade IBM 100x100.01 T{number}")
    scene.line("quote IBM - 1x100.01")
    sent = [fields(said) for said in scene.line("room 10")]
    assert [[entry.get(278, "book") for entry in each.groups(268, 279)] for each in sent] == [
        ["T0", "T1"], ["T2", "T3"], ["T4", "book"],
    ]  # fmt: skip


def test_a_symbols_status_is_followed_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_data_server, "STATUS_REQUESTS_MAX", 2)
    scene = ServerScene()
    scene.line("logon")
    for number in range(3):
        [said] = scene.line(f"> 35=e|324=S{number}|55=IBM|263=1")
        assert said == f"35=f|324=S{number}|55=IBM|325=N"
    told = [dict(fields(said).fields)[324] for said in scene.line("status IBM halted")]
    assert told == ["S0", "S1"]

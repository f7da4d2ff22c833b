"""The FIX market data session: conversations, every row of its tables, and replay."""

from pathlib import Path

import msgspec
import pytest

from domain.fix_market_data import MDReqRejReason
from domain.marketdata import Quote, TradingPhase, TradingStatus
from marketdata.fix_book import FixBook
from marketdata.fix_outputs import DEPTH_LEVELS_MAX, Note, SendFix
from marketdata.fix_subscription import (
    TRANSITIONS,
    Happening,
    IllegalHappening,
    State,
    Subscription,
)
from tests.marketdata.fix_scene import TERMS, FixScene, instrument, shown

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("fix_*.txt"))
BOOK = "55=IBM|268=2|269=0|270=99.99|271=100|269=1|270=100.01|271=300"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = FixScene().script(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


def test_the_scenarios_make_every_move(monkeypatch: pytest.MonkeyPatch) -> None:
    made = set()
    move = Subscription.move

    def recorded(self: Subscription, happening: Happening, wall_ns: int) -> State:
        made.add((self.state, happening))
        return move(self, happening, wall_ns)

    monkeypatch.setattr(Subscription, "move", recorded)
    for path in SCENARIOS:
        FixScene().script(path.read_text())
    assert made == set(TRANSITIONS)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("happening", Happening)
def test_a_move(state: State, happening: Happening) -> None:
    found = Subscription(instrument=instrument("IBM"), book=FixBook(symbol="IBM"), state=state)
    after = TRANSITIONS.get((state, happening))
    if after is None:
        with pytest.raises(IllegalHappening, match=f"IBM is {state}: {happening}"):
            found.move(happening, 0)
    else:
        assert found.move(happening, 0) is state
        assert found.state is after


@pytest.mark.parametrize(
    ("value", "name", "state"),
    [
        ("0", "unknown_symbol", State.GIVEN_UP),
        ("1", "duplicate_md_req_id", State.REJECTED),
        ("2", "insufficient_bandwidth", State.REJECTED),
        ("3", "insufficient_permissions", State.GIVEN_UP),
        ("4", "unsupported_subscription_request_type", State.GIVEN_UP),
        ("5", "unsupported_market_depth", State.GIVEN_UP),
        ("6", "unsupported_md_update_type", State.GIVEN_UP),
        ("7", "unsupported_aggregated_book", State.GIVEN_UP),
        ("8", "unsupported_md_entry_type", State.GIVEN_UP),
        ("9", "unsupported_trading_session_id", State.GIVEN_UP),
        ("A", "unsupported_scope", State.GIVEN_UP),
        ("B", "unsupported_open_close_settle_flag", State.GIVEN_UP),
        ("C", "unsupported_md_implicit_delete", State.GIVEN_UP),
        ("Z", "refused", State.REJECTED),
        ("", "refused", State.REJECTED),
    ],
)
def test_a_refusal_names_the_symbol_and_its_reason(value: str, name: str, state: State) -> None:
    scene = FixScene(symbols=("GE", "IBM"))
    scene.line("logon")
    reason = f"|281={value}" if value else ""
    said = scene.receive(f"35=Y|262=MD-R2{reason}|58=why")
    is_alarm = state is State.GIVEN_UP
    assert said == [Note("XSIM", "IBM", name, "why", is_alarm)]
    assert scene.session.states()[state] == 1
    assert scene.session.states()[State.REQUESTED] == 1  # GE is not touched


def test_every_reason_of_fix_has_its_row() -> None:
    rows = test_a_refusal_names_the_symbol_and_its_reason.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's own
    assert {value for value, _, _ in rows if value not in ("", "Z")} == set(MDReqRejReason)


def test_levels_are_published_when_they_are_asked_for() -> None:
    scene = FixScene(terms=msgspec.structs.replace(TERMS, depth=2))
    [start, none] = scene.line("start")
    assert shown(none) == "depth IBM - - at 0.000"
    assert isinstance(start, Quote)
    [asked] = scene.line("logon")
    assert isinstance(asked, SendFix)
    assert dict(asked.fields)[264] == 2
    said = scene.receive(
        "35=W|262=MD-R1|55=IBM|268=3|269=0|270=99.98|271=1|269=0|270=99.99|271=2|269=0|270=99.97|271=3"
    )
    assert [shown(each) for each in said] == [
        "quote IBM 2x9999 0x0 at 0.002", "depth IBM 2x9999,1x9998 - at 0.002",
    ]  # fmt: skip
    assert [shown(each) for each in scene.line("logout")] == [
        "quote IBM 0x0 0x0 at 0.002", "depth IBM - - at 0.002",
    ]  # fmt: skip


def test_a_full_book_is_published_as_deep_as_a_record_holds() -> None:
    scene = FixScene(terms=msgspec.structs.replace(TERMS, depth=0))
    scene.line("logon")
    levels = "|".join(f"269=0|270={50 + number}|271=1" for number in range(30))
    depth = scene.receive(f"35=W|262=MD-R1|55=IBM|268=30|{levels}")[-1]
    assert len(depth.bids) == DEPTH_LEVELS_MAX  # type: ignore[union-attr]  # a Depth
    assert depth.bids[0] == (7900, 1)  # type: ignore[union-attr]  # a Depth


def test_the_trading_status_is_asked_for_followed_and_repeated() -> None:
    scene = FixScene(terms=msgspec.structs.replace(TERMS, statuses=True, imbalances=True))
    asked = [shown(each) for each in scene.line("logon")]
    assert asked[-1] == "> 35=e|324=MD-S2|55=IBM|263=1"
    assert "269=A" in asked[0]
    scene.receive(f"35=W|262=MD-R1|{BOOK}")
    for value, phase in (("2", "halted"), ("17", "continuous"), ("21", "auction")):
        [said] = scene.receive(f"35=f|324=MD-S2|55=IBM|325=Y|326={value}|60=20260105-14:30:00.5")
        assert shown(said) == f"status IBM {phase} at 0.500"
    assert scene.receive("35=f|324=MD-S2|55=IBM|325=Y") == []
    scene.now_ns += 9_000_000_000
    scene.line("beat")
    repeated = scene.line("wait 1.5")
    assert [type(each) for each in repeated] == [Quote, TradingStatus]
    # The venue's next word is earlier than the repeat; readers would skip a time that goes back.
    [said] = scene.receive("35=f|324=MD-S2|55=IBM|325=Y|326=2|60=20260105-14:30:01")
    assert said == TradingStatus("IBM", "XSIM", TradingPhase.HALTED, repeated[-1].at_ns)  # type: ignore[union-attr]  # a TradingStatus
    [said] = scene.receive("35=X|262=MD-R1|268=1|279=0|269=A|55=IBM|270=99.99|271=70|277=Q")
    assert shown(said).startswith("imbalance IBM -70 9999 at ")


def test_time_does_not_go_back_in_what_is_published() -> None:
    scene = FixScene()
    scene.line("logon")
    scene.line(f"< 35=W|262=MD-R1|{BOOK}")
    scene.line("wait 2")
    early = "272=20260105|273=14:29:00"
    scene.line(f"< 35=X|262=MD-R1|268=1|279=1|269=0|55=IBM|270=99.99|271=7|{early}")
    times = [each.at_ns for each in scene.outputs if isinstance(each, Quote)]
    assert len(times) == 3
    assert times == sorted(times)


def test_a_stamp_far_ahead_is_not_the_last_word_on_its_symbol() -> None:
    scene = FixScene()
    scene.line("logon")
    scene.receive(f"35=W|262=MD-R1|{BOOK}")
    far = "272=20360105|273=14:30:00"
    [quote] = scene.receive(f"35=X|262=MD-R1|268=1|279=1|269=0|55=IBM|270=99.99|271=7|{far}")
    assert shown(quote) == "quote IBM 7x9999 300x10001 at 0.003"
    [status] = scene.receive("35=f|55=IBM|326=2|60=20360105-14:30:00")
    assert shown(status) == "status IBM halted at 0.004"


def test_the_same_session_again_gives_the_same() -> None:
    for path in SCENARIOS:
        first, second = FixScene(), FixScene()
        assert first.script(path.read_text()) == second.script(path.read_text())
        assert first.outputs == second.outputs

"""Which curve a session has, and why it is no better one; what a directory of profiles gives."""

from pathlib import Path

import msgspec
import pytest

from domain.sessions import Session, SessionKind
from marketdata.known_profiles import (
    MARKET,
    UNKNOWN_DAY_VARIANCE,
    CurveOrigin,
    KnownProfiles,
    read_profiles,
)
from marketdata.symbol_profile import (
    ProfileError,
    ProfileFault,
    SymbolProfile,
    profile_file_name,
    write_profile,
)
from marketdata.volume_curve import (
    CurveError,
    CurveMethod,
    VolumeCurve,
    check_curve,
    file_name,
    write_curve,
)
from tests.marketdata.curve_scene import curve, session, shares
from tests.marketdata.profile_scene import profile

HALF = SessionKind.EARLY_CLOSE
DAY = session(31)  # an hour, as the curve of the scene has it
OTHER = (0.1, 0.2, 0.3, 0.4)


def market_curve(**changes: object) -> VolumeCurve:
    return msgspec.structs.replace(curve(OTHER, expected_qty=5e6), symbol=MARKET, **changes)


def known(made: SymbolProfile | None, *market: VolumeCurve) -> KnownProfiles:
    return KnownProfiles(by_symbol={} if made is None else {"IBM": made}, market=market)


OWN = profile()
BARE = profile(curves=())
OLD = profile(curves=(msgspec.structs.replace(curve(), as_of="2026-01-20", days=()),))
LONG = session(31, 13 * 60)
O = CurveOrigin  # noqa: E741  # the table is wide

ROWS: list[tuple[CurveOrigin, str, bool, KnownProfiles, Session]] = [
    (O.OWN, "", True, known(OWN, market_curve()), DAY),
    (O.OWN, "", True, known(OWN), session(31, 40, HALF)),  # compressed from the full day
    (O.MARKET, "no profile", False, known(None, market_curve()), DAY),
    (O.MARKET, "no full curve in the profile", True, known(BARE, market_curve()), DAY),
    (O.MARKET, "stale: ", True, known(OLD, market_curve()), DAY),
    (O.MARKET, "wrong_session: ", True, known(OWN, market_curve(session_s=4_500)),
     session(31, 75)),
    (O.MARKET, "no early_close curve", True, known(BARE, market_curve()), session(31, 40, HALF)),
    (O.DEFAULT_U, "no profile; no market-wide curve", False, known(None), DAY),
    (O.DEFAULT_U, "no full curve in the profile; no market-wide curve", True, known(BARE), DAY),
    (O.DEFAULT_U, "no market-wide curve", True, known(BARE, market_curve(calendar="XETR")), DAY),
    (O.DEFAULT_U, "market-wide stale: ", False,
     known(None, market_curve(as_of="2026-01-10", days=())), DAY),
    (O.DEFAULT_U, "market-wide from_the_future: ", False,
     known(None, market_curve(as_of="2026-02-01")), DAY),
    (O.DEFAULT_U, "no early_close curve", True, known(OWN), session(31, 80, HALF)),
    (O.EVEN, "a session of 13 h has no U", False, known(None), LONG),
    (O.EVEN, "wrong_session: ", True, known(OWN), LONG),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "why", "level_known", "profiles", "day"), ROWS)
def test_the_order_of_the_fallbacks(
    origin: CurveOrigin, why: str, level_known: bool, profiles: KnownProfiles, day: Session
) -> None:
    found = profiles.curve("IBM", "XNYS", day)
    assert found.origin is origin
    assert why in found.why
    assert bool(why) == bool(found.why)
    assert found.level_known is level_known
    check_curve(found.curve, "found")
    assert found.curve.symbol == "IBM"
    assert found.curve.session_s * 10**9 == day.close_ns - day.open_ns
    if not level_known:
        assert found.curve.day_variance == UNKNOWN_DAY_VARIANCE
    elif origin is not O.OWN:
        assert found.curve.expected_qty == 20_000


def test_the_shapes_are_those_that_they_are_called() -> None:
    assert known(OWN, market_curve()).curve("IBM", "XNYS", DAY).curve == curve()
    assert shares(known(None, market_curve()).curve("IBM", "XNYS", DAY).curve) == list(OTHER)
    u_shape = known(None).curve("IBM", "XNYS", DAY).curve
    assert u_shape.method is CurveMethod.DEFAULT_U
    even = known(None).curve("IBM", "XNYS", LONG).curve
    assert shares(even) == pytest.approx([1 / 52] * 52)


def test_what_a_directory_gives(tmp_path: Path) -> None:
    """Files of symbols that are not traded, too old or of a later day are left out, and noted."""
    for symbol, as_of in (("IBM", "2026-01-31"), ("OLD", "2026-01-20"), ("NEW", "2026-02-03"),
                          ("AAPL", "2026-01-31")):  # fmt: skip
        made = profile(curves=(), days=(), symbol=symbol, as_of=as_of)
        write_profile(made, tmp_path / profile_file_name(symbol))
    write_curve(market_curve(), tmp_path / file_name(MARKET, SessionKind.FULL))
    traded = dict.fromkeys(("IBM", "OLD", "NEW", "LACKS"), "XNYS")
    found = read_profiles(tmp_path, {"XNYS": "2026-02-02"}, traded, 7)
    assert list(found.by_symbol) == ["IBM"]
    assert [each.symbol for each in found.market] == [MARKET]
    assert found.profile("OLD") is None
    for words in ("AAPL is not traded here", "left out: stale: ", "left out: from_the_future: ",
                  "LACKS: no profile", "OLD: no profile"):  # fmt: skip
        assert sum(words in note for note in found.notes) == 1, found.notes


def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    def code(calendar: str = "XNYS") -> ProfileFault:
        with pytest.raises(ProfileError) as caught:
            read_profiles(tmp_path / "profiles", {calendar: "2026-02-02"}, {"IBM": calendar}, 7)
        return caught.value.fault

    assert code() is ProfileFault.NO_FILE
    (tmp_path / "profiles").mkdir()
    write_profile(profile(), tmp_path / "profiles" / "IBM.profile.json")
    assert code("XETR") is ProfileFault.BAD_VALUE
    (tmp_path / "profiles" / "IBM.profile.json").write_text("{}")
    assert code() is ProfileFault.MALFORMED
    (tmp_path / "profiles" / "IBM.profile.json").unlink()
    write_curve(curve(), tmp_path / "profiles" / "MARKET.full.json")
    with pytest.raises(CurveError, match="symbol, session_kind: is of IBM"):
        read_profiles(tmp_path / "profiles", {"XNYS": "2026-02-02"}, {}, 7)

"""Profile files: read strictly, refused by field; and for which day a profile may be used."""

from pathlib import Path

import msgspec
import pytest

from domain.sessions import SessionKind
from marketdata.symbol_profile import (
    FILE_BYTES_MAX,
    ProfileError,
    ProfileFault,
    profile_file_name,
    read_profile,
    require_recent,
    write_profile,
)
from tests.marketdata.curve_scene import curve
from tests.marketdata.profile_scene import norm, profile

F = ProfileFault


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = profile(touch_qty=None, norms=(norm(0, 60, touch_qty=None),))
    path = tmp_path / profile_file_name("IBM")
    write_profile(made, path)
    assert read_profile(path) == made
    assert list(tmp_path.iterdir()) == [path]  # nothing half written stays
    assert profile_file_name("BRK/B") == "BRK_B.profile.json"


BAD: list[tuple[ProfileFault, str, dict[str, object]]] = [
    (F.MALFORMED, "format: 'v2'", {"format": "v2"}),
    (F.MALFORMED, "symbol: empty", {"symbol": ""}),
    (F.MALFORMED, "made_from: empty", {"made_from": ""}),
    (F.MALFORMED, "$.source", {"source": "a friend"}),
    (F.MALFORMED, "unknown field `beta`", {"beta": 1}),
    (F.MALFORMED, "$.adv_qty", {"adv_qty": 1.5}),
    (F.MALFORMED, "as_of: ", {"as_of": "31.1.2026"}),
    (F.MALFORMED, "days: not in rising order", {"days": ["2026-01-30", "2026-01-29"]}),
    (F.FROM_THE_FUTURE, "days: 2026-01-31 is not before as_of", {"days": ["2026-01-31"]}),
    (F.BAD_VALUE, "adv_qty: 0", {"adv_qty": 0}),
    (F.BAD_VALUE, "daily_volatility: -0.1", {"daily_volatility": -0.1}),
    (F.BAD_VALUE, "relative_spread: 0.0", {"relative_spread": 0.0}),
    (F.BAD_VALUE, "touch_qty: -1.0", {"touch_qty": -1.0}),
    (F.BAD_VALUE, "median_trade_qty: 0.0", {"median_trade_qty": 0.0}),
    (F.BAD_NORMS, "norms[1]: [60, 60)", {"norms": [norm(0, 60), norm(60, 60)]}),
    (F.BAD_NORMS, "norms[1]: [30, 90)", {"norms": [norm(0, 60), norm(30, 90)]}),
    (F.BAD_VALUE, "norms[0].shares_per_s: -1.0", {"norms": [norm(shares_per_s=-1.0)]}),
    (F.BAD_VALUE, "norms[0].touch_qty: 0.0", {"norms": [norm(touch_qty=0.0)]}),
    (F.BAD_CURVE, "curves[0]: bins, opening_share, closing_share: sum to 1.2",
     {"curves": [curve(closing=0.2)]}),
    (F.BAD_CURVE, "curves[0]: symbol, calendar: is of AAPL",
     {"curves": [msgspec.structs.replace(curve(), symbol="AAPL")]}),
    (F.BAD_CURVE, "curves: 2 of full sessions", {"curves": [curve(), curve()]}),
    (F.FROM_THE_FUTURE, "curves[0]: as_of: 2026-02-01 is after the profile's",
     {"curves": [msgspec.structs.replace(curve(), as_of="2026-02-01")]}),
    (F.WRONG_NAME, "symbol: is of AAPL", {"symbol": "AAPL", "curves": []}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "words", "changes"), BAD)
def test_a_file_that_was_spoiled(
    tmp_path: Path, fault: ProfileFault, words: str, changes: dict[str, object]
) -> None:
    path = tmp_path / "IBM.profile.json"
    content = msgspec.to_builtins(profile()) | msgspec.to_builtins(changes)
    path.write_bytes(msgspec.json.encode(content))
    with pytest.raises(ProfileError) as caught:
        read_profile(path)
    assert caught.value.fault is fault, str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_profile(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "IBM.profile.json"
    path.write_bytes(content)
    with pytest.raises(ProfileError) as caught:
        read_profile(path)
    assert caught.value.fault is F.MALFORMED


def test_files_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    path = tmp_path / "IBM.profile.json"
    for fault in (F.NO_FILE, F.OVERSIZED):
        with pytest.raises(ProfileError) as caught:
            read_profile(path)
        assert caught.value.fault is fault
        path.write_bytes(b" " * (FILE_BYTES_MAX + 1))


@pytest.mark.parametrize(
    ("day", "fault"),
    [("2026-01-30", F.FROM_THE_FUTURE), ("2026-01-31", None), ("2026-02-07", None),
     ("2026-02-08", F.STALE)],
)  # fmt: skip
def test_for_which_day(day: str, fault: ProfileFault | None) -> None:
    if fault is None:
        require_recent(profile(), day, 7, "IBM")
        return
    with pytest.raises(ProfileError) as caught:
        require_recent(profile(), day, 7, "IBM")
    assert caught.value.fault is fault
    assert str(caught.value).startswith("IBM: as_of: 2026-01-31 is ")


@pytest.mark.parametrize(
    ("after_open_s", "start_s"),
    [(-1, None), (0, 0), (59.9, 0), (60, None), (119, None), (120, 120), (179, 120), (180, None)],
)
def test_what_is_usual_at_a_time(after_open_s: float, start_s: int | None) -> None:
    """Bins are half-open; nothing is known of the break between them."""
    found = profile(norms=(norm(0, 60), norm(120, 180))).norm_at(after_open_s)
    assert (None if found is None else found.start_s) == start_s


def test_the_curve_of_a_kind_of_session() -> None:
    made = profile()
    assert made.curve_of(SessionKind.FULL) == curve()
    assert made.curve_of(SessionKind.EARLY_CLOSE) is None

"""Curve files: read strictly, refused by field; and for which sessions a curve may be used."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.sessions import Session, SessionKind
from marketdata.volume_curve import (
    FILE_BYTES_MAX,
    CurveBin,
    CurveError,
    CurveFault,
    file_name,
    read_curve,
    require,
    write_curve,
)
from tests.marketdata.curve_scene import curve, session

F = CurveFault


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = curve(opening=0.1, shares=(0.4, 0.1, 0.1, 0.3))
    path = tmp_path / file_name("BRK/B", SessionKind.EARLY_CLOSE)
    write_curve(made, path)
    assert path.name == "BRK_B.early_close.json"
    assert read_curve(path) == made
    assert list(tmp_path.iterdir()) == [path]  # nothing half written stays


BAD: list[tuple[CurveFault, str, dict[str, object]]] = [
    (F.MALFORMED, "format: 'v2'", {"format": "v2"}),
    (F.MALFORMED, "symbol: empty", {"symbol": ""}),
    (F.MALFORMED, "$.session_kind", {"session_kind": "half"}),
    (F.MALFORMED, "$.method", {"method": "guess"}),
    (F.MALFORMED, "unknown field `volume`", {"volume": 1}),
    (F.MALFORMED, "$.bin_s", {"bin_s": "900"}),
    (F.MALFORMED, "as_of: ", {"as_of": "31.1.2026"}),
    (F.MALFORMED, "days: not in rising order", {"days": ["2026-01-30", "2026-01-29"]}),
    (F.FROM_THE_FUTURE, "days: 2026-01-31 is not before as_of", {"days": ["2026-01-31"]}),
    (F.BAD_BINS, "bin_s: 30", {"bin_s": 30}),
    (F.BAD_BINS, "bins: none", {"bins": []}),
    (F.BAD_BINS, "bins[3]: [2700, 3600)", {"session_s": 3_000}),
    (F.BAD_BINS, "bins[1]: [0, 900)", {"bins": [
        {"start_s": 0, "end_s": 900, "share": 0.5}, {"start_s": 0, "end_s": 900, "share": 0.5},
    ]}),
    (F.BAD_SHARES, "bins[0].share: -0.5", {"bins": [
        {"start_s": 0, "end_s": 900, "share": -0.5}, {"start_s": 900, "end_s": 1800, "share": 1.5},
    ]}),
    (F.BAD_SHARES, "sum to 1.2", {"closing_share": 0.2}),
    (F.BAD_SHARES, "closing_share: 2.0", {"closing_share": 2.0}),
    (F.BAD_SHARES, "expected_qty: 0.0", {"expected_qty": 0.0}),
    (F.BAD_SHARES, "day_variance: -1.0", {"day_variance": -1.0}),
    (F.BAD_SHARES, "bin_variance: 0.0", {"bin_variance": 0.0}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "words", "changes"), BAD)
def test_a_file_that_was_spoiled(
    tmp_path: Path, fault: CurveFault, words: str, changes: dict[str, object]
) -> None:
    path = tmp_path / "IBM.full.json"
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(curve()) | changes))
    with pytest.raises(CurveError) as caught:
        read_curve(path)
    assert caught.value.fault is fault
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_curve(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "IBM.full.json"
    path.write_bytes(content)
    with pytest.raises(CurveError) as caught:
        read_curve(path)
    assert caught.value.fault is F.MALFORMED


def test_a_file_that_is_not_there_or_too_long(tmp_path: Path) -> None:
    path = tmp_path / "IBM.full.json"
    with pytest.raises(CurveError, match="No such file") as caught:
        read_curve(path)
    assert caught.value.fault is F.NO_FILE
    path.write_bytes(b" " * (FILE_BYTES_MAX + 1))
    with pytest.raises(CurveError) as caught:
        read_curve(path)
    assert caught.value.fault is F.OVERSIZED


def test_what_does_not_hold_together_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CurveError, match="sum to"):
        write_curve(curve(shares=(0.5, 0.6)), tmp_path / "IBM.full.json")
    assert list(tmp_path.iterdir()) == []


UNFIT: list[tuple[CurveFault, str, str, str, Session]] = [
    (F.WRONG_SYMBOL, "symbol: is of IBM, not AAPL", "AAPL", "XNYS", session(31)),
    (F.WRONG_CALENDAR, "calendar: is XNYS, not XETR", "IBM", "XETR", session(31)),
    (F.WRONG_SESSION, "session_kind: is of full days, and 2026-01-31 is early_close", "IBM", "XNYS",
     session(31, kind=SessionKind.EARLY_CLOSE)),
    (F.WRONG_SESSION, "session_s: 3600, and 2026-01-31 lasts 1800 s", "IBM", "XNYS",
     session(31, minutes=30)),
    (F.FROM_THE_FUTURE, "as_of: 2026-01-31 is after 2026-01-30", "IBM", "XNYS", session(30)),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "words", "symbol", "calendar", "of"), UNFIT)
def test_a_curve_that_is_unfit(
    fault: CurveFault, words: str, symbol: str, calendar: str, of: Session
) -> None:
    with pytest.raises(CurveError) as caught:
        require(curve(), symbol=symbol, calendar=calendar, session=of, stale_days=5, where="file")
    assert caught.value.fault is fault
    assert str(caught.value) == f"file: {words}" or words in str(caught.value)


def test_a_curve_grows_stale() -> None:
    old = msgspec.structs.replace(curve(), as_of="2026-01-25", days=())

    def fit_for(number: int) -> None:
        require(old, symbol="IBM", calendar="XNYS", session=session(number), stale_days=5,
                where="file")  # fmt: skip

    fit_for(25)
    fit_for(30)
    with pytest.raises(CurveError, match="is 6 days before 2026-01-31, more than 5") as caught:
        fit_for(31)
    assert caught.value.fault is F.STALE


@pytest.mark.parametrize(
    ("after_open_s", "done"),
    [
        (-1, 0.0),
        (0, 0.1),  # the opening cross
        (450, 0.25),  # half of the first bin
        (900, 0.4),
        (1_800, 0.5),
        (3_599.999, 0.8),
        (3_600, 1.0),  # the closing cross
    ],
)
def test_cumulative(after_open_s: float, done: float) -> None:
    made = curve((0.3, 0.1, 0.2, 0.1), opening=0.1, closing=0.2)
    assert made.cumulative(after_open_s) == pytest.approx(done, abs=1e-6)


@settings(deadline=None)  # the machine may be busy
@given(cuts=st.lists(st.floats(0, 3_600), min_size=1, max_size=5))
def test_overlaps_of_neighbours_add_up(cuts: list[float]) -> None:
    made = curve()
    edges = [0.0, *sorted(cuts), 3_600.0]
    sums = [0.0] * len(made.bins)
    for start, end in pairwise(edges):
        for index, part in enumerate(made.overlaps(start, end)):
            assert 0.0 <= part <= 1.0
            sums[index] += part
    assert sums == pytest.approx([1.0] * len(sums))


def test_bins_are_half_open() -> None:
    made = msgspec.structs.replace(curve(), bins=(CurveBin(0, 900, 0.5), CurveBin(900, 1_800, 0.5)))
    assert made.overlaps(900, 1_800) == (0.0, 1.0)
    assert made.overlaps(0, 900) == (1.0, 0.0)

"""How far each OMS session was told, over restarts."""

from pathlib import Path

from gateway.told_marks import ToldMarks


def told(marks: ToldMarks, partition: int, *offsets: int) -> None:
    for offset in offsets:
        marks.done(partition, marks.began(partition, offset))


def test_without_a_file_nothing_was_told(tmp_path: Path) -> None:
    marks = ToldMarks(tmp_path / "OMS.told", [100, 100])
    assert not marks.is_told(0, 0)


def test_a_restart_knows_by_partition_what_was_told(tmp_path: Path) -> None:
    marks = ToldMarks(tmp_path / "OMS.told", [0, 0, 0])
    told(marks, 0, 3)
    told(marks, 2, 5, 7)
    marks.write()
    told(marks, 2, 8)
    marks.write()
    again = ToldMarks(tmp_path / "OMS.told", [50, 50, 50])
    assert [again.is_told(0, 3), again.is_told(0, 4)] == [True, False]
    assert not again.is_told(1, 0)
    assert [again.is_told(2, 8), again.is_told(2, 9)] == [True, False]


def test_the_mark_waits_for_what_is_not_stored_yet(tmp_path: Path) -> None:
    marks = ToldMarks(tmp_path / "OMS.told", [0])
    first = marks.began(0, 3)
    told(marks, 0, 4)
    marks.write()
    assert not ToldMarks(tmp_path / "OMS.told", [9]).is_told(0, 3)
    marks.done(0, first)
    marks.write()
    assert ToldMarks(tmp_path / "OMS.told", [9]).is_told(0, 4)


def test_a_mark_of_another_log_and_a_damaged_one_count_as_none(tmp_path: Path) -> None:
    path = tmp_path / "OMS.told"
    marks = ToldMarks(path, [0])
    told(marks, 0, 7)
    marks.write()
    assert not ToldMarks(path, [7]).is_told(0, 0)
    path.write_text("garbage, but as long as a mark\n")
    assert not ToldMarks(path, [100]).is_told(0, 0)


def test_sessions_do_not_share_marks(tmp_path: Path) -> None:
    marks = ToldMarks(tmp_path / "OMS.told", [0])
    told(marks, 0, 7)
    marks.write()
    assert not ToldMarks(tmp_path / "OMS2.told", [9]).is_told(0, 7)

"""What the launcher hands to the processes that it starts."""

from pathlib import Path

import pytest

from headgate.launcher import free_port
from headgate.settings import load_settings, with_absolute_paths

# Drawn at random from the some ten thousand that a system gives, so many would hold repeats.
ASKED = 1_500


def test_no_port_is_given_twice() -> None:
    given = [free_port() for _ in range(ASKED)]
    assert len(set(given)) == ASKED


def test_processes_are_told_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They read settings that lie elsewhere, where a relative path would mean another file."""
    (tmp_path / "deploy").mkdir()
    path = Path("deploy") / "headgate.toml"
    monkeypatch.chdir(tmp_path)
    path.write_text('instruments_file = "names.toml"\n[worker]\nprofiles = "profiles"\n')
    found = with_absolute_paths(load_settings(path, {}))
    assert found.instruments_file == str(tmp_path / "deploy" / "names.toml")
    assert found.worker.profiles == str(tmp_path / "deploy" / "profiles")
    assert not found.worker.calibrations
    assert with_absolute_paths(found) == found

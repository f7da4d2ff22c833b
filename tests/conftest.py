"""What every test may ask for: the `--rewrite` option and the directory of recorded data."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="rewrite tests/**/scenarios/*.txt")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recorded market data: HEADGATE_DATA, or `shared/data` beside the repository."""
    path = Path(os.environ.get("HEADGATE_DATA") or ROOT.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"no recorded data: {path} does not exist (HEADGATE_DATA names another place)")
    return path

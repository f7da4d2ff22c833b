"""The formats of recorded market data that can be read. docs/feeds.md describes each."""

from enum import StrEnum


class FileFormat(StrEnum):
    """What the files of a recording are."""

    LEAN = "lean"
    LOBSTER = "lobster"
    PLAIN = "plain"

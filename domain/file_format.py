"""The formats of recorded market data that can be read. docs/feeds.md describes each."""

from enum import StrEnum


class FileFormat(StrEnum):
    """What the files of a recording are."""

    LEAN = "lean"
    LOBSTER = "lobster"
    PLAIN = "plain"


class VolumeFormat(StrEnum):
    """What volumes for curves may come as. docs/curves.md describes each."""

    LEAN_TICK = "lean-tick"  # a Lean data directory: tick/<symbol>/<yyyymmdd>_trade.zip
    LEAN_SECOND = "lean-second"  # the same: second/<symbol>/<yyyymmdd>_trade.zip
    INTRADAY = "intraday"  # symbol,date,bin_start,volume; the exchange's clock, stamped at start
    MINUTE_END = "minute-end"  # YYYYMMDD HHMMSS;o;h;l;c;v; UTC, stamped at the end
    BARS = "bars"  # our plain schema of bars, CSV or Parquet: symbol, volume, start or end
    PLAIN = "plain"  # our plain schema of events, of which prints are read
    LOBSTER = "lobster"  # LOBSTER-style messages, of which prints are read

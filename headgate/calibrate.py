"""`headgate calibrate`: coefficients from recorded days or own orders, to files and to the eye."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TextIO

import msgspec

from algos.calibration.decay import decay
from algos.calibration.flow_impact import flow_series, kyle_lambda, ofi_lambda, permanent_share
from algos.calibration.own_orders import fit_model
from algos.models.calibration import (
    ALL_SYMBOLS,
    Calibration,
    CalibrationKind,
    file_name,
    read_calibration,
    write_calibration,
)
from algos.models.calibration_error import CalibrationError, CalibrationFault
from bus.log import BusFailed
from domain.file_format import FileFormat
from domain.impact_model import ImpactModelName
from domain.instruments import InstrumentTable
from domain.sessions import TradingCalendar
from headgate.calendars import UnknownCalendar, load_calendar
from headgate.calibration_table import calibration_table
from headgate.order_costs import Gathered, StoredCost, gathered, of_log, of_records, of_simulation
from headgate.settings import Settings, SettingsError, load_instruments
from marketdata.flow_bars import FlowDay
from marketdata.flow_days import flow_days
from marketdata.recording import Recording
from marketdata.symbol_profile import ProfileError, SymbolProfile, read_profile
from marketdata.tick_faults import BadTickFile
from marketdata.volume_curve import CurveError
from simulation.preset_profile import preset_profile
from simulation.recorded_day import recorded_instrument
from venuesim.presets import PRESETS

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 2
EXIT_BUS: Final = 1
_PRESET_DAY: Final = date(2026, 3, 2)  # a full one
BAR_S_MIN: Final = 30  # a bar shorter than that is mostly the bounce of quotes
BAR_S_MAX: Final = 900


class FromMarket(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. No days: all that the source holds."""

    source: Path
    format: FileFormat
    symbols: tuple[str, ...]
    out: Path
    days: tuple[date, ...] = ()
    calendar: str = "XNYS"
    bar_s: int = 60
    skip_bad: bool = False


class FromOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. No sources: topic `tca` of the broker in the settings. `presets`: SYMBOL=NAME
    of simulated markets, instead of profiles.
    """

    sources: tuple[Path, ...]
    profiles: tuple[Path, ...]
    out: Path
    presets: tuple[str, ...] = ()
    currency: str = "USD"


def calibrate_market(asked: FromMarket, settings: Settings, out: TextIO, err: TextIO) -> int:
    """Write a file a symbol and print it. Returns the exit status."""
    try:
        if not BAR_S_MIN <= asked.bar_s <= BAR_S_MAX:
            raise _bad("--bar-seconds", f"{asked.bar_s} is not {BAR_S_MIN} to {BAR_S_MAX}")
        for symbol in asked.symbols:
            _keep(_market_calibration(asked, symbol, settings), asked.out, out)
    except (
        CalibrationError, BadTickFile, CurveError, UnknownCalendar, SettingsError, OSError,
    ) as error:  # fmt: skip
        return _failed("market", error, err)
    return EXIT_OK


def calibrate_orders(asked: FromOrders, settings: Settings, out: TextIO, err: TextIO) -> int:
    """Write one file for all symbols and print it. Returns the exit status."""
    try:
        if len({path.resolve() for path in asked.sources}) < len(asked.sources):
            raise _bad("SOURCES", "one is named twice")
        profiles = {each.symbol: each for each in map(read_profile, asked.profiles)}
        profiles |= dict(map(_preset, asked.presets))
        if not profiles:
            raise _bad("--profile", "give one, or a --preset, for each symbol")
        found = gathered(_stored(asked, settings), profiles)
        out.write(_said(found))
        _keep(_orders_calibration(asked, found), asked.out, out)
    except (CalibrationError, ProfileError, OSError) as error:
        return _failed("orders", error, err)
    except BusFailed as error:
        err.write(f"headgate calibrate orders: {error}\n")
        return EXIT_BUS
    return EXIT_OK


def show(path: Path, out: TextIO, err: TextIO) -> int:
    """Print a file. Returns the exit status."""
    try:
        made = read_calibration(path)
    except CalibrationError as error:
        return _failed("show", error, err)
    out.write("\n".join(calibration_table(made)) + "\n")
    return EXIT_OK


def _keep(made: Calibration, directory: Path, out: TextIO) -> None:
    path = directory / file_name(made.symbol, made.kind)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_calibration(made, path)
    except OSError as error:
        raise _bad("--out", f"{error.filename}: {error.strerror}") from error
    out.write("\n".join([*calibration_table(made), f"wrote {path}"]) + "\n\n")


def _market_calibration(asked: FromMarket, symbol: str, settings: Settings) -> Calibration:
    table = _table(asked, symbol, settings)
    recording = Recording(path=asked.source, format=asked.format, symbols=(symbol,),
                          days=asked.days, skip_bad=asked.skip_bad)  # fmt: skip

    def calendars(first: date, last: date) -> TradingCalendar:
        return load_calendar(asked.calendar, first, last)

    with closing(recording.events(table)) as events:
        days = list(flow_days(events, calendars, asked.bar_s))
    if not days:
        text = f"{asked.calendar} has no session in what it holds of {symbol}"
        raise CalibrationError(CalibrationFault.NO_SESSION, str(asked.source), text)
    instrument = table[symbol]
    bars = flow_series(days, float(instrument.tick))
    names = tuple(day.session.date for day in days)
    return Calibration(
        kind=CalibrationKind.MARKET, symbol=symbol, currency=instrument.currency,
        as_of=_day_after(names[-1]), days=names, made_from=_prints(days, asked.bar_s),
        bar_s=asked.bar_s,
        coefficients=(kyle_lambda(bars), ofi_lambda(bars), permanent_share(bars), *decay(bars)),
    )  # fmt: skip


def _table(asked: FromMarket, symbol: str, settings: Settings) -> InstrumentTable:
    """Lean's files have a grid of their own; what else is recorded is on that of the table."""
    if asked.format is FileFormat.LEAN:
        return InstrumentTable([recorded_instrument(symbol, 1, asked.calendar)])
    return load_instruments(Path(settings.instruments_file))


def _prints(days: list[FlowDay], bar_s: int) -> str:
    """How the flow of the bars got its sign."""
    named, quoted, ticked, unsigned = (
        sum(getattr(day, name) for day in days)
        for name in ("named", "by_quote", "by_tick", "unsigned")
    )
    total = max(named + quoted + ticked + unsigned, 1)
    return (
        f"bars of {bar_s} s; {total:,} prints signed by aggressor {named / total:.0%}, "
        f"by quote {quoted / total:.0%}, by tick {ticked / total:.0%}"
    )


def _stored(asked: FromOrders, settings: Settings) -> Iterator[StoredCost]:
    if not asked.sources:
        from bus.kafka import KafkaLog  # here, because files need no broker

        log = KafkaLog(settings.bus, "calibrate")
        yield from of_log(log)
        log.close()
    for path in asked.sources:
        yield from of_simulation(path) if path.suffix == ".parquet" else of_records(path)


def _orders_calibration(asked: FromOrders, found: Gathered) -> Calibration:
    if not found.days:
        raise CalibrationError(CalibrationFault.TOO_FEW, "orders", "none that can be used")
    fits = [fit_model(model, found.orders) for model in ImpactModelName]
    return Calibration(
        kind=CalibrationKind.ORDERS,
        symbol=found.symbols[0] if len(found.symbols) == 1 else ALL_SYMBOLS,
        currency=asked.currency, as_of=_day_after(found.days[-1]), days=found.days,
        made_from=f"{len(found.orders):,} own orders in {', '.join(found.symbols)}",
        coefficients=tuple(each for fit in fits for each in fit.coefficients),
        slopes=tuple(each for fit in fits for each in fit.slopes),
    )  # fmt: skip


def _preset(text: str) -> tuple[str, SymbolProfile]:
    """SYMBOL=NAME, as the profile that simulations go by; of any full day, for all are alike."""
    symbol, _, name = text.partition("=")
    if not symbol or name not in PRESETS:
        raise _bad("--preset", f"{text!r} is not SYMBOL={'|'.join(PRESETS)}")
    session = load_calendar("XNYS", _PRESET_DAY, _PRESET_DAY).sessions[0]
    return symbol, preset_profile(PRESETS[name], symbol, "XNYS", session, auctions=False)


def _said(found: Gathered) -> str:
    left_out = "".join(f"left out {n:,}: {why}\n" for why, n in found.left_out.items())
    return f"{len(found.orders):,} orders\n{left_out}\n"


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _bad(option: str, text: str) -> CalibrationError:
    return CalibrationError(CalibrationFault.BAD_OPTION, option, text)


def _failed(command: str, error: Exception, err: TextIO) -> int:
    code = ""
    if isinstance(error, CurveError | ProfileError):
        code = f"{error.fault.value}: "
    elif isinstance(error, UnknownCalendar):
        code = "unknown_calendar: "
    err.write(f"headgate calibrate {command}: {code}{error}\n")
    return EXIT_BAD_INPUT

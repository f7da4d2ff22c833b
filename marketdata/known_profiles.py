"""The profiles and curves that a worker goes by, and what it goes by where it has none.

Which curve a session has is found in this order, and said: the symbol's own, the market-wide one,
the measured default U, an even day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from domain.sessions import Session, SessionKind
from marketdata.curve_adjustments import compressed, market_alone
from marketdata.curve_estimators import Estimation, default_curve, even_curve
from marketdata.symbol_profile import (
    SUFFIX,
    ProfileError,
    ProfileFault,
    SymbolProfile,
    read_profile,
    require_recent,
)
from marketdata.volume_curve import (
    CurveError,
    CurveFault,
    VolumeCurve,
    file_name,
    read_curve,
    require,
)

STALE_DAYS: Final = 7  # a week of holidays is bridged; a month-old spread or volume is another's
MARKET: Final = "MARKET"  # the symbol of the market-wide curve: headgate curves build --pool MARKET
FALLBACK_BIN_S: Final = 900  # that of the variances which the default U comes with
# The U was measured over days of 6.5 hours. A market that never closes has no open and close for
# its ends to be about; the longest day of an exchange with both, Frankfurt's in Xetra's hours, is
# 8.5 hours, Tokyo's futures aside.
U_SESSION_S_MAX: Final = 12 * 3_600
# The level of a day of which no volume is known: one share, with a spread of which nothing is left
# after the first bin that is seen (quant.md 3.4: P / (P + 3 R) is above 0.9999).
UNKNOWN_QTY: Final = 1.0
UNKNOWN_DAY_VARIANCE: Final = 1e4
_NS: Final = 1_000_000_000


class CurveOrigin(StrEnum):
    """Whose curve it is, from the best to the least."""

    OWN = "own"
    MARKET = "market"
    DEFAULT_U = "default_u"
    EVEN = "even"


class SessionCurve(msgspec.Struct, frozen=True, kw_only=True):
    """The curve to go by in one session. `why`: why it is no better one; empty for an own one.

    `level_known`: whether `curve.expected_qty` is of this symbol; else its level is learnt from the
    day alone.
    """

    curve: VolumeCurve
    origin: CurveOrigin
    why: str = ""
    level_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProfiles:
    """`by_symbol`: those that are fit for the day. `market`: the market-wide curves, of any kinds.

    `stale_days`: calendar days that a curve may be older than its session. `notes`: what was left
    out, and why, in words.
    """

    by_symbol: Mapping[str, SymbolProfile] = field(default_factory=dict)
    market: tuple[VolumeCurve, ...] = ()
    stale_days: int = STALE_DAYS
    notes: tuple[str, ...] = ()

    def profile(self, symbol: str) -> SymbolProfile | None:
        """What is known of a symbol; None: nothing."""
        return self.by_symbol.get(symbol)

    def curve(self, symbol: str, calendar: str, session: Session) -> SessionCurve:
        """The curve of a symbol's session, in the order of CurveOrigin."""
        profile = self.by_symbol.get(symbol)
        own = self._own(profile, session)
        if isinstance(own, VolumeCurve):
            return SessionCurve(curve=own, origin=CurveOrigin.OWN)
        market = self._market(symbol, calendar, session)
        if isinstance(market, VolumeCurve):
            return _leveled(market, CurveOrigin.MARKET, own, profile)
        how = Estimation(symbol=symbol, calendar=calendar, as_of=session.date)
        trading_s = session.trading_ns(session.open_ns, session.close_ns) // _NS
        if trading_s <= U_SESSION_S_MAX:
            found = default_curve(session, FALLBACK_BIN_S, how, UNKNOWN_QTY)
            return _leveled(found, CurveOrigin.DEFAULT_U, f"{own}; {market}", profile)
        found = even_curve(session, FALLBACK_BIN_S, how, UNKNOWN_QTY)
        long = f"a session of {trading_s / 3_600:g} h has no U"
        return _leveled(found, CurveOrigin.EVEN, f"{own}; {market}; {long}", profile)

    def _own(self, profile: SymbolProfile | None, session: Session) -> VolumeCurve | str:
        """The symbol's own curve, or why there is none."""
        if profile is None:
            return "no profile"
        curve = profile.curve_of(session.kind)
        if curve is None and session.kind is not SessionKind.FULL:
            full = profile.curve_of(SessionKind.FULL)
            curve = None if full is None else _shorter(full, session)
        if curve is None:
            return f"no {session.kind.value} curve in the profile"
        return self._fit(curve, session)

    def _market(self, symbol: str, calendar: str, session: Session) -> VolumeCurve | str:
        """The market's curve under the symbol's name, or why there is none."""
        by_kind = {curve.session_kind: curve for curve in self.market}
        curve = by_kind.get(session.kind)
        if curve is None and SessionKind.FULL in by_kind:
            curve = _shorter(by_kind[SessionKind.FULL], session)
        if curve is None or curve.calendar != calendar:
            return "no market-wide curve"
        fit = self._fit(curve, session)
        if isinstance(fit, str):
            return f"market-wide {fit}"
        return market_alone(fit, session, fit.bin_s, symbol, calendar, fit.as_of)

    def _fit(self, curve: VolumeCurve, session: Session) -> VolumeCurve | str:
        try:
            require(curve, symbol=curve.symbol, calendar=curve.calendar, session=session,
                    stale_days=self.stale_days, where="curve")  # fmt: skip
        except CurveError as error:
            return f"{error.fault.value}: {error}"
        return curve


def _shorter(full: VolumeCurve, session: Session) -> VolumeCurve | None:
    """A full day's curve for a session of another kind; None where that is no shorter."""
    trading_s = session.trading_ns(session.open_ns, session.close_ns) // _NS
    if trading_s > sum(each.end_s - each.start_s for each in full.bins):
        return None
    return compressed(full, session)


def _leveled(
    curve: VolumeCurve, origin: CurveOrigin, why: str, profile: SymbolProfile | None
) -> SessionCurve:
    """A shape that is not the symbol's own, at the level of its average day where that is known."""
    if profile is not None:
        leveled = msgspec.structs.replace(curve, expected_qty=float(profile.adv_qty))
        return SessionCurve(curve=leveled, origin=origin, why=why)
    unknown = msgspec.structs.replace(
        curve, expected_qty=UNKNOWN_QTY, day_variance=UNKNOWN_DAY_VARIANCE
    )
    return SessionCurve(curve=unknown, origin=origin, why=why, level_known=False)


def read_profiles(
    directory: Path, days: Mapping[str, str], symbols: Mapping[str, str], stale_days: int
) -> KnownProfiles:
    """The profiles of a directory, and its market-wide curves (MARKET.<kind>.json).

    `symbols`: calendar by symbol of those that are traded; files of others are not used. `days`:
    the ISO day that it is at each calendar. A profile that is too old for the day, or of a later
    one, is left out and noted. Raises ProfileError for a directory or file that cannot be read,
    and CurveError for a curve file.
    """
    if not directory.is_dir():
        raise ProfileError(ProfileFault.NO_FILE, f"{directory}: no such directory")
    notes: list[str] = []
    found: dict[str, SymbolProfile] = {}
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        profile = read_profile(path)
        calendar = symbols.get(profile.symbol)
        if calendar is None:
            notes.append(f"{path}: {profile.symbol} is not traded here")
        elif profile.calendar != calendar:
            raise ProfileError(
                ProfileFault.BAD_VALUE,
                f"{path}: calendar: is of {profile.calendar}, and {profile.symbol} trades on "
                f"{calendar}",
            )
        else:
            try:
                require_recent(profile, days[calendar], stale_days, str(path))
                found[profile.symbol] = profile
            except ProfileError as error:
                notes.append(f"left out: {error.fault.value}: {error}")
    market = tuple(_market_curves(directory))
    notes += [f"{symbol}: no profile" for symbol in symbols if symbol not in found]
    return KnownProfiles(by_symbol=found, market=market, stale_days=stale_days, notes=tuple(notes))


def _market_curves(directory: Path) -> Iterable[VolumeCurve]:
    for kind in SessionKind:
        path = directory / file_name(MARKET, kind)
        if path.exists():
            curve = read_curve(path)
            if (curve.symbol, curve.session_kind) != (MARKET, kind):
                raise CurveError(
                    CurveFault.WRONG_SYMBOL,
                    f"{path}: symbol, session_kind: is of {curve.symbol} on "
                    f"{curve.session_kind.value} days",
                )
            yield curve

"""`headgate estimate`: an answer from the pre-trade models, in words and a table."""

import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TextIO

import msgspec

from algos.models.almgren_chriss import KAPPA_T_MAX
from algos.models.calibration_error import CalibrationError
from algos.models.completion_chance import CERTAIN, by_limit, by_volume
from algos.models.impact import (
    BPS,
    DAILY_VOLATILITY_MAX,
    DURATION_DAYS_MAX,
    HALF_SPREAD_MAX,
    SIZE_MAX,
    ImpactWarning,
    SizedOrder,
)
from algos.models.known_calibrations import ChosenModel, KnownCalibrations, read_calibrations
from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.pre_trade import BinPlan, PreTradeEstimate
from algos.models.pre_trade import estimate as pre_trade_estimate
from algos.models.trajectory import BINS_MAX, even_times
from algos.models.urgency import half_life_decay, urgency_decay
from algos.models.urgency_names import Urgency
from algos.order_estimate import BIN_FACTOR, DayShape
from algos.participation import shares_for
from domain.impact_model import ImpactModelName
from domain.sessions import Session, SessionKind
from marketdata.curve_estimators import DEFAULT_BIN_VARIANCE, DEFAULT_DAY_VARIANCE
from marketdata.known_profiles import CurveOrigin, SessionCurve
from marketdata.symbol_profile import ProfileError, SymbolProfile, read_profile
from marketdata.volume_curve import VolumeCurve

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 2
_DAY_MINUTES_MAX: Final = 24 * 60.0
_PARTICIPATION_MAX: Final = 0.99  # all of the volume would be a market of our own
_NS: Final = 1e9
_MINUTES_MIN: Final = 1 / 60  # a second: no model is of what happens within it

_WARNINGS: Final = {
    ImpactWarning.SIZE: "larger than a day's volume: no model was fitted to such",
    ImpactWarning.PARTICIPATION: "faster than all others at times: no model holds there",
    ImpactWarning.VOLATILITY: "above 15 % a day: is --volatility a year's? Divide by sqrt(252)",
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, by the names of the options. None: not given."""

    quantity: int
    minutes: float
    adv: float | None = None
    volatility: float | None = None
    spread_bps: float | None = None
    profile: Path | None = None
    start_minutes: float = 0.0
    calibrations: Path | None = None
    on: date | None = None
    max_participation: float = 0.5
    limit_bps: float | None = None
    model: ImpactModelName = ImpactModelName.CROSSOVER
    urgency: Urgency | None = None
    half_life_minutes: float | None = None
    bins: int = 10
    day_minutes: float = 390.0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The question with what the profile says where nothing else was said.

    `duration_days`: T, in volume time. `market_qty`: others' shares in the window, the median;
    `log_variance`: of their logarithm. `shape`: the profile's day; None: an even one. `said`: where
    the figures are from, in words.
    """

    adv: float
    volatility: float
    spread_bps: float
    duration_days: float
    market_qty: float
    log_variance: float
    shape: DayShape | None
    chosen: ChosenModel
    said: str


def answer(asked: Question, out: TextIO, err: TextIO) -> int:
    """Print the estimate, or which option is wrong and why. Returns the exit status."""
    try:
        known = _known(asked)
        order = SizedOrder(
            qty=float(asked.quantity), adv=known.adv, daily_volatility=known.volatility,
            duration_days=known.duration_days,
            half_spread=known.chosen.spread_paid * known.spread_bps / 2.0 / BPS,
        )  # fmt: skip
        times = even_times(known.duration_days, asked.bins)
        found = pre_trade_estimate(known.chosen.model, order, _decay(asked, known), times)
    except ModelError as error:
        option = f"--{error.field.replace('_', '-')}"
        err.write(f"headgate estimate: {error.fault}: {option}: {error.text}\n")
        return EXIT_BAD_INPUT
    except (ProfileError, CalibrationError) as error:
        code = f"{error.fault.value}: " if isinstance(error, ProfileError) else ""
        err.write(f"headgate estimate: {code}{error}\n")
        return EXIT_BAD_INPUT
    lines = [*_summary(asked, known, found), *_completion(asked, known)]
    out.write("\n".join([*lines, "", *_table(asked, known, found.bins)]) + "\n")
    return EXIT_OK


def _known(asked: Question) -> Known:
    """Raises ModelError with an option's name, ProfileError, CalibrationError."""
    profile = None if asked.profile is None else read_profile(asked.profile)
    _check(asked)
    adv = _first("adv", asked.adv, None if profile is None else float(profile.adv_qty))
    volatility = _first(
        "volatility", asked.volatility, None if profile is None else profile.daily_volatility
    )
    spread = None if profile is None else profile.relative_spread
    spread_bps = _first("spread_bps", asked.spread_bps, None if spread is None else spread * BPS)
    _check_figures(asked, adv, volatility, spread_bps)
    curve = None if profile is None else profile.curve_of(SessionKind.FULL)
    shape = None if curve is None else _shape(curve)
    if shape is None or curve is None:
        share, bins = asked.minutes / asked.day_minutes, asked.minutes / 5.0
        qty, day, bin_ = adv, DEFAULT_DAY_VARIANCE, DEFAULT_BIN_VARIANCE
    else:
        share, bins = shape.window(*_window_ns(asked))
        qty, day, bin_ = curve.expected_qty, curve.day_variance, curve.bin_variance
        if share <= 0.0:
            text = f"nothing trades so long after the open, by {asked.profile}"
            raise ModelError(ModelFault.ABOVE_BOUND, "start_minutes", text)
    return Known(
        adv=adv, volatility=volatility, spread_bps=spread_bps, duration_days=share,
        market_qty=qty * share, log_variance=day + BIN_FACTOR * bin_ / max(bins, 1.0),
        shape=shape, chosen=_chosen(asked, profile), said=_said(asked, profile, curve),
    )  # fmt: skip


def _first(option: str, given: float | None, known: float | None) -> float:
    value = known if given is None else given
    if value is None:
        text = "give it, or a --profile that knows it"
        raise ModelError(ModelFault.NOT_GIVEN, option, text)
    return value


def _shape(curve: VolumeCurve) -> DayShape:
    """Its day, from time 0 on."""
    session = Session(date=curve.as_of, open_ns=0, close_ns=int(curve.session_s * _NS))
    return DayShape(SessionCurve(curve=curve, origin=CurveOrigin.OWN), session)


def _window_ns(asked: Question) -> tuple[int, int]:
    start_ns = int(asked.start_minutes * 60 * _NS)
    return start_ns, start_ns + int(asked.minutes * 60 * _NS)


def _chosen(asked: Question, profile: SymbolProfile | None) -> ChosenModel:
    """The model with its coefficients: those that may be used on the day, by default today."""
    if asked.calibrations is None:
        return KnownCalibrations().model(asked.model, "")
    day = asked.on or datetime.now(UTC).date()
    known = read_calibrations(asked.calibrations, day.isoformat())
    return known.model(asked.model, "" if profile is None else profile.symbol)


def _said(asked: Question, profile: SymbolProfile | None, curve: VolumeCurve | None) -> str:
    if profile is None:
        return "all figures as given; volume even over the day, its spread the measured default's"
    given = [name for name in ("adv", "volatility", "spread_bps") if getattr(asked, name)]
    shape = "volume even over the day" if curve is None else f"its curve as of {curve.as_of}"
    rest = "" if not given else f"; given: {', '.join(given)}"
    return f"{profile.symbol}, profile as of {profile.as_of} ({profile.made_from}), {shape}{rest}"


def _check(asked: Question) -> None:
    """Raise ModelError with an option's name, in the option's unit."""
    positive("quantity", asked.quantity)
    positive("day_minutes", asked.day_minutes, most=_DAY_MINUTES_MAX, unit="minutes")
    positive("minutes", asked.minutes, most=DURATION_DAYS_MAX * asked.day_minutes, unit="minutes")
    _at_least("minutes", asked.minutes, _MINUTES_MIN)
    not_negative("start_minutes", asked.start_minutes, most=_DAY_MINUTES_MAX, unit="minutes")
    positive("bins", asked.bins, most=BINS_MAX)
    positive("max_participation", asked.max_participation, most=_PARTICIPATION_MAX,
             unit="(a fraction: 0.1 is 10 %)")  # fmt: skip
    if asked.limit_bps is not None and not -BPS < asked.limit_bps < math.inf:
        raise ModelError(ModelFault.BELOW_BOUND, "limit_bps", f"{asked.limit_bps:g} is no price")
    if asked.half_life_minutes is None:
        return
    positive("half_life_minutes", asked.half_life_minutes)
    _at_least("half_life_minutes", asked.half_life_minutes, asked.minutes / KAPPA_T_MAX)
    if asked.urgency is not None:
        text = "give it or --urgency, not both"
        raise ModelError(ModelFault.NO_TRAJECTORY, "half_life_minutes", text)


def _check_figures(asked: Question, adv: float, volatility: float, spread_bps: float) -> None:
    positive("adv", adv)
    positive("quantity", asked.quantity, most=SIZE_MAX * adv, unit="shares, 1,000 x --adv")
    not_negative("volatility", volatility, most=DAILY_VOLATILITY_MAX,
                 unit="(a fraction of the price: 0.015 is 1.5 % a day)")  # fmt: skip
    not_negative("spread_bps", spread_bps, most=2.0 * HALF_SPREAD_MAX * BPS, unit="bps")


def _at_least(field: str, value: float, least: float) -> None:
    if value < least:
        text = f"{value:g} is below {least:.3g} minutes"
        raise ModelError(ModelFault.BELOW_BOUND, field, text)


def _decay(asked: Question, known: Known) -> float:
    """kappa, a day of volume time: 0 is an even rate."""
    if asked.half_life_minutes is not None:
        part = asked.half_life_minutes / asked.minutes
        return half_life_decay(part * known.duration_days, known.duration_days)
    if asked.urgency is not None:
        return urgency_decay(asked.urgency, known.duration_days)
    return 0.0


def _summary(asked: Question, known: Known, found: PreTradeEstimate) -> list[str]:
    impact, chosen = found.impact, known.chosen
    paid = chosen.spread_paid
    fitted = "" if paid == 1.0 else f" ({paid:.0%} of it, as own orders paid)"
    why = f" ({chosen.why})" if asked.calibrations is not None and chosen.why else ""
    lines = [
        f"pre-trade estimate: {asked.quantity:,} shares, {asked.quantity / known.adv:.2%} of a "
        f"day's volume, over {asked.minutes:g} min, {_pace(asked)}; model {asked.model}, "
        f"{chosen.origin.value}{why}",
        f"figures        {known.said}",
        f"expected cost  {found.cost * BPS:9.2f} bps  half the spread {found.spread * BPS:.2f}"
        f"{fitted}, impact {impact.average_bps:.2f}",
        f"risk           {found.risk * BPS:9.2f} bps  standard deviation of the market's moves",
        f"price moved by {impact.peak_bps:9.2f} bps  at the end; "
        f"{impact.permanent_bps:.2f} of it stays for good",
        f"participation  {found.participation:9.2%}      of others' volume; "
        f"{found.participation_max:.2%} in the fastest bin",
    ]
    if asked.minutes > asked.day_minutes:
        lines.append("note: nights are left out, of risk and of time")
    return lines + [f"warning: {each}: {_WARNINGS[each]}" for each in found.warnings]


def _completion(asked: Question, known: Known) -> list[str]:
    """How likely it is to be done, by the volume there may be and by the limit."""
    cap = asked.max_participation
    volume = by_volume(float(asked.quantity), shares_for(cap, 1.0), known.market_qty,
                       known.log_variance)  # fmt: skip
    limit, bound = CERTAIN, "no limit price"
    if asked.limit_bps is not None:
        limit = by_limit(asked.limit_bps / BPS, known.volatility * known.duration_days**0.5)
        bound = f"a limit {asked.limit_bps:g} bps beyond the market leaves {limit.expected:.1%}"
    return [
        f"completion     {volume.expected * limit.expected:9.1%}      in the mean; all of it with "
        f"a chance of {volume.all_of_it * limit.all_of_it:.1%}",
        f"               others trade {known.market_qty:,.0f} in the window, of all volume it may "
        f"have {cap:.0%}: {volume.expected:.1%}; {bound}",
    ]


def _pace(asked: Question) -> str:
    if asked.half_life_minutes is not None:
        return f"half-life {asked.half_life_minutes:g} min"
    return "even rate" if asked.urgency is None else f"urgency {asked.urgency}"


def _table(asked: Question, known: Known, bins: tuple[BinPlan, ...]) -> list[str]:
    rows = [f"{'from min':>10}{'to min':>10}{'shares':>14}{'left':>14}{'participation':>15}"]
    for each in bins:
        start, end = (_minutes(asked, known, at) for at in (each.start_days, each.end_days))
        rows.append(
            f"{start:10.2f}{end:10.2f}{each.qty:14,}{each.left_qty:14,}{each.participation:15.2%}"
        )
    return rows


def _minutes(asked: Question, known: Known, days: float) -> float:
    """Since the start, of a time in days of volume."""
    if known.shape is None:
        return days * asked.day_minutes
    start_ns, end_ns = _window_ns(asked)
    return (min(known.shape.time_of(start_ns, days), end_ns) - start_ns) / _NS / 60.0

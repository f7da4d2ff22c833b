"""The settings' rules for parents and children, as the cores take them."""

from decimal import Decimal
from pathlib import Path

from algos.child_limits import ChildLimits
from algos.models.known_calibrations import KnownCalibrations, read_calibrations
from algos.policy import Policy
from domain.instruments import InstrumentTable
from domain.sessions import Session
from domain.trading_day import AuctionTimes
from domain.venue_offer import VenueOffer
from gateway.risk import Limits
from headgate.settings import LimitSettings, WorkerSettings
from marketdata.known_profiles import KnownProfiles, read_profiles


def policy_of(
    settings: WorkerSettings,
    limits: LimitSettings,
    offers: dict[str, VenueOffer] | None = None,
    auctions: dict[str, AuctionTimes] | None = None,
) -> Policy:
    """What the worker holds parents to. `offers`, `auctions`: what the venues take, and when."""
    return Policy(
        stale_ns=settings.stale_market_data_ms * 1_000_000,
        start_past_bound_s=settings.start_past_bound_s,
        reject_backoff_ns=settings.reject_backoff_ms * 1_000_000,
        max_participation_cap=settings.max_participation_cap,
        impact_model=settings.impact_model,
        refuse_below=settings.refuse_below,
        default_algo=settings.default_algo,
        touch_statistics=False,  # nobody watches, and a quote costs half without
        offers=offers or {},
        auctions=auctions or {},
        child_limits=ChildLimits(
            max_qty=limits.max_child_qty, max_notional=limits.max_child_notional
        ),
    )


def read_simulated_profiles(
    table: InstrumentTable, settings: WorkerSettings, session: Session
) -> KnownProfiles:
    """The profiles that a worker would have gone by in a session. Raises ProfileError, CurveError.

    One that has seen the session, or is too old for it, is left out and noted.
    """
    if not settings.profiles:
        return KnownProfiles()
    symbols = {each.symbol: each.calendar for each in table.by_symbol.values()}
    days = dict.fromkeys(symbols.values(), session.date)
    return read_profiles(Path(settings.profiles), days, symbols, settings.profiles_stale_days)


def read_simulated_calibrations(settings: WorkerSettings, session: Session) -> KnownCalibrations:
    """The fitted coefficients that a worker would have had then. Raises CalibrationError."""
    if not settings.calibrations:
        return KnownCalibrations()
    return read_calibrations(
        Path(settings.calibrations), session.date, settings.calibrations_stale_days
    )


def limits_of(settings: LimitSettings) -> Limits:
    """What venue access holds children to."""
    return Limits(
        max_child_qty=settings.max_child_qty,
        max_child_notional=settings.max_child_notional,
        price_collar=Decimal(str(settings.price_collar)),
        messages_per_second=settings.messages_per_second,
        stale_market_data_ns=settings.stale_market_data_ms * 1_000_000,
        stale_order_ns=settings.stale_order_ms * 1_000_000,
    )

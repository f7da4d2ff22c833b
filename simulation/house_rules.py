"""The settings' rules for parents and children, as the cores take them."""

from decimal import Decimal

from algos.policy import Policy
from gateway.risk import Limits
from headgate.settings import LimitSettings, WorkerSettings


def policy_of(settings: WorkerSettings) -> Policy:
    """What the worker holds parents to."""
    return Policy(
        stale_ns=settings.stale_market_data_ms * 1_000_000,
        start_past_bound_s=settings.start_past_bound_s,
        reject_backoff_ns=settings.reject_backoff_ms * 1_000_000,
        max_participation_cap=settings.max_participation_cap,
        touch_statistics=False,  # nobody watches, and a quote costs half without
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

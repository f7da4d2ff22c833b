"""The settings of a deployment: one TOML file, overlaid by the environment. Unknown keys refused.

`HEADGATE__BUS__PREFIX=x` sets `bus.prefix`; a value that is valid JSON is read as such.
`HEADGATE__OMS__SESSIONS__0__PASSWORD_FILE=/run/secret` sets the password of the first OMS to the
file's content.
"""

import math
import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from domain.file_format import FileFormat
from domain.impact_model import ImpactModelName
from domain.instruments import Instrument, InstrumentTable
from domain.trading_day import AuctionTimes
from domain.venue_offer import VenueOffer
from headgate.clock import ClockSettings

ENV_PREFIX = "HEADGATE__"

Count = Annotated[int, msgspec.Meta(ge=1)]


class SettingsError(Exception):
    """The settings are not usable; the text names the key."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class BusSettings(_Section, frozen=True, kw_only=True):
    """`client`: librdkafka properties, passed through untouched (security.protocol, sasl.*, ...).

    `embedded`: the broker is ours, in memory: clients poll it as it needs.
    """

    bootstrap_servers: str = ""
    prefix: str = "headgate"
    partitions: Count = 4
    replication_factor: Count = 1
    embedded: bool = False
    client: dict[str, str | int | float | bool] = {}


class HttpSettings(_Section, frozen=True, kw_only=True):
    """Where /metrics, /livez and /readyz answer. Port 0: nowhere."""

    host: str = "127.0.0.1"
    port: int = 0


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(_Section, frozen=True, kw_only=True):
    level: LogLevel = LogLevel.INFO


class HopelessOrders(StrEnum):
    """What becomes of an order that can hardly be done."""

    ACCEPT = "accept"  # with a word of warning
    REFUSE = "refuse"


class WorkerSettings(_Section, frozen=True, kw_only=True):
    """`index` of `count` workers: partition p belongs to worker p % count.

    A start earlier than now by more than `start_past_bound_s` is refused; one in between is
    clamped to now. No order is sent on a quote older than `stale_market_data_ms`. `profiles`: the
    directory of symbols' profiles and market-wide curves; empty: none. `profiles_stale_days`: what
    is older, in calendar days, is left out. `impact_model`: of pre-trade estimates; `calibrations`:
    the directory of its fitted coefficients; empty: as published. `hopeless_orders`: whether an
    order of which less than the fraction `hopeless_below` can be expected to be done is refused.
    """

    index: int = 0
    count: Count = 1
    stale_market_data_ms: int = 5_000
    start_past_bound_s: int = 300
    reject_backoff_ms: int = 1_000
    max_participation_cap: float = 0.5
    default_algo: str = ""
    profiles: str = ""
    profiles_stale_days: Annotated[int, msgspec.Meta(ge=0)] = 7
    impact_model: ImpactModelName = ImpactModelName.CROSSOVER
    calibrations: str = ""
    calibrations_stale_days: Annotated[int, msgspec.Meta(ge=0)] = 100
    hopeless_orders: HopelessOrders = HopelessOrders.ACCEPT
    hopeless_below: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1

    @property
    def refuse_below(self) -> float | None:
        """The expected completion below which an order is refused; None: none is."""
        return self.hopeless_below if self.hopeless_orders is HopelessOrders.REFUSE else None

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"worker.index {self.index} is not below worker.count {self.count}")


class OmsSessionSettings(_Section, frozen=True, kw_only=True):
    """One OMS that may log on. `password`: for RawData-free logons by 553/554; None: none asked."""

    comp_id: str
    username: str | None = None
    password: str | None = None


class OmsSettings(_Section, frozen=True, kw_only=True):
    """Order entry: a FIX 4.4 acceptor."""

    port: int = 9880
    comp_id: str = "HEADGATE"
    store_dir: str = "var/oms"
    sessions: tuple[OmsSessionSettings, ...] = (OmsSessionSettings(comp_id="OMS"),)


class VenueSettings(_Section, frozen=True, kw_only=True):
    """One venue: where its FIX session is, and its fees (currency units a share, rebate < 0).

    `stale_market_data_ms`: instead of the worker's, for a venue that quotes slower or faster.
    `auctions`: when its opening and closing crosses are, about the session of each instrument.
    `offer`: the special orders that it takes; algorithms work round what it does not.
    """

    name: str
    host: str = "127.0.0.1"
    port: int
    comp_id: str
    our_comp_id: str = "HEADGATE"
    taker_fee: Decimal = Decimal(0)
    maker_fee: Decimal = Decimal(0)
    reconnect_s: int = 1
    heartbeat_s: int = 10
    stale_market_data_ms: int | None = None
    auctions: AuctionTimes = AuctionTimes()
    offer: VenueOffer = VenueOffer()


class LimitSettings(_Section, frozen=True, kw_only=True):
    """Pre-trade limits of venue access, per child. A limit that is not set blocks; all are set.

    `price_collar`: a limit price may be this fraction through the last market, no more.
    """

    max_child_qty: int = 100_000
    max_child_notional: Decimal = Decimal(5_000_000)
    price_collar: float = 0.02
    messages_per_second: int = 100
    stale_market_data_ms: int = 10_000
    stale_order_ms: int = 10_000


class VenueAccessSettings(_Section, frozen=True, kw_only=True):
    """`venues`: which of the venues this instance connects to; empty means all."""

    store_dir: str = "var/venues"
    venues: tuple[str, ...] = ()
    status_timeout_ms: int = 2_000
    limits: LimitSettings = LimitSettings()


class SimVenueSettings(_Section, frozen=True, kw_only=True):
    """What differs at one simulated venue.

    `share`: of each symbol's flow; None: 35, 25, 20, 20 % in the order of [[venues]]. `stale_ms`:
    how old the efficient price is that it sees. `outages`: (after, for) seconds of the engine's
    time since the start, in which its FIX sessions are cut. `depth_levels`: a side, of the depth
    that it shows beside its quotes. `dark`: a midpoint book that shows nothing, on the quotes of
    the lit venues of the same process; `informed`: the share of its flow that knows what comes.
    `halts`: (symbol, after, for, call) in seconds; orders are collected for `call` before it
    reopens. `self_trade`: N, O, B, D or nothing. `market_data_port`: where it serves
    market data in FIX; 0: nowhere. The comp ids, if empty, are those of [[venues]] with "-MD".
    """

    share: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    latency_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    market_data_latency_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    latency_jitter: Annotated[float, msgspec.Meta(ge=0, lt=100)] = 0.0
    stale_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    reject_probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    outages: tuple[tuple[Annotated[float, msgspec.Meta(ge=0)],
                         Annotated[float, msgspec.Meta(gt=0)]], ...] = ()  # fmt: skip
    depth_levels: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    dark: bool = False
    informed: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    halts: tuple[tuple[str, Annotated[float, msgspec.Meta(ge=0)],
                       Annotated[float, msgspec.Meta(gt=0)],
                       Annotated[float, msgspec.Meta(ge=0)]], ...] = ()  # fmt: skip
    self_trade: Literal["", "N", "O", "B", "D"] = ""
    refresh_range: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    hidden_fee: Decimal | None = None
    peg_fee: Decimal | None = None
    auction_fee: Decimal = Decimal(0)
    market_data_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    market_data_comp_id: str = ""
    market_data_client_comp_id: str = ""


class SimHours(StrEnum):
    """When the simulated market runs."""

    ALWAYS = "always"  # between sessions too, there without a U-curve; no auctions
    SESSIONS = "sessions"  # with their phases and auctions


class VenueSimSettings(_Section, frozen=True, kw_only=True):
    """The simulated venues: the market of every symbol, and what is special at a venue.

    `presets`: by symbol, instead of `preset`. `reject_every`: each venue refuses every n-th order,
    for tests of what follows; 0: none. `publish`: to `marketdata`; false where a FIX feed takes the
    venues' market data there, or quotes and prints would come twice.
    """

    seed: Annotated[int, msgspec.Meta(ge=0)] = 1
    store_dir: str = "var/venuesim"
    preset: str = "liquid"
    presets: dict[str, str] = {}
    start_px: dict[str, Decimal] = {}
    hours: SimHours = SimHours.ALWAYS
    latency_ms: Annotated[int, msgspec.Meta(ge=0)] = 1
    reject_every: Annotated[int, msgspec.Meta(ge=0)] = 0
    publish: bool = True
    venues: dict[str, SimVenueSettings] = {}


class ReplaySettings(_Section, frozen=True, kw_only=True):
    """Recorded days as a feed. No `path`: none.

    `symbols` and `days` (YYYY-MM-DD): which; empty: all that the files of `path` hold, where their
    format tells. `start` and `end`: HH:MM[:SS] of the exchange; empty: the whole day. `speed`: of
    the engine's clock, 0 is as fast as it goes. `rebase`: the first event happens now, not when it
    was recorded. `skip_bad`: bad rows are counted and left out; else the first one ends it. `stay`:
    keep running, with nothing to do, after the last event.
    """

    path: str = ""
    format: FileFormat = FileFormat.LEAN
    symbols: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    speed: float = 1.0
    rebase: bool = True
    skip_bad: bool = False
    stay: bool = False

    def __post_init__(self) -> None:
        if not self.speed >= 0:
            raise ValueError(f"marketdata.replay.speed {self.speed} is below zero")
        if self.speed == 0 and self.rebase:
            raise ValueError("marketdata.replay.rebase needs a speed: as fast as it goes (0), "
                             "events would lie in the future")  # fmt: skip


class FixFeedSettings(_Section, frozen=True, kw_only=True):
    """One venue's FIX 4.4 market data session; we are the initiator.

    `symbols`: empty: all of the instrument table that name the venue. `depth`: MarketDepth(264), 0
    is all levels; other than 1, levels are published beside the touch. `statuses`: ask for the
    trading status of each symbol; `imbalances`: for auctions' imbalances.
    """

    venue: str
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    comp_id: str
    our_comp_id: str = "HEADGATE-MD"
    symbols: tuple[str, ...] = ()
    depth: Annotated[int, msgspec.Meta(ge=0)] = 1
    statuses: bool = True
    imbalances: bool = False
    heartbeat_s: Count = 2
    reconnect_s: Count = 1


class MarketDataSettings(_Section, frozen=True, kw_only=True):
    """The market data process: one feed, recorded days or the FIX sessions of `fix`."""

    fix: tuple[FixFeedSettings, ...] = ()
    replay: ReplaySettings = ReplaySettings()


class TcaSettings(_Section, frozen=True, kw_only=True):
    """Live figures are published every `publish_interval_ms` of the engine's time."""

    publish_interval_ms: int = 5_000


class Settings(_Section, frozen=True, kw_only=True):
    """Everything. See docs/operations.md for the table of keys."""

    instruments_file: str = "instruments.toml"
    bus: BusSettings = BusSettings()
    clock: ClockSettings = ClockSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    worker: WorkerSettings = WorkerSettings()
    oms: OmsSettings = OmsSettings()
    venue_access: VenueAccessSettings = VenueAccessSettings()
    venues: tuple[VenueSettings, ...] = ()
    venuesim: VenueSimSettings = VenueSimSettings()
    marketdata: MarketDataSettings = MarketDataSettings()
    tca: TcaSettings = TcaSettings()

    def hash(self) -> str:
        """Twelve hex digits that change with any setting; announced by every process."""
        return sha256(msgspec.json.encode(self)).hexdigest()[:12]

    def venue(self, name: str) -> VenueSettings:
        return next(venue for venue in self.venues if venue.name == name)


def with_replay(settings: Settings, given: Mapping[str, object]) -> Settings:
    """`settings` with keys of marketdata.replay set to what is not None. Raises SettingsError."""
    replace = msgspec.structs.replace
    keys = {key: value for key, value in given.items() if value is not None}
    try:
        replay = replace(settings.marketdata.replay, **keys)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    return replace(settings, marketdata=replace(settings.marketdata, replay=replay))


def with_absolute_paths(settings: Settings) -> Settings:
    """The settings with paths that mean the same to a process that reads them elsewhere."""
    worker = settings.worker
    return msgspec.structs.replace(
        settings,
        instruments_file=str(Path(settings.instruments_file).absolute()),
        worker=msgspec.structs.replace(
            worker,
            profiles=str(Path(worker.profiles).absolute()) if worker.profiles else "",
            calibrations=str(Path(worker.calibrations).absolute()) if worker.calibrations else "",
        ),
    )


class _InstrumentFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    instruments: list[Instrument]


def load_settings(path: Path | None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of `path` (defaults if None) under the environment. Raises SettingsError."""
    raw: dict[str, Any] = {}
    if path is not None:
        raw = _toml(path)
        if "instruments_file" in raw:  # a relative path is relative to the settings file
            raw["instruments_file"] = str(path.parent / str(raw["instruments_file"]))
        worker = raw.get("worker")
        for name in ("profiles", "calibrations"):
            if isinstance(worker, dict) and worker.get(name):
                worker[name] = str(path.parent / str(worker[name]))
    _overlay(raw, os.environ if env is None else env)
    try:
        settings = msgspec.convert(raw, Settings, strict=True)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{path or 'settings'}: {error}") from error
    _refuse_non_finite(msgspec.structs.asdict(settings), str(path or "settings"))
    return settings


def load_instruments(path: Path) -> InstrumentTable:
    """The instrument table of a TOML file. Raises SettingsError."""
    try:
        found = msgspec.convert(_toml(path), _InstrumentFile, strict=True)
        return InstrumentTable(found.instruments)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _refuse_non_finite(value: object, at: str) -> None:
    """A limit that is not a number would compare false with everything and so limit nothing."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_non_finite(inner, f"{at}: {key}")
    elif isinstance(value, tuple | list):
        for inner in value:
            _refuse_non_finite(inner, at)
    elif isinstance(value, float | Decimal) and not math.isfinite(value):
        raise SettingsError(f"{at}: {value} is not a finite number")


def _toml(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".json":  # what the launcher hands to the processes that it starts
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        with path.open("rb") as file:
            return tomllib.load(file, parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _overlay(raw: dict[str, Any], env: Mapping[str, str]) -> None:
    for name in sorted(name for name in env if name.startswith(ENV_PREFIX)):
        keys = name.removeprefix(ENV_PREFIX).lower().split("__")
        value: Any = env[name]
        if keys[-1].endswith("_file") and keys != ["instruments_file"]:
            keys[-1] = keys[-1].removesuffix("_file")
            try:
                value = Path(value).read_text().strip()
            except OSError as error:
                raise SettingsError(f"{name}: {error}") from error
        else:
            value = _json_or_text(value)
        table = _inner_table(raw, keys[:-1], name)
        table[keys[-1]] = value


def _inner_table(raw: dict[str, Any], keys: list[str], name: str) -> dict[str, Any]:
    """The table that `keys` lead to; a number picks an element of a list that the file has."""
    found: Any = raw
    for key in keys:
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict):
            found = found.setdefault(key, {})
        else:
            raise SettingsError(f"{name}: there is no {key} to set")
    if not isinstance(found, dict):
        raise SettingsError(f"{name}: {keys[-1]} is not a table")
    return found


def _json_or_text(value: str) -> object:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value

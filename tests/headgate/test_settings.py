"""Settings: what is read, from where, and that what is wrong is refused with its key named."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from headgate.settings import Settings, SettingsError, load_instruments, load_settings


def load(tmp_path: Path, text: str = "", **env: str) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return load_settings(path, {f"HEADGATE__{name}": value for name, value in env.items()})


def test_defaults() -> None:
    assert load_settings(None, {}) == Settings()


def test_a_file(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        """
        instruments_file = "names.toml"
        [bus]
        partitions = 64
        client = {"security.protocol" = "SASL_SSL", "retries" = 5, "x" = 0.5, "y" = true}
        [worker]
        max_participation_cap = 0.25
        [clock]
        speed = 40
        [venue_access.limits]
        price_collar = 0.01
        max_child_notional = 1000000.55
        [venuesim.start_px]
        IBM = 180.1
        [[venues]]
        name = "XA"
        port = 9881
        comp_id = "XA"
        taker_fee = 0.003
        maker_fee = -0.002
        """,
    )
    assert found.instruments_file == str(tmp_path / "names.toml")
    assert found.bus.partitions == 64
    assert found.bus.client == {
        "security.protocol": "SASL_SSL", "retries": 5, "x": 0.5, "y": True,
    }  # fmt: skip
    assert type(found.bus.client["x"]) is float
    assert found.worker.max_participation_cap == 0.25
    assert type(found.worker.max_participation_cap) is float
    assert type(found.clock.speed) is float
    assert found.venue_access.limits.max_child_notional == Decimal("1000000.55")  # every digit
    assert found.venuesim.start_px == {"IBM": Decimal("180.1")}
    assert found.venue("XA").maker_fee == Decimal("-0.002")
    assert found.hash() != Settings().hash()


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        'log.level = "debug"\nbus.prefix = "file"',
        BUS__PREFIX="env",
        BUS__EMBEDDED="true",
        CLOCK__SPEED="40.5",
        VENUE_ACCESS__LIMITS__PRICE_COLLAR="0.05",
        VENUE_ACCESS__VENUES='["XA"]',
        VENUESIM__START_PX='{"IBM": 180.5}',
        INSTRUMENTS_FILE="other.toml",
    )
    assert (found.log.level, found.bus.prefix, found.bus.embedded) == ("debug", "env", True)
    assert found.clock.speed == 40.5
    assert found.venue_access.limits.price_collar == 0.05
    assert found.venue_access.venues == ("XA",)
    assert found.venuesim.start_px == {"IBM": Decimal("180.5")}
    assert found.instruments_file == "other.toml"


def test_other_variables_are_not_ours() -> None:
    assert load_settings(None, {"HEADGATE_DATA": "x", "PATH": "y"}) == Settings()


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("123456\n")  # stays text
    found = load(
        tmp_path,
        '[[oms.sessions]]\ncomp_id = "OMS"',
        OMS__SESSIONS__0__PASSWORD_FILE=str(secret),
    )
    assert found.oms.sessions[0].password == "123456"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("wrong = 1", "`wrong`"),
        ("[worker]\nwrong = 1", r"`wrong` - at `\$.worker`"),
        ("[venue_access.limits]\nwrong = 1", r"`wrong` - at `\$.venue_access.limits`"),
        ('[[venues]]\nname = "XA"\ncomp_id = "XA"', r"`port` - at `\$.venues\[0\]`"),
        ("[bus]\npartitions = 0", r"\$.bus.partitions"),
        ('[bus]\npartitions = "4"', r"\$.bus.partitions"),
        ("[bus]\npartitions = 4.5", r"\$.bus.partitions"),
        ("[worker]\ncount = 0", r"\$.worker.count"),
        ("[clock]\nspeed = 0", r"\$.clock.speed"),
        ("[clock]\nspeed = -1.0", r"\$.clock.speed"),
        ("[clock]\nspeed = nan", "speed"),
        ("[clock]\nspeed = inf", "clock: speed"),
        ("[venue_access.limits]\nprice_collar = nan", "venue_access: limits: price_collar"),
        ("[venue_access.limits]\nmax_child_notional = inf", "max_child_notional"),
        ("[venuesim.start_px]\nIBM = nan", "start_px: IBM"),
        ("bus = 1", r"\$.bus"),
        ("a = 1\na = 2", "line 2|end of document"),
        ("=", "line 1"),
    ],
)
def test_a_bad_file(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        load(tmp_path, text)
    assert "settings.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("WRONG", "1", "`wrong`"),
        ("BUS__WRONG", "1", r"`wrong` - at `\$.bus`"),
        ("BUS__PARTITIONS", "many", r"\$.bus.partitions"),
        ("BUS__PREFIX__DEEPER", "x", "HEADGATE__BUS__PREFIX__DEEPER"),
        ("OMS__SESSIONS__7__PASSWORD", "x", "HEADGATE__OMS__SESSIONS__7__PASSWORD"),
        ("OMS__PASSWORD_FILE", "/nonexistent/secret", "HEADGATE__OMS__PASSWORD_FILE"),
        ("VENUE_ACCESS__LIMITS__MAX_CHILD_NOTIONAL", "NaN", "max_child_notional"),
    ],
)
def test_a_bad_variable(tmp_path: Path, name: str, value: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, 'bus.prefix = "x"\n[[oms.sessions]]\ncomp_id = "OMS"', **{name: value})


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load_settings(tmp_path / "missing.toml", {})


INSTRUMENT = """
[[instruments]]
symbol = "IBM"
currency = "USD"
lot = 1
calendar = "XNYS"
venues = ["XA"]
max_order_qty = 1000
max_order_notional = 1000000
ticks = [{tick = 0.0001}, {from_px = 1, tick = 0.01}]
"""


def test_instruments(tmp_path: Path) -> None:
    path = tmp_path / "instruments.toml"
    path.write_text(INSTRUMENT)
    assert load_instruments(path)["IBM"].tick == Decimal("0.0001")  # not a float's shadow of it


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("lot = 1", "lot = 0", "lot"),
        ("lot = 1", "lot = 1\nwrong = 1", "`wrong`"),
        ("0.01", "0.00015", "IBM"),
        ("0.01", "nan", "IBM"),
        ("max_order_notional = 1000000", "max_order_notional = nan", "IBM"),
        ("[[instruments]]", INSTRUMENT + "[[instruments]]", "listed twice"),
    ],
)
def test_bad_instruments(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "instruments.toml"
    path.write_text(INSTRUMENT.replace(old, new))
    with pytest.raises(SettingsError, match=named):
        load_instruments(path)


def test_settings_travel() -> None:
    """Every process announces the hash of what it runs on: equal settings, equal hash."""
    again = msgspec.json.decode(msgspec.json.encode(Settings()), type=Settings)
    assert again.hash() == Settings().hash()

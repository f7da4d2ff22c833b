"""The environment over the settings file, as containers use it."""

from pathlib import Path

import pytest

from headgate.settings import SettingsError, load_settings
from tests.conftest import ROOT

FILE = ROOT / "deploy/headgate.toml"


def test_values_lists_and_client_properties() -> None:
    settings = load_settings(
        FILE,
        {
            "HEADGATE__BUS__PREFIX": "uat",
            "HEADGATE__BUS__CLIENT": '{"security.protocol": "ssl"}',
            "HEADGATE__BUS__CLIENT__SSL.CA.LOCATION": "/ca",
            "HEADGATE__VENUES__1__HOST": "beta.example",
            "HEADGATE__VENUE_ACCESS__VENUES": '["BETA"]',
            "HEADGATE_SETTINGS": "not a setting",
        },
    )
    assert settings.bus.prefix == "uat"
    assert settings.bus.client == {"security.protocol": "ssl", "ssl.ca.location": "/ca"}
    assert [venue.host for venue in settings.venues] == ["127.0.0.1", "beta.example"]
    assert settings.venue_access.venues == ("BETA",)


def test_a_secret_by_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    name = "HEADGATE__OMS__SESSIONS__0__PASSWORD_FILE"
    settings = load_settings(FILE, {name: str(tmp_path / "password")})
    assert settings.oms.sessions[0].password == "s3cret"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HEADGATE__BUS__PREFIKS", "x", "prefiks"),
        ("HEADGATE__WORKER__COUNT", "many", "worker.count"),
        ("HEADGATE__VENUES__2__HOST", "x", "HEADGATE__VENUES__2__HOST"),
        ("HEADGATE__VENUES__ALPHA__HOST", "x", "HEADGATE__VENUES__ALPHA__HOST"),
        ("HEADGATE__VENUES__0", "x", "HEADGATE__VENUES__0"),
        ("HEADGATE__BUS__PREFIX__X", "x", "HEADGATE__BUS__PREFIX__X"),
        ("HEADGATE__OMS__SESSIONS__0__PASSWORD_FILE", "/nowhere", "PASSWORD_FILE"),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(FILE, {name: value})
    assert said in str(refused.value)

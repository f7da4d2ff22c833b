"""Scenario files: what is refused, row by row, and what times, quantities and requests come to."""

import tomllib
from pathlib import Path

import pytest

from domain.parents import NewParent, ReplaceParent
from simulation.moments import moment_ns
from simulation.order_plan import Setting, requests_of
from simulation.scenario import BadScenario, read_scenario, scenario_of
from simulation.scenario_market import adv_of, instruments_of
from tests.simulation.scenarios_of_tests import DAY, NS, OPEN_NS, ORDER, raw, ready, scenario

GENERATOR = {"id": "G", "count": 3, "quantity": [100, 500]}
RECORDED = {"symbols": [{"symbol": "MID"}], "data": "lean", "dates": ["2013-10-08"]}

# What is changed in a good scenario, and the key that the error names.
STRUCTURE: list[tuple[dict[str, object], str]] = [
    ({"name": "a b"}, "name"),
    ({"colour": 1}, "colour"),
    ({"market": {}}, "market.symbols"),
    ({"market": {"symbols": []}}, "market.symbols"),
    ({"market": {"symbols": [{"symbol": "mid"}]}}, "market.symbols[0].symbol"),
    ({"market": {"symbols": [{"symbol": "MID", "lots": 1}]}}, "market.symbols[0].lots"),
    ({"market": {"symbols": [{"symbol": "MID"}], "step_ms": 0}}, "market.step_ms"),
    ({"market": {"symbols": [{"symbol": "MID"}, {"symbol": "MID"}]}}, "market.symbols[].symbol"),
    ({"market": {"symbols": [{"symbol": "MID"}], "dates": ["2013-10-08"]}}, "market.dates"),
    ({"market": {"symbols": [{"symbol": "MID"}], "replay": {}}}, "market.replay"),
    ({"market": {"symbols": [{"symbol": "MID"}], "format": "plain"}}, "market.format"),
    ({"market": {**RECORDED, "format": "zip"}, "venues": []}, "market.format"),
    ({"market": {**RECORDED, "replay": {"depletion_ms": 0}}, "venues": []},
     "market.replay.depletion_ms"),
    ({"market": {"symbols": [{"symbol": "MID"}], "data": "lean"}, "venues": []}, "market.dates"),
    ({"market": RECORDED}, "venues"),
    ({"market": {**RECORDED, "symbols": [{"symbol": "MID", "preset": "mid"}]}, "venues": []},
     "market.symbols[0].preset"),
    ({"market": {"symbols": [{"symbol": "MID", "regimes": [{"at": "open", "depth": 0}]}]}},
     "market.symbols[0].regimes[0].depth"),
    ({"market": {**RECORDED, "symbols": [{"symbol": "MID", "regimes": [{"at": "open"}]}]},
      "venues": []}, "market.symbols[0].regimes"),
    ({"venues": []}, "venues"),
    ({"venues": [{"name": "ALPHA"}, {"name": "ALPHA"}]}, "venues[].name"),
    ({"venues": [{"name": "ALPHA", "share": 1.5}]}, "venues[0].share"),
    ({"venues": [{"name": "ALPHA", "kind": "grey"}]}, "venues[0].kind"),
    ({"venues": [{"name": "DARK", "kind": "dark"}]}, "venues"),
    ({"venues": [{"name": "ALPHA"}, {"name": "DARK", "kind": "dark", "share": 0.1}]},
     "venues[1].share"),
    ({"venues": [{"name": "ALPHA", "informed": 0.1}]}, "venues[0].informed"),
    ({"market": {**RECORDED, "auctions": True}, "venues": []}, "market.auctions"),
    ({"orders": []}, "orders"),
    ({"orders": [ORDER, ORDER]}, "orders[].id"),
    ({"orders": [{**ORDER, "symbol": "XYZ"}]}, "orders[0].symbol"),
    ({"orders": [{**ORDER, "side": "short"}]}, "orders[0].side"),
    ({"orders": [{**ORDER, "quantity": 0}]}, "orders[0].quantity"),
    ({"orders": [{**ORDER, "adv_fraction": 0.1}]}, "orders[0].quantity"),
    ({"orders": [{"id": "A", "symbol": "MID", "side": "buy"}]}, "orders[0].quantity"),
    ({"orders": [{**ORDER, "end": "close"}]}, "orders[0].window_s"),
    ({"orders": [{**ORDER, "params": {"interval": [1]}}]}, "orders[0].params[...]"),
    ({"orders": [{**ORDER, "algo": "magic"}]}, "orders[0].algo"),
    ({"orders": [{**ORDER, "algo": ""}]}, "orders[0].algo"),
    ({"orders": [{**ORDER, "params": {"intervall": 10}}]}, "orders[0].params.intervall"),
    ({"orders": [{**ORDER, "params": {"interval": "soon"}}]}, "orders[0].params.interval"),
    ({"orders": [{**ORDER, "algo": "pov", "params": {"target_participation": 10}}]},
     "orders[0].params.target_participation"),
    ({"orders": [{**ORDER, "algo": "pov", "params": {}}]}, "orders[0].params.target_participation"),
    ({"orders": [{**ORDER, "params": {"completion_collar": 5}}]},
     "orders[0].params.completion_collar"),
    ({"orders": [{**ORDER, "params": {"min_child_qty": 2_100}}]}, "orders[0].params.min_child_qty"),
    ({"orders": [{**ORDER, "params": {"duration": 60}}]}, "orders[0].params.duration"),
    ({"orders": [{**ORDER, "limit_price": 60, "params": {"would_price": 61}}]},
     "orders[0].params.would_price"),
    ({"generators": [{**GENERATOR, "algo": "magic"}]}, "generators[0].algo"),
    ({"generators": [{**GENERATOR, "params": {"interval": 0}}]}, "generators[0].params.interval"),
    ({"generators": [{**GENERATOR, "symbols": ["XYZ"]}]}, "generators[0].symbols"),
    ({"generators": [{**GENERATOR, "count": 0}]}, "generators[0].count"),
    ({"generators": [{**GENERATOR, "quantity": [500, 100]}]}, "generators[0].quantity"),
    ({"generators": [{"id": "G", "count": 1}]}, "generators[0].quantity"),
    ({"generators": [GENERATOR, GENERATOR]}, "generators[].id"),
    ({"generators": [GENERATOR], "orders": [{**ORDER, "id": "G-3"}]}, "orders[0].id"),
    ({"amendments": [{"order": "B", "at": "open+6m", "ask": "cancel"}]}, "amendments[0].order"),
    ({"amendments": [{"order": "A", "at": "open+6m", "ask": "stop"}]}, "amendments[0].ask"),
    ({"amendments": [{"order": "A", "at": "open+6m", "ask": "replace"}]}, "amendments[0].quantity"),
    ({"amendments": [{"order": "A", "at": "open+6m", "ask": "pause", "end": "close"}]},
     "amendments[0].end"),
    ({"faults": [{"kind": "fire", "at": "open"}]}, "faults[0].kind"),
    ({"faults": [{"kind": "worker_death"}]}, "faults[0].at"),
    ({"faults": [{"kind": "disconnect", "venue": "GAMMA", "at": "open"}]}, "faults[0].venue"),
    ({"faults": [{"kind": "rejects", "venue": "ALPHA", "probability": 2}]},
     "faults[0].probability"),
    ({"market": RECORDED, "venues": [],
      "faults": [{"kind": "disconnect", "venue": "ALPHA", "at": "open"}]}, "faults[0].venue"),
    ({"faults": [{"kind": "halt", "symbol": "XYZ", "at": "open"}]}, "faults[0].symbol"),
    ({"faults": [{"kind": "halt", "symbol": "MID", "at": "open", "seconds": 0}]},
     "faults[0].seconds"),
    ({"market": RECORDED, "venues": [],
      "faults": [{"kind": "halt", "symbol": "MID", "at": "open"}]}, "faults[0].symbol"),
    ({"variants": [{"name": "a"}, {"name": "a"}]}, "variants[].name"),
    ({"variants": [{"name": "a", "seed": 1}]}, "variants[0].seed"),
    ({"variants": [{"name": "a", "algo": "magic"}]}, "variants[0].algo"),
    ({"variants": [{"name": "a"}, {"name": "b", "params": {"interval": 0}}]},
     "variants[1].params.interval"),
    ({"variants": [{"name": "a", "algo": "pov"}]}, "orders[0].params.target_participation"),
    ({"orders": [], "generators": [GENERATOR], "variants": [{"name": "a", "params": {"x": 1}}]},
     "variants[0].params.x"),
]  # fmt: skip

# The same for what only the session, the instruments or the presets can say.
BUILT: list[tuple[dict[str, object], str]] = [
    ({"orders": [{**ORDER, "start": "soon"}]}, "orders[0].start"),
    ({"orders": [{**ORDER, "start": "open+"}]}, "orders[0].start"),
    ({"orders": [{**ORDER, "start": "2026-03-02T10:00:00"}]}, "orders[0].start"),
    ({"orders": [{**ORDER, "start": "25:00"}]}, "orders[0].start"),
    ({"orders": [{**ORDER, "window_s": None, "end": "noon"}]}, "orders[0].end"),
    ({"generators": [{**GENERATOR, "start": "9.30"}]}, "generators[0].start"),
    ({"amendments": [{"order": "A", "at": "open+5m", "ask": "cancel"}]}, "amendments[0].at"),
    ({"amendments": [{"order": "A", "at": "?", "ask": "cancel"}]}, "amendments[0].at"),
    ({"faults": [{"kind": "worker_death", "at": "later"}]}, "faults[0].at"),
    ({"faults": [{"kind": "halt", "symbol": "MID", "at": "later"}]}, "faults[0].at"),
    ({"faults": [{"kind": "halt", "symbol": "MID", "at": "open+6m"},
                 {"kind": "halt", "symbol": "MID", "at": "open+11m"}]}, "faults[1].at"),
    ({"market": {"symbols": [{"symbol": "MID"}], "date": "2026-03-01"}}, "market.date"),
    ({"market": {"symbols": [{"symbol": "MID"}], "date": "March"}}, "market.date"),
    ({"market": {"symbols": [{"symbol": "MID"}], "preset": "huge"}}, "market.preset"),
    ({"market": {"symbols": [{"symbol": "MID", "preset": "huge"}]}}, "market.symbols[0].preset"),
    ({"market": {"symbols": [{"symbol": "MID", "start_price": 60.001}]}},
     "market.symbols[0].start_price"),
    ({"market": {"symbols": [{"symbol": "MID", "start_price": -1}]}},
     "market.symbols[0].start_price"),
    ({"market": {"symbols": [{"symbol": "MID", "flow": {"volume": 1}}]}},
     "market.symbols[0].flow.volume"),
    ({"market": {"symbols": [{"symbol": "MID", "flow": {"levels": 2.5}}]}},
     "market.symbols[0].flow.levels"),
    ({"market": {"symbols": [{"symbol": "MID", "flow": {"limit_rate": -1}}]}},
     "market.symbols[0].flow.limit_rate"),
    ({"market": {"symbols": [{"symbol": "MID", "regimes": [{"at": "noon"}]}]}},
     "market.symbols[0].regimes[0].at"),
    ({"market": {"symbols": [{"symbol": "MID", "regimes": [{"at": "open"}, {"at": "open"}]}]}},
     "market.symbols[0].regimes[1].at"),
]  # fmt: skip


def test_the_good_one_is_good() -> None:
    ready(scenario())


@pytest.mark.parametrize(("changes", "key"), STRUCTURE)
def test_what_the_file_gets_wrong_is_refused_by_its_key(
    changes: dict[str, object], key: str
) -> None:
    with pytest.raises(BadScenario) as refused:
        scenario_of(raw(**changes))
    assert refused.value.key == key
    assert str(refused.value).startswith(f"{key}: ")


@pytest.mark.parametrize(
    "order",
    [
        {"algo": "market_twap", "params": {"interval": 10}},
        {"algo": "auto", "params": {}},
        {"algo": "iceberg", "params": {"placement": "limit"}, "limit_price": 60},
        {"params": {"interval": 600}},  # above the window: the worker knows it, in the session
    ],
)
def test_what_the_file_alone_does_not_show_is_left_to_the_worker(order: dict[str, object]) -> None:
    scenario(orders=[{**ORDER, **order}])


@pytest.mark.parametrize(("changes", "key"), BUILT)
def test_what_cannot_be_built_is_refused_by_its_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadScenario) as refused:
        ready(scenario_of(raw(**changes)))
    assert refused.value.key == key


@pytest.mark.parametrize(("text", "told"), [("[market", "not TOML"), (None, "cannot be read")])
def test_a_file_that_is_none(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "scenario.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadScenario, match=told):
        read_scenario(path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("open", 0), ("open+5m", 300), ("open-30s", -30), ("open+1h2m3s", 3_723),
        ("close", 23_400), ("close-10m", 22_800), ("09:30", 0), ("10:00:15", 1_815),
        ("2026-03-02T15:00:00Z", 1_800), ("2026-03-02T10:00:00-05:00", 1_800),
    ],
)  # fmt: skip
def test_times(text: str, seconds: int) -> None:
    assert moment_ns("at", text, DAY) == OPEN_NS + seconds * NS


def setting_of(text: str) -> Setting:
    found = scenario_of(tomllib.loads(text)) if text else scenario()
    return Setting(session=DAY, instruments=instruments_of(found), adv=adv_of(found))


def test_a_generator_draws_from_the_seed_and_keeps_its_bounds() -> None:
    many = {"id": "G", "count": 200, "quantity": [100, 500], "spacing_s": 0.5, "window_s": 60}
    found = scenario(orders=[], generators=[many])
    first, again, other = (requests_of(found, setting_of(""), seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    parents = [each for each in first if isinstance(each, NewParent)]
    assert {int(each.order_qty) for each in parents} == {100, 200, 300, 400, 500}
    assert 60 < sum(each.side.sign == 1 for each in parents) < 140
    assert parents[-1].sent_ns - parents[0].sent_ns == 199 * NS // 2


def test_a_fraction_of_the_volume_is_whole_lots() -> None:
    order = {"id": "A", "symbol": "MID", "side": "sell", "adv_fraction": 0.001}
    (parent,) = requests_of(scenario(orders=[order]), setting_of(""), 1)
    assert isinstance(parent, NewParent)
    assert int(parent.order_qty) == 1_300  # 0.001 of 1,320,000 to the lot
    assert parent.end_ns == DAY.close_ns


def test_a_second_amendment_names_the_order_by_the_first_replace() -> None:
    found = scenario(amendments=[
        {"order": "A", "at": "open+7m", "ask": "cancel"},
        {"order": "A", "at": "open+6m", "ask": "replace", "quantity": 3_000},
    ])  # fmt: skip
    parent, replace, cancel = requests_of(found, setting_of(""), 1)
    assert isinstance(replace, ReplaceParent)
    assert replace.orig_cl_ord_id == parent.cl_ord_id == "A"
    assert getattr(cancel, "orig_cl_ord_id", None) == replace.cl_ord_id

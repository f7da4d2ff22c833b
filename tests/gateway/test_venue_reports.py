"""Every scenario of FIX 4.4 volume 4 appendix D as a venue may play it, and its repetitions."""

import re
from pathlib import Path

import pytest

from domain.deadletters import DeadLetter
from domain.executions import ChildRefused
from tests.gateway.venue_scene import VenueScene, cancel_child, new_child, replace_child

FILE = Path(__file__).parent / "scenarios" / "venue_reports.txt"
LINES = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
OURS = re.compile(r"([DFGH])\(([^)]*)\)")
REPORT = re.compile(
    r"E\(([^)]*)\)(\w)/(\w)=(\d+/\d+/\d+(?:/\d+)?)(?:@([\d.]+))?(?:#(\w+))?(?:\^(\w+))?"
)
CANCEL_REJECT = re.compile(r"9\((\w+),(\w+)\)(\w),(\d+)")
MODES = ["in order", "doubled", "replayed whole", "folded"]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" |")[0])
@pytest.mark.parametrize("mode", MODES)
def test_report(line: str, mode: str, request: pytest.FixtureRequest) -> None:
    name, script, expected = (part.strip() for part in line.split("|"))
    actual = play(script, mode)
    if request.config.getoption("--rewrite") and mode == MODES[0]:
        text = FILE.read_text()
        FILE.write_text(text.replace(line, f"{name} | {script} | {actual}"))
        return
    assert actual == expected


def play(script: str, mode: str) -> str:
    """Play a line; check CumQty at every report; return the outcome."""
    scene = VenueScene().live()
    said: list[str] = []
    for step, token in enumerate(script.split()):
        ours = OURS.fullmatch(token)
        if ours is not None:
            command(scene, ours[1], ours[2].split(","))
            continue
        text, cum_qty = say(scene, token, step)
        if mode == "doubled":
            scene.hear_text(text, poss_dup=True)
        said.append(text)
        child = scene.access.book.children.get("X" if "X" in scene.access.book.children else "A")
        if child is not None and cum_qty is not None:
            assert child.cum_qty == cum_qty, token
    if mode == "replayed whole":
        for text in said:
            scene.hear_text(text, poss_dup=True)
    if mode == "folded":
        scene = VenueScene(broker=scene.broker, told=scene.told, sent=scene.sent)
    return outcome(scene)


def command(scene: VenueScene, kind: str, args: list[str]) -> None:
    if kind == "D":
        scene.child(new_child(args[0], int(args[1])))
    elif kind == "F":
        scene.child(cancel_child(args[0], args[1]))
    elif kind == "G":
        scene.child(replace_child(args[0], args[1], int(args[2])))


def say(scene: VenueScene, token: str, step: int) -> tuple[str, int | None]:
    found = REPORT.fullmatch(token)
    if found is not None:
        cl_ord_id, _, orig = found[1].partition(",")
        more = ((19, found[7]),) if found[7] else ()
        text = scene.report(
            cl_ord_id, f"{found[2]}/{found[3]}", found[4], exec_id=found[6] or f"e{step}",
            last_px=found[5] or "100", orig=orig, more=more,
        )  # fmt: skip
        is_unknown = found[2] == "I" and found[3] == "8"
        return text, None if is_unknown else int(found[4].split("/")[1])
    rejected = CANCEL_REJECT.fullmatch(token)
    assert rejected is not None, token
    fields: list[tuple[int, object]] = [
        (37, "V1"), (11, rejected[1]), (41, rejected[2]), (39, rejected[3]), (434, "1"),
        (102, rejected[4]),
    ]  # fmt: skip
    return scene.hear("9", fields), None


def outcome(scene: VenueScene) -> str:
    book = scene.access.book
    child = book.children.get("X") or book.children.get("A")
    words = ["no order"]
    if child is not None:
        words = [f"{child.status.name} {child.order_qty}/{child.cum_qty}",
                 f"open={child.leaves_qty}", f"committed={book.committed_qty('P')}"]  # fmt: skip
        words += [f"pending={','.join(child.requests)}"] if child.requests else []
    refused = [each.reason.value for each in scene.told if isinstance(each, ChildRefused)]
    letters = [each.reason.value for each in scene.told if isinstance(each, DeadLetter)]
    doubts = sum(each.msg_type == "Q" for each in scene.sent)
    words += [f"refused={','.join(refused)}"] if refused else []
    words += [f"letters={','.join(letters)}"] if letters else []
    words += [f"DontKnowTrade={doubts}"] if doubts else []
    return " ".join(words)

"""Styles: how eagerly what is due is traded, as published settings that any algorithm may take."""

from typing import Final

import msgspec

from algos.parent import Parent


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """`posts`: what is due rests in the book first; without, it crosses at once.

    `patience`: how long it may, in the time in which the price moves by a spread (patience.py).
    `follows`: how often one child goes after a touch that has moved away, at most every `follow_s`.
    `improves`: it may bid inside the spread where that is worth more. `weighs`: it does not rest
    at all where the chance of a fill is below the break-even of the microprice's drift.
    """

    name: str
    text: str
    posts: bool = True
    patience: float
    follows: int = 0
    follow_s: float = 1.0
    improves: bool = False
    weighs: bool = False


# Measured in docs/algorithms.md: a longer patience saves more on average and strays further from
# the schedule; past 8 it saves no more (patience.PATIENCE_S bounds it, too).
STYLES: Final = {
    style.name: style
    for style in (
        Style(name="aggressive", posts=False, patience=0.0,
              text="crosses the spread with all that is due"),
        Style(name="normal", patience=1.0, follows=20, improves=True,
              text="rests in the book, and crosses with what was not filled in time"),
        Style(name="passive", patience=8.0, follows=100, follow_s=2.0, improves=True,
              text="as normal, with eight times the patience"),
        Style(name="adaptive", patience=2.0, follows=40, improves=True, weighs=True,
              text="as normal, with twice the patience; crosses where the price is leaving"),
    )
}  # fmt: skip


def style_of(parent: Parent) -> Style:
    """The style in force: passive for an order that never takes, else that of the plan, where an
    algorithm chooses it, or the one asked for.
    """
    if parent.params.get("passive_only") is True:
        return STYLES["passive"]
    planned = None if parent.plan is None else parent.plan.inputs.get("style")
    return STYLES[str(planned or parent.params.get("style") or "aggressive")]

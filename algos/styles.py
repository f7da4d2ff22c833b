"""Styles: how eagerly what is due is traded, as published settings that any algorithm may take."""

from typing import Final

import msgspec

from algos.parent import Parent


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """`posts`: what is due rests at the touch first. `patience_s`: so long; then it crosses.

    `patience_s` None: it crosses only to complete.
    """

    name: str
    text: str
    posts: bool
    patience_s: float | None

    @property
    def patience_ns(self) -> int | None:
        """The patience in ns."""
        return None if self.patience_s is None else int(self.patience_s * 1e9)


STYLES: Final = {
    style.name: style
    for style in (
        Style(name="aggressive", posts=False, patience_s=0.0,
              text="crosses the spread with all that is due"),
        Style(name="normal", posts=True, patience_s=20.0,
              text="rests at the touch, and crosses with what was not filled in time"),
        Style(name="passive", posts=True, patience_s=None,
              text="rests at the touch, and crosses only where the order must complete"),
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

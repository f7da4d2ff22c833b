"""The tactic that a parent's style asks for."""

from algos.actions import Step
from algos.due import Due
from algos.parent import Parent
from algos.styles import style_of
from algos.surroundings import Surroundings
from algos.tactics.crossing import cross
from algos.tactics.posting import post


def styled(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Post or cross, as the style says; an order that may not cross posts."""
    posts = style_of(parent).posts or parent.params.get("passive_only") is True
    return (post if posts else cross)(parent, around, due)

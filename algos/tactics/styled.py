"""The tactic that a parent's style asks for."""

from algos.actions import Step
from algos.due import Due
from algos.parent import Parent
from algos.styles import style_of
from algos.surroundings import Surroundings
from algos.tactics.crossing import cross
from algos.tactics.posting import post


def styled(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Post or cross, as the style says."""
    return (post if style_of(parent).posts else cross)(parent, around, due)

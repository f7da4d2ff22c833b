"""The impact models by the names that users give them; algos/models/impact.py is what they are."""

from enum import StrEnum


class ImpactModelName(StrEnum):
    """docs/models.md describes each."""

    CROSSOVER = "crossover"
    ALMGREN = "almgren"
    LINEAR = "linear"

"""The words for how much risk counts. They are apart so that naming them loads no mathematics."""

from enum import StrEnum


class Urgency(StrEnum):
    """From very low to very high; `algos.models.urgency` says what each means."""

    VL = "VL"
    L = "L"
    M = "M"
    H = "H"
    VH = "VH"

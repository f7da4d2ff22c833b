"""The default shape of a day's volume, for symbols and simulations that have no curve of their own.

Measured on four US stocks over 64 days (quant.md 3.6): 15-minute shares of the day, in per cent;
the last holds the closing print. No forecast of any symbol: `marketdata.volume_curve` has those.
"""

from typing import Final

U_CURVE: Final = (
    9.61, 5.67, 5.17, 4.47, 4.09, 3.74, 3.68, 3.43, 3.13, 3.00, 2.76, 2.55, 2.47,
    2.29, 2.31, 2.28, 2.33, 2.32, 2.73, 2.64, 2.77, 2.88, 3.12, 3.46, 4.97, 12.14,
)  # fmt: skip
_MEAN: Final = sum(U_CURVE) / len(U_CURVE)


def activity(fraction: float) -> float:
    """The rate of trading at `fraction` of the session, in [0, 1), over the day's mean rate.

    Its mean over the session is 1. A step a bin: what is measured is shares of bins, not a slope.
    """
    assert 0.0 <= fraction < 1.0
    return U_CURVE[int(fraction * len(U_CURVE))] / _MEAN

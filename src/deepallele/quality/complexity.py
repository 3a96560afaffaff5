"""How many molecules a library holds, from its duplicates."""

import math

from scipy.optimize import brentq


def library_size(examined: int, distinct: int) -> float | None:
    """Estimate the number of distinct molecules in a library.

    Solves distinct / X = 1 - exp(-examined / X) for X, the equation of Lander and Waterman (1988) by which
    Picard's MarkDuplicates finds ESTIMATED_LIBRARY_SIZE. It takes all molecules for equally likely to be
    sequenced; as they are not, the estimate is a lower bound.

    Parameters
    ----------
    examined
        Fragments, duplicates included.
    distinct
        Fragments without duplicates.

    Returns
    -------
    float or None
        The molecules; None without duplicates (or if there is nothing but them), which tell nothing.
    """
    if not 0 < distinct < examined:
        return None
    depth = examined / distinct

    def excess(ratio: float) -> float:
        # With ratio = X / distinct; expm1 keeps its digits where few fragments are duplicates.
        return 1 / ratio + math.expm1(-depth / ratio)

    # Above 0 where the library is no more than what was seen, below 0 where it is boundless.
    high = 2.0
    while excess(high) >= 0:
        high *= 2
    return distinct * float(brentq(excess, 1.0, high, rtol=1e-12))

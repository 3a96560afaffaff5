"""Shares with their uncertainty."""

from typing import Any

import numpy as np

Z_95 = 1.959964


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927); (0, 1) where nothing was seen.

    Parameters
    ----------
    count, total
        Successes, and trials.
    """
    if total == 0:
        return 0.0, 1.0
    share, spread = count / total, Z_95**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * float(np.sqrt(share * (1 - share) / total + spread / (4 * total))) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def share(count: int, total: int) -> dict[str, Any]:
    """Give share, and low and high end of its 95 % Wilson interval; all None where nothing was seen."""
    if total == 0:
        return {"share": None, "low": None, "high": None}
    low, high = wilson(count, total)
    return {"share": round(count / total, 6), "low": round(low, 6), "high": round(high, 6)}


def balance(a: int, b: int) -> dict[str, Any]:
    """Give the counts of A and B, and the share of A with its interval."""
    return {"a": int(a), "b": int(b)} | share(int(a), int(a + b))

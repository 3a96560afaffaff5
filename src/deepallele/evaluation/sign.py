"""How often the predicted log ratio has the sign of the measured one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.quality.intervals import wilson


def sign_accuracy(
    log_ratio: NDArray[np.floating], measured: NDArray[np.floating], chosen: NDArray[np.bool_]
) -> dict[str, Any]:
    """Share of regions whose predicted log ratio has the sign of the measured one.

    Parameters
    ----------
    log_ratio, measured
        Predicted and measured log2(A/B), shape (n,).
    chosen
        bool (n,); the regions that count.

    Returns
    -------
    dict
        n; correct; no_sign: predictions of exactly 0, which count as wrong; accuracy with low and high end of
        its 95 % interval (Wilson 1927, J. Am. Stat. Assoc. 22:209), None without regions; majority: what
        always predicting the more frequent sign would reach.
    """
    predicted, seen = np.sign(log_ratio[chosen]), np.sign(measured[chosen])
    n, correct = len(seen), int((predicted * seen > 0).sum())
    found = {"n": n, "correct": correct, "no_sign": int((predicted == 0).sum())}
    if n == 0:
        return {**found, "accuracy": None, "low": None, "high": None, "majority": None}
    low, high = wilson(correct, n)
    majority = float(max((seen > 0).mean(), (seen < 0).mean()))
    return {**found, "accuracy": correct / n, "low": low, "high": high, "majority": majority}

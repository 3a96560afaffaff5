"""One-hot arrays of the published files and base codes."""

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.genome.fasta import OTHER

_ROWS = np.concatenate([np.eye(4), np.zeros((1, 4))])


def from_one_hot(one_hot: NDArray, where: str) -> NDArray[np.uint8]:
    """Turn one-hot bases into codes.

    Parameters
    ----------
    one_hot
        Numbers (n, L, 4), order A, C, G, T; a base without a letter (N, padding) is all zeros or four
        equal values.
    where
        What was read, for messages.

    Returns
    -------
    NDArray[np.uint8]
        (n, L), codes A0 C1 G2 T3 other 4.

    Raises
    ------
    InputError
        If a position holds anything else.
    """
    largest = one_hot.max(axis=2)
    known = (largest == 1) & (one_hot.sum(axis=2) == 1) & (one_hot.min(axis=2) == 0)
    equal = largest == one_hot.min(axis=2)
    if not (known | equal).all():
        row, position = np.argwhere(~(known | equal))[0]
        raise InputError(
            f"{where}: row {row}, position {position} is {one_hot[row, position].tolist()}; "
            "expected one 1 and three 0, or four equal values"
        )
    return np.where(known, one_hot.argmax(axis=2), OTHER).astype(np.uint8)


def to_one_hot(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Turn codes (n, L) into one-hot bases (n, L, 4); all zeros for every base but A, C, G, T."""
    rows: NDArray[np.float64] = _ROWS[codes]
    return rows


def real_length(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Length of each sequence (n, L) without the unknown bases at its end, int64 (n,)."""
    known = codes[:, ::-1] != OTHER
    return np.where(known.any(axis=1), codes.shape[1] - known.argmax(axis=1), 0).astype(np.int64)

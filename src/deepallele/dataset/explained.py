"""Do the variants of a window turn haplotype A's bases into haplotype B's?"""

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from deepallele.genome.fasta import encode


def explained(
    sequence: NDArray[np.uint8], variant: pd.DataFrame, bases: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether window A and the variants give window B, and window B and the variants window A.

    Between two variants both windows run in parallel. Bases of one window that lie beyond the other one's
    border, where insertions and deletions shift it, cannot be known from it and are not compared.

    Parameters
    ----------
    sequence
        uint8 (k, 2, L), windows.
    variant
        Their variants, columns as `Dataset.variant`; `region` is the row in `sequence`.
    bases
        int64 (k, 2), bases that each window holds, from offset 0 on.

    Returns
    -------
    NDArray[np.bool_]
        Shape (k,).
    """
    table = variant.sort_values(["region", "offset_a"], kind="stable")
    region = table["region"].to_numpy(dtype=np.int64)
    first = np.searchsorted(region, np.arange(len(sequence) + 1))
    offset = table[["offset_a", "offset_b"]].to_numpy(dtype=np.int64)
    alleles = [table[f"allele_{side}"] for side in "ab"]
    size = np.stack([column.str.len().to_numpy(dtype=np.int64) for column in alleles], axis=1)
    size = size.reshape(-1, 2)
    begin = np.cumsum(size, axis=0) - size
    codes_a, codes_b = (encode("".join(column)) for column in alleles)
    return _compare(sequence, bases, first, offset, size, begin, codes_a, codes_b)


@njit(cache=True)
def _compare(sequence, bases, first, offset, size, begin, codes_a, codes_b):  # type: ignore[no-untyped-def]
    right = np.ones(len(sequence), dtype=np.bool_)
    for row in range(len(sequence)):
        for own in range(2):
            codes = codes_b if own else codes_a
            window, source = sequence[row, own], sequence[row, 1 - own]
            held, known = bases[row, own], bases[row, 1 - own]
            low, high = first[row], first[row + 1]
            # The last variant that begins at or before the base; left of the first, that one tells the shift.
            last = low - 1
            for place in range(held):
                while last + 1 < high and offset[last + 1, own] <= place:
                    last += 1
                partner = place
                if last >= low:
                    inside = place - offset[last, own]
                    if inside < size[last, own]:
                        if codes[begin[last, own] + inside] != window[place]:
                            right[row] = False
                            break
                        continue
                    partner = offset[last, 1 - own] + size[last, 1 - own] + inside - size[last, own]
                elif low < high:
                    partner = place + offset[low, 1 - own] - offset[low, own]
                if 0 <= partner < known and source[partner] != window[place]:
                    right[row] = False
                    break
            if not right[row]:
                break
    return right

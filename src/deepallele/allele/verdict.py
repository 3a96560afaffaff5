"""What a comparison of the haplotypes says about pairs, before the filters by place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.outcome import Fate


@dataclass(frozen=True)
class Verdict:
    """Outcome of the comparison of n pairs, from their alignments alone.

    Attributes
    ----------
    posterior
        float64 (n,): probability that the pair comes from A.
    from_a, from_b
        bool (n,): informative for A, for B; never both.
    overruled
        bool (n,): would be informative, but covers no variant.
    side
        int64 (n,): 0 or 1, the haplotype whose alignment places the pair.
    lost
        Reasons to drop a pair and which pairs (bool (n,)) they hold for; the first that holds counts.
    """

    posterior: NDArray[np.float64]
    from_a: NDArray[np.bool_]
    from_b: NDArray[np.bool_]
    overruled: NDArray[np.bool_]
    side: NDArray[np.int64]
    lost: list[tuple[Fate, NDArray[np.bool_]]]

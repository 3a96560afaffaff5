"""Pairs of sequences with what was measured, as they come from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.exchange.names import Place
from deepallele.genome.fasta import OTHER, encode

# Factor that turns an activity of each scale into log2.
SCALES = {"log2": 1.0, "ln": 1 / np.log(2), "log10": 1 / np.log10(2)}


@dataclass(frozen=True)
class Pairs:
    """n pairs of sequences with their measurements in s samples.

    Attributes
    ----------
    name
        Unique name of each pair.
    group
        Pairs of one group (chromosome, gene) stay in one fold.
    place
        Region of each pair in the reference, 0-based half-open; None where A's sequences have no known place.
    start
        Reference position, 0-based, of the first base of A's sequences, int64 (n,); None with `place`.
    sequence
        uint8 (n, 2, L): A, B; codes A0 C1 G2 T3 other 4, unknown to the right of the last base.
    sample
        Names of the samples.
    count
        int32 (n, s, 2), fragments of A and of B; None where activities were measured.
    activity
        float32 (n, s, 2), log2; None where fragments were counted.
    """

    name: list[str]
    group: list[str]
    place: list[Place] | None
    start: NDArray[np.int64] | None
    sequence: NDArray[np.uint8]
    sample: list[str]
    count: NDArray[np.int32] | None
    activity: NDArray[np.float32] | None


def dropped_table(name: Sequence[str], reason: Sequence[str]) -> pd.DataFrame:
    """Table (region, reason) of the pairs that have a reason to be left out."""
    table = pd.DataFrame({"region": list(name), "reason": list(reason)}, dtype=object)
    return table[table["reason"] != ""].reset_index(drop=True)


def stacked(a: Sequence[str], b: Sequence[str]) -> NDArray[np.uint8]:
    """Codes (n, 2, L) of two columns of sequences; L is the length of the longest."""
    length = max(map(len, [*a, *b]), default=0)
    codes = np.full((len(a), 2, length), OTHER, dtype=np.uint8)
    for haplotype, column in enumerate((a, b)):
        for row, sequence in enumerate(column):
            codes[row, haplotype, : len(sequence)] = encode(sequence)
    return codes

"""Split of the ambiguous pairs into one half for each haplotype.

Each half is decided by the read's name and the haplotypes' names alone: the haplotype wins for which a
hash of both names is larger. So the mates stay together, every run and machine finds the same halves, and
they do not depend on which haplotype is named first.
"""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.names import hash_names, name_words
from deepallele.allele.outcome import Fate, fate_of, is_second_half


def second_half(names: NDArray[np.uint64], haplotypes: tuple[str, str]) -> NDArray[np.bool_]:
    """Tell which pairs would go to the second haplotype.

    Parameters
    ----------
    names
        uint64 (n,): hashes of the read names.
    haplotypes
        Names of A and B, different.

    Returns
    -------
    NDArray[np.bool_]
        (n,). Swapping `haplotypes` gives the opposite. The hashes are mixed once more, so that the smallest
        ones, which decide among duplicates, have no say in the half.
    """
    of_first, of_second = (_mix(names ^ hash_names(name_words([name]))) for name in haplotypes)
    return of_second > of_first


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64 (S. Vigna, public domain), one-to-one on 64 bits."""
    for shift, multiplier in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ (value >> np.uint64(shift))) * np.uint64(multiplier)
    return value ^ (value >> np.uint64(31))


def shares(packed: NDArray[np.uint8], split: bool) -> list[NDArray[np.bool_]]:
    """Tell which pairs each BAM gets.

    Parameters
    ----------
    packed
        (n,): what a run keeps of each pair, see `deepallele.allele.outcome.pack`.
    split
        Whether there are BAMs with the halves of the ambiguous pairs.

    Returns
    -------
    list of NDArray[np.bool_]
        (n,) each: all pairs, informative A, informative B, and with `split` A and its half, B and its half.
    """
    fate = fate_of(packed)
    informative = [fate == Fate.INFORMATIVE_A, fate == Fate.INFORMATIVE_B]
    choices = [fate <= Fate.HEMIZYGOUS, *informative]
    if split:
        ambiguous, second = fate == Fate.AMBIGUOUS, is_second_half(packed)
        choices += [informative[0] | (ambiguous & ~second), informative[1] | (ambiguous & second)]
    return choices

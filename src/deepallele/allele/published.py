"""The comparison of the published method, for comparison with it.

bowtie2 maps in local mode; `samtools view -f 3 -F 12 -q 2` filters each haplotype's alignments on their own;
then the summed alignment score (AS) of both mates decides, and equal scores are ambiguous. So here:

1. A haplotype's alignment of a pair passes if both mates are aligned, flagged as a proper pair and have
   the smallest MAPQ, and the fragment length is within its limits. Single reads need to be aligned and
   have that MAPQ.
2. A pair that passes on one haplotype only comes from that one. Of a pair that passes on both, the larger sum
   of scores decides; with equal sums it is ambiguous. The posterior is 1, 0 or 0.5.
3. What passes on neither is dropped, under the first of these reasons that holds for both: not aligned
   (`unaligned`), not complete (`one_mate`), no proper pair (`discordant`), MAPQ (`low_mapq`).

Filters on one haplotype bias the ratio, scores ignore base qualities, and a pair counts without covering any
variant: the other mode does without all three. Unlike the published method, where each haplotype's
duplicates are removed by base quality before the comparison, duplicates are treated as in the other mode:
they could turn a pair that one haplotype's file has lost into one of the other's.
"""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.fields import alignment_scores
from deepallele.allele.outcome import Fate, Settings
from deepallele.allele.placement import second_is_better
from deepallele.allele.verdict import Verdict

_PROPER = 0x2


def compare_scores(a: Alignments, b: Alignments, settings: Settings) -> Verdict:
    """Compare the alignment scores of pairs as the published method does.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.
    settings
        `min_mapq`, `min_insert` and `max_insert` are the filters' thresholds.

    Raises
    ------
    InputError
        If an aligned read has no score (AS).
    """
    limits = (settings.min_insert, settings.max_insert)
    complete = np.stack([a.complete, b.complete])
    proper = np.stack([x.concordant(*limits) & _flagged(x) for x in (a, b)])
    passed = proper & np.stack([(x.mapq >= settings.min_mapq).all(axis=1) for x in (a, b)])
    lifted = np.stack([a.lifted.all(axis=1), b.lifted.all(axis=1)])
    score_a, score_b = (_summed_scores(x) for x in (a, b))
    from_a = passed[0] & (~passed[1] | (score_a > score_b))
    from_b = passed[1] & (~passed[0] | (score_b > score_a))
    preferred = second_is_better(a, b, passed, passed & lifted)
    side = np.where(from_a | from_b, from_b, preferred).astype(np.int64)
    lost = [
        (Fate.UNALIGNED, ~(a.aligned | b.aligned).any(axis=1)),
        (Fate.ONE_MATE, ~complete.any(axis=0)),
        (Fate.DISCORDANT, ~proper.any(axis=0)),
        (Fate.LOW_MAPQ, ~passed.any(axis=0)),
        (Fate.UNLIFTED, ~np.where(side == 1, lifted[1], lifted[0])),
    ]
    posterior = 0.5 + 0.5 * from_a - 0.5 * from_b
    return Verdict(posterior, from_a, from_b, np.zeros(len(side), dtype=bool), side, lost)


def _flagged(alignments: Alignments) -> NDArray[np.bool_]:
    """Whether the aligner calls the pair proper; always for single reads."""
    if alignments.aligned.shape[1] == 1:
        return np.ones(len(alignments.aligned), dtype=bool)
    return ((alignments.records.fixed["flag"] & _PROPER) != 0).reshape(-1, 2).all(axis=1)


def _summed_scores(alignments: Alignments) -> NDArray[np.int64]:
    mates = alignments.aligned.shape[1]
    return alignment_scores(alignments.records).reshape(-1, mates).sum(axis=1)

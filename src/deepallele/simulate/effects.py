"""True activities of both haplotypes and the true effect of every variant, from the grammar alone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import Genome
from deepallele.simulate.grammar import Grammar
from deepallele.simulate.variants import MAX_INDEL, SecondHaplotype, Variants

MIN_OCCUPANCY_CHANGE = 0.25


class RegionTruth(NamedTuple):
    """log2 activity of each region, shape=(regions, 2) for haplotypes A and B."""

    activity: NDArray[np.float64]

    @property
    def log_ratio(self) -> NDArray[np.float64]:
        """True log2(A/B), shape=(regions,)."""
        return np.asarray(self.activity[:, 0] - self.activity[:, 1])


class EffectTruth(NamedTuple):
    """One row per variant within reach of a region, sorted by region and variant.

    `effect` is the log2(A/B) the variant contributes: mean of swapping its alleles in A's and in B's
    background. `occupancy_change`, shape=(rows, motifs), is the same for each motif's occupancy (A minus B).
    """

    region: NDArray[np.int64]
    variant: NDArray[np.int64]
    effect: NDArray[np.float64]
    occupancy_change: NDArray[np.float64]


def cut_windows(codes: NDArray[np.uint8], centre: NDArray[np.int64], half: int) -> NDArray[np.uint8]:
    """Windows of 2 * half + 1 bases around global positions, shape=(n, 2 * half + 1)."""
    return codes[centre[:, None] + np.arange(-half, half + 1)]


def region_truth(
    genome: Genome, second: SecondHaplotype, summit: NDArray[np.int64], grammar: Grammar
) -> RegionTruth:
    """Activity of every region on both haplotypes; B's window is centred on the lifted summit."""
    in_a = grammar.activity(cut_windows(genome.codes, summit, grammar.half)).total
    in_b = grammar.activity(
        cut_windows(second.genome.codes, second.from_reference(summit), grammar.half)
    ).total
    return RegionTruth(np.stack([in_a, in_b], axis=1))


def variants_in_reach(
    variants: Variants, summit: NDArray[np.int64], half: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (region, variant) where the variant's reference bases touch summit +- half."""
    low = np.searchsorted(variants.pos + variants.ref_length, summit - half, side="right")
    high = np.searchsorted(variants.pos, summit + half, side="right")
    count = np.maximum(high - low, 0)
    region = np.repeat(np.arange(len(summit)), count)
    within = np.arange(len(region)) - np.repeat(np.cumsum(count) - count, count)
    return region, np.repeat(low, count) + within


def effect_truth(
    genome: Genome, second: SecondHaplotype, variants: Variants, summit: NDArray[np.int64], grammar: Grammar
) -> EffectTruth:
    """Effect of every variant near a region, by recomputing the grammar with this variant alone swapped."""
    region, variant = variants_in_reach(variants, summit, grammar.half)
    lifted = second.from_reference(summit)
    windows = np.empty((2, len(region), 2 * grammar.half + 1), dtype=np.uint8)
    for row, (r, v) in enumerate(zip(region.tolist(), variant.tolist(), strict=True)):
        pos, ref, alt = int(variants.pos[v]), int(variants.ref_length[v]), int(variants.alt_length[v])
        at, start = int(summit[r]), int(second.variant_start[v])
        into_a = swap_window(
            genome.codes, pos, ref, variants.allele(v), lift_one(at, pos, ref, alt), grammar.half
        )
        back = lift_all_but_one(at, int(lifted[r]), pos, ref, alt, start)
        into_b = swap_window(
            second.genome.codes, start, alt, genome.codes[pos : pos + ref], back, grammar.half
        )
        windows[0, row], windows[1, row] = into_a, into_b
    in_a = grammar.activity(cut_windows(genome.codes, summit, grammar.half))
    in_b = grammar.activity(cut_windows(second.genome.codes, lifted, grammar.half))
    changed_a, changed_b = grammar.activity(windows[0]), grammar.activity(windows[1])
    effect = (in_a.total[region] - changed_a.total + changed_b.total - in_b.total[region]) / 2
    change = (in_a.occupancy[region] - changed_a.occupancy + changed_b.occupancy - in_b.occupancy[region]) / 2
    return EffectTruth(region, variant, effect, change)


def lift_one(at: int, pos: int, ref: int, alt: int) -> int:
    """Where reference position `at` lies once one variant (and nothing else) is applied.

    `pos` is the variant's reference position, `ref` and `alt` are its alleles' lengths.
    """
    if at < pos + min(ref, alt):
        return at
    return pos + alt if at < pos + ref else at + alt - ref


def lift_all_but_one(at: int, lifted: int, pos: int, ref: int, alt: int, start: int) -> int:
    """Where reference position `at` lies once all variants but one are applied.

    `lifted` is where it lies with all of them, `start` the haplotype position of the one left out.
    """
    if at < pos:
        return lifted
    return start + at - pos if at < pos + ref else lifted + ref - alt


def swap_window(
    codes: NDArray[np.uint8], pos: int, length: int, allele: NDArray[np.uint8], centre: int, half: int
) -> NDArray[np.uint8]:
    """Window around `centre` (in coordinates after the swap) with `length` bases at `pos` replaced."""
    low = min(centre - half, pos) - MAX_INDEL - 2
    high = max(centre + half, pos) + MAX_INDEL * 2 + 4
    local = np.concatenate([codes[low:pos], allele, codes[pos + length : high]])
    return local[centre - half - low : centre + half + 1 - low]


def main_motif(truth: EffectTruth) -> NDArray[np.int64]:
    """Index of the motif whose occupancy each variant changes most, -1 where none changes by 0.25 or more."""
    if not truth.occupancy_change.size:
        return np.full(len(truth.region), -1)
    size = np.abs(truth.occupancy_change)
    return np.where(size.max(axis=1) >= MIN_OCCUPANCY_CHANGE, size.argmax(axis=1), -1)


def causal_variant(truth: EffectTruth, regions: int) -> NDArray[np.int64]:
    """Row of `truth` with the largest absolute effect of each region, -1 for a region without variants."""
    order = np.lexsort((np.abs(truth.effect), truth.region))
    causal = np.full(regions, -1, dtype=np.int64)
    causal[truth.region[order]] = order
    return causal

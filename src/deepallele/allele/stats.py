"""Numbers of the assignment: what became of the pairs of a sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.compare import Decision
from deepallele.allele.duplicates import Settled
from deepallele.allele.outcome import CLASSES, Fate, Mode, fate_of, is_no_variant, is_overruled

# Sums of whole numbers do not depend on how the pairs are cut into chunks.
_ENTROPY_UNIT = 2.0**-30
_PART = 1 << 22


class Tally:
    """Numbers of a run that are counted chunk by chunk, before duplicates are known."""

    def __init__(self) -> None:
        self._apart = 0
        self._unaligned = [0, 0]
        self._covering = 0
        self._entropy = 0
        self._screen: dict[str, int | None] = dict.fromkeys(
            ("variants_screened", "variants_set_aside", "pairs_corrected")
        )

    def add(self, a: Alignments, b: Alignments, decision: Decision) -> None:
        """Count the pairs of a chunk."""
        self._apart += int(decision.apart.sum())
        for side, (one, other) in enumerate(((a, b), (b, a))):
            self._unaligned[side] += int((~one.aligned & other.aligned).sum())
        covering = (decision.fate <= Fate.AMBIGUOUS) & ~decision.no_variant
        self._covering += int(covering.sum())
        self._entropy += int(np.round(_entropy(decision.posterior[covering]) / _ENTROPY_UNIT).sum())

    def add_screen(self, variants: int, set_aside: int, pairs: int) -> None:
        """Note what the screen of the variants gave."""
        self._screen = {
            "variants_screened": variants,
            "variants_set_aside": set_aside,
            "pairs_corrected": pairs,
        }

    def result(self) -> dict[str, Any]:
        """Give what `summarise` documents from placed_differently to pairs_corrected."""
        mean = self._entropy * _ENTROPY_UNIT / self._covering if self._covering else None
        return {
            "placed_differently": self._apart,
            "unaligned_on_A": self._unaligned[0],
            "unaligned_on_B": self._unaligned[1],
            "mean_entropy": None if mean is None else round(mean, 6),
            **self._screen,
        }


def _entropy(posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy in bits, the same to the last bit for p and 1 - p."""
    likely = np.maximum(posterior, 1 - posterior)
    unlikely = 1 - likely
    return -likely * np.log2(likely) - unlikely * np.log2(np.where(unlikely > 0, unlikely, 1))


def bias(a: int, b: int) -> float | None:
    """Share of A among informative pairs, A / (A + B); None where there is none."""
    return round(a / (a + b), 6) if a + b else None


def summarise(
    packed: NDArray[np.uint8],
    settled: Settled,
    tally: Tally,
    contigs: list[str],
    haplotypes: tuple[str, str],
    mode: Mode,
) -> dict[str, Any]:
    """Count the pairs (single-end: the reads) of a sample by what became of them.

    Parameters
    ----------
    packed
        uint8 (pairs,), see `deepallele.allele.outcome.pack`, duplicates marked.
    settled
        Numbers of pairs once duplicates are known.
    tally
        What was counted on the way.
    contigs
        Names of the reference contigs.
    haplotypes
        Names of A and B.
    mode
        How the haplotypes were compared.

    Returns
    -------
    dict
        haplotype_a, haplotype_b
            Names.
        mode
            likelihood or published.
        paired
            False for single-end reads; then every number below counts reads.
        pairs_in
            All pairs of the input; the sum of the next thirteen.
        informative_A, informative_B, ambiguous
            Pairs written, by class.
        hemizygous
            Pairs written to the BAM of all pairs only: on a contig of which the sample has one copy.
        unaligned
            No mate aligned on either haplotype.
        one_mate
            Only one mate aligned, on the haplotype that explains the pair better.
        discordant
            Not on one contig, not facing each other, or fragment length out of limits.
        different_place
            The two haplotypes place the pair at different places and neither is clearly better.
        unlifted
            Lies in a sequence that the reference lacks.
        low_mapq
            MAPQ below the limit on both haplotypes.
        excluded_contig
            On an excluded contig of the reference.
        blacklisted
            The fragment overlaps the blacklist.
        duplicates
            Copies of another pair of the same class.
        duplicates_by_class
            The same, by class: informative_A, informative_B, ambiguous, hemizygous.
        no_variant
            Part of ambiguous: pairs that cover no variant between the haplotypes. 0 where the variants are
            not given.
        overruled
            Part of no_variant: one haplotype seems to explain them better all the same, by chance of the
            aligner; too many tell of variants that are missing in the file.
        placed_differently
            Pairs, duplicates included, whose two alignments are concordant but do not overlap on the
            reference, whatever became of them.
        unaligned_on_A, unaligned_on_B
            Reads (each mate for itself) that are aligned on the other haplotype only.
        mean_entropy
            Mean entropy of the posterior (bits, 0 certain to 1 undecided) of the informative and ambiguous
            pairs, duplicates included, that cover a variant, before the screen; null where there is none.
        variants_screened
            Substitutions between the haplotypes that the screen looked at; null where there was none.
        variants_set_aside
            Of these, the ones that the reads contradict, see `deepallele.allele.screen`.
        pairs_corrected
            Pairs that cover one of these and were judged again without it, duplicates included.
        informative_share
            (informative_A + informative_B) / (these + ambiguous); null where there is none.
        bias
            informative_A / (informative_A + informative_B); null where there is none.
        contigs
            For each contig with pairs: the four classes, bias.
        insert_sizes
            Per class a list: the number of pairs of each fragment length on the reference from 0 bases up,
            between the 5' ends of the mates; the last entry counts all longer ones. null for single reads.

    Raises
    ------
    AssertionError
        If the classes do not add up.
    """
    bytes_, number = np.arange(256, dtype=np.uint8), _frequencies(packed)
    fate, kept = fate_of(bytes_), settled.kept
    count = {value: int(number[fate == value].sum()) for value in Fate}
    assert sum(count.values()) == len(packed), "each pair must be in exactly one class"
    assert kept.sum(axis=0).tolist() == [count[value] for value in CLASSES], "contigs must add up"
    result: dict[str, Any] = {_name(value): count[value] for value in Fate}
    informative = result["informative_A"] + result["informative_B"]
    compared = informative + result["ambiguous"]
    lengths = settled.lengths
    return {
        **result,
        **tally.result(),
        "haplotype_a": haplotypes[0],
        "haplotype_b": haplotypes[1],
        "mode": str(mode),
        "paired": lengths is not None,
        "pairs_in": len(packed),
        "no_variant": int(number[(fate == Fate.AMBIGUOUS) & is_no_variant(bytes_)].sum()),
        "overruled": int(number[(fate == Fate.AMBIGUOUS) & is_overruled(bytes_)].sum()),
        "duplicates_by_class": _by_class(settled.duplicates.tolist()),
        "informative_share": round(informative / compared, 6) if compared else None,
        "bias": bias(result["informative_A"], result["informative_B"]),
        "contigs": {
            contig: _by_class(row.tolist()) | {"bias": bias(int(row[0]), int(row[1]))}
            for contig, row in zip(contigs, kept, strict=True)
            if row.any()
        },
        "insert_sizes": None if lengths is None else _by_class(lengths.tolist()),
    }


def _frequencies(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each of the 256 bytes occurs; in parts, because counting takes eight bytes for each."""
    number = np.zeros(256, dtype=np.int64)
    for begin in range(0, len(packed), _PART):
        number += np.bincount(packed[begin : begin + _PART], minlength=256)
    return number


def _name(fate: Fate) -> str:
    return fate.name.lower().removesuffix("_a").removesuffix("_b") + (
        f"_{fate.name[-1]}" if fate in CLASSES[:2] else ""
    )


def _by_class(values: list[Any]) -> dict[str, Any]:
    return {_name(value): values[value] for value in CLASSES}

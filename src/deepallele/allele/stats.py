"""Numbers of allele_stats.json."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.compare import Fate
from deepallele.allele.duplicates import CLASSES


def bias(a: int, b: int) -> float | None:
    """Share of A among informative pairs, A / (A + B); None where there is none."""
    return round(a / (a + b), 6) if a + b else None


def summarise(
    fate: NDArray[np.uint8],
    kept: NDArray[np.int64],
    duplicates: NDArray[np.int64],
    contigs: list[str],
    haplotypes: tuple[str, str],
    paired: bool,
) -> dict[str, Any]:
    """Count the pairs (single-end: the reads) of a sample by what became of them.

    Parameters
    ----------
    fate
        uint8 (pairs,), values of `Fate`.
    kept
        int64 (contigs, 3): pairs of each contig by class (A, B, ambiguous), duplicates removed.
    duplicates
        int64 (3,): duplicates removed, by class.
    contigs
        Names of the reference contigs.
    haplotypes
        Names of A and B.
    paired
        Whether the reads are paired.

    Returns
    -------
    dict
        haplotype_a, haplotype_b
            Names.
        paired
            False for single-end reads; then every number below counts reads.
        pairs_in
            All pairs of the input; the sum of the next twelve.
        informative_A, informative_B, ambiguous
            Pairs written, by class.
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
            The same, by class: informative_A, informative_B, ambiguous.
        informative_share
            (informative_A + informative_B) / pairs written; null where none is.
        bias
            informative_A / (informative_A + informative_B); null where there is none.
        contigs
            For each contig with pairs: informative_A, informative_B, ambiguous, bias.

    Raises
    ------
    AssertionError
        If the classes do not add up.
    """
    count = np.bincount(fate, minlength=len(Fate))
    result: dict[str, Any] = {_name(value): int(count[value]) for value in Fate}
    assert sum(result.values()) == len(fate), "each pair must be in exactly one class"
    assert (kept.sum(axis=0) == count[: len(CLASSES)]).all(), "contigs must add up to the whole"
    informative = result["informative_A"] + result["informative_B"]
    written = informative + result["ambiguous"]
    return result | {
        "haplotype_a": haplotypes[0],
        "haplotype_b": haplotypes[1],
        "paired": paired,
        "pairs_in": len(fate),
        "duplicates_by_class": _by_class(duplicates),
        "informative_share": round(informative / written, 6) if written else None,
        "bias": bias(result["informative_A"], result["informative_B"]),
        "contigs": {
            contig: _by_class(row) | {"bias": bias(int(row[0]), int(row[1]))}
            for contig, row in zip(contigs, kept, strict=True)
            if row.any()
        },
    }


def _name(fate: Fate) -> str:
    return fate.name.lower().removesuffix("_a").removesuffix("_b") + (
        f"_{fate.name[-1]}" if fate in CLASSES[:2] else ""
    )


def _by_class(row: NDArray[np.int64]) -> dict[str, Any]:
    return {_name(value): int(row[value]) for value in CLASSES}

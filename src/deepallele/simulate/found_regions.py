"""Were regions, ratios, causal variants and motifs found? The workflow's tables against the truth."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_OVERLAP_SHARE = 0.5


class Matches(NamedTuple):
    """For each found region the row of the true region it stands for (-1: none), and the two shares."""

    true_row: NDArray[np.int64]
    recall: float
    precision: float


def match_regions(truth: pd.DataFrame, found: pd.DataFrame) -> Matches:
    """Match found regions with true ones.

    A true region is found (recall) when a found region holds its summit or covers at least half of it. A
    found region is right (precision) when it overlaps a true region by at least one base. Where several true
    regions match a found one, the nearest by summit counts.

    Parameters
    ----------
    truth
        chrom, start, end, summit (0-based, half-open).
    found
        chrom, start, end.
    """
    true_row = np.full(len(found), -1, dtype=np.int64)
    hit = np.zeros(len(truth), dtype=bool)
    right = np.zeros(len(found), dtype=bool)
    found_chrom = found["chrom"].to_numpy()
    for chrom, part in truth.groupby("chrom"):
        rows = np.flatnonzero(found_chrom == chrom)
        if not len(rows):
            continue
        start, end = (found[column].to_numpy()[rows][:, None] for column in ("start", "end"))
        true_start, true_end, summit = (part[name].to_numpy()[None] for name in ("start", "end", "summit"))
        overlap = np.minimum(end, true_end) - np.maximum(start, true_start)
        same = ((start <= summit) & (summit < end)) | (overlap >= _OVERLAP_SHARE * (true_end - true_start))
        distance = np.where(same, np.abs((start + end) // 2 - summit), np.iinfo(np.int64).max)
        best = distance.argmin(axis=1)
        true_row[rows] = np.where(same.any(axis=1), truth.index.get_indexer(part.index)[best], -1)
        hit[truth.index.get_indexer(part.index)] = same.any(axis=0)
        right[rows] = (overlap > 0).any(axis=1)
    return Matches(true_row, _mean(hit), _mean(right))


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def pearson(first: pd.Series, second: pd.Series) -> float:
    """Pearson correlation over the rows where both are finite; NaN for fewer than three, or a constant."""
    both = np.stack([first.to_numpy(dtype=float), second.to_numpy(dtype=float)])
    both = both[:, np.isfinite(both).all(axis=0)]
    if both.shape[1] < 3 or (both.std(axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(both)[0, 1])


def with_truth(table: pd.DataFrame, truth: pd.DataFrame, sign: int) -> pd.DataFrame:
    """Add `true_log_ratio` and `causal_variant` of the matching true region (missing where none matches).

    `sign` is -1 where the run's first haplotype is the simulator's second.
    """
    row = match_regions(truth, table).true_row
    matched = truth[["log_ratio", "causal_variant"]].reindex(row)
    return table.assign(
        true_log_ratio=sign * matched["log_ratio"].to_numpy(dtype=float),
        causal_variant=matched["causal_variant"].to_numpy(),
    )


def trim_alleles(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Remove equal bases from the right, then from the left, leaving at least one base in each allele."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt


def variant_key(name: str) -> tuple[str, int, str, str]:
    """Chromosome, trimmed 1-based position and alleles of a variant called chrom:pos:ref>alt."""
    chrom, pos, alleles = name.rsplit(":", 2)
    ref, alt = alleles.split(">")
    return chrom, *trim_alleles(int(pos), ref, alt)


def causal_share(predictions: pd.DataFrame, variants: pd.DataFrame) -> tuple[float, int]:
    """Share of the trusted regions whose main variant is the causal one, and the number of trusted regions.

    Parameters
    ----------
    predictions
        region, trusted, causal_variant (missing: no true region matches; such regions are not in the share).
    variants
        region, variant (chrom:pos:ref>alt), main.
    """
    trusted = predictions[predictions["trusted"].eq(True)]
    main = variants[variants["main"].eq(True)].drop_duplicates("region").set_index("region")["variant"]
    judged = trusted.dropna(subset=["causal_variant"])
    said = main.reindex(judged["region"])
    same = [
        isinstance(one, str) and variant_key(one) == variant_key(other)
        for one, other in zip(said, judged["causal_variant"], strict=True)
    ]
    return _mean(np.array(same, dtype=bool)), len(trusted)


def motifs_found(
    summary: pd.DataFrame, tomtom: pd.DataFrame, least: int, max_q: float, best: int
) -> tuple[int, int]:
    """Number of motifs planted at least `least` times, and how many of them some found motif is named after.

    Parameters
    ----------
    summary
        tf, n_instances.
    tomtom
        tf, q_value, rank (1 is best); names are compared without case.
    """
    planted = summary[summary["n_instances"] >= least]["tf"].str.lower()
    named = tomtom[(tomtom["q_value"] < max_q) & (tomtom["rank"] <= best)]["tf"].astype(str).str.lower()
    return len(planted), int(planted.isin(set(named)).sum())

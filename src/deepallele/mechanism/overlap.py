"""Which seqlets a variant changes: bases compared in each haplotype's own window."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def changed_bases(here: str, there: str) -> tuple[int, int]:
    """Part of an allele that differs from the other allele, without the shared (anchor) bases.

    Shared bases are cut from the right first, then from the left, so that an indel in a repeat lies
    as far left as it can (as in a normalised VCF, Tan 2015, Bioinformatics 31:2202).

    Returns
    -------
    start, end
        Offsets within `here`, 0-based half-open; start == end where `here` lacks bases of `there`: the
        place between two bases at which they would be inserted.
    """
    shortest = min(len(here), len(there))
    right = 0
    while right < shortest and here[-1 - right] == there[-1 - right]:
        right += 1
    left = 0
    while left < shortest - right and here[left] == there[left]:
        left += 1
    return left, len(here) - right


def changed_intervals(variant: pd.DataFrame) -> NDArray[np.int64]:
    """Changed bases of each variant in both haplotypes' windows.

    Parameters
    ----------
    variant
        Table with allele_a, allele_b, offset_a, offset_b.

    Returns
    -------
    interval
        int64, shape=(v, 2, 2); variant, haplotype, start and end (0-based half-open) in the window.
    """
    interval = np.zeros((len(variant), 2, 2), dtype=np.int64)
    pairs = list(zip(variant["allele_a"], variant["allele_b"], strict=True))
    for side, name in enumerate("ab"):
        spans = [changed_bases(*(pair if side == 0 else pair[::-1])) for pair in pairs]
        offset = variant[f"offset_{name}"].to_numpy(dtype=np.int64)
        interval[:, side] = np.array(spans, dtype=np.int64).reshape(-1, 2) + offset[:, None]
    return interval


def affected_seqlets(variant: pd.DataFrame, seqlet: pd.DataFrame) -> pd.DataFrame:
    """List every seqlet of either haplotype that a variant changes.

    A variant changes a seqlet when a changed base lies in it, or when bases are inserted between two of
    its bases. Bases inserted right before the first or right after the last one do not count.

    Parameters
    ----------
    variant
        Table with region (name), allele_a, allele_b, offset_a, offset_b; one row per variant.
    seqlet
        Table with region, haplotype (A or B), start, end (offsets in that haplotype's window).

    Returns
    -------
    pairs
        Columns variant and seqlet: row positions in the two tables, sorted.
    """
    interval = changed_intervals(variant)
    parts = []
    for side, name in enumerate("AB"):
        here = pd.DataFrame(
            {
                "region": variant["region"].to_numpy(),
                "variant": np.arange(len(variant)),
                "first": interval[:, side, 0],
                "last": interval[:, side, 1],
            }
        )
        mine = (seqlet["haplotype"] == name).to_numpy()
        there = seqlet.loc[mine, ["region", "start", "end"]].assign(seqlet=np.flatnonzero(mine))
        pairs = here.merge(there, on="region")
        overlaps = (pairs["first"] < pairs["end"]) & (pairs["start"] < pairs["last"])
        parts.append(pairs.loc[overlaps, ["variant", "seqlet"]])
    return pd.concat(parts).sort_values(["variant", "seqlet"]).reset_index(drop=True)

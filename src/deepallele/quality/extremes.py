"""Variants with an extreme ratio in every sample: biology, or a mapping artefact or false variant."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, false_discovery_control

from deepallele.files import read_table
from deepallele.quality.checks import NEIGHBOURHOOD, contradicted
from deepallele.quality.counts import COLUMNS, COUNT_COLUMNS

# Fewest informative pairs of a variant that is tested in a sample.
MIN_PAIRS = 20
EXTREME = 0.1
FDR = 0.05
# Neighbours this one-sided, to the same side, tell of biology; near to one half, of an artefact.
AGREE, BALANCED = 0.2, 0.3

# One variant has one row in each sample's table.
KEY = ["chrom", "pos", "ref", "alt"]


def extreme_variants(paths: Mapping[str, Path]) -> pd.DataFrame:
    """Find the variants that are extreme in all samples.

    A variant is tested in a sample that has at least 20 informative pairs there. It is extreme where the
    share of A is below 0.1 or above 0.9 and unlike the sample's overall share (two-sided binomial test,
    Benjamini-Hochberg over the sample's tested variants, 5 %). Listed is what is extreme, to the same
    side, in every sample where it is tested, if that is at least half of the samples, and in all samples
    together.

    Parameters
    ----------
    paths
        Table of `deepallele.quality.counts.VariantCounts.table` of each sample.

    Returns
    -------
    pd.DataFrame
        chrom, pos (0-based), ref, alt, class, haplotype_alt; samples_tested; share_a (all samples together);
        neighbour_bases and neighbour_share_a: bases at the other SNPs within 500 bases, all samples
        together, and share of A's alleles among them; neighbours: `agree` (at least 20 bases, share of A at
        most 0.2 or at least 0.8 to the same side), `balanced` (0.3 to 0.7), `between`, or `none` (fewer);
        {sample}_a and {sample}_b: informative pairs.
    """
    samples = list(paths)
    tables = {sample: read_variant_counts(path) for sample, path in paths.items()}
    votes = (
        pd.concat([_tested(table) for table in tables.values()])
        .groupby(KEY, sort=False, observed=True)["side"]
        .agg(["size", "min", "max"])
    )
    agreed = votes[(votes["size"] * 2 >= len(samples)) & (votes["min"] == votes["max"]) & (votes["min"] != 0)]
    result = _described(agreed.rename(columns={"size": "samples_tested"})[["samples_tested"]], tables)
    return _with_neighbours(result, tables)


def read_variant_counts(path: Path) -> pd.DataFrame:
    """Read a sample's table of variant counts (`quality.counts.VariantCounts.table`)."""
    return read_table(path, COLUMNS + COUNT_COLUMNS).astype({"chrom": str})


def _tested(table: pd.DataFrame) -> pd.DataFrame:
    """Give the tested variants of a sample, and `side`: -1 extreme to B, 1 extreme to A, 0 not extreme."""
    a, b = table["count_a"].to_numpy(), table["count_b"].to_numpy()
    enough = np.flatnonzero(a + b >= MIN_PAIRS)
    overall = a.sum() / max(1, (a + b).sum())
    a, number = a[enough], (a + b)[enough]
    share = a / number
    fdr = _adjusted(a, number, overall)
    side = np.where(share < EXTREME, -1, np.where(share > 1 - EXTREME, 1, 0)) * (fdr <= FDR)
    return table.iloc[enough][KEY].assign(side=side)


def _adjusted(a: NDArray[np.int64], number: NDArray[np.int64], overall: float) -> NDArray[np.float64]:
    if len(a) == 0:
        return np.zeros(0)
    # Many variants share their counts.
    pairs, inverse = np.unique(np.stack([a, number], axis=1), axis=0, return_inverse=True)
    p = np.array([binomtest(int(k), int(n), overall).pvalue for k, n in pairs])
    adjusted: NDArray[np.float64] = false_discovery_control(np.clip(p, 0, 1)[inverse.ravel()])
    return adjusted


def _described(agreed: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Add what the variants are, and the counts of each sample."""
    result = agreed.reset_index()
    parts = [table.merge(result[KEY], on=KEY)[COLUMNS] for table in tables.values()]
    about = pd.concat(parts).drop_duplicates(KEY)
    result = about.merge(result, on=KEY)
    counts = {}
    for sample, table in tables.items():
        here = result[KEY].merge(table, on=KEY, how="left")[["count_a", "count_b"]].fillna(0)
        for side in "ab":
            counts[f"{sample}_{side}"] = here[f"count_{side}"].to_numpy(dtype=np.int64)
    a, b = (sum(counts[f"{sample}_{side}"] for sample in tables) for side in "ab")
    share = a / np.maximum(a + b, 1)
    result = result.assign(share_a=share, **counts)
    return result[(share < EXTREME) | (share > 1 - EXTREME)].reset_index(drop=True)


def _with_neighbours(result: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Add the alleles at the other SNPs nearby: bases, not pairs, whose haplotype the variant itself told."""
    sums = _alleles(tables.values())
    near = np.zeros((len(result), 2), dtype=np.int64)
    for chrom, rows in result.groupby("chrom", sort=False).indices.items():
        here = sums[sums["chrom"] == chrom].sort_values("pos")
        position = here["pos"].to_numpy()
        alleles = here[["base_a", "base_b"]].to_numpy(dtype=np.int64)
        running = np.concatenate([np.zeros((1, 2), dtype=np.int64), np.cumsum(alleles, axis=0)])
        own = result["pos"].to_numpy()[rows]
        near[rows] = running[np.searchsorted(position, own + NEIGHBOURHOOD, side="right")]
        near[rows] -= running[np.searchsorted(position, own - NEIGHBOURHOOD, side="left")]
        # Neither the variant nor others at its place are neighbours.
        near[rows] -= running[np.searchsorted(position, own, side="right")]
        near[rows] += running[np.searchsorted(position, own, side="left")]
    number = near.sum(axis=1)
    share = near[:, 0] / np.maximum(number, 1)
    to_a = result["share_a"].to_numpy() > 0.5
    agree = np.where(to_a, share >= 1 - AGREE, share <= AGREE)
    balanced = np.abs(share - 0.5) <= 0.5 - BALANCED
    verdict = np.select(
        [number < MIN_PAIRS, agree, balanced], ["none", "agree", "balanced"], default="between"
    )
    counts = [name for name in result.columns if name[:-2] in tables and name[-2:] in ("_a", "_b")]
    result = result.assign(
        neighbour_bases=number,
        neighbour_share_a=np.where(number > 0, share, np.nan),
        neighbours=verdict,
    )
    first = [*COLUMNS, "samples_tested", "share_a", "neighbour_bases", "neighbour_share_a", "neighbours"]
    return result[[*first, *counts]]


def false_variants(paths: Mapping[str, Path]) -> pd.DataFrame:
    """List SNPs that the bases of all samples together contradict: `deepallele.quality.checks.contradicted`.

    Returns
    -------
    pd.DataFrame
        chrom, pos (0-based), ref, alt.
    """
    sums = _alleles(read_variant_counts(path) for path in paths.values())
    found = [sums.iloc[:0]]
    for _, here in sums.groupby("chrom", sort=False):
        here = here.sort_values("pos", kind="stable")
        alleles = here[["base_a", "base_b"]].to_numpy(dtype=np.int64)
        found.append(here[contradicted(here["pos"].to_numpy(), alleles).false])
    return pd.concat(found)[KEY].reset_index(drop=True)


def _alleles(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Sum the bases at each SNP over samples."""
    columns = [*KEY, "base_a", "base_b"]
    snps = pd.concat([table.loc[table["class"] == "snp", columns] for table in tables])
    return snps.groupby(KEY, sort=False, observed=True)[["base_a", "base_b"]].sum().reset_index()


def mask(extreme: pd.DataFrame, false: pd.DataFrame) -> pd.DataFrame:
    """List, as BED columns, what is a mapping artefact or false: places to leave out of an analysis.

    These are the likely false SNPs, and extreme variants among balanced neighbours; extreme ones in a
    neighbourhood that agrees are left alone.

    Returns
    -------
    pd.DataFrame
        chrom, start, end, name (`ref>alt:false` or `ref>alt:extreme`), by chrom and position.
    """
    parts = [
        false.assign(why="false"),
        extreme.loc[extreme["neighbours"] == "balanced", KEY].assign(why="extreme"),
    ]
    rows = pd.concat(parts).drop_duplicates(KEY).sort_values(["chrom", "pos"], kind="stable")
    ref, alt = rows["ref"].astype(str), rows["alt"].astype(str)
    columns = {"chrom": rows["chrom"], "start": rows["pos"], "end": rows["pos"] + ref.str.len()}
    return pd.DataFrame({**columns, "name": ref + ">" + alt + ":" + rows["why"]})

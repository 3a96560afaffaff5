"""Test of allelic imbalance: beta-binomial around an even share, and the size of the effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from deepallele.counts.imbalance_dispersion import (
    Groups,
    Overdispersion,
    estimate_overdispersion,
    overdispersion_summary,
)
from deepallele.counts.imbalance_effect import Effect, Prior, fit_prior, raw_effect, shrink
from deepallele.counts.imbalance_likelihood import ratio_interval
from deepallele.counts.imbalance_replicates import rho_of_sum
from deepallele.counts.imbalance_tails import p_values
from deepallele.counts.tables import COUNTS, count_array
from deepallele.dataset.targets import log_ratio
from deepallele.errors import InputError


@dataclass(frozen=True)
class Imbalance:
    """Result of the test.

    Attributes
    ----------
    p_value, fdr, tested
        float64 (n,), NaN where the region was not tested; bool (n,).
    low, high
        95 % likelihood interval of log2(A/B), float64 (n,), NaN where the region was not tested.
    effect
        Shrunken log2(A/B) with its 95 % credible interval, NaN where the region was not tested.
    overdispersion, prior, share_a
        Overdispersion of the samples; distribution of the effects over all tested regions; overall
        share of A among their informative fragments, 0.5 expected. None if nothing was tested.
    """

    p_value: NDArray[np.float64]
    fdr: NDArray[np.float64]
    tested: NDArray[np.bool_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    effect: Effect
    overdispersion: Overdispersion | None = None
    prior: Prior | None = None
    share_a: float | None = None


def find_imbalance(
    a: NDArray[np.integer], b: NDArray[np.integer], min_informative: int, groups: Groups | None = None
) -> Imbalance:
    """Two-sided beta-binomial test of each region, with Benjamini and Hochberg's false discovery rate.

    Counts are summed over samples. The mean share is 0.5, not the observed one: reads are compared
    with both genomes alike, so that a genome-wide preference would be a finding or a fault, and either
    must show. `share_a` tells. Each sample's overdispersion is from replicates where regions have two
    samples with fragments, else one for all from the regions, which is far weaker.

    Samples of a group must be replicates: true differences between them count as overdispersion. What
    shifts a region alike in all samples, be it biology or mapping bias, counts as imbalance.

    Parameters
    ----------
    a, b
        Informative fragments of the first and second haplotype, shape (n, samples).
    min_informative
        Regions with fewer (at least 1) over all samples are not tested.
    groups
        Columns of each group of replicates, such as those of a condition; None: all are of one.

    Returns
    -------
    Imbalance
        Swapping `a` and `b` mirrors the effect and makes `share_a` 1 - `share_a`; p values and FDR keep
        every bit. The order of the samples changes nothing.
    """
    a, b = a.astype(np.int64), b.astype(np.int64)
    sum_a, sum_b = a.sum(axis=1), b.sum(axis=1)
    total = sum_a + sum_b
    tested = total >= max(min_informative, 1)
    p_value, fdr, low, high, *effect = np.full((7, len(a)), np.nan)
    if not tested.any():
        return Imbalance(p_value, fdr, tested, low, high, Effect(*effect))
    found = estimate_overdispersion(a[tested], b[tested], groups or [np.arange(a.shape[1])])
    if found.found == "regions":
        rho = rho_of_sum(total[tested, None], found.common)
    else:
        rho = rho_of_sum((a + b)[tested], found.samples)
    p_value[tested] = p_values(np.minimum(sum_a, sum_b)[tested], total[tested], rho)
    fdr[tested] = false_discovery_control(p_value[tested])
    low[tested], high[tested] = ratio_interval(sum_a[tested], sum_b[tested], rho)
    estimate, error = raw_effect(sum_a[tested], sum_b[tested], rho)
    prior = fit_prior(estimate, error)
    shrunken = shrink(estimate, error, prior)
    for column, values in zip(effect, (shrunken.mean, shrunken.low, shrunken.high), strict=True):
        column[tested] = values
    share_a = float(sum_a[tested].sum() / total[tested].sum())
    return Imbalance(p_value, fdr, tested, low, high, Effect(*effect), found, prior, share_a)


def imbalance_table(
    counts: pd.DataFrame,
    pseudocount: float,
    min_informative: int,
    groups: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Sum a counts table over samples and test every region.

    Parameters
    ----------
    counts
        As from `tables.read_counts`.
    pseudocount
        Added to both counts in the log ratio.
    min_informative
        Regions with fewer informative fragments are not tested.
    groups
        Group of replicates of each sample, such as its condition; None: all are of one.

    Returns
    -------
    table
        region chrom start end count_a count_b count_ambiguous log_ratio log_ratio_low log_ratio_high
        p_value fdr shrunken_log_ratio shrunken_low shrunken_high, in the order of `counts`; log_ratio is
        log2((A + c) / (B + c)), missing where no fragment is informative, with the 95 % interval of
        `imbalance_likelihood.ratio_interval` (c does not enter it); the shrunken one has that of
        `imbalance_effect.shrink`. All but log_ratio are missing where the region was not tested.
    summary
        regions, samples, tested, significant (fdr below 0.05), overdispersion (of one sample),
        overdispersion_from ("replicates", or "regions": see the limits of `rho_from_regions`),
        overdispersion_of_samples (name to value), imbalanced_portion (only estimated from regions),
        share_a, effect_prior (sd, log2 units, and weight of the normals it is a mixture of).

    Raises
    ------
    InputError
        If a region has no count, or two, in a sample, or `groups` lacks a sample.
    """
    table = counts[["region", "chrom", "start", "end"]].drop_duplicates("region", ignore_index=True)
    array, samples = count_array(counts, table["region"].tolist())
    table[COUNTS] = array.sum(axis=1, dtype=np.int64)
    result = find_imbalance(array[..., 0], array[..., 1], min_informative, _columns(samples, groups))
    a, b = table["count_a"].to_numpy(), table["count_b"].to_numpy()
    table = table.assign(
        log_ratio=np.where(a + b > 0, log_ratio(a, b, pseudocount), np.float32(np.nan)),
        log_ratio_low=result.low,
        log_ratio_high=result.high,
        p_value=result.p_value,
        fdr=result.fdr,
        shrunken_log_ratio=result.effect.mean,
        shrunken_low=result.effect.low,
        shrunken_high=result.effect.high,
    )
    return table, _summary(result, samples)


def _columns(samples: list[str], groups: Mapping[str, str] | None) -> list[NDArray[np.intp]] | None:
    if groups is None:
        return None
    absent = [sample for sample in samples if sample not in groups]
    if absent:
        raise InputError(f"groups: sample '{absent[0]}' is in none; give each counted sample one")
    names = np.array([groups[sample] for sample in samples])
    return [np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())]


def _summary(result: Imbalance, samples: list[str]) -> dict[str, Any]:
    prior = result.prior
    return {
        "regions": len(result.tested),
        "samples": len(samples),
        "tested": int(result.tested.sum()),
        "significant": int((result.fdr < 0.05).sum()),
        **overdispersion_summary(result.overdispersion, samples),
        "share_a": result.share_a,
        "effect_prior": {"sd": prior.sd.tolist(), "weight": prior.weight.tolist()} if prior else None,
    }

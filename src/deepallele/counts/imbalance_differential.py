"""Differential imbalance: does the share of A differ between two conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

from deepallele.counts.imbalance_dispersion import (
    Overdispersion,
    overdispersion_summary,
    overdispersion_within,
)
from deepallele.counts.imbalance_effect import raw_effect
from deepallele.counts.imbalance_likelihood import LEVEL, likelihood_ratio_p
from deepallele.counts.imbalance_replicates import rho_of_sum
from deepallele.counts.tables import count_array
from deepallele.dataset.targets import log_ratio
from deepallele.errors import InputError


@dataclass(frozen=True)
class Difference:
    """Result of the comparison; all (n,), NaN where a region was not tested.

    Attributes
    ----------
    p_value, fdr, tested
        Likelihood-ratio test, Benjamini and Hochberg's false discovery rate, and what was tested.
    effect, low, high
        log2(A/B) of the first condition minus that of the second, with its 95 % confidence interval.
    overdispersion
        Of each sample, in the order of the columns; None if nothing was tested.
    """

    p_value: NDArray[np.float64]
    fdr: NDArray[np.float64]
    tested: NDArray[np.bool_]
    effect: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    overdispersion: Overdispersion | None = None


def find_difference(
    a: NDArray[np.integer], b: NDArray[np.integer], first: NDArray[np.bool_], min_informative: int
) -> Difference:
    """Likelihood-ratio test of one share of A in both conditions against one in each.

    Counts are summed over the samples of a condition; the sum is beta-binomial with the overdispersion
    of `imbalance_replicates.rho_of_sum`, which is known as well as all regions together tell it. Twice
    the log ratio of the likelihoods is chi-squared with one degree of freedom (Wilks 1938). The
    overdispersion is from replicates within conditions, so that a true difference does not count as
    overdispersion; with one sample in each see
    `imbalance_dispersion.overdispersion_within`: the test is far weaker.

    Parameters
    ----------
    a, b
        Informative fragments of the first and second haplotype, shape (n, samples).
    first
        Which samples are of the first condition, the others being of the second, shape (samples,).
    min_informative
        Regions with fewer (at least 1) in either condition are not tested.

    Returns
    -------
    Difference
        Swapping `a` and `b` mirrors effect and interval; p values and FDR keep every bit.
    """
    groups = [np.flatnonzero(first), np.flatnonzero(~first)]
    tested = np.all([(a + b)[:, group].sum(axis=1) >= max(min_informative, 1) for group in groups], axis=0)
    p_value, fdr, effect, low, high = np.full((5, len(a)), np.nan)
    if not tested.any():
        return Difference(p_value, fdr, tested, effect, low, high)
    one, other = a[tested].astype(np.int64), b[tested].astype(np.int64)
    found = overdispersion_within(one, other, groups)
    rho = np.stack([rho_of_sum((one + other)[:, group], found.samples[group]) for group in groups])
    sum_a, sum_b = (np.stack([n[:, group].sum(axis=1) for group in groups]) for n in (one, other))
    p_value[tested] = likelihood_ratio_p(sum_a, sum_b, rho)
    fdr[tested] = false_discovery_control(p_value[tested])
    estimate, error = raw_effect(sum_a, sum_b, rho)
    half = norm.ppf((1.0 + LEVEL) / 2.0) * np.hypot(*error)
    effect[tested] = estimate[0] - estimate[1]
    low[tested], high[tested] = effect[tested] - half, effect[tested] + half
    return Difference(p_value, fdr, tested, effect, low, high, found)


def difference_table(
    counts: pd.DataFrame, groups: Mapping[str, Sequence[str]], pseudocount: float, min_informative: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Compare two conditions in every region of a counts table.

    Parameters
    ----------
    counts
        As from `tables.read_counts`; samples of neither condition are left out.
    groups
        Samples of each condition, two in all, the first one first.
    pseudocount
        Added to both counts in the log ratios.
    min_informative
        Regions with fewer informative fragments in either condition are not tested.

    Returns
    -------
    table
        region chrom start end count_a_1 count_b_1 log_ratio_1 count_a_2 count_b_2 log_ratio_2
        difference difference_low difference_high p_value fdr, in the order of `counts`: 1 is the first
        condition; difference is log2(A/B) of the first minus the second, half a fragment added to each
        count, with its 95 % confidence interval. Those and what follows are missing where not tested.
    summary
        condition_1, condition_2 (name and samples), samples_left_out, regions, tested, significant
        (fdr below 0.05), overdispersion, overdispersion_from, overdispersion_of_samples,
        imbalanced_portion, as in the test of imbalance; overdispersion_from may also be "conditions".

    Raises
    ------
    InputError
        If there are not two conditions with samples, a sample is named twice or has no counts, or a region
        has none, or two, in a sample.
    """
    samples = [sample for members in groups.values() for sample in members]
    present = list(dict.fromkeys(counts["sample"]))
    _check_groups(groups, samples, present)
    table = counts[["region", "chrom", "start", "end"]].drop_duplicates("region", ignore_index=True)
    array, _ = count_array(counts, table["region"].tolist(), samples)
    first = np.arange(len(samples)) < len(next(iter(groups.values())))
    result = find_difference(array[..., 0], array[..., 1], first, min_informative)
    for place, group in ((1, first), (2, ~first)):
        a, b = array[:, group, :2].sum(axis=1, dtype=np.int64).T
        ratio = np.where(a + b > 0, log_ratio(a, b, pseudocount), np.float32(np.nan))
        table[[f"count_a_{place}", f"count_b_{place}"]] = np.stack([a, b], axis=1)
        table[f"log_ratio_{place}"] = ratio
    table = table.assign(
        difference=result.effect,
        difference_low=result.low,
        difference_high=result.high,
        p_value=result.p_value,
        fdr=result.fdr,
    )
    summary = {
        **{
            f"condition_{place}": {"name": name, "samples": list(members)}
            for place, (name, members) in enumerate(groups.items(), start=1)
        },
        "samples_left_out": [sample for sample in present if sample not in samples],
        "regions": len(table),
        "tested": int(result.tested.sum()),
        "significant": int((result.fdr < 0.05).sum()),
        **overdispersion_summary(result.overdispersion, samples),
    }
    return table, summary


def _check_groups(groups: Mapping[str, Sequence[str]], samples: list[str], present: list[str]) -> None:
    if len(groups) != 2 or not all(groups.values()):
        raise InputError("two different conditions are compared, each with a sample or more")
    for sample in samples:
        if samples.count(sample) > 1:
            raise InputError(f"sample '{sample}' is named twice; give it to one condition")
        if sample not in present:
            raise InputError(f"sample '{sample}' has no counts; one of {', '.join(present)}")

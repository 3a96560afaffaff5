"""Differential imbalance: does the share of A differ between two conditions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaln, psi
from scipy.stats import chi2, false_discovery_control, norm

from deepallele.counts.imbalance_dispersion import (
    Overdispersion,
    overdispersion_summary,
    rho_from_regions,
    rho_from_replicates,
    rho_of_samples,
    rho_of_sum,
)
from deepallele.counts.imbalance_effect import raw_effect
from deepallele.counts.imbalance_tails import SMALLEST
from deepallele.counts.tables import count_array
from deepallele.dataset.targets import log_ratio
from deepallele.errors import InputError

# Shares are sought between this and 1 minus this.
LEAST_SHARE, BISECTIONS = 1e-9, 60
LEVEL = 0.95


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
    of `imbalance_dispersion.rho_of_sum`, which is known as well as all regions together tell it. Twice
    the log ratio of the likelihoods is chi-squared with one degree of freedom (Wilks 1938). The
    overdispersion is from replicates within conditions, so that a true difference does not count as
    overdispersion; with one sample in each see `overdispersion_within`: the test is far weaker.

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


def overdispersion_within(
    a: NDArray[np.int64], b: NDArray[np.int64], groups: list[NDArray[np.intp]]
) -> Overdispersion:
    """Overdispersion of every sample from the variation within groups of samples.

    A region of each group is taken for a region of its own, as only its samples share a true share.
    Without replicates there are two estimates, both too large where regions differ: from the spread
    of the regions (imbalanced ones raise it), and from the two conditions taken for replicates
    (true differences raise it). The smaller of the two is used, which keeps the test conservative.

    Parameters
    ----------
    a, b, groups
        Counts of the two haplotypes, shape (n, samples); columns of each group.
    """
    samples, sizes = np.zeros(a.shape[1]), [len(group) for group in groups]
    stacked = [
        np.concatenate([_widened(counts[:, group], max(sizes)) for group in groups]) for counts in (a, b)
    ]
    common = rho_from_replicates(*stacked)
    if common is None:
        rho, imbalanced = rho_from_regions(a.ravel(), b.ravel())
        across = rho_from_replicates(a, b)
        if across is not None and across < rho:
            return Overdispersion(samples + across, across, "conditions")
        return Overdispersion(samples + rho, rho, "regions", imbalanced)
    for group in groups:
        samples[group] = rho_of_samples(a[:, group], b[:, group], common)
    return Overdispersion(samples, common, "replicates")


def _widened(counts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    return np.pad(counts, ((0, 0), (0, width - counts.shape[1])))


def likelihood_ratio_p(
    a: NDArray[np.int64], b: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """P value of one share of A in two groups against one in each.

    Parameters
    ----------
    a, b, rho
        Counts of the haplotypes and overdispersion of each group, shape (2, n).

    Returns
    -------
    float64 (n,)
        2.2e-308 (the least normal number) to 1.
    """
    # Mirrored regions are turned alike, so that swapped haplotypes give the same bits.
    sum_a, sum_b = a.sum(axis=0), b.sum(axis=0)
    turned = (sum_a > sum_b) | ((sum_a == sum_b) & (a[0] > b[0]))
    k, n = np.where(turned, b, a), a + b
    apart = sum(
        _log_likelihood(_best_share(k[[i]], n[[i]], rho[[i]]), k[[i]], n[[i]], rho[[i]]) for i in (0, 1)
    )
    together = _log_likelihood(_best_share(k, n, rho), k, n, rho)
    statistic = 2.0 * np.maximum(apart - together, 0.0)
    return np.clip(chi2.sf(statistic, 1), SMALLEST, 1.0)


def _best_share(k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Most likely share of groups that have one, by bisection: the log likelihood is concave in it."""
    size = (1.0 - rho) / rho
    low, high = np.full(k.shape[1], LEAST_SHARE), np.full(k.shape[1], 1.0 - LEAST_SHARE)
    for _ in range(BISECTIONS):
        share = (low + high) / 2.0
        x, y = size * share, size * (1.0 - share)
        slope = (size * (psi(k + x) - psi(x) - psi(n - k + y) + psi(y))).sum(axis=0)
        low, high = np.where(slope > 0, share, low), np.where(slope > 0, high, share)
    return (low + high) / 2.0


def _log_likelihood(
    share: NDArray[np.float64], k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log likelihood of a share, summed over groups, but for a term that does not depend on it."""
    size = (1.0 - rho) / rho
    x, y = size * share, size * (1.0 - share)
    return (betaln(k + x, n - k + y) - betaln(x, y)).sum(axis=0)


def read_conditions(path: str | Path) -> dict[str, str]:
    """Read the condition of each sample.

    Parameters
    ----------
    path
        TSV with a header; columns sample and condition, of exactly two conditions.

    Returns
    -------
    dict
        Sample to condition, in the order of the file.

    Raises
    ------
    InputError
        If the file is no such table, a value is empty, a sample is repeated, or there are not two
        conditions.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a table ({error}); write a TSV: sample condition") from error
    if list(table.columns) != ["sample", "condition"]:
        raise InputError(f"{path}: columns {' '.join(table.columns)}; expected sample and condition")
    for line, (sample, condition) in enumerate(table.itertuples(index=False), start=2):
        if not sample or not condition:
            raise InputError(f"{path}, line {line}: an empty value; give a sample and its condition")
    repeated = table["sample"][table["sample"].duplicated()]
    if len(repeated):
        raise InputError(f"{path}, line {repeated.index[0] + 2}: sample {repeated.iloc[0]} is repeated")
    names = list(dict.fromkeys(table["condition"]))
    if len(names) != 2:
        raise InputError(
            f"{path}: {len(names)} conditions ({', '.join(names)}); two can be compared: leave out the "
            "samples of the others"
        )
    return dict(zip(table["sample"], table["condition"], strict=True))


def difference_table(
    counts: pd.DataFrame, conditions: dict[str, str], pseudocount: float, min_informative: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Compare two conditions in every region of a counts table.

    Parameters
    ----------
    counts
        As from `tables.read_counts`; samples without a condition are left out.
    conditions
        Condition of each sample, two in all; the one that comes first is the first.
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
        If a sample of `conditions` has no counts, or a region has none, or two, in a sample.
    """
    present = list(dict.fromkeys(counts["sample"]))
    absent = [sample for sample in conditions if sample not in present]
    if absent:
        raise InputError(
            f"conditions: sample {absent[0]} is not among the counted ones ({', '.join(present)})"
        )
    table = counts[["region", "chrom", "start", "end"]].drop_duplicates("region", ignore_index=True)
    array, samples = count_array(counts, table["region"].tolist(), list(conditions))
    names = list(dict.fromkeys(conditions.values()))
    first = np.array([conditions[sample] == names[0] for sample in samples])
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
    found = result.overdispersion
    summary = {
        **{f"condition_{i}": _describe(conditions, name) for i, name in enumerate(names, start=1)},
        "samples_left_out": [sample for sample in present if sample not in conditions],
        "regions": len(table),
        "tested": int(result.tested.sum()),
        "significant": int((result.fdr < 0.05).sum()),
        **overdispersion_summary(found, samples),
    }
    return table, summary


def _describe(conditions: dict[str, str], name: str) -> dict[str, Any]:
    return {"name": name, "samples": [sample for sample in conditions if conditions[sample] == name]}

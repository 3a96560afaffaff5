"""Which estimate of the overdispersion of allele counts is used: from replicates, conditions or regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deepallele.counts.imbalance_mixture import rho_from_regions
from deepallele.counts.imbalance_replicates import rho_from_replicates, rho_of_samples

Groups = Sequence[NDArray[np.intp]]


@dataclass(frozen=True)
class Overdispersion:
    """Overdispersion of samples and how it was found.

    Attributes
    ----------
    samples
        float64 (samples,): intra-class correlation within each sample, 0 to 1.
    common
        That of all samples together.
    found
        Which estimate it is: `rho_from_replicates`, of samples of one condition or of conditions taken
        for replicates, or `rho_from_regions`.
    imbalanced
        Estimated portion of imbalanced regions; None unless `found` is "regions".
    """

    samples: NDArray[np.float64]
    common: float
    found: Literal["replicates", "regions", "conditions"]
    imbalanced: float | None = None


def estimate_overdispersion(a: NDArray[np.int64], b: NDArray[np.int64], groups: Groups) -> Overdispersion:
    """Estimate the overdispersion of every sample: from replicates where there are any, else from regions.

    Replicates are samples of one group. Where no group has two with fragments, all samples are taken for
    replicates, so that true differences between the groups count as overdispersion.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n, samples); n above 0.
    groups
        Columns of each group; every column is in one.

    Returns
    -------
    Overdispersion
        Swapping `a` and `b`, or the order of the samples of a group, changes no bit but the order of
        `samples`. Where it is from regions, it is that of the counts summed over samples.
    """
    found = _from_replicates(a, b, groups)
    if found is not None:
        return found
    across = rho_from_replicates(a, b) if len(groups) > 1 else None
    if across is not None:
        return Overdispersion(np.full(a.shape[1], across), across, "conditions")
    rho, imbalanced = rho_from_regions(a.sum(axis=1), b.sum(axis=1))
    return Overdispersion(np.full(a.shape[1], rho), rho, "regions", imbalanced)


def overdispersion_within(a: NDArray[np.int64], b: NDArray[np.int64], groups: Groups) -> Overdispersion:
    """Overdispersion of every sample for a comparison of groups, from the variation within them.

    Without replicates there are two estimates, both too large where regions differ: from the spread
    of the regions (imbalanced ones raise it), and from the two conditions taken for replicates
    (true differences raise it). The smaller of the two is used, which keeps the test conservative.

    Parameters
    ----------
    a, b, groups
        Counts of the two haplotypes, shape (n, samples); columns of each group.
    """
    found = _from_replicates(a, b, groups)
    if found is not None:
        return found
    rho, imbalanced = rho_from_regions(a.ravel(), b.ravel())
    across = rho_from_replicates(a, b)
    if across is not None and across < rho:
        return Overdispersion(np.full(a.shape[1], across), across, "conditions")
    return Overdispersion(np.full(a.shape[1], rho), rho, "regions", imbalanced)


def _from_replicates(a: NDArray[np.int64], b: NDArray[np.int64], groups: Groups) -> Overdispersion | None:
    """Take a region of each group for a region of its own, as only its samples share a true share."""
    width = max(map(len, groups))
    stacked = [np.concatenate([_widened(counts[:, group], width) for group in groups]) for counts in (a, b)]
    common = rho_from_replicates(*stacked)
    if common is None:
        return None
    samples = np.zeros(a.shape[1])
    for group in groups:
        samples[group] = rho_of_samples(a[:, group], b[:, group], common)
    return Overdispersion(samples, common, "replicates")


def _widened(counts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    return np.pad(counts, ((0, 0), (0, width - counts.shape[1])))


def overdispersion_summary(found: Overdispersion | None, samples: list[str]) -> dict[str, Any]:
    """Describe the overdispersion for a summary as JSON; None where nothing was tested."""
    if found is None:
        return dict.fromkeys(("overdispersion", "overdispersion_from", "imbalanced_portion")) | {
            "overdispersion_of_samples": {}
        }
    return {
        "overdispersion": found.common,
        "overdispersion_from": found.found,
        "overdispersion_of_samples": dict(zip(samples, found.samples.tolist(), strict=True)),
        "imbalanced_portion": found.imbalanced,
    }

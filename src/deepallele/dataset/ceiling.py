"""How well any prediction of the log ratio could agree with the measurement, given its noise."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepallele.dataset.contents import no_ceiling, tasks_of
from deepallele.dataset.targets import log_ratio

REPEATS = 10


def pearson(first: ArrayLike, second: ArrayLike) -> float | None:
    """Pearson correlation; None where it is undefined (fewer than 3 values, or a constant)."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def split_half_r(
    count: NDArray[np.integer],
    pseudocount: float,
    kind: str = "shared",
    seed: int = 0,
    repeats: int = REPEATS,
) -> float | None:
    """Correlation of the log ratios of two random halves of the fragments.

    Every fragment goes to either half with probability 1/2 (binomial thinning), which makes two measurements
    of half the depth that share nothing but the truth. The pseudocount is halved with the counts.

    Parameters
    ----------
    count
        (n, 3): A, B, ambiguous.
    pseudocount, kind
        Those of the log ratio (`targets.log_ratio`).
    seed, repeats
        Seed, and number of random splits, over which the correlation is averaged.

    Returns
    -------
    float | None
        None where it is undefined in every split.
    """
    generator = np.random.default_rng(seed)
    known = []
    for _ in range(repeats):
        first = generator.binomial(count, 0.5)
        halves = [
            log_ratio(half[:, 0], half[:, 1], pseudocount / 2, half[:, 2], kind)
            for half in (first, count - first)
        ]
        known.append(pearson(*halves))
    values = [value for value in known if value is not None]
    return float(np.mean(values)) if values else None


def replicate_r(count: NDArray[np.integer], pseudocount: float, kind: str = "shared") -> float | None:
    """Correlation of the log ratios of two samples, mean over all pairs of samples.

    Parameters
    ----------
    count
        (n, samples, 3).
    pseudocount, kind
        Those of the log ratio.

    Returns
    -------
    float | None
        None where there are fewer than two samples, or the correlation is undefined.
    """
    # A sample has its share of the fragments, and so of the pseudocount.
    part = pseudocount / max(count.shape[1], 1)
    ratios = [log_ratio(one[:, 0], one[:, 1], part, one[:, 2], kind) for one in np.moveaxis(count, 1, 0)]
    known = [pearson(first, second) for first, second in combinations(ratios, 2)]
    values = [value for value in known if value is not None]
    return float(np.mean(values)) if values else None


def best_r(r: float | None, parts: int) -> float | None:
    """Highest R with the sum of `parts` measurements whose correlation with each other is `r`.

    By Spearman (1910) and Brown (1910) the reliability of the sum is k r / (1 + (k - 1) r), the squared
    correlation with the truth; its root is the correlation that a perfect prediction would have. None where
    r is not above 0.
    """
    if r is None or r <= 0:
        return None
    return float(np.sqrt(parts * r / (1 + (parts - 1) * r)))


def ratio_ceiling(
    a: NDArray[np.integer], b: NDArray[np.integer], pseudocount: float, seed: int = 0, repeats: int = REPEATS
) -> float | None:
    """Highest Pearson R with the measured log ratio that a perfect model could be expected to reach.

    From random halves of the fragments (`split_half_r`, `best_r`): it knows the counting noise only;
    variation between animals or libraries would lower it.

    Parameters
    ----------
    a, b
        Informative fragments per region, (n,).
    pseudocount
        That of the log ratio.
    seed, repeats
        Of the random halves.

    Returns
    -------
    float | None
        None where there are too few regions, or the halves do not agree at all.
    """
    count = np.stack([a, b, np.zeros_like(a)], axis=1)
    return best_r(split_half_r(count, pseudocount, seed=seed, repeats=repeats), 2)


def ceilings(count: NDArray[np.integer], pseudocount: float, kind: str = "shared") -> dict[str, float | None]:
    """Both ceilings of the log ratio of the sum of some samples.

    Parameters
    ----------
    count
        (n, samples, 3), regions whose ratio counts.
    pseudocount, kind
        Those of the log ratio.

    Returns
    -------
    dict
        split_half_r and split_half_ceiling (noise of counting only), replicate_r and replicate_ceiling
        (also what differs between samples); None where there is none.
    """
    half = split_half_r(count.sum(axis=1, dtype=np.int64), pseudocount, kind)
    between = replicate_r(count, pseudocount, kind)
    return {
        "split_half_r": half,
        "split_half_ceiling": best_r(half, 2),
        "replicate_r": between,
        "replicate_ceiling": best_r(between, count.shape[1]),
    }


def ceiling_table(
    count: NDArray[np.integer],
    sample: list[str],
    condition: Sequence[str],
    min_informative: int,
    pseudocount: float,
    kind: str = "shared",
) -> pd.DataFrame:
    """Ceilings of all samples together, of each condition, and of each sample.

    Parameters
    ----------
    count
        (n, samples, 3).
    sample, condition
        Names and conditions of the samples.
    min_informative
        Regions with fewer informative fragments in the task do not count.
    pseudocount, kind
        Those of the log ratio.

    Returns
    -------
    DataFrame
        Columns task, samples (number), regions (that count), min_informative and those of `ceilings`
        (missing where there is none). Samples of different conditions are no replicates: then the
        replicates' columns of the task `all` say how alike the conditions are.
    """
    rows: list[dict[str, Any]] = []
    kinds = ["all"] + ["condition"] * any(condition) + ["sample"] * (len(sample) > 1)
    for by in kinds:
        for name, members in zip(*tasks_of(sample, list(condition), by), strict=True):
            mine = count[:, members]
            kept = mine[mine[:, :, :2].sum(axis=(1, 2)) >= min_informative]
            row = {"task": name, "samples": len(members), "regions": len(kept)}
            rows.append(row | {"min_informative": min_informative} | ceilings(kept, pseudocount, kind))
    empty = no_ceiling()
    return pd.DataFrame(rows)[list(empty.columns)].astype(empty.dtypes.to_dict())

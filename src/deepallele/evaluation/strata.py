"""Agreement of predicted and measured log ratios in parts of the regions: by variants, depth and place."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.dataset.ceiling import best_r, pearson, split_half_r
from deepallele.dataset.store import Dataset
from deepallele.evaluation.uncertainty import Z_95

VARIANTS = (0, 1, 2, 3, 5, 9)
DEPTHS = (20, 50, 100, 200, 500)
# Predictions that differ by less differ by rounding only.
ROUNDING = 1e-5


class Bin(NamedTuple):
    """Whole numbers from `low` to `high`, both included; without end where `high` is None."""

    label: str
    low: int
    high: int | None

    def holds(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values are in the bin; missing ones are in none."""
        return (values >= self.low) & (values <= (np.inf if self.high is None else self.high))


def make_bins(lows: Sequence[int]) -> list[Bin]:
    """Bins that begin at these whole numbers (ascending); the last one has no end."""
    highs: list[int | None] = [low - 1 for low in lows[1:]]
    return [
        Bin(f"{low}+" if high is None else f"{low}" if low == high else f"{low}-{high}", low, high)
        for low, high in zip(lows, [*highs, None], strict=True)
    ]


def depth_bins(min_informative: int) -> list[Bin]:
    """Bins of the number of informative pairs, from the smallest with which a ratio counts."""
    return make_bins([min_informative, *(depth for depth in DEPTHS if depth > min_informative)])


def distance_bins(length: int) -> list[Bin]:
    """Bins of the distance from the centre of windows of `length` bp, each about twice the one before."""
    steps = [length / 2 / part for part in (16, 8, 4, 2)]
    # Two figures are enough: 10, 21, 41, 82 of 330 bp.
    rounded = {max(1, round(float(f"{step:.1e}"))) for step in steps}
    return make_bins([0, *sorted(rounded)])


def variants_per_window(dataset: Dataset) -> NDArray[np.int64]:
    """Number of variants between the haplotypes that reach into each window, int64 (n,)."""
    return np.bincount(dataset.variant["region"].to_numpy(dtype=np.int64), minlength=len(dataset.region))


def nearest_variant(dataset: Dataset) -> NDArray[np.float64]:
    """Distance of the nearest variant from the centre of each window, bp.

    The centre is base L // 2, of windows that hold a region's own bases only the middle one of these. A
    variant is as far from it as the nearest base of its allele, in the haplotype where that is nearer.

    Returns
    -------
    NDArray[np.float64]
        (n,); missing where there is no variant.
    """
    centre = _centres(dataset)
    region = dataset.variant["region"].to_numpy(dtype=np.int64)
    nearest = np.full(len(dataset.region), np.inf)
    for haplotype, side in enumerate("ab"):
        first = dataset.variant[f"offset_{side}"].to_numpy(dtype=np.int64)
        last = first + dataset.variant[f"allele_{side}"].astype(str).str.len().to_numpy(dtype=np.int64) - 1
        middle = centre[region, haplotype]
        np.minimum.at(nearest, region, np.maximum(0, np.maximum(first - middle, middle - last)))
    return np.where(np.isfinite(nearest), nearest, np.nan)


def _centres(dataset: Dataset) -> NDArray[np.int64]:
    length = dataset.sequence.shape[2]
    if not dataset.padded:
        return np.full((len(dataset.region), 2), length // 2)
    known = dataset.sequence < 4
    return np.where(known.any(axis=2), length - known[:, :, ::-1].argmax(axis=2), 0) // 2


def fisher_interval(r: float | None, n: int) -> tuple[float | None, float | None]:
    """95 % interval of a Pearson correlation of n pairs by Fisher's z; None where there is none (n < 4)."""
    if r is None or n < 4:
        return None, None
    # atanh(1) is infinite; the interval of a perfect correlation is that one value.
    z, half = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15)), Z_95 / np.sqrt(n - 3)
    return float(np.tanh(z - half)), float(np.tanh(z + half))


def ratio_strata(
    dataset: Dataset, log_ratio: NDArray[np.floating], used: NDArray[np.bool_], min_informative: int
) -> dict[str, list[dict[str, Any]]]:
    """R of the log ratio in parts of the regions.

    Parameters
    ----------
    dataset
        All n regions.
    log_ratio
        Out-of-fold predictions of log2(A/B), (n,).
    used
        bool (n,); regions with a prediction and enough informative pairs.
    min_informative
        How many are enough: where the first bin of depth begins.

    Returns
    -------
    dict
        `variants` (number of variants in the window; 0: the windows are equal), `informative` (informative
        pairs; absent where activities were measured) and `distance` (bp from the centre to the nearest
        variant): lists of bins that hold a region, each with label, low and high (None: no end), n, r (all
        folds together; None where it is undefined, as for equal predictions), its 95 % interval r_low and
        r_high (Fisher's z), and ceiling: R of a perfect prediction of these regions given the counting
        noise, None where it cannot be told.
    """
    parts: dict[str, tuple[NDArray[Any], list[Bin]]] = {
        "variants": (variants_per_window(dataset), make_bins(VARIANTS)),
        "distance": (nearest_variant(dataset), distance_bins(dataset.sequence.shape[2])),
    }
    if dataset.activity is None:
        parts["informative"] = dataset.informative(), depth_bins(min_informative)
    measured = dataset.log_ratio()
    found: dict[str, list[dict[str, Any]]] = {}
    for name, (values, bins) in parts.items():
        members = [(one, used & one.holds(values)) for one in bins]
        found[name] = [
            {**one._asdict(), **_stratum(dataset, log_ratio, measured, rows)}
            for one, rows in members
            if rows.any()
        ]
    return found


def _stratum(
    dataset: Dataset,
    log_ratio: NDArray[np.floating],
    measured: NDArray[np.floating],
    rows: NDArray[np.bool_],
) -> dict[str, Any]:
    n = int(rows.sum())
    r = pearson(log_ratio[rows], measured[rows]) if np.ptp(log_ratio[rows]) > ROUNDING else None
    low, high = fisher_interval(r, n)
    ceiling = None
    if dataset.activity is None:
        count = dataset.count[rows].sum(axis=1, dtype=np.int64)
        ceiling = best_r(split_half_r(count, dataset.pseudocount, dataset.target_kind), 2)
    return {"n": n, "r": r, "r_low": low, "r_high": high, "ceiling": ceiling}

"""Clusters of alike seqlets: complete linkage on corrected p-values, with bounded memory."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from deepallele.motifs.similarity import align, zero_sum

CUT = 0.05
JOIN_DISTANCE = 0.2  # 1 - Pearson correlation, as the paper joins its tree of logos
ROUNDS = 3
MIN_CORE = 3


class Sites(NamedTuple):
    """Seqlet matrices, left-justified.

    Attributes
    ----------
    matrix
        float32, shape=(m, W, 4); zero-sum hypothetical attributions, zeros behind the length.
    length
        int64, shape=(m,).
    """

    matrix: NDArray[np.float32]
    length: NDArray[np.int64]

    def take(self, index: NDArray[np.int64]) -> "Sites":
        """Some of the seqlets, padded no more than they need."""
        length = self.length[index]
        return Sites(self.matrix[index, : int(length.max(initial=1))], length)


def make_sites(patch: NDArray[np.float32], length: NDArray[np.int64]) -> Sites:
    """Seqlet matrices from patches that begin at the seqlets' starts, shape=(m, W, 4)."""
    inside = np.arange(patch.shape[1]) < length[:, None]
    return Sites(np.where(inside[:, :, None], zero_sum(patch), 0).astype(np.float32), length)


def choose(table: pd.DataFrame, candidate: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Choose the strongest seqlets of each chromosome in turn, one of each site.

    Parameters
    ----------
    table
        Seqlet table with chrom, row, sequence, start, end and mean_effect; strength is
        |mean_effect| x length.
    candidate
        int64; row positions in `table` to choose from.
    limit
        Most seqlets to choose.

    Returns
    -------
    chosen
        int64, ascending; the same sequence in both haplotypes of a region counts once.
    """
    part = table.iloc[candidate]
    strength = part["mean_effect"].abs() * (part["end"] - part["start"])
    part = part.assign(position=candidate, strength=strength).sort_values(
        ["strength", "position"], ascending=[False, True], kind="stable"
    )
    part = part.drop_duplicates(["row", "sequence"])
    turn = part.groupby("chrom").cumcount()
    part = part.assign(turn=turn).sort_values("turn", kind="stable")
    return np.sort(part["position"].to_numpy()[:limit])


def cluster(
    sites: Sites, pick: Callable[[NDArray[np.int64]], NDArray[np.int64]], min_size: int
) -> NDArray[np.int64]:
    """Cluster seqlets in rounds: link the chosen, assign the others, go on with what is left.

    A round links at most as many seqlets as `pick` returns, so memory and time do not grow with the
    number of seqlets squared; later rounds give weaker motifs their turn.

    Parameters
    ----------
    sites
        The seqlets.
    pick
        Chooses among unassigned seqlets (indices in, indices out) those that are linked.
    min_size
        Fewest seqlets of a cluster.

    Returns
    -------
    label
        int64, shape=(m,); cluster number by falling size, -1 for none.
    """
    label = np.full(len(sites.length), -1, dtype=np.int64)
    for _ in range(ROUNDS):
        left = np.flatnonzero(label < 0)
        core = pick(left)
        if len(core) < 2:
            break
        # A cluster must be on its way to min_size when only a part of the seqlets is linked.
        expected = max(MIN_CORE, int(np.ceil(min_size * len(core) / len(left))))
        groups = [core[members] for members in link(sites.take(core), min(expected, min_size))]
        groups = join(sites, groups)
        found = _assign(sites, left, groups)
        sizes = np.bincount(found[found >= 0], minlength=len(groups))
        kept = np.flatnonzero(sizes >= min_size)
        if not len(kept):
            break
        number = np.full(len(groups) + 1, -1, dtype=np.int64)
        number[kept] = label.max() + 1 + np.arange(len(kept))
        label[left] = number[found]
    groups = join(sites, [np.flatnonzero(label == one) for one in range(label.max(initial=-1) + 1)])
    for one, members in enumerate(groups):
        label[members] = one
    return _by_size(label)


def link(sites: Sites, min_size: int) -> list[NDArray[np.int64]]:
    """Complete linkage on the corrected p-value of the correlation, cut at 0.05.

    Returns
    -------
    groups
        Indices of the seqlets of each group of at least `min_size`.
    """
    p_value = align(*sites, *sites, upper=True).p_value
    pairs = p_value[np.triu_indices(len(sites.length), 1)]
    label = fcluster(linkage(pairs, "complete"), CUT, criterion="distance")
    sizes = np.bincount(label)
    return [np.flatnonzero(label == one) for one in np.flatnonzero(sizes >= min_size)]


def join(sites: Sites, groups: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Join groups whose mean matrices correlate (average linkage, distance 1 - r up to 0.2).

    Complete linkage asks every pair of seqlets to be alike, so it splits one motif into many groups.
    """
    if len(groups) < 2:
        return groups
    profiles = _profiles(sites, groups)
    correlation = align(*profiles, *profiles).correlation
    distance = np.clip(1 - np.maximum(correlation, correlation.T), 0, 2)
    label = fcluster(linkage(distance[np.triu_indices(len(groups), 1)], "average"), JOIN_DISTANCE, "distance")
    return [
        np.sort(np.concatenate([groups[index] for index in np.flatnonzero(label == one)]))
        for one in np.unique(label)
    ]


def centre(sites: Sites, limit: int = 200) -> int:
    """Index of the seqlet most like the others (smallest mean log p-value), of `limit` spread evenly."""
    index = np.unique(np.linspace(0, len(sites.length) - 1, limit).astype(np.int64))
    some = sites.take(index)
    logs = np.log(np.maximum(align(*some, *some).p_value, 1e-30))
    return int(index[logs.mean(axis=0).argmin()])


def _assign(sites: Sites, left: NDArray[np.int64], groups: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Nearest group of each seqlet of `left`; -1 where none passes. Members of a group stay in it."""
    found = np.full(len(left), -1, dtype=np.int64)
    if not groups:
        return found
    profiles = _profiles(sites, groups)
    p_value = align(*sites.take(left), *profiles).p_value
    nearest = p_value.argmin(axis=1)
    smallest = p_value[np.arange(len(left)), nearest]
    # The best of several groups was taken.
    corrected = -np.expm1(len(groups) * np.log1p(-np.minimum(smallest, 1 - 1e-16)))
    found = np.where(corrected <= CUT, nearest, -1)
    for number, members in enumerate(groups):
        found[np.searchsorted(left, members)] = number
    return found


def _profiles(sites: Sites, groups: list[NDArray[np.int64]]) -> Sites:
    """Mean matrix of each group over the extent of its central seqlet."""
    matrix = np.zeros((len(groups), sites.matrix.shape[1], 4), dtype=np.float32)
    length = np.zeros(len(groups), dtype=np.int64)
    for number, members in enumerate(groups):
        part = sites.take(members)
        middle = centre(part)
        target = part.take(np.array([middle]))
        best = align(*part, *target)
        length[number] = target.length[0]
        matrix[number, : length[number]] = _stack(part, best.offset[:, 0], best.reverse[:, 0], length[number])
    return Sites(matrix, length)


def _stack(
    part: Sites, offset: NDArray[np.int16], reverse: NDArray[np.bool_], width: int
) -> NDArray[np.float32]:
    position = np.arange(width) - offset[:, None]
    source = np.where(reverse[:, None], part.length[:, None] - 1 - position, position)
    inside = (source >= 0) & (source < part.length[:, None])
    values = np.take_along_axis(part.matrix, np.clip(source, 0, part.matrix.shape[1] - 1)[:, :, None], axis=1)
    values = np.where(reverse[:, None, None], values[:, :, ::-1], values)
    mean: NDArray[np.float32] = np.where(inside[:, :, None], values, 0).mean(axis=0)
    return mean


def _by_size(label: NDArray[np.int64]) -> NDArray[np.int64]:
    sizes = np.bincount(label[label >= 0])
    rank = np.empty(len(sizes) + 1, dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    rank[-1] = -1
    return rank[label]

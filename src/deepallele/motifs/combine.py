"""One CWM and one PWM per cluster, from all its members aligned."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.motifs.attributions import patch_codes, read_patches
from deepallele.motifs.clusters import Sites, centre, choose, cluster, make_sites
from deepallele.motifs.matrices import Motif, consensus
from deepallele.motifs.similarity import align

FLANK = 5
MIN_SHARE = 0.1  # of the largest position's contribution: flanks below are cut


def cluster_seqlets(
    table: pd.DataFrame, attributions: str | Path, dataset: Dataset, max_seqlets: int, min_size: int
) -> tuple[pd.DataFrame, pd.DataFrame, list[Motif]]:
    """Cluster seqlets and combine each cluster's members into a motif.

    Parameters
    ----------
    table
        Output of `seqlets.seqlet_table`.
    attributions
        HDF5 of hypothetical attributions of the same regions.
    dataset
        The windows.
    max_seqlets
        Most seqlets linked in one round.
    min_size
        Fewest seqlets of a cluster.

    Returns
    -------
    table
        The seqlets with the column cluster (-1: none) before sequence.
    summary
        Per cluster: cluster, n_seqlets, n_regions, share_regions, share_positive and share_negative
        (share of the regions that are test in a fold with a seqlet of the cluster: any, of positive, of
        negative effect), consensus.
    motifs
        `cluster_{number}`, one per cluster.
    """
    where = np.stack([table["row"], table["haplotype"] == "B", table["start"]], axis=1).astype(np.int64)
    length = (table["end"] - table["start"]).to_numpy(dtype=np.int64)
    width = int(length.max(initial=1))
    patch = read_patches(attributions, dataset.sequence, dataset.region["name"].tolist(), where, width)
    sites = make_sites(patch, length)
    label = cluster(sites, lambda left: choose(table, left, max_seqlets), min_size)
    placed = [
        _place(sites, np.flatnonzero(label == number), where) for number in range(label.max(initial=-1) + 1)
    ]
    motifs = _combine(placed, attributions, dataset)
    table = table.copy()
    table.insert(list(table.columns).index("sequence"), "cluster", label)
    return table, _summary(table, motifs, max(int(dataset.tested.sum()), 1)), motifs


class _Placed(NamedTuple):
    """Where each member's part of a motif begins: row, haplotype, offset; and which are turned."""

    where: NDArray[np.int64]
    reverse: NDArray[np.bool_]
    width: int


def _place(sites: Sites, members: NDArray[np.int64], where: NDArray[np.int64]) -> _Placed:
    part = sites.take(members)
    target = part.take(np.array([centre(part)]))
    best = align(*part, *target)
    offset, reverse = best.offset[:, 0].astype(np.int64), best.reverse[:, 0]
    width = int(target.length[0]) + 2 * FLANK
    place = where[members].copy()
    place[:, 2] += np.where(reverse, part.length + FLANK - width + offset, -FLANK - offset)
    return _Placed(place, reverse, width)


def _combine(placed: list[_Placed], attributions: str | Path, dataset: Dataset) -> list[Motif]:
    if not placed:
        return []
    # One pass over the file for the members of all clusters.
    where = np.concatenate([one.where for one in placed])
    width = max(one.width for one in placed)
    patch = read_patches(attributions, dataset.sequence, dataset.region["name"].tolist(), where, width)
    codes = patch_codes(dataset.sequence, where, width)
    first = np.cumsum([0, *(len(one.where) for one in placed)])
    return [
        _average(f"cluster_{number}", one, patch[start:stop, : one.width], codes[start:stop, : one.width])
        for number, (one, start, stop) in enumerate(zip(placed, first[:-1], first[1:], strict=True))
    ]


def _average(name: str, placed: _Placed, patch: NDArray[np.float32], codes: NDArray[np.uint8]) -> Motif:
    one_hot = (codes[:, :, None] == np.arange(4)).astype(np.float32)
    turn = placed.reverse[:, None, None]
    contribution = np.where(turn, (patch * one_hot)[:, ::-1, ::-1], patch * one_hot)
    counts = np.where(turn, one_hot[:, ::-1, ::-1], one_hot).sum(axis=0, dtype=np.float64)
    total = counts.sum(axis=1, keepdims=True)
    # A position beyond every window has no base: equal frequencies.
    pwm = np.where(total > 0, counts / np.maximum(total, 1), 0.25)
    cwm = contribution.sum(axis=0) / np.maximum(total, 1)
    size = np.abs(cwm.sum(axis=1))
    strong = np.flatnonzero(size >= MIN_SHARE * size.max())
    keep = slice(int(strong[0]), int(strong[-1]) + 1)
    return Motif(name, pwm[keep], cwm[keep].astype(np.float32), len(codes))


def _summary(table: pd.DataFrame, motifs: list[Motif], n_regions: int) -> pd.DataFrame:
    rows = []
    for number, motif in enumerate(motifs):
        members = table[table["cluster"] == number]
        positive = members["mean_effect"] > 0
        regions = members["row"].nunique()
        rows.append(
            {
                "cluster": number,
                "n_seqlets": len(members),
                "n_regions": regions,
                "share_regions": regions / n_regions,
                "share_positive": members.loc[positive, "row"].nunique() / n_regions,
                "share_negative": members.loc[~positive, "row"].nunique() / n_regions,
                "consensus": consensus(motif.pwm),
            }
        )
    columns = ["cluster", "n_seqlets", "n_regions", "share_regions", "share_positive", "share_negative"]
    return pd.DataFrame(rows, columns=[*columns, "consensus"])

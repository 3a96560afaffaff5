"""TF-MoDISco (modisco-lite) on the pooled, different windows of both haplotypes."""

from pathlib import Path
from typing import Any

import h5py
import modiscolite
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.motifs.matrices import Motif

SLIDING_WINDOW = 20
FLANK = 5
TRIM_TO = 20
SEQLET_FDR = 0.05
LEIDEN_RUNS = 2
# Windows are searched only until the cap of seqlets is reached; more of them would only use memory.
MAX_WINDOWS = 20_000


def choose_windows(
    sequence: NDArray[np.uint8],
    contribution: NDArray[np.float32],
    chrom: NDArray[np.object_],
    limit: int = MAX_WINDOWS,
) -> NDArray[np.int64]:
    """Order the windows of both haplotypes, each sequence once, the chromosomes in turn.

    TF-MoDISco's cap of seqlets keeps those of the first windows. So each chromosome gives its strongest
    window (sum of |contribution|), then each its second strongest, and so on.

    Parameters
    ----------
    sequence
        uint8, shape=(n, 2, L).
    contribution
        float32, shape=(n, 2, L); contribution of the observed bases.
    chrom
        str, shape=(n,).
    limit
        Most windows.

    Returns
    -------
    window
        int64, shape=(m, 2); row and haplotype (0 A, 1 B).
    """
    n = len(sequence)
    pooled = sequence.reshape(2 * n, -1)
    _, first = np.unique(pooled, axis=0, return_index=True)
    index = np.sort(first)
    strength = np.abs(contribution).sum(axis=2).ravel()[index]
    table = pd.DataFrame({"index": index, "strength": strength, "chrom": np.repeat(chrom, 2)[index]})
    table = table.sort_values(["strength", "index"], ascending=[False, True], kind="stable")
    table["turn"] = table.groupby("chrom").cumcount()
    chosen = table.sort_values("turn", kind="stable")["index"].to_numpy()[:limit]
    return np.stack(np.divmod(chosen, 2), axis=1).astype(np.int64)


def find_patterns(
    codes: NDArray[np.uint8], hypothetical: NDArray[np.float32], max_seqlets: int
) -> tuple[list[Any], list[Any]]:
    """Run TF-MoDISco; its random parts have fixed seeds.

    Parameters
    ----------
    codes
        uint8, shape=(m, L).
    hypothetical
        float32, shape=(m, L, 4).
    max_seqlets
        Most seqlets per sign.

    Returns
    -------
    positive, negative
        Patterns of each sign; empty where there are none.
    """
    one_hot = (codes[:, :, None] == np.arange(4)).astype(np.float32)
    if not _has_null((one_hot * hypothetical).sum(axis=2)):
        return [], []
    positive, negative = modiscolite.tfmodisco.TFMoDISco(
        one_hot=one_hot,
        hypothetical_contribs=hypothetical,
        sliding_window_size=SLIDING_WINDOW,
        flank_size=FLANK,
        trim_to_window_size=TRIM_TO,
        initial_flank_to_add=FLANK,
        max_seqlets_per_metacluster=max_seqlets,
        target_seqlet_fdr=SEQLET_FDR,
        n_leiden_runs=LEIDEN_RUNS,
    )
    return positive or [], negative or []


def _has_null(contribution: NDArray[np.float32]) -> bool:
    """Whether windows differ enough for a null distribution: both signs, and not mostly zeros."""
    if not contribution.size or contribution.shape[1] < SLIDING_WINDOW + 2 * FLANK:
        return False
    total = np.cumsum(np.pad(contribution, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    window = total[:, SLIDING_WINDOW:] - total[:, :-SLIDING_WINDOW]
    return bool((window > 0).any() and (window < 0).any() and np.median(np.abs(window)) > 0)


def write_patterns(
    positive: list[Any], negative: list[Any], window: NDArray[np.int64], length: int, path: str | Path
) -> None:
    """Write modisco-lite's HDF5 (readable by `modisco report`).

    Added to it: /window int64 (m, 2), row and haplotype that each `example_idx` stands for, and the
    attributes n_positive and n_negative.
    """
    modiscolite.io.save_hdf5(path, positive, negative, length)
    with h5py.File(path, "a") as file:
        file.attrs["n_positive"] = len(positive)
        file.attrs["n_negative"] = len(negative)
        file.create_dataset("window", data=window, track_times=False)


def read_patterns(path: str | Path) -> list[Motif]:
    """Read the patterns of modisco-lite's HDF5 as motifs `modisco_pos_N` and `modisco_neg_N`."""
    motifs = []
    with h5py.File(path, "r") as file:
        for group, sign in (("pos_patterns", "pos"), ("neg_patterns", "neg")):
            patterns = file.get(group, {})
            for name in sorted(patterns, key=lambda key: int(key.rpartition("_")[2])):
                pattern = patterns[name]
                pwm = np.asarray(pattern["sequence"], dtype=np.float64)
                sums = pwm.sum(axis=1, keepdims=True)
                pwm = np.where(sums > 0, pwm / np.where(sums > 0, sums, 1), 0.25)
                cwm = np.asarray(pattern["contrib_scores"], dtype=np.float32)
                number = name.rpartition("_")[2]
                n_sites = int(pattern["seqlets/n_seqlets"][0])
                motifs.append(Motif(f"modisco_{sign}_{number}", pwm, cwm, n_sites))
    return motifs

"""Seqlets: runs of bases that contribute strongly, and what they do in the other haplotype."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.motifs.counterpart import Counterpart

MIN_POSITIONS = 4
MAX_GAP = 1
HAPLOTYPE = np.array(["A", "B"])
BASES = np.frombuffer(b"ACGTN", dtype=np.uint8)


def find_runs(
    z: NDArray[np.float32], threshold: float, min_positions: int = MIN_POSITIONS, max_gap: int = MAX_GAP
) -> NDArray[np.int64]:
    """Find runs of values of one sign that reach the threshold.

    Two neighbouring passing positions belong to one run when they have the same sign and at most
    `max_gap` positions between them, none of which passes with the other sign.

    Parameters
    ----------
    z
        float, shape=(m, L); contributions in units of their root mean square.
    threshold
        Smallest |z| of a passing position.
    min_positions
        Passing positions a run needs.
    max_gap
        Most positions in a row that may fail.

    Returns
    -------
    runs
        int64, shape=(k, 4); row, start, end (0-based half-open), sign (1 or -1), sorted by row and start.
    """
    length = z.shape[1]
    flat = z.ravel()
    passing = np.flatnonzero(np.abs(flat) >= threshold)
    if not len(passing):
        return np.zeros((0, 4), dtype=np.int64)
    sign = np.where(flat[passing] > 0, 1, -1)
    row, position = np.divmod(passing, length)
    joined = (np.diff(passing) <= max_gap + 1) & (np.diff(sign) == 0) & (np.diff(row) == 0)
    first = np.flatnonzero(np.concatenate([[True], ~joined]))
    last = np.append(first[1:], len(passing)) - 1
    keep = last - first + 1 >= min_positions
    first, last = first[keep], last[keep]
    return np.stack([row[first], position[first], position[last] + 1, sign[first]], axis=1).astype(np.int64)


def seqlet_table(
    contribution: NDArray[np.float32],
    dataset: Dataset,
    maps: Mapping[str, HaplotypeMap],
    threshold: float,
) -> pd.DataFrame:
    """List the seqlets of both haplotypes and what the same bases do in the other haplotype.

    Parameters
    ----------
    contribution
        float32, shape=(n, 2, L); contribution of each observed base to its own haplotype's side of the
        log ratio.
    dataset
        The windows, their starts in each haplotype and the variants between the haplotypes.
    maps
        Haplotype map of each haplotype name; not used for imported datasets, in which A stands
        for the reference.
    threshold
        Smallest |contribution| / RMS of a seqlet's positions; the RMS is over all bases of both haplotypes'
        windows of regions that are test in a fold.

    Returns
    -------
    table
        One row per seqlet, sorted by row, haplotype and start: seqlet (number), region (name), row,
        haplotype (A or B), start and end (offsets in the haplotype's window), chrom, ref_start, ref_end
        (reference), mean_effect, max_effect (signed value of largest size), z (mean_effect / RMS),
        mate_start, mate_end (offsets in the other haplotype's window), mate_mean_effect, mate_max_effect
        (missing where the other window has none of the bases), common (a seqlet of the same sign
        overlaps there), sequence. All intervals are 0-based half-open; effects are log2.
    """
    n, _, length = contribution.shape
    flat = contribution.reshape(2 * n, length)
    # Where there is no base, or no model may judge the region, no contribution was asked for.
    asked = contribution[(dataset.sequence < 4) & dataset.tested[:, None, None]]
    rms = float(np.sqrt(np.mean(np.square(asked, dtype=np.float64)))) if asked.size else 0.0
    scale = rms if rms > 0 else 1.0
    runs = find_runs(flat / np.float32(scale), threshold)
    track, start, end, sign = runs.T
    row, haplotype = np.divmod(track, 2)
    mean, extreme = _effects(flat, track, start, end)
    mate = Counterpart(dataset.variant, dataset.reverse).interval(row, haplotype, start, end)
    ref_start, ref_end = _reference(dataset, maps, row, haplotype, (start, end), mate)
    mate_start, mate_end = mate
    mate_start, mate_end = np.clip(mate_start, 0, length), np.clip(mate_end, 0, length)
    other = track ^ 1
    mate_mean, mate_extreme = _effects(flat, other, mate_start, mate_end)
    return pd.DataFrame(
        {
            "seqlet": np.arange(len(runs)),
            "region": dataset.region["name"].to_numpy()[row],
            "row": row,
            "haplotype": HAPLOTYPE[haplotype],
            "start": start,
            "end": end,
            "chrom": dataset.region["chrom"].to_numpy()[row],
            "ref_start": ref_start,
            "ref_end": ref_end,
            "mean_effect": mean,
            "max_effect": extreme,
            "z": mean / scale,
            "mate_start": mate_start,
            "mate_end": mate_end,
            "mate_mean_effect": mate_mean,
            "mate_max_effect": mate_extreme,
            "common": _covered(runs, other, mate_start, mate_end, sign, (2 * n, length)),
            "sequence": _sequences(dataset.sequence.reshape(2 * n, length), track, start, end),
        }
    )


def _effects(
    flat: NDArray[np.float32], track: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and largest-size value over intervals; NaN over empty ones."""
    width = int((end - start).max(initial=1))
    offset = start[:, None] + np.arange(width)
    inside = offset < end[:, None]
    values = flat[track[:, None], np.minimum(offset, flat.shape[1] - 1)].astype(np.float64)
    values = np.where(inside, values, 0)
    size = np.where(end > start, end - start, np.nan)
    extreme = np.take_along_axis(values, np.abs(values).argmax(axis=1)[:, None], axis=1)[:, 0]
    return values.sum(axis=1) / size, np.where(end > start, extreme, np.nan)


def _covered(
    runs: NDArray[np.int64],
    track: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    sign: NDArray[np.int64],
    shape: tuple[int, int],
) -> NDArray[np.bool_]:
    """Whether each interval overlaps a run of its own sign on the given track."""
    covered = np.zeros(len(runs), dtype=np.bool_)
    for wanted in (1, -1):
        edges = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
        mine = runs[runs[:, 3] == wanted]
        np.add.at(edges, (mine[:, 0], mine[:, 1]), 1)
        np.add.at(edges, (mine[:, 0], mine[:, 2]), -1)
        # before[i]: covered positions left of i
        before = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
        np.cumsum(np.cumsum(edges, axis=1)[:, :-1], axis=1, out=before[:, 1:])
        covered |= (sign == wanted) & (before[track, end] > before[track, start])
    return covered


def _reference(
    dataset: Dataset,
    maps: Mapping[str, HaplotypeMap],
    row: NDArray[np.int64],
    haplotype: NDArray[np.int64],
    here: tuple[NDArray[np.int64], NDArray[np.int64]],
    mate: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reference intervals of seqlets; `mate` is where the same bases are in the other haplotype."""
    start, end = here
    if dataset.imported:
        first = dataset.start[row, 0]
        return first + np.where(haplotype, mate[0], start), first + np.where(haplotype, mate[1], end)
    ref_start, ref_end = np.zeros_like(start), np.zeros_like(end)
    chrom = dataset.region["chrom"].to_numpy()[row]
    ends = [dataset.position(row, haplotype, offset) for offset in (start, end - 1)]
    first, final = np.minimum(*ends), np.maximum(*ends)
    for side, name in enumerate(dataset.haplotypes):
        for contig in np.unique(chrom[haplotype == side]):
            mine = (haplotype == side) & (chrom == contig)
            ref_start[mine], _ = maps[name].to_reference(contig, first[mine])
            last, exact = maps[name].to_reference(contig, final[mine])
            # A last base that the reference lacks ends at the insertion point, not one base after it.
            ref_end[mine] = last + exact
    return ref_start, ref_end


def _sequences(
    codes: NDArray[np.uint8], track: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> list[str]:
    text = BASES[codes].tobytes().decode()
    base = track * codes.shape[1]
    return [text[first:last] for first, last in zip(base + start, base + end, strict=True)]

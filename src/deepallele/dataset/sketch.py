"""Which windows share sequence, found without comparing all with all: sampled k-mers (FracMinHash)."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

K = 16
# Distinct k-mers sampled of a window, about: the share of two windows is known to about 0.06.
SAMPLED = 64
# Fewer distinct k-mers than this: simple sequence, which says nothing.
MIN_KMERS = 8
# In a family of more windows than this, each is compared with so many others of it.
NEIGHBOURS = 32
_PARTS = 16


class Sketch(NamedTuple):
    """Sampled k-mers of windows.

    Attributes
    ----------
    kmer
        uint32, hashed k-mers, each once per window.
    row
        int32, window of each.
    """

    kmer: NDArray[np.uint32]
    row: NDArray[np.int32]


def sketch(windows: NDArray[np.uint8], first_row: int = 0) -> Sketch:
    """Sample the k-mers of some windows, of both strands, by a hash: the same k-mer is taken everywhere.

    Parameters
    ----------
    windows
        uint8 (k, L), base codes; k-mers with another base than A, C, G, T do not count.
    first_row
        Number of the first window.
    """
    places = max(windows.shape[1] - K + 1, 0)
    kmer, row = _sample(windows, max(1, places // SAMPLED))
    return Sketch(kmer, (row + first_row).astype(np.int32))


def shared_pairs(
    sketches: list[Sketch], group: NDArray[np.int64], min_share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of windows of different groups that share sequence.

    Parameters
    ----------
    sketches
        Of all n windows.
    group
        Group of each window, (n,).
    min_share
        Smallest share of the k-mers of the window with fewer of them.

    Returns
    -------
    first, second, share
        Rows, first < second, sorted; share of the sampled k-mers.
    """
    n = np.int64(max(len(group), 1))
    size = np.zeros(len(group), dtype=np.int64)
    for part in sketches:
        size += np.bincount(part.row, minlength=len(group))
    # In a fixed random order a window's neighbours in a large family are of all groups.
    place = np.random.default_rng(0).permutation(len(group)).astype(np.uint64)
    found = [_pairs(sketches, number, group, place) for number in range(_PARTS)]
    key, back = np.unique(np.concatenate([part[0] for part in found]), return_inverse=True)
    number = np.bincount(back, weights=np.concatenate([part[1] for part in found]), minlength=len(key))
    first, second = key // n, key % n
    least = np.minimum(size[first], size[second])
    share = number / np.maximum(least, 1)
    kept = (least >= MIN_KMERS) & (share >= min_share)
    return first[kept], second[kept], share[kept]


def _pairs(
    sketches: list[Sketch], part: int, group: NDArray[np.int64], place: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of windows of different groups with a k-mer in common, as one number, and how many they have.

    Only every k-mer of one part of all is looked at: sorting all at once would need far more memory.
    """
    chosen = [np.flatnonzero(one.kmer % _PARTS == part) for one in sketches]
    kmer = np.concatenate([one.kmer[mine] for one, mine in zip(sketches, chosen, strict=True)])
    row = np.concatenate([one.row[mine] for one, mine in zip(sketches, chosen, strict=True)])
    order = np.argsort((kmer.astype(np.uint64) << np.uint64(32)) | place[row], kind="stable")
    kmer, row = kmer[order], row[order].astype(np.int64)
    keys = [np.zeros(0, dtype=np.int64)]
    for step in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero(kmer[step:] == kmer[:-step])
        if not len(same):
            break
        one, two = row[same], row[same + step]
        apart = group[one] != group[two]
        keys.append(np.minimum(one, two)[apart] * len(group) + np.maximum(one, two)[apart])
    return np.unique(np.concatenate(keys), return_counts=True)


@njit(cache=True)
def _sample(windows, scale):  # type: ignore[no-untyped-def]
    number, length = windows.shape
    found = np.empty(1024, dtype=np.uint32)
    row = np.empty(1024, dtype=np.int64)
    mine = np.empty(max(length, 1), dtype=np.uint32)
    filled = 0
    for window in range(number):
        count, known = 0, 0
        forward, backward = np.uint64(0), np.uint64(0)
        for place in range(length):
            code = np.uint64(windows[window, place])
            if code > 3:
                known, forward, backward = 0, np.uint64(0), np.uint64(0)
                continue
            forward = ((forward << np.uint64(2)) | code) & np.uint64(0xFFFFFFFF)
            backward = (backward >> np.uint64(2)) | ((np.uint64(3) - code) << np.uint64(2 * K - 2))
            known += 1
            if known >= K:
                hashed = _mix(min(forward, backward))
                if hashed % np.uint64(scale) == 0:
                    mine[count] = np.uint32(hashed >> np.uint64(32))
                    count += 1
        distinct = np.unique(mine[:count])
        while filled + len(distinct) > len(found):
            found = np.concatenate((found, np.empty_like(found)))
            row = np.concatenate((row, np.empty_like(row)))
        found[filled : filled + len(distinct)] = distinct
        row[filled : filled + len(distinct)] = window
        filled += len(distinct)
    return found[:filled], row[:filled]


@njit(cache=True)
def _mix(value):  # type: ignore[no-untyped-def]
    """Scatter the bits (finalizer of MurmurHash3)."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))

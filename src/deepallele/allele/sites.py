"""Substitutions between the haplotypes, to be found by position."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.variants import scan_variants


class Sites:
    """Substitutions (SNP, MNV) between the haplotypes.

    Parameters
    ----------
    lengths
        Length of each contig of the reference, in bases.
    tid, start, end
        int64 (n,): contig index, and place on the reference, 0-based half-open; in any order. Of
        substitutions that start at the same base one is kept.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        tid: NDArray[np.int64],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> None:
        size = np.array(lengths, dtype=np.int64)
        # One axis for all contigs; four bytes are enough for most genomes.
        self._offset = np.cumsum(size) - size
        kind = np.uint32 if size.sum() < 2**32 else np.int64
        unique, first = np.unique((self._offset[tid] + start).astype(kind), return_index=True)
        self._start = unique
        self._length = np.minimum(end - start, np.iinfo(np.uint16).max)[first].astype(np.uint16)

    @classmethod
    def none(cls) -> "Sites":
        """Give an empty set."""
        empty = np.zeros(0, dtype=np.int64)
        return cls([], empty, empty, empty)

    def __len__(self) -> int:
        return len(self._start)

    def find(self, tid: NDArray[np.int64], position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Index of the site that holds each base of the reference, -1 where none does.

        Parameters
        ----------
        tid, position
            int64 (n,): contig index, and 0-based position; -1 for no base.
        """
        if len(self) == 0:
            return np.full(len(tid), -1, dtype=np.int64)
        place = self._offset[tid] + position
        place = np.where(position >= 0, place, 0)
        index = np.searchsorted(self._start, place.astype(self._start.dtype), side="right") - 1
        inside = (position >= 0) & (index >= 0) & (place - self._start[index] < self._length[index])
        return np.where(inside, index, -1)

    def places(
        self, site: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Contig index, start and end of sites, 0-based half-open; three int64 (k,)."""
        start = self._start[site].astype(np.int64)
        tid = np.searchsorted(self._offset, start, side="right") - 1
        return tid, start - self._offset[tid], start - self._offset[tid] + self._length[site]


def read_sites(path: str | Path, contigs: dict[str, int]) -> Sites:
    """Read the substitutions between the haplotypes.

    Parameters
    ----------
    path, contigs
        As of `scan_variants`.

    Raises
    ------
    InputError
        As `scan_variants`.
    """
    columns: list[list[NDArray]] = [[np.zeros(0, dtype=np.int32)] for _ in range(3)]
    for part in scan_variants(path, contigs):
        kept = part.ref == part.alt
        for column, values in zip(columns, (part.tid, part.start, part.start + part.ref), strict=True):
            column.append(values[kept].astype(np.int32))
    tid, start, end = (np.concatenate(column) for column in columns)
    return Sites(list(contigs.values()), tid, start, end)

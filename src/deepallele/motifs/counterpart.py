"""The same place in the other haplotype's window, found through the known variants (no re-alignment)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Counterpart:
    """Offsets in one haplotype's windows translated to the other's.

    Between two variants both windows run in parallel; a variant's own bases pair from its left end in the
    reference, which is the right end in windows read on the minus strand.

    Parameters
    ----------
    variant
        Table of the dataset: region (row), offset_a, offset_b, allele_a, allele_b; variants of one
        region do not overlap.
    reverse
        bool (n,), regions whose windows are read on the minus strand; None: none is.
    """

    def __init__(self, variant: pd.DataFrame, reverse: NDArray[np.bool_] | None = None) -> None:
        self._tables = [_Table(variant, here, there, reverse) for here, there in ("ab", "ba")]

    def translate(
        self, row: NDArray[np.int64], haplotype: NDArray[np.int64], offset: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Translate single bases.

        Parameters
        ----------
        row, haplotype, offset
            int64, shape=(m,); region row, haplotype (0 A, 1 B), 0-based offset in that haplotype's window.

        Returns
        -------
        other
            int64, shape=(m,); offset in the other haplotype's window, which may lie outside it. A base
            that the other haplotype lacks gives the next base to its right.
        exact
            bool, shape=(m,); the base has a partner.
        """
        other = np.zeros(len(row), dtype=np.int64)
        exact = np.ones(len(row), dtype=np.bool_)
        for side, table in enumerate(self._tables):
            mine = haplotype == side
            other[mine], exact[mine] = table.translate(row[mine], offset[mine])
        return other, exact

    def interval(
        self,
        row: NDArray[np.int64],
        haplotype: NDArray[np.int64],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Translate half-open intervals of at least one base.

        Returns
        -------
        start, end
            int64, shape=(m,); empty (start == end) where the other haplotype has none of the bases.
        """
        first, _ = self.translate(row, haplotype, start)
        last, exact = self.translate(row, haplotype, end - 1)
        return first, last + exact


class _Table:
    """Variants sorted by region and offset in one haplotype."""

    def __init__(
        self, variant: pd.DataFrame, here: str, there: str, reverse: NDArray[np.bool_] | None
    ) -> None:
        order = np.lexsort((variant[f"offset_{here}"], variant["region"]))
        table = variant.iloc[order]
        self.region = table["region"].to_numpy(dtype=np.int64)
        self.here = table[f"offset_{here}"].to_numpy(dtype=np.int64)
        self.there = table[f"offset_{there}"].to_numpy(dtype=np.int64)
        self.here_length = table[f"allele_{here}"].str.len().to_numpy(dtype=np.int64)
        self.there_length = table[f"allele_{there}"].str.len().to_numpy(dtype=np.int64)
        turned = np.zeros(len(table), dtype=bool) if reverse is None else reverse[self.region]
        # Bases of the longer allele at the left end that have no partner.
        self.lead = np.where(turned, self.here_length - self.there_length, 0)

    def translate(
        self, row: NDArray[np.int64], offset: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self.region):
            return offset.copy(), np.ones(len(offset), dtype=np.bool_)
        low = min(self.here.min(), offset.min(initial=0))
        span = max(self.here.max(), offset.max(initial=0)) - low + 1
        key = self.region * span + self.here - low
        before = np.searchsorted(key, row * span + offset - low, side="right") - 1
        follows = (before >= 0) & (self.region[before] == row)
        # Left of the region's first variant, that variant tells how the windows are shifted.
        leads = np.minimum(before + 1, len(self.region) - 1)
        near = np.where(follows, before, leads)
        known = follows | (self.region[leads] == row)
        inside = offset - self.here[near]
        partner = inside - self.lead[near]
        parallel = offset + np.where(known, self.there[near] - self.here[near], 0)
        behind = self.there[near] + self.there_length[near] + inside - self.here_length[near]
        within = follows & (inside < self.here_length[near])
        paired = self.there[near] + np.clip(partner, 0, self.there_length[near])
        other = np.where(within, paired, np.where(follows, behind, parallel))
        return other, ~within | ((partner >= 0) & (partner < self.there_length[near]))

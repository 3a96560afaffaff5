"""Windows with the genome's bases on either side, for edits that change the length."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyfaidx
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.errors import InputError
from deepallele.genome.fasta import OTHER, fetch, reverse_complement


class Genomes:
    """The FASTA files of the two haplotypes, opened once.

    Parameters
    ----------
    paths
        Indexed FASTA of A and of B.

    Raises
    ------
    InputError
        If there are not exactly two, or one has no index.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        if len(paths) != 2:
            raise InputError(f"--genomes: {len(paths)} files; give the FASTA of both haplotypes, A first")
        self.paths = [str(path) for path in paths]
        try:
            # Chunks run at the same time: none of them may write the index anew.
            self._fasta = [
                pyfaidx.Fasta(path, as_raw=True, rebuild=False, build_index=False) for path in self.paths
            ]
        except pyfaidx.IndexNotFoundError as error:
            raise InputError(f"{error}; make it with samtools faidx") from error

    def extend(self, dataset: Dataset, rows: NDArray[np.int64], flank: int) -> NDArray[np.uint8]:
        """Windows of some regions with `flank` more bases on either side.

        Parameters
        ----------
        dataset
            The dataset.
        rows
            int64 (r,), regions.
        flank
            Bases on either side.

        Returns
        -------
        NDArray[np.uint8]
            (r, 2, L + 2 flank), read in the direction of the window; 4 outside the contig.

        Raises
        ------
        InputError
            If a genome lacks a contig or its bases are not those of the dataset.
        """
        length = dataset.sequence.shape[2]
        extended = np.full((len(rows), 2, length + 2 * flank), OTHER, dtype=np.uint8)
        chrom, name = dataset.region["chrom"].to_numpy(), dataset.region["name"].to_numpy()
        for i, row in enumerate(rows):
            for haplotype, (path, fasta) in enumerate(zip(self.paths, self._fasta, strict=True)):
                start = int(dataset.start[row, haplotype])
                codes = fetch(fasta, chrom[row], start - flank, start + length + flank)
                codes = reverse_complement(codes) if dataset.reverse[row] else codes
                if not np.array_equal(codes[flank : flank + length], dataset.sequence[row, haplotype]):
                    raise InputError(
                        f"{path}: region {name[row]} differs from the dataset; build the dataset again"
                    )
                extended[i, haplotype] = codes
        return extended


def pad(sequence: NDArray[np.uint8], flank: int) -> NDArray[np.uint8]:
    """Windows (r, 2, L) with `flank` unknown bases (4) on either side."""
    return np.pad(sequence, ((0, 0), (0, 0), (flank, flank)), constant_values=OTHER)

"""How much of each region either haplotype's sequence is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import rows_by_contig

_KNOWN = np.zeros(256, dtype=bool)
_KNOWN[list(b"ACGTacgt")] = True
# Regions looked at together: bounds the memory of their positions.
_CHUNK = 4096


class KnownBases:
    """Share of a region's reference bases that a haplotype has as A, C, G or T.

    Parameters
    ----------
    genomes
        FASTA of each haplotype, indexed.
    chains
        Chain of each haplotype, as `bcftools consensus` writes it.
    """

    def __init__(self, genomes: Sequence[str | Path], chains: Sequence[str | Path]) -> None:
        self._genomes = [str(path) for path in genomes]
        self._maps = [HaplotypeMap.from_chain(path) for path in chains]

    def least(self, chrom: pd.Series, start: NDArray[np.int64], width: int) -> NDArray[np.float64]:
        """Share in the haplotype that has less of the region.

        A reference base that is deleted in the haplotype, or whose partner there is N, is missing; inserted
        bases are not counted, so that they do not stand in for missing ones.

        Parameters
        ----------
        chrom
            Contig of each region.
        start
            0-based reference start of each region, shape (n,); regions must lie inside their contig.
        width
            Width of all regions, bp.

        Returns
        -------
        ndarray of float64, shape (n,)
            Between 0 and 1.

        Raises
        ------
        InputError
            If a genome or a chain lacks a contig.
        """
        share = np.ones(len(start))
        for genome, coordinates in zip(self._genomes, self._maps, strict=True):
            with pysam.FastaFile(genome) as fasta:
                for contig, rows in rows_by_contig(chrom).items():
                    known = _known(fasta, contig, genome)
                    for chunk in np.split(rows, range(_CHUNK, len(rows), _CHUNK)):
                        position = start[chunk][:, None] + np.arange(width)
                        lifted, exact = coordinates.to_haplotype(contig, position)
                        found = known[np.minimum(lifted, len(known) - 1)] & exact
                        share[chunk] = np.minimum(share[chunk], found.mean(axis=1))
        return share


def _known(fasta: pysam.FastaFile, contig: str, genome: str) -> NDArray[np.bool_]:
    if contig not in fasta.references:
        raise InputError(
            f"{genome}: no contig '{contig}', on which there are regions; is it of the same assembly?"
        )
    return np.asarray(_KNOWN[np.frombuffer(fasta.fetch(contig).encode("latin-1"), dtype=np.uint8)])

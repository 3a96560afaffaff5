"""Counts of each cell in each region, and of groups of cells together (pseudobulk)."""

from collections.abc import Sequence
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from deepallele.counts.fragments import hits_in_regions
from deepallele.counts.regions import Regions
from deepallele.counts.tables import counts_table
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.peaks.chunks import CHUNK
from deepallele.single_cell.barcodes import BarcodeIndex
from deepallele.single_cell.cells import COLUMNS

LAYERS = ("A", "B", "ambiguous")


def read_cells(path: str | Path) -> pd.DataFrame:
    """Read the cells of the table that `deepallele.single_cell.cells.call_cells` made; others are left out.

    Raises
    ------
    InputError
        If the file is no such table, or has no cell.
    """
    text = {"barcode": str, "group": str}
    table = pd.read_csv(path, sep="\t", dtype=text, keep_default_na=False, na_values={"group": ["NA"]})
    if list(table.columns) != COLUMNS:
        raise InputError(f"{path}: columns {' '.join(table.columns)}; expected {' '.join(COLUMNS)}")
    cells = table[table["is_cell"] == True].reset_index(drop=True)  # noqa: E712
    if not len(cells):
        raise InputError(f"{path}: no cell in the table; make it with call_cells.py")
    return cells


def count_cells(
    bam: str | Path, regions: Regions, barcodes: Sequence[str], threads: int = 1, chunk: int = CHUNK
) -> list[sparse.csr_matrix]:
    """Count the fragments of each cell in each region, as `count_fragments` counts those of a sample.

    Memory is that of the counts that are not 0.

    Parameters
    ----------
    bam, regions, threads, chunk
        As for `deepallele.counts.fragments.hits_in_regions`; tag CB holds the barcode.
    barcodes
        Those of the cells.

    Returns
    -------
    list of scipy.sparse.csr_matrix
        int32 (cells, regions) each: fragments of A, of B, ambiguous.

    Raises
    ------
    InputError
        As `hits_in_regions`.
    """
    index = BarcodeIndex(barcodes, grows=False)
    parts = []
    for records, hits in hits_in_regions(bam, regions, threads, chunk):
        cell = index.numbers(records, hits.record)
        kept = cell >= 0
        place = (hits.kind[kept] * len(barcodes) + cell[kept]) * len(regions) + hits.region[kept]
        # A region's reads lie next to each other: later chunks add to the last region at most.
        parts.append(np.stack(np.unique(place, return_counts=True)))
    place, count = np.concatenate([np.zeros((2, 0), dtype=np.int64), *parts], axis=1)
    del parts
    kind, place = np.divmod(place, len(barcodes) * len(regions))
    row, column = np.divmod(place, len(regions))
    shape = (len(barcodes), len(regions))
    matrices = []
    for number in range(len(LAYERS)):
        chosen = kind == number
        entries = (count[chosen].astype(np.int32), (row[chosen], column[chosen]))
        matrices.append(sparse.coo_matrix(entries, shape=shape, dtype=np.int32).tocsr())
    return matrices


def write_matrix(
    path: str | Path,
    cells: pd.DataFrame,
    regions: Regions,
    matrices: Sequence[sparse.csr_matrix],
    sample: str,
    haplotypes: tuple[str, str],
) -> None:
    """Write an AnnData file: cells x regions, X all fragments, layers A, B and ambiguous.

    Parameters
    ----------
    path
        The .h5ad.
    cells
        As from `read_cells`: `obs`.
    regions
        `var`.
    matrices
        As from `count_cells`.
    sample
        Name of the sample, in `uns`.
    haplotypes
        Names of A and B, in `uns`.
    """
    obs = cells.set_index("barcode").drop(columns=["in_whitelist", "is_cell"])
    obs["group"] = obs["group"].astype("category")
    place = {"chrom": regions.chrom, "start": regions.start, "end": regions.end}
    var = pd.DataFrame(place, index=pd.Index(regions.name, name="region"))
    data = anndata.AnnData(
        X=(matrices[0] + matrices[1] + matrices[2]).astype(np.int32),
        obs=obs,
        var=var,
        layers=dict(zip(LAYERS, matrices, strict=True)),
        uns={"sample": sample, "haplotypes": np.array(haplotypes, dtype=object)},
    )
    with atomic_path(path) as temporary:
        data.write_h5ad(temporary, compression="gzip")


def pseudobulk(
    cells: pd.DataFrame,
    regions: Regions,
    matrices: Sequence[sparse.csr_matrix],
    sample: str,
    groups: Sequence[str],
) -> pd.DataFrame:
    """Add up the counts of the cells of each group, or of all cells.

    Parameters
    ----------
    cells
        As from `read_cells`.
    regions, matrices
        As for `count_cells`.
    sample
        Name of the sample.
    groups
        Names of the groups; none: all cells are one, of the sample's name.

    Returns
    -------
    pandas.DataFrame
        Counts table (`deepallele.counts.tables`); the sample of a group is `sample.group`.
    """
    table = pd.DataFrame(
        {"name": regions.name, "chrom": regions.chrom, "start": regions.start, "end": regions.end}
    )
    members: dict[str, NDArray[np.bool_]] = {
        f"{sample}.{group}": (cells["group"] == group).to_numpy() for group in groups
    } or {sample: np.ones(len(cells), dtype=bool)}
    parts = []
    for name, rows in members.items():
        sums = [np.asarray(matrix[rows].sum(axis=0, dtype=np.int64)).ravel() for matrix in matrices]
        parts.append(counts_table(table, name, np.stack(sums, axis=1)))
    return pd.concat(parts, ignore_index=True)

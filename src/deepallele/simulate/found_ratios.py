"""Measured log ratios of regions, genes and cell types beside the true ones."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepallele.errors import InputError
from deepallele.files import read_table
from deepallele.simulate.found_regions import with_truth

_COUNTS = ["count_a", "count_b"]


def region_ratios(truth: pd.DataFrame, imbalance: Path, least: int, sign: int) -> pd.DataFrame:
    """Regions with at least `least` informative fragments over all samples, as `with_truth` gives them."""
    table = read_table(imbalance, [*_COUNTS, "log_ratio"])
    return with_truth(table[table[_COUNTS].sum(axis=1) >= least], truth, sign)


def gene_ratios(genes: Path, imbalance: Path, least: int, sign: int) -> pd.DataFrame:
    """Genes with at least `least` informative fragments over all samples.

    Returns
    -------
    DataFrame
        The rows of `imbalance`, whose region is a gene_id, with `true_log_ratio` of that gene.

    Raises
    ------
    InputError
        If a gene is not one of the truth.
    """
    truth = read_table(genes, ["gene_id", "log_ratio"]).set_index("gene_id")["log_ratio"]
    table = read_table(imbalance, ["region", *_COUNTS, "log_ratio"])
    table = table[table[_COUNTS].sum(axis=1) >= least]
    strange = table.loc[~table["region"].isin(truth.index), "region"]
    if len(strange):
        raise InputError(f"{imbalance}: gene {strange.iloc[0]!r} is not in {genes}")
    return table.assign(true_log_ratio=sign * truth.loc[table["region"]].to_numpy())


def pseudobulk_ratios(
    truth: pd.DataFrame, counts: Path, cell_type: str, least: int, sign: int
) -> pd.DataFrame:
    """Regions with at least `least` informative fragments in the cells of one type.

    The type's counts are those of all samples called `{sample}.{cell_type}`; one is added to either count.

    Returns
    -------
    DataFrame
        One row per region: its place, counts, measured `log_ratio`, and `true_log_ratio` of the type.

    Raises
    ------
    InputError
        If there is no such sample.
    """
    table = read_table(counts, ["chrom", "start", "end", "sample", *_COUNTS])
    mine = table[table["sample"].astype(str).str.endswith(f".{cell_type}")]
    if mine.empty:
        raise InputError(f"{counts}: no sample of cell type {cell_type!r}; their names end in .{cell_type}")
    summed = mine.groupby(["chrom", "start", "end"], sort=False)[_COUNTS].sum().reset_index()
    summed = summed[summed[_COUNTS].sum(axis=1) >= least].reset_index(drop=True)
    summed["log_ratio"] = np.log2((summed["count_a"] + 1) / (summed["count_b"] + 1))
    return with_truth(summed, truth.assign(log_ratio=truth[f"log_ratio_{cell_type}"]), sign)

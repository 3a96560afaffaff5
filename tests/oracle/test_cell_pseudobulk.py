"""Matrices and pseudobulk against the bulk count of the same cells' reads, taken out by samtools."""

import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "single_cell"))

from cell_records import random_pairs, regions, write_bam

from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import write_counts
from deepallele.counts.tables import COUNTS, read_counts
from deepallele.files import write_table
from deepallele.single_cell.cells import call_cells, count_barcodes
from deepallele.single_cell.fragments import FragmentReader
from deepallele.single_cell.matrix import LAYERS, count_cells, pseudobulk, read_cells, write_matrix

STARTS = [*range(300, 19_000, 460)]
PLACES = regions(("2", 100, 2_000), *[("chr1", start, start + 251) for start in STARTS])


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pseudobulk")
    bam = write_bam(folder / "s.bam", random_pairs(11, 3_000))
    barcodes = sorted({pair.barcode for pair in random_pairs(11, 3_000) if pair.barcode})
    groups = {name: "TBM"[number % 3] for number, name in enumerate(barcodes[:-2])}
    found = count_barcodes(FragmentReader(bam, PLACES))
    least = int(np.median(found.counts[:, 3])) - 15
    write_table(call_cells(found, least, barcodes[1:], groups), folder / "cells.tsv")
    cells = read_cells(folder / "cells.tsv")
    assert 4 < len(cells) < len(barcodes)
    return bam, cells, count_cells(bam, PLACES, cells["barcode"].tolist())


def reads_of(bam, barcodes, folder):
    """The reads of some cells, by samtools."""
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in barcodes))
    part = folder / "part.bam"
    subprocess.run(["samtools", "view", "-b", "-D", f"CB:{folder / 'list.txt'}", "-o", part, bam], check=True)
    return part


@pytest.mark.skipif(
    subprocess.run(["samtools", "--version"], capture_output=True).returncode != 0, reason="no samtools"
)
def test_pseudobulk_equals_the_bulk_count_of_the_same_cells(sample, tmp_path):
    bam, cells, matrices = sample
    groups = sorted(cells["group"].dropna().unique())
    assert len(groups) == 3
    table = pseudobulk(cells, PLACES, matrices, "s", groups)
    members = {f"s.{group}": cells["barcode"][cells["group"] == group] for group in groups}
    assert list(table["sample"].unique()) == list(members)
    for name, barcodes in members.items():
        bulk = count_fragments(reads_of(bam, barcodes, tmp_path), PLACES)
        np.testing.assert_array_equal(table.loc[table["sample"] == name, COUNTS].to_numpy(), bulk)
        assert (bulk.sum(axis=0) > 20).all()
    whole = pseudobulk(cells, PLACES, matrices, "s", [])
    bulk = count_fragments(reads_of(bam, cells["barcode"], tmp_path), PLACES)
    np.testing.assert_array_equal(whole[COUNTS].to_numpy(), bulk)
    assert set(whole["sample"]) == {"s"}


def test_each_cell_equals_the_bulk_count_of_its_reads(sample, tmp_path):
    bam, cells, matrices = sample
    for row in (0, len(cells) - 1):
        bulk = count_fragments(reads_of(bam, [cells["barcode"][row]], tmp_path), PLACES)
        ours = np.stack([matrix[row].toarray()[0] for matrix in matrices], axis=1)
        np.testing.assert_array_equal(ours, bulk)


@pytest.mark.parametrize("chunk", [5, 333])
def test_matrices_do_not_depend_on_the_chunk(sample, chunk):
    bam, cells, matrices = sample
    again = count_cells(bam, PLACES, cells["barcode"].tolist(), threads=2, chunk=chunk)
    assert all((one != other).nnz == 0 for one, other in zip(matrices, again, strict=True))


def test_the_table_of_counts_is_that_of_bulk_samples(sample, tmp_path):
    _, cells, matrices = sample
    table = pseudobulk(cells, PLACES, matrices, "s", [])
    write_table(table, tmp_path / "cells.tsv.gz")
    write_counts(PLACES, "s", table[COUNTS].to_numpy(), tmp_path / "bulk.tsv.gz")
    assert (tmp_path / "cells.tsv.gz").read_bytes() == (tmp_path / "bulk.tsv.gz").read_bytes()
    pd.testing.assert_frame_equal(read_counts(tmp_path / "cells.tsv.gz"), table)


def test_the_anndata_file_is_read_back_and_the_same_each_time(sample, tmp_path):
    _, cells, matrices = sample
    for name in ("x.h5ad", "y.h5ad"):
        write_matrix(tmp_path / name, cells, PLACES, matrices, "s", ("REF", "ALT"))
    assert (tmp_path / "x.h5ad").read_bytes() == (tmp_path / "y.h5ad").read_bytes()
    data = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert data.shape == (len(cells), len(PLACES))
    assert data.obs_names.tolist() == cells["barcode"].tolist() and data.var_names.tolist() == PLACES.name
    assert list(data.layers) == list(LAYERS)
    for layer, matrix in zip(LAYERS, matrices, strict=True):
        assert (data.layers[layer] != matrix).nnz == 0
    assert (sum(matrices) != data.X).nnz == 0 and data.X.dtype == np.int32
    assert data.obs["in_regions"].tolist() == cells["in_regions"].tolist()
    assert data.obs["group"].dropna().tolist() == cells["group"].dropna().tolist()
    assert data.var["start"].tolist() == PLACES.start.tolist() and set(data.var["chrom"]) == {"2", "chr1"}
    assert data.uns["sample"] == "s" and data.uns["haplotypes"].tolist() == ["REF", "ALT"]

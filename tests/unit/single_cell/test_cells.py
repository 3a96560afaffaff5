"""Which barcodes are cells, and what is counted on the way."""

import numpy as np
import pandas as pd
import pytest
from cell_records import CONTIGS, Pair, random_pairs, regions, span, write_bam

from deepallele.errors import InputError
from deepallele.files import write_table
from deepallele.single_cell.cells import COLUMNS, call_cells, count_barcodes, summarise
from deepallele.single_cell.fragments import FragmentReader
from deepallele.single_cell.matrix import read_cells

PLACES = regions(("chr1", 1000, 1300), ("chr1", 1300, 1500), ("2", 200, 260))


def found(path, pairs, places=PLACES, chunk=1 << 16):
    return count_barcodes(FragmentReader(write_bam(path, pairs), places, chunk=chunk))


PAIRS = [
    Pair(1010, 100, "AA", 1),
    Pair(1250, 100, "AA", 2),  # in two regions
    Pair(900, 700, "AA"),  # the gap spans both
    Pair(150, 51, "CC", 1, contig="2"),  # one base in
    Pair(150, 50, "CC", 1, contig="2"),  # ends before
    Pair(1100, 100, "GG", 2),
    Pair(1100, 100, None, 2),
    Pair(1100, 100, "AA", 1, flag=0x400),
]


def test_fragments_are_counted_by_class_and_once_in_regions(tmp_path):
    table = call_cells(found(tmp_path / "x.bam", PAIRS), 1, None, None)
    assert list(table.columns) == COLUMNS
    rows = table[
        ["barcode", "fragments_a", "fragments_b", "fragments_ambiguous", "in_regions"]
    ].values.tolist()
    assert rows == [["AA", 1, 1, 1, 2], ["CC", 2, 0, 0, 1], ["GG", 0, 1, 0, 1]]
    assert table["share_in_regions"].tolist() == [2 / 3, 1 / 2, 1]
    assert table["in_whitelist"].isna().all() and table["group"].isna().all() and table["is_cell"].all()


@pytest.mark.parametrize(("start", "inside"), [(899, 0), (900, 0), (901, 1), (1499, 1), (1500, 0)])
def test_one_base_in_a_region_is_enough_and_beside_it_is_none(tmp_path, start, inside):
    counts = found(tmp_path / "x.bam", [Pair(start, 100, "AA")])
    assert counts.counts.tolist() == [[0, 0, 1, inside]]


def test_a_cell_is_in_the_whitelist_and_has_enough_fragments(tmp_path):
    counts = found(tmp_path / "x.bam", PAIRS)
    table = call_cells(counts, 1, ["AA", "GG", "TT"], {"AA": "T", "CC": "B", "TT": "T"} | {"GG": "B"})
    assert table["in_whitelist"].tolist() == [True, False, True]
    assert table["is_cell"].tolist() == [True, False, True]
    assert table["group"].tolist() == ["T", "B", "B"]
    assert call_cells(counts, 2, None, None)["is_cell"].tolist() == [True, False, False]
    assert summarise(counts, table, 1) == {
        "fragments": 7,
        "without_barcode": 1,
        "outside_whitelist": 2,
        "in_whitelist": 4,
        "barcodes": 3,
        "barcodes_outside_whitelist": 1,
        "cells": 2,
        "min_fragments": 1,
        "fragments_in_cells": 4,
        "in_regions_in_cells": 3,
        "share_in_regions": 0.75,
        "share_in_cells": 1.0,
        "median_fragments": 2.0,
        "median_in_regions": 1.5,
        "groups": {"T": 1, "B": 1},
        "cells_without_group": 0,
        "grouped_barcodes_no_cell": 1,
    }


@pytest.mark.parametrize("chunk", [5, 1 << 16])
def test_counts_equal_brute_force(tmp_path, chunk):
    pairs = random_pairs(3, 600)
    rng = np.random.default_rng(4)
    start = np.sort(rng.choice(np.arange(100, 19_000, 130), 60, replace=False))
    places = regions(*[("chr1", int(a), int(a) + 120) for a in start], ("2", 0, 2500))
    table = call_cells(found(tmp_path / "x.bam", pairs, places, chunk), 1, None, None)
    inside = {contig: np.zeros(length, dtype=bool) for contig, length in CONTIGS.items()}
    for chrom, first, last in zip(places.chrom, places.start, places.end, strict=True):
        inside[chrom][first:last] = True
    expected = {}
    for pair in pairs:
        begin, end = pair.start, pair.start + pair.length - span(pair.cigars[1])
        if pair.barcode is None or begin + 4 >= pair.start + pair.length - 5:
            continue
        row = expected.setdefault(pair.barcode, [0, 0, 0, 0])
        row[{1: 0, 2: 1, None: 2}[pair.haplotype]] += 1
        row[3] += any(
            inside[pair.contig][base]
            for place, cigar in zip((begin, end), pair.cigars, strict=True)
            for base in aligned(place, cigar)
        )
    names = ["fragments_a", "fragments_b", "fragments_ambiguous", "in_regions"]
    result = table.set_index("barcode")[names].T.to_dict("list")
    assert result == expected
    assert table["in_regions"].sum() > 100


def aligned(start, cigar):
    """Bases of the reference that an alignment has bases on, from a plain reading of the CIGAR."""
    number = ""
    for sign in cigar:
        if sign.isdigit():
            number += sign
            continue
        if sign == "M":
            yield from range(start, start + int(number))
        start += int(number) if sign in "MDN" else 0
        number = ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((9, None, None), "no barcode has 9 fragments in regions, the most is 2; lower single_cell.min"),
        ((1, ["AA-1"], None), "none of the 3 barcodes of the reads is in the whitelist; the reads have 'AA'"),
        ((1, None, {"AA-1": "T"}), "none of the 3 barcodes of the reads is in the table of groups"),
        ((2, None, {"AA": "T", "CC": "B"}), "group 'B' has no cell: none of its barcodes has 2 fragments"),
    ],
)
def test_no_cells_are_told(tmp_path, arguments, words):
    with pytest.raises(InputError, match=words):
        call_cells(found(tmp_path / "x.bam", PAIRS), *arguments)


def test_no_barcodes_are_told(tmp_path):
    counts = found(tmp_path / "x.bam", [Pair(1010, barcode=None)])
    with pytest.raises(InputError, match="none of the 1 fragments has a barcode"):
        call_cells(counts, 1, None, None)


def test_bad_regions_are_told(tmp_path):
    with pytest.raises(InputError, match="no contig 'chr9'"):
        found(tmp_path / "x.bam", PAIRS, regions(("chr9", 1, 2)))
    with pytest.raises(InputError, match="regions of chr1 are unsorted or overlap"):
        found(tmp_path / "x.bam", PAIRS, regions(("chr1", 10, 20), ("chr1", 19, 30)))


def test_the_table_is_read_back(tmp_path):
    # A barcode and a group that pandas would take for something else.
    pairs = [Pair(1010, 100, "NA", 1), Pair(1010, 100, "0123", 1), Pair(10, 100, "CC", 1)]
    table = call_cells(found(tmp_path / "x.bam", pairs), 1, ["NA", "0123"], {"0123": "007"})
    write_table(table, tmp_path / "cells.tsv")
    cells = read_cells(tmp_path / "cells.tsv")
    assert cells["barcode"].tolist() == ["0123", "NA"]
    assert cells["group"][0] == "007" and pd.isna(cells["group"][1])
    table["is_cell"] = False
    write_table(table, tmp_path / "cells.tsv")
    with pytest.raises(InputError, match="no cell in the table"):
        read_cells(tmp_path / "cells.tsv")
